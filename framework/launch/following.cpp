// Following a run from where the user is.
#include "launch/following.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "json/parse.h"
#include "json/write.h"
#include "launch/json_file.h"

namespace unroll::launch {

namespace {

std::vector<std::string> whole_lines(const std::filesystem::path& file, std::uint64_t& offset) {
    std::vector<std::string> lines;
    std::ifstream in(file, std::ios::binary);
    if (!in.seekg(static_cast<std::streamoff>(offset))) return lines;
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
        lines.push_back(text.substr(begin, end - begin));
    offset += begin;
    return lines;
}

}  // namespace

Follower::Follower(const RunFolder& folder, const std::map<std::string, Size>& places, sweep::Observer& observer)
    : folder_(folder), places_(places), observer_(observer) {}

void Follower::skip_past(const std::set<Size>& alive) {
    for (const Attempt& attempt : folder_.all_attempts())
        attempts_[attempt].is_over = !alive.contains(attempt.task) || folder_.end_of(attempt).has_value();
}

bool Follower::look() {
    bool any = false;
    for (const Attempt& attempt : folder_.all_attempts()) {
        Seen& seen = attempts_[attempt];
        if (seen.is_over) continue;
        const bool over = folder_.end_of(attempt).has_value();  // asked first: what it wrote before is read now
        any = read_record(attempt, seen) || any;
        any = read_ended(attempt, seen) || any;
        if (!over) continue;
        seen.is_over = true;
        if (const auto problem = read_json(folder_.attempt(attempt) / "problem.json"))
            if (std::string text = text_of(*problem, "problem"); noted_.insert(text).second)
                notes_.push_back(fmt::format("task {}: {}", attempt.task, text));
    }
    return any;
}

bool Follower::read_record(const Attempt& attempt, Seen& seen) {
    const auto value = read_json(folder_.attempt(attempt) / "worker.json");
    if (!value) return false;
    std::string text = json::dump(*value);
    if (text == seen.record) return false;
    seen.record = std::move(text);
    const WorkerRecord record = worker_record_from(*value);
    kernel_sets_[record.kernel_set].insert(record.host);
    for (const std::string& note : record.notes)
        if (noted_.insert(note).second)
            notes_.push_back(fmt::format("task {} on {}: {}", attempt.task, record.host, note));
    for (const RunningTrial& trial : record.running) tell_running(trial, seen);
    return true;
}

void Follower::tell_running(const RunningTrial& trial, Seen& seen) {
    const auto place = places_.find(trial.fingerprint);
    if (place == places_.end() || ended_.contains(trial.fingerprint)) return;
    if (seen.running.insert(trial.fingerprint).second) observer_.started(place->second, trial.from_step);
    const auto tell_loss = [&](Split split, const std::optional<double>& loss) {
        if (!loss) return;
        training::Point point;
        point.step = trial.now.step;
        point.split = split;
        point.name = "loss";
        point.value = *loss;
        observer_.recorded(place->second, point);
    };
    tell_loss(Split::train, trial.train);
    tell_loss(Split::validation, trial.validation);
    if (trial.now.steps) observer_.progress(place->second, trial.now);
}

bool Follower::read_ended(const Attempt& attempt, Seen& seen) {
    const auto lines = whole_lines(folder_.attempt(attempt) / "ended.jsonl", seen.offset);
    for (const std::string& line : lines) {
        const auto value = json::try_parse(line);
        if (!value) continue;
        EndedTrial ended = ended_trial_from(*value);
        const auto place = places_.find(ended.fingerprint);
        const bool goes_on = ended.outcome.status == trial::TrialStatus::interrupted;
        if (place == places_.end() || goes_on || ended_.contains(ended.fingerprint)) continue;
        tell_running({ended.fingerprint, 0, {}, ended.train, ended.validation}, seen);
        observer_.ended(place->second, ended.outcome);
        ended_.emplace(ended.fingerprint, std::move(ended));
    }
    return !lines.empty();
}

std::vector<std::string> Follower::take_notes() {
    return std::exchange(notes_, {});
}

void Follower::count(sweep::Summary& summary) const {
    using enum trial::TrialStatus;
    for (const auto& [fingerprint, ended] : ended_) {
        const training::Outcome& outcome = ended.outcome;
        if (outcome.status == finished) {
            summary.trained += ended.trained;
            summary.incomplete += !outcome.error.empty();
        }
        summary.diverged += outcome.status == diverged;
        summary.failed += outcome.status == failed;
    }
}

}  // namespace unroll::launch
