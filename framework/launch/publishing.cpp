// A worker's store on its way to where everybody sees it.
#include "launch/publishing.h"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "base/files.h"
#include "base/transient.h"
#include "store/snapshot.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

/// False when there is no such file.
bool copy_synced(const fs::path& from, const fs::path& to) {
    std::ifstream in(from, std::ios::binary);
    if (!in) return false;
    base::AtomicFile out(to);
    std::vector<char> buffer(1 << 20);
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        out.write({buffer.data(), static_cast<std::size_t>(in.gcount())});
    }
    out.commit();
    return true;
}

}  // namespace

Publisher::Publisher(fs::path store, fs::path folder) : store_(std::move(store)), folder_(std::move(folder)) {}

bool Publisher::has_news() const {
    const std::string mark = store::checkpoint_mark(store_);
    return mark != mark_ && !mark.starts_with("0 ");
}

void Publisher::publish(const Hold& hold) {
    // A checkpoint may go between the copy of the store and its own: then there is a newer one.
    for (int tries = 0; tries < 20; ++tries)
        if (try_to_publish(hold)) return;
    throw base::TransientError({store_, "checkpoints that come and go faster than they can be copied",
                                "a file system that keeps up", "ask for fewer with training.checkpoint_every"});
}

bool Publisher::try_to_publish(const Hold& hold) {
    const fs::path stage = store_.parent_path() / "publishing", copy = stage / store_.filename();
    std::error_code ignored;
    fs::remove_all(stage, ignored);
    fs::create_directories(stage, ignored);
    std::string mark;
    std::vector<store::SnapshotFile> files;
    bool whole = true;
    // Links keep what is copied, which takes longer, from going meanwhile.
    const auto gather = [&] {
        mark = store::checkpoint_mark(store_);
        files = store::write_snapshot(store_, copy);
        for (std::size_t i = 0; i < files.size() && whole; ++i) {
            if (there_.contains({files[i].path, files[i].sha256})) continue;
            std::error_code error;
            fs::create_hard_link(store_.parent_path() / files[i].path, stage / std::to_string(i), error);
            whole = !error;
        }
    };
    hold ? hold(gather) : gather();
    std::set<Key> now;
    for (std::size_t i = 0; i < files.size() && whole; ++i) {
        const auto& [path, sha256] = files[i];
        if (!there_.contains({path, sha256})) whole = copy_synced(stage / std::to_string(i), folder_ / path);
        if (!whole) break;
        there_.insert({path, sha256});
        now.insert({path, sha256});
    }
    if (whole) copy_synced(copy, folder_ / store_.filename());
    fs::remove_all(stage, ignored);
    if (!whole) return false;
    std::set<std::string> paths;
    for (const auto& [path, sha256] : now) paths.insert(path);
    for (const auto& [path, sha256] : there_)
        if (!paths.contains(path)) fs::remove(folder_ / path, ignored);
    there_ = std::move(now);
    mark_ = mark;
    ++count_;
    return true;
}

}  // namespace unroll::launch
