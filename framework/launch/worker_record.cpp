// What a worker tells of itself.
#include "launch/worker_record.h"

#include <fcntl.h>

#include <system_error>

#include "base/files.h"
#include "json/write.h"
#include "launch/json_file.h"

namespace unroll::launch {

namespace {

json::Value optional(const std::optional<double>& number) {
    return number ? json::Value(*number) : json::Value();
}

std::optional<double> optional(const json::Value& value, std::string_view key) {
    const json::Value* found = value.find(key);
    return found ? found->number() : std::nullopt;
}

}  // namespace

json::Value to_json(const WorkerRecord& record) {
    json::Array running;
    for (const RunningTrial& trial : record.running)
        running.push_back(object({{"fingerprint", trial.fingerprint},
                                  {"from_step", trial.from_step},
                                  {"step", trial.now.step},
                                  {"steps", trial.now.steps},
                                  {"loss", trial.now.loss},
                                  {"tokens_per_second", trial.now.tokens_per_second},
                                  {"train_loss", optional(trial.train)},
                                  {"validation_loss", optional(trial.validation)}}));
    return object({{"host", record.host},
                   {"pid", record.pid},
                   {"job", record.job},
                   {"build", record.build},
                   {"kernel_set", record.kernel_set},
                   {"state", record.state},
                   {"beat", record.beat},
                   {"at", now_text()},
                   {"published", record.published},
                   {"notes", json::Array(record.notes.begin(), record.notes.end())},
                   {"running", std::move(running)}});
}

WorkerRecord worker_record_from(const json::Value& value) {
    WorkerRecord record;
    record.host = text_of(value, "host");
    record.pid = count_of(value, "pid");
    record.job = text_of(value, "job");
    record.build = text_of(value, "build");
    record.kernel_set = text_of(value, "kernel_set");
    record.state = text_of(value, "state");
    record.beat = count_of(value, "beat");
    record.published = count_of(value, "published");
    record.notes = texts_of(value, "notes");
    for (const json::Value& one : list_of(value, "running"))
        record.running.push_back({text_of(one, "fingerprint"),
                                  count_of(one, "from_step"),
                                  {count_of(one, "step"), count_of(one, "steps"), number_of(one, "loss"),
                                   number_of(one, "tokens_per_second")},
                                  optional(one, "train_loss"),
                                  optional(one, "validation_loss")});
    return record;
}

json::Value to_json(const EndedTrial& ended) {
    const training::Outcome& outcome = ended.outcome;
    return object({{"fingerprint", ended.fingerprint},
                   {"trained", ended.trained},
                   {"status", trial::to_string(outcome.status)},
                   {"step", outcome.step},
                   {"tokens", outcome.tokens},
                   {"seconds", outcome.seconds},
                   {"diverged_step", outcome.diverged_step ? json::Value(*outcome.diverged_step) : json::Value()},
                   {"error", outcome.error},
                   {"cause", trial::to_string(outcome.cause)},
                   {"train_loss", optional(ended.train)},
                   {"validation_loss", optional(ended.validation)}});
}

EndedTrial ended_trial_from(const json::Value& value) {
    EndedTrial ended;
    ended.fingerprint = text_of(value, "fingerprint");
    ended.trained = flag_of(value, "trained");
    training::Outcome& outcome = ended.outcome;
    const std::string status = text_of(value, "status"), cause = text_of(value, "cause");
    outcome.status = trial::parse_status(status.empty() ? "interrupted" : status);
    outcome.step = count_of(value, "step");
    outcome.tokens = count_of(value, "tokens");
    outcome.seconds = number_of(value, "seconds");
    if (const auto step = optional(value, "diverged_step")) outcome.diverged_step = static_cast<std::uint64_t>(*step);
    outcome.error = text_of(value, "error");
    if (!cause.empty()) outcome.cause = trial::parse_cause(cause);
    ended.train = optional(value, "train_loss");
    ended.validation = optional(value, "validation_loss");
    return ended;
}

Size WorkerObserver::add(const std::string& fingerprint, bool trains) {
    const std::lock_guard lock(mutex_);
    trials_.emplace_back(fingerprint, trains);
    return trials_.size() - 1;
}

void WorkerObserver::started(Size index, std::uint64_t from_step) {
    const std::lock_guard lock(mutex_);
    running_[index] = {trials_.at(index).first, from_step, {.step = from_step}, {}, {}};
}

void WorkerObserver::progress(Size index, const training::StepProgress& progress) {
    const std::lock_guard lock(mutex_);
    running_[index].now = progress;
}

void WorkerObserver::recorded(Size index, const training::Point& point) {
    if (point.name != "loss" || point.split == Split::test) return;
    const std::lock_guard lock(mutex_);
    (point.split == Split::train ? running_[index].train : running_[index].validation) = point.value;
}

void WorkerObserver::ended(Size index, const training::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const RunningTrial last = running_[index];
    running_.erase(index);
    const auto& [fingerprint, trained] = trials_.at(index);
    const EndedTrial ended{fingerprint, trained, outcome, last.train, last.validation};
    try {  // one write of one line: whoever reads meanwhile sees it whole or not at all
        base::File file(folder_ / "ended.jsonl", O_WRONLY | O_CREAT | O_APPEND);
        file.write(json::dump(to_json(ended)) + "\n");
    } catch (const std::system_error&) {  // the shard has it; the launcher's display does without
    }
    if (outcome.status != trial::TrialStatus::interrupted) ended_.push_back(fingerprint);
}

std::vector<RunningTrial> WorkerObserver::running() const {
    const std::lock_guard lock(mutex_);
    std::vector<RunningTrial> all;
    for (const auto& [index, trial] : running_) all.push_back(trial);
    return all;
}

std::vector<std::string> WorkerObserver::take_ended() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ended_, {});
}

bool WorkerObserver::has_ended() const {
    const std::lock_guard lock(mutex_);
    return !ended_.empty();
}

}  // namespace unroll::launch
