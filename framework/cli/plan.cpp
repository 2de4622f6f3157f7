// unroll plan MANIFEST: the trials of a manifest, with their size, cost and status.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/progress_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "report/trial_label.h"
#include "store/store.h"
#include "sweep/build_id.h"
#include "sweep/cores.h"
#include "sweep/estimate.h"
#include "sweep/going_on.h"
#include "sweep/identities.h"
#include "sweep/memory.h"
#include "sweep/pending.h"
#include "sweep/workload.h"
#include "training/length.h"
#include "trial/due.h"
#include "trial/topology.h"
#include "unroll/error.h"

namespace unroll::cli {

Command plan_command() {
    Command command;
    command.usage =
        "unroll plan MANIFEST [--set PATH=JSON]... [--jobs N] [--no-estimate] [--format table|csv|json|markdown]";
    command.about =
        "Lists the trials of a manifest with their number of parameters, training cost (gflop), memory and status, the "
        "step that each goes on from if it does not begin at 0, and the samples that it will have; says when they do "
        "not fit into this machine's memory. Estimates the minutes of training on this machine by taking a few steps "
        "of each "
        "distinct model, for about a second. Writes nothing.";
    command.options.add_options()("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
                                  "override a value of the manifest; repeatable")(
        "jobs", po::value<std::int64_t>()->value_name("N"),
        "estimate for so many trials in parallel (default: all cores)")("no-estimate", po::bool_switch(),
                                                                        "take no steps, and leave out the minutes")(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.positional = {"manifest"};
    return command;
}

namespace {

/// A trial, what the store knows of it, and what is left to do.
struct PlannedRow {
    const sweep::TrialPlan* work = nullptr;
    const store::TrialState* state = nullptr;  ///< none: the store has never seen it
    bool done = false;
    Size samples = 0, samples_left = 0;
    std::uint64_t from_step = 0;    ///< training goes on from this step, of this trial or of one of its trajectory
    std::optional<double> seconds;  ///< of training; none when it is done or not estimated

    /// Floating-point operations left.
    double cost() const {
        const double steps = double(work->row.steps);
        return done || steps == 0 ? 0 : work->cost * (1 - double(std::min(from_step, work->row.steps)) / steps);
    }
};

/// The store, unless there is none yet.
std::optional<store::Store> existing_store(const std::filesystem::path& database) {
    std::error_code ignored;
    if (!std::filesystem::exists(database, ignored)) return std::nullopt;
    return store::Store(database, store::Store::Mode::read);
}

std::map<std::string, store::TrialState> known(std::optional<store::Store>& store,
                                               const std::vector<sweep::TrialPlan>& work, Session& session) {
    if (!store) return {};
    std::vector<std::string> fingerprints;
    for (const sweep::TrialPlan& entry : work) fingerprints.push_back(entry.row.fingerprint);
    auto states = store->states(fingerprints);
    for (const sweep::Identified& trial : sweep::identify_earlier(*store, work, session.catalog(), session.datasets()))
        for (auto& [stored, state] : store->states({trial.stored})) states.emplace(trial.now.fingerprint, state);
    return states;
}

Size samples_of(const sweep::TrialPlan& entry) {
    const trial::Length length = training::length_of(*entry.trial, *entry.dataset);
    double samples = 0;
    for (const auto& settings : entry.sampling)
        samples += double(settings.count) * double(trial::count_due(settings.every, length));
    return Size(std::min(samples, 1e15));  // more than anyone can make; sums of them fit
}

/// The step that `unroll run` would go on from.
std::uint64_t from_step(const PlannedRow& row, std::optional<store::Store>& store, const std::string& build) {
    if (!store) return 0;
    const bool is_begun = row.state && row.state->build == build && !row.state->checkpoints.empty();
    const std::uint64_t reached = is_begun ? row.state->checkpoints.back().step : 0;
    const sweep::GoingOn other = sweep::going_on(*store, *row.work, build, reached);
    return other.part ? other.part->checkpoints.back().step : reached;
}

std::vector<PlannedRow> rows_of(const std::vector<sweep::TrialPlan>& work, std::optional<store::Store>& store,
                                const std::map<std::string, store::TrialState>& states,
                                const plugins::Catalog& catalog) {
    const sweep::Builds builds(catalog);
    std::vector<PlannedRow> rows;
    for (const sweep::TrialPlan& entry : work) {
        PlannedRow row{&entry, nullptr, false, samples_of(entry), 0, 0, {}};
        if (const auto state = states.find(entry.row.fingerprint); state != states.end()) row.state = &state->second;
        row.done = row.state && trial::is_done(row.state->status);
        if (!row.done) {
            row.samples_left = row.samples;
            row.from_step = from_step(row, store, builds.of(*entry.trial));
        } else if (row.state->status == trial::TrialStatus::finished) {
            const auto pending = sweep::pending_samples(*entry.trial, *entry.dataset, entry.sampling,
                                                        store->samples(row.state->fingerprint), row.state->checkpoints);
            for (const sweep::SamplesAt& at : pending.makeable) row.samples_left += at.samples.size();
        }
        rows.push_back(row);
    }
    return rows;
}

/// Fills in the seconds of each row that is not done; returns those of the whole.
double estimate(std::vector<PlannedRow>& rows, const plugins::Catalog& catalog, Size jobs) {
    std::vector<sweep::Remaining> remaining;
    for (const PlannedRow& row : rows)
        if (!row.done) remaining.push_back({row.work, row.from_step});
    const sweep::Estimate estimate = sweep::estimate(remaining, catalog, jobs);
    auto seconds = estimate.seconds.begin();
    for (PlannedRow& row : rows)
        if (!row.done) row.seconds = *seconds++;
    return estimate.total;
}

/// Of what is left to train.
std::string memory_note_of(const std::vector<PlannedRow>& rows, Size jobs) {
    std::vector<const sweep::TrialPlan*> left;
    for (const PlannedRow& row : rows)
        if (!row.done) left.push_back(row.work);
    const double limit = sweep::memory_limit();
    return sweep::memory_note(sweep::plan_memory(left, jobs, limit), limit);
}

std::int64_t whole(Size number) {
    return std::int64_t(number);
}

/// "3", "12.5": epochs in hundredths at most.
double hundredths(double number) {
    return std::round(number * 100) / 100;
}

/// How the cells' weights start: each word once, lowest layer first.
std::string initializers_of(const trial::Trial& trial) {
    std::vector<std::string> words;
    for (const auto* part : {&trial.upstream, &trial.cells})
        for (const trial::CellSettings& cell : *part)
            if (const std::string word = to_string(cell.initializer);
                std::find(words.begin(), words.end(), word) == words.end())
                words.push_back(word);
    return fmt::format("{}", fmt::join(words, ", "));
}

/// Two significant digits, all that an estimate has.
double estimated(double number) {
    return std::stod(fmt::format("{:.1e}", number));
}

store::Table table_of(const std::vector<PlannedRow>& rows, const std::vector<manifest::PlannedTrial>& planned) {
    const bool matched = std::any_of(planned.begin(), planned.end(),
                                     [](const manifest::PlannedTrial& trial) { return !trial.matched.empty(); });
    store::Table table{{"number", "axes", "cell", "parameters", "state_size", "initializer", "steps", "epochs", "gflop",
                        "memory_mb", "minutes", "samples", "status", "trial"},
                       {}};
    if (matched) table.columns.insert(table.columns.begin() + 3, "matched");
    const bool goes_on = std::any_of(rows.begin(), rows.end(), [](const PlannedRow& row) { return row.from_step > 0; });
    if (goes_on) table.columns.insert(table.columns.end() - 1, "from_step");
    for (Size i = 0; i < rows.size(); ++i) {
        const PlannedRow& row = rows[i];
        const store::TrialRow& trial = row.work->row;
        table.rows.push_back({whole(i + 1), report::trial_label(row.work->axes), trial.cell, whole(trial.parameters),
                              whole(trial.state_size), initializers_of(*row.work->trial), whole(trial.steps),
                              hundredths(double(trial.steps) / double(trial.steps_per_epoch)), row.work->cost / 1e9,
                              std::ceil(row.work->memory.total() / 1e6),
                              row.seconds ? store::Value(estimated(*row.seconds / 60)) : store::Value(),
                              whole(row.samples), std::string(row.state ? trial::to_string(row.state->status) : "new"),
                              row.state ? store::Value(row.state->id) : store::Value()});
        std::vector<store::Value>& last = table.rows.back();
        if (matched) last.insert(last.begin() + 3, planned[i].matched);
        if (goes_on) last.insert(last.end() - 1, row.from_step ? store::Value(whole(row.from_step)) : store::Value());
    }
    return table;
}

/// "about 12 min".
std::string about(double seconds) {
    if (seconds < 1) return "less than a second";
    if (seconds < 60) return fmt::format("about {:.0f} s", seconds);
    const double minutes = seconds / 60;
    if (minutes < 10) return fmt::format("about {:.1f} min", minutes);
    if (minutes < 100) return fmt::format("about {:.0f} min", minutes);
    return fmt::format("about {:.1f} h", minutes / 60);
}

std::string summary(const std::vector<PlannedRow>& rows, const std::optional<double>& seconds, Size jobs) {
    Size done = 0, going_on = 0, samples = 0;
    double cost = 0;
    std::set<trial::SampleKind> kinds;
    for (const PlannedRow& row : rows) {
        done += row.done;
        cost += row.cost();
        going_on += row.from_step > 0;
        samples += row.samples_left;
        if (row.samples_left) kinds.insert(trial::sample_kind(*row.work->dataset));
    }
    std::string text =
        fmt::format("{}, {} done{}; {:.0f} GFLOP left", base::count_of(rows.size(), "trial"), done,
                    going_on ? fmt::format(", {} going on from a checkpoint", going_on) : "", cost / 1e9);
    if (seconds && done < rows.size())
        text += fmt::format(", {} of training on this machine ({} in parallel)", about(*seconds),
                            base::count_of(std::min(jobs, rows.size() - done), "trial"));
    if (samples)
        text += fmt::format("; {} to generate",
                            base::count_of(samples, kinds == std::set{trial::SampleKind::text} ? "text" : "sample"));
    return text;
}

}  // namespace

int plan(const Words& words) {
    const auto arguments = parse(plan_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const std::string file =
        exactly(*arguments, "manifest", 1, "a JSON file", "for example: unroll plan experiments/quickstart.json")[0];
    const Size jobs = arguments->has("jobs") ? whole_number(*arguments, "jobs", 1, 1024, "leave it out for all cores")
                                             : sweep::available_cores();

    Session session(*arguments);
    std::vector<manifest::Plan> plans;
    plans.push_back(session.plan(file, overrides_of(*arguments)));
    const auto work = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    auto store = existing_store(arguments->database);
    const auto states = known(store, work, session);
    std::vector<PlannedRow> rows = rows_of(work, store, states, session.catalog());
    std::optional<double> seconds;
    if (!arguments->get<bool>("no-estimate")) seconds = estimate(rows, session.catalog(), jobs);

    // One plan: its trials are distinct, and the work is these trials.
    Look look;
    look.leave_out = {"matched", "minutes", "samples", "trial"};
    look.hide_first = {"gflop", "memory_mb", "number", "trial",   "samples",
                       "cell",  "epochs",    "steps",  "matched", "initializer"};
    std::vector<std::string> notes;
    for (const std::string& line : plans.front().dropped) notes.push_back("dropped: " + line);
    if (const std::string note = memory_note_of(rows, jobs); !note.empty()) notes.push_back("memory: " + note);
    print_table(table_of(rows, plans.front().trials), format, on_standard_output(look),
                summary(rows, seconds, std::min(jobs, work.size())), notes);
    return success;
}

}  // namespace unroll::cli
