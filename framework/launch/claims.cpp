// Who does which trial.
#include "launch/claims.h"

#include <fmt/format.h>

#include <algorithm>

#include "launch/json_file.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(const RunFolder& folder, Size task) {
    return folder.todo() / fmt::format("{:05}", task);
}

std::string name_of(const std::string& fingerprint, const Attempt& attempt) {
    return fmt::format("{}.{}.json", fingerprint, attempt.name());
}

/// RANK-FINGERPRINT.json
std::string fingerprint_in(const std::string& name) {
    const auto dash = name.find('-'), dot = name.find('.');
    if (dash == name.npos || dot == name.npos || dot < dash || !name.ends_with(".json")) return "";
    return name.substr(dash + 1, dot - dash - 1);
}

/// True when `from` is `to` now. A network file system may do what it was asked and lose the answer: a name that is
/// nobody else's tells.
bool moved(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    return !error || (fs::exists(to, error) && !fs::exists(from, error));
}

}  // namespace

void offer(const RunFolder& folder, Size task, Size rank, const Work& work) {
    write_json(folder_of(folder, task) / fmt::format("{:06}-{}.json", rank, work.fingerprint), to_json(work));
}

std::vector<ClaimFile> claim_files(const fs::path& folder) {
    std::vector<ClaimFile> files;
    for (const std::string& name : names_in(folder)) {
        const auto dot = name.find('.');
        if (!name.ends_with(".json") || dot == name.npos || dot + 6 > name.size()) continue;
        if (const auto attempt = parse_attempt(name.substr(dot + 1, name.size() - dot - 6)))
            files.push_back({name.substr(0, dot), *attempt, name});
    }
    return files;
}

std::vector<std::pair<std::string, fs::path>> offered(const RunFolder& folder) {
    std::vector<std::pair<std::string, fs::path>> all;
    for (const std::string& task : names_in(folder.todo()))
        for (const std::string& name : names_in(folder.todo() / task))
            if (std::string fingerprint = fingerprint_in(name); !fingerprint.empty())
                all.emplace_back(std::move(fingerprint), folder.todo() / task / name);
    return all;
}

std::optional<Work> after_attempt(const RunFolder& folder, const ClaimFile& file, bool orderly) {
    const auto content = read_json(folder.claimed() / file.name);
    if (!content) return std::nullopt;
    Work work = work_from(*content);
    if (!orderly && ++work.tries >= most_tries) {
        moved(folder.claimed() / file.name, folder.failed() / file.name);
        return std::nullopt;
    }
    if (std::find(work.before.begin(), work.before.end(), file.attempt.name()) == work.before.end())
        work.before.push_back(file.attempt.name());
    return work;
}

Claims::Claims(const RunFolder& folder, const Attempt& attempt) : folder_(folder), attempt_(attempt) {
    take_over();
    mine_ = names_in(folder_of(folder_, attempt_.task));
    std::reverse(mine_.begin(), mine_.end());
}

void Claims::take_over() {
    for (const ClaimFile& file : claim_files(folder_.claimed())) {
        if (file.attempt.task != attempt_.task || file.attempt.number >= attempt_.number) continue;
        auto work = after_attempt(folder_, file, folder_.ended_orderly(file.attempt));
        if (!work) continue;
        write_json(folder_.claimed() / name_of(file.fingerprint, attempt_), to_json(*work));
        std::error_code ignored;
        fs::remove(folder_.claimed() / file.name, ignored);
        left_.push_back({file.fingerprint, std::move(*work)});
    }
    std::stable_sort(left_.begin(), left_.end(),
                     [](const Claim& a, const Claim& b) { return a.work.cost < b.work.cost; });  // the last comes first
}

std::optional<Claim> Claims::take_from(Size task) {
    const bool own = task == attempt_.task;
    std::vector<std::string> names = own ? std::move(mine_) : names_in(folder_of(folder_, task));
    if (!own) std::reverse(names.begin(), names.end());
    std::optional<Claim> claim;
    while (!claim && !names.empty()) {
        const std::string name = std::move(names.back());
        names.pop_back();
        const std::string fingerprint = fingerprint_in(name);
        if (fingerprint.empty()) continue;
        const fs::path to = folder_.claimed() / name_of(fingerprint, attempt_);
        if (!moved(folder_of(folder_, task) / name, to)) continue;  // another one was quicker
        if (const auto content = read_json(to)) claim = Claim{fingerprint, work_from(*content)};
    }
    if (own) mine_ = std::move(names);
    return claim;
}

std::optional<Size> Claims::fullest_task() const {
    std::optional<Size> fullest;
    Size most = 0;
    for (const std::string& name : names_in(folder_.todo())) {
        const Size left = names_in(folder_.todo() / name).size();
        if (left <= most) continue;
        if (const auto task = parse_attempt(name + ".0")) {
            most = left;
            fullest = task->task;
        }
    }
    return fullest;
}

std::optional<Claim> Claims::take() {
    if (!left_.empty()) {
        Claim claim = std::move(left_.back());
        left_.pop_back();
        return claim;
    }
    if (auto claim = take_from(attempt_.task)) return claim;
    mine_ = names_in(folder_of(folder_, attempt_.task));  // what was given back meanwhile
    std::reverse(mine_.begin(), mine_.end());
    if (auto claim = take_from(attempt_.task)) return claim;
    while (const auto task = fullest_task())
        if (auto claim = take_from(*task)) return claim;
    return std::nullopt;
}

void Claims::give_back(const Claim& claim) const {
    offer(folder_, attempt_.task, 0, claim.work);
    std::error_code ignored;
    fs::remove(folder_.claimed() / name_of(claim.fingerprint, attempt_), ignored);
}

void Claims::finish(const std::string& fingerprint) const {
    const std::string name = name_of(fingerprint, attempt_);
    moved(folder_.claimed() / name, folder_.done() / name);
}

bool Claims::is_work_left() const {
    if (!offered(folder_).empty()) return true;
    const auto claimed = claim_files(folder_.claimed());
    return std::any_of(claimed.begin(), claimed.end(),
                       [&](const ClaimFile& file) { return file.attempt.task == attempt_.task; });
}

}  // namespace unroll::launch
