// Shards of a run on their way into the user's result store.
#include "launch/taking_in.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "store/merging.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

/// A shard is replaced as a whole: another file has another number, size or time. "" when there is none.
std::string Intake::mark_of(const fs::path& shard) {
    struct stat status {};
    if (::stat(shard.c_str(), &status) != 0) return "";
    return fmt::format("{} {} {}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

bool Intake::has_news() const {
    for (const Attempt& attempt : folder_.all_attempts()) {
        const std::string mark = mark_of(folder_.attempt(attempt) / "shard.db");
        const auto taken = taken_.find(attempt);
        if (!mark.empty() && (taken == taken_.end() || taken->second != mark)) return true;
    }
    return false;
}

void Intake::take(store::Store& store) {
    trouble_.clear();
    for (const Attempt& attempt : folder_.all_attempts()) {
        const fs::path shard = folder_.attempt(attempt) / "shard.db";
        const std::string mark = mark_of(shard);
        if (mark.empty() || taken_[attempt] == mark) continue;
        try {
            const store::MergeReport report = store::merge(store, shard, {.experiments = false, .is_settled = true});
            samples_ += report.samples;
            taken_[attempt] = mark;
        } catch (const Error& error) {
            if (mark_of(shard) == mark) trouble_ = error.what();  // else another one has taken its place
        }
    }
}

}  // namespace unroll::launch
