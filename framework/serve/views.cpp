// What is told of the databases, as JSON.
#include "serve/views.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "analysis/conditions.h"
#include "base/text.h"
#include "base/utf8.h"
#include "report/gather.h"
#include "report/json.h"
#include "report/trial_label.h"
#include "report/trial_page.h"
#include "store/moment.h"
#include "store/progress.h"
#include "unroll/error.h"

namespace unroll::serve {

namespace {

/// The points that one figure of a page is made from: what leaves a page within a second (analysis/group_curves.h).
constexpr std::int64_t most_points_read = 100'000;
/// In a list of trials; more would make a page slow, and nobody reads them.
constexpr std::size_t most_trials_listed = 1000;
/// Of one axis, to choose from.
constexpr std::size_t most_choices = 200;

/// An object of these members, in this order.
json::Value object(std::vector<std::pair<std::string_view, json::Value>> members) {
    json::Object made;
    for (auto& member : members) made.push_back({std::string(member.first), {}, std::move(member.second)});
    return made;
}

json::Value text(const std::string& stored) {
    return base::readable(stored);
}

json::Value optional(const std::optional<double>& value) {
    return value ? report::to_json(store::Value(*value)) : json::Value();
}

json::Value statuses(const std::vector<store::StatusCount>& counts) {
    json::Object made;
    for (const auto& [status, trials] : counts) made.push_back({std::string(trial::to_string(status)), {}, trials});
    return made;
}

std::int64_t number_in(const Target& target, const std::string& name) {
    const std::string digits = target.value(name);
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    if (const auto [rest, error] = std::from_chars(digits.data(), end, number);
        error != std::errc() || rest != end || digits.empty())
        throw Error({"URL", fmt::format("{} = '{}'", name, digits), "an integer", "start from the overview page"});
    return number;
}

}  // namespace

Views::Views(const std::vector<std::filesystem::path>& databases, std::string generator)
    : generator_(std::move(generator)) {
    for (const std::filesystem::path& file : databases) databases_.emplace_back(file);
}

store::Followed& Views::database(const Target& target) {
    const auto place = target.value("db").empty() ? 0 : number_in(target, "db");
    if (place < 0 || static_cast<std::size_t>(place) >= databases_.size())
        throw Error({"URL", fmt::format("db = {}", place),
                     base::count_of(databases_.size(), "database") + ", numbered from 0",
                     "start from the overview page"});
    return databases_[static_cast<std::size_t>(place)];
}

store::Store& Views::store(const Target& target) {
    store::Followed& followed = database(target);
    if (store::Store* const store = followed.now()) return *store;
    throw Error({followed.file(), "does not exist yet", "a result store", "it will appear once a run creates it"});
}

void Views::rest() {
    for (store::Followed& followed : databases_) followed.close();
}

std::uint64_t Views::revision(const Target& target) {
    if (target.value("view") != "index") return database(target).revision();
    std::uint64_t all = 0;
    for (store::Followed& followed : databases_) try {
            all = all * 1'000'003 + followed.revision();
        } catch (const Error&) {  // the index tells of it
            all = all * 1'000'003;
        }
    return all;
}

json::Value Views::progress(const Target& target) {
    const std::string view = target.value("view");
    if (view == "index") return index();
    if (view == "trial") return trial_progress(target);
    return experiment_progress(target);
}

json::Value Views::page(const Target& target) {
    const store::Moment moment(store(target));
    return target.value("view") == "trial" ? trial_page(target) : experiment_page(target);
}

json::Value Views::index() {
    json::Array list;
    for (std::size_t place = 0; place < databases_.size(); ++place) list.push_back(listed(place));
    return object({{"databases", std::move(list)}});
}

/// One database with its experiments, or with what is wrong with it.
json::Value Views::listed(std::size_t place) {
    store::Followed& followed = databases_[place];
    json::Value made = object({{"file", text(followed.file().string())}});
    try {
        store::Store* const store = followed.now();
        made.set("is_there", store != nullptr);
        json::Array experiments;
        if (store)
            for (const store::ExperimentProgress& experiment : store::progress_of_all(*store))
                experiments.push_back(object({{"name", text(experiment.name)},
                                              {"about", text(experiment.about)},
                                              {"updated_at", text(experiment.updated_at)},
                                              {"statuses", statuses(experiment.statuses)}}));
        made.set("experiments", std::move(experiments));
    } catch (const Error& wrong) {
        made.set("problem", text(wrong.what()));
    }
    return made;
}

json::Value Views::experiment_progress(const Target& target) {
    const store::Progress progress = store::progress_of(store(target), target.value("name"));
    json::Array running;
    for (const store::RunningTrial& trial : progress.running)
        running.push_back(object({{"id", trial.id},
                                  {"label", text(report::trial_label(trial.axes))},
                                  {"step", trial.step},
                                  {"steps", trial.steps},
                                  {"loss", optional(trial.loss)},
                                  {"is_silent", trial.is_silent}}));
    return object({{"statuses", statuses(progress.statuses)},
                   {"running", std::move(running)},
                   {"last_sample", progress.last_sample},
                   {"last_end", text(progress.last_end)}});
}

json::Value Views::trial_progress(const Target& target) {
    const store::TrialMark mark = store::mark_of(store(target), number_in(target, "id"));
    return object({{"status", std::string(trial::to_string(mark.status))},
                   {"step", mark.step},
                   {"steps", mark.steps},
                   {"attempts", mark.attempts},
                   {"last_sample", mark.last_sample},
                   {"points", mark.points}});
}

json::Value Views::experiment_page(const Target& target) {
    store::Store& store = this->store(target);
    const store::Experiment experiment = store::find_experiment(store, target.value("name"));
    report::PageRequest request;
    request.experiments = {experiment.name};
    request.metric = target.value("metric");
    request.by = target.values("by");
    request.generator = generator_;
    request.most_read = most_points_read;
    for (const std::string& condition : target.values("where"))
        request.where.push_back(analysis::condition_in(condition));

    json::Array axes, series, trials;
    for (const store::Axis& axis : experiment.axes) {
        json::Array values;
        for (const std::string& value : analysis::values_of(store, experiment, axis.name))
            if (values.size() < most_choices) values.emplace_back(text(value));
        if (values.size() > 1) axes.push_back(object({{"name", text(axis.name)}, {"values", std::move(values)}}));
    }
    for (const std::string& name : store::series_of(store, experiment)) series.emplace_back(text(name));
    for (const store::TrialProgress& trial : store::trials_with_progress(store, experiment, most_trials_listed))
        trials.push_back(object({{"id", trial.id},
                                 {"label", text(report::trial_label(trial.axes))},
                                 {"status", std::string(trial::to_string(trial.status))},
                                 {"step", trial.step},
                                 {"steps", trial.steps},
                                 {"value", optional(trial.value)}}));
    return object({{"page", report::to_json(report::gather(store, request))},
                   {"metric", text(experiment.metric)},
                   {"axes", std::move(axes)},
                   {"series", std::move(series)},
                   {"trials", std::move(trials)}});
}

json::Value Views::trial_page(const Target& target) {
    store::Store& store = this->store(target);
    const std::int64_t id = number_in(target, "id");
    json::Array experiments;
    for (const store::TrialPlace& place : store::memberships_of(store, id))
        experiments.emplace_back(text(place.experiment));
    return object({{"page", report::to_json(report::trial_page(store, id, generator_))},
                   {"experiments", std::move(experiments)}});
}

}  // namespace unroll::serve
