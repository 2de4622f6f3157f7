// From text to plan.
#include "manifest/expand.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/nearest.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/compatibility.h"
#include "manifest/expect.h"
#include "manifest/match.h"
#include "manifest/patch.h"
#include "manifest/path.h"
#include "manifest/resolve.h"
#include "manifest/sampling_plan.h"
#include "manifest/skip.h"
#include "manifest/start.h"
#include "manifest/sweep.h"
#include "manifest/terms.h"
#include "trial/metric.h"
#include "trial/splits.h"

namespace unroll::manifest {
namespace {

class Expansion {
public:
    Expansion(const std::string& text, const std::string& file, const plugins::Catalog& catalog, const Lookup& lookup,
              DatasetCache& datasets, const HostQueries& host_queries)
        : text_(text),
          checker_(file, catalog, lookup),
          datasets_(datasets),
          host_queries_(host_queries),
          matching_(checker_, datasets, host_queries, overridden_),
          compatibility_(checker_),
          sampling_(checker_) {}

    Plan run(const std::vector<Override>& overrides) {
        read_text();
        override_values(overrides);
        check_top();
        const Sweep sweep = read_sweep(manifest_.find("sweep"), checker_, diagnostics_);
        refuse_override_of_axis(sweep);
        if (sweep.damaged) checker_.tolerate_missing();
        expand(sweep);
        read_compare(sweep);
        if (!sweep.damaged)
            plan_.expectations =
                read_expectations(manifest_.find("expect"), plan_.name, axes_, host_queries_, checker_, diagnostics_);
        diagnostics_.raise();
        return std::move(plan_);
    }

private:
    void read_text() {
        auto root = json::parse(text_, checker_.file(), diagnostics_);
        if (root && !root->object()) {
            diagnostics_.add({checker_.where(root->at, ""), json::excerpt(*root), "an object",
                              "write a manifest as {\"KEY\": VALUE, …}"});
            root.reset();
        }
        if (!root) diagnostics_.raise();
        manifest_ = std::move(*root);
        plan_.source = text_;
    }

    void override_values(const std::vector<Override>& overrides) {
        std::vector<Assignment> assignments;
        values_.reserve(overrides.size());
        for (const Override& each : overrides) {
            const std::string where = fmt::format("--set {}", each.path);
            const auto path = normal_path(each.path);
            base::Diagnostics malformed;
            auto value = json::parse(each.json, where, malformed);
            if (!path)
                diagnostics_.add({where, "no path", "PATH=JSON, as in training.steps=100", "name the setting"});
            else if (!value)
                diagnostics_.add({where, fmt::format("{}, which is not JSON", each.json),
                                  "a JSON value; a string needs quotes",
                                  fmt::format("for a string, write --set '{}=\"{}\"'", each.path, each.json)});
            if (!path || !value) continue;
            plan_.source += fmt::format("{}// --set {}={}", plan_.source.ends_with('\n') ? "" : "\n", each.path,
                                        json::dump(*value));
            plan_.source += '\n';
            forget_position(*value);
            if (path->starts_with("sweep.")) {
                json::Value* sweep = manifest_.find("sweep");
                if (!sweep) sweep = &manifest_.set("sweep", json::Value(json::Object{}));
                if (sweep->object())
                    sweep->set(std::string_view(*path).substr(6), std::move(*value));
                else
                    diagnostics_.add({where, "an axis, but the manifest's sweep is a list", "a sweep that is an object",
                                      "set the whole of it, as in --set sweep={…}"});
                continue;
            }
            values_.push_back(std::move(*value));
            assignments.push_back({*path, &values_.back()});
        }
        assign(manifest_, assignments, checker_, diagnostics_);
        overridden_ = std::move(assignments);
    }

    /// Of a value from the command line, which messages say instead of a line.
    static void forget_position(json::Value& value) {
        value.at = {};
        if (json::Array* array = value.array())
            for (json::Value& item : *array) forget_position(item);
        if (json::Object* object = value.object())
            for (json::Member& member : *object) {
                member.at = {};
                forget_position(member.value);
            }
    }

    void refuse_override_of_axis(const Sweep& sweep) {
        for (const Assignment& override : overridden_)
            for (const Assignment& axis : sweep.paths)
                if (overlap(override.path, axis.path))
                    diagnostics_.add({fmt::format("--set {}", override.path),
                                      fmt::format("a setting that the sweep sets, on line {}", axis.value->at.line),
                                      "a setting that is the same in all trials",
                                      fmt::format("change the axis, as in --set 'sweep.{}=[{}]'", axis.path,
                                                  json::excerpt(*override.value))});
    }

    void check_top() {
        refuse_too_long();
        const Section& top = section("");
        for (const json::Member& member : *manifest_.object())
            if (std::none_of(top.settings.begin(), top.settings.end(),
                             [&](const Setting& each) { return each.option.name == member.key; }))
                diagnostics_.add(checker_.unknown_key(top, member, ""));
        json::Value checked{json::Object{}};
        for (const char* name : {"name", "about", "$schema"})
            if (const json::Value* given = manifest_.find(name))
                checked.set(name, checker_.check_value(setting(top, name), *given, name, diagnostics_));
        plan_.name = std::filesystem::path(checker_.file()).stem().string();
        fill(top, checked, plan_);
        if (const json::Value* name = manifest_.find("name"); name && name->text() && name->text()->empty())
            diagnostics_.add({checker_.where(name->at, "name"), "an empty name", "a name for the experiment",
                              "give it one, or leave it out for the file's name"});
    }

    /// Lists whose every entry costs time for each trial, or a database.
    void refuse_too_long() {
        constexpr std::size_t most_entries = 1'000;
        for (const char* name : {"skip", "expect", "cell"}) {
            const json::Value* list = manifest_.find(name);
            const std::size_t size = !list            ? 0
                                     : list->array()  ? list->array()->size()
                                     : list->object() ? list->object()->size()
                                                      : 0;
            if (size > most_entries)
                diagnostics_.add({checker_.where(list->at, name), fmt::format("{} entries", size),
                                  fmt::format("at most {}", most_entries), "write several manifests"});
        }
        diagnostics_.raise();
    }

    void expand(const Sweep& sweep) {
        Skips skips(manifest_.find("skip"), sweep, checker_, diagnostics_);
        json::Value base = manifest_;
        std::erase_if(*base.object(), [](const json::Member& member) {
            return member.key == "sweep" || member.key == "skip" || member.key == "compare" || member.key == "expect" ||
                   member.key == "name" || member.key == "about";
        });
        plan_.trials.reserve(sweep.combinations.size());
        for (const Combination& combination : sweep.combinations) expand(base, combination, skips);
        if (diagnostics_.empty()) skips.report_unused(diagnostics_);  // what is wrong may be why it does not match
    }

    void expand(const json::Value& base, const Combination& combination, Skips& skips) {
        base::Diagnostics own;
        json::Value manifest = base;
        assign(manifest, combination.sets, checker_, own);
        find_start(manifest, checker_, host_queries_, own);
        std::string matched = matching_.solve(manifest, combination, own);
        Resolved resolved = resolve(manifest, checker_, datasets_, own);
        if (resolved.dataset) note_splits(*resolved.dataset);
        if (const auto line = skips.trial(combination.labels, resolved.settings)) {
            plan_.dropped.push_back(
                fmt::format("{}: skipped by line {}", json::dump(nested(combination.labels)), *line));
            return;
        }
        if (resolved.complete) compatibility_.check(manifest, resolved, own);
        std::vector<trial::SamplingSettings> sampling = expand_sampling(manifest, combination, resolved, skips, own);
        sampling_settings_ += sampling.size();
        diagnostics_.add(own);
        std::string axes = json::dump(nested(combination.labels));
        axes_.push_back(axes);
        if (!own.empty()) return;

        const auto [known, is_new] = by_fingerprint_.try_emplace(resolved.trial.fingerprint, plan_.trials.size());
        if (is_new) {
            plan_.trials.push_back(
                {std::move(resolved.trial), std::move(axes), std::move(sampling), {}, std::move(matched)});
            if (resolved.gradient.kind != trial::When::Kind::never) plan_.trials.back().gradient = {resolved.gradient};
            return;
        }
        axes_.pop_back();
        PlannedTrial& twin = plan_.trials[known->second];
        plan_.dropped.push_back(fmt::format("{}: the same trial as {}", axes, twin.axes));
        for (trial::SamplingSettings& each : sampling)
            if (std::find(twin.sampling.begin(), twin.sampling.end(), each) == twin.sampling.end())
                twin.sampling.push_back(std::move(each));
    }

    void note_splits(const Dataset& dataset) {
        for (const Split split : {Split::train, Split::validation, Split::test})
            if (!dataset.tokens(split).empty() || dataset.examples(split) > 0) splits_.insert(split);
    }

    std::vector<trial::SamplingSettings> expand_sampling(const json::Value& manifest, const Combination& combination,
                                                         const Resolved& resolved, Skips& skips,
                                                         base::Diagnostics& diagnostics) {
        std::vector<trial::SamplingSettings> all;
        std::unordered_set<std::string> seen;  // by all their settings
        const auto add = [&](const json::Value& with, const std::vector<Label>& labels) {
            for (SamplingPoint& point : sampling_.points(with, resolved, diagnostics)) {
                const auto line = skips.any_sampling()
                                      ? skips.sampling(combination.labels, resolved.settings, labels, point.json)
                                      : std::nullopt;
                if (line)
                    plan_.dropped.push_back(fmt::format("{} {}: skipped by line {}",
                                                        json::dump(nested(combination.labels)), json::dump(point.json),
                                                        *line));
                else if (seen.insert(json::dump(point.json)).second)
                    all.push_back(std::move(point.settings));
            }
            check_count(all.size(), diagnostics);
        };
        if (combination.sampling.empty()) {
            add(manifest, {});
            return all;
        }
        if (!check_count(product_size(combination.sampling), diagnostics)) return {};
        for (const SamplingChoice& choice : product(combination.sampling)) {
            json::Value with = manifest;
            assign(with, choice.sets, checker_, diagnostics);
            add(with, choice.labels);
        }
        return all;
    }

    /// Whether a trial may have so many sampling settings, and all of them so many together. Ends the expansion when
    /// not: there is no use in what else is wrong.
    bool check_count(std::size_t count, base::Diagnostics& diagnostics) {
        const bool of_all = sampling_settings_ + count > most_sampling_points_of_all;
        if (count <= most_sampling_points && !of_all) return true;
        diagnostics.add(
            {checker_.where(manifest_.find("sampling") ? manifest_.find("sampling")->at : manifest_.at, "sampling"),
             of_all ? fmt::format("more than {} sampling settings in all trials", most_sampling_points_of_all)
                    : fmt::format("more than {} sampling settings of one trial", most_sampling_points),
             fmt::format("at most {}", of_all ? most_sampling_points_of_all : most_sampling_points),
             "sample with fewer settings, or write several manifests"});
        diagnostics.raise();
        return false;
    }

    void read_compare(const Sweep& sweep) {
        const json::Value* given = manifest_.find("compare");
        const json::Value checked =
            checker_.check(section("compare"), given, "compare", manifest_.at, "", diagnostics_);
        Compare& compare = plan_.compare;
        fill(section("compare"), checked, compare);
        if (given && given->find("metric") && checked.find("metric")->text()) check_metric(compare.metric, given);
        if (compare.goal.empty()) compare.goal = trial::more_is_better(compare.metric) ? "max" : "min";
        for (const auto& [name, axes] : {std::pair{"by", &compare.by}, std::pair{"best", &compare.best}})
            for (const std::string& axis : *axes)
                check_axis(axis, sweep, given && given->find(name) ? given->find(name)->at : json::Position{},
                           fmt::format("compare.{}", name));
        if (checked.find("by")->null())
            for (const std::string& axis : sweep.axes)
                if (axis != "seed" && std::find(compare.best.begin(), compare.best.end(), axis) == compare.best.end())
                    compare.by.push_back(axis);
    }

    void check_metric(const std::string& metric, const json::Value* compare) {
        const std::string_view split = std::string_view(metric).substr(0, metric.find('/'));
        if (const auto named = trial::split_named(split); named && split.size() + 1 < metric.size()) {
            if (!check_metric_name(*named, metric, compare->find("metric")->at)) return;
            if (splits_.empty() || splits_.count(*named)) return;
            diagnostics_.add({checker_.where(compare->find("metric")->at, "compare.metric"),
                              fmt::format("\"{}\", but the dataset has no {} split", metric, split),
                              fmt::format("a dataset with a {} split, or a metric of another split", split),
                              "give the dataset one, as \"split\": [0.8, 0.1, 0.1] does for a text"});
            return;
        }
        diagnostics_.add({checker_.where(compare->find("metric")->at, "compare.metric"),
                          json::excerpt(json::Value(metric)), "SPLIT/NAME, SPLIT being train, validation or test",
                          fmt::format("write it as in \"{}\"", metric_meant(metric))});
    }

    bool check_metric_name(Split split, const std::string& metric, json::Position at) {
        const std::string_view name = std::string_view(metric).substr(metric.find('/') + 1);
        const auto known = trial::metric_names(split);
        if (std::find(known.begin(), known.end(), name) != known.end()) return true;
        const std::string_view meant = trial::metric_meant(name);
        const std::string near = meant != name ? std::string(meant) : base::nearest(name, {known.begin(), known.end()});
        const std::string whole = fmt::format("{}/{}", trial::name_of(split), near);
        diagnostics_.add(
            {checker_.where(at, "compare.metric"), json::excerpt(json::Value(metric)),
             fmt::format("{}/NAME, NAME being one of {}", trial::name_of(split), fmt::join(known, ", ")),
             near.empty() ? "change the value, or leave it out for \"validation/loss\"" : base::did_you_mean(whole)});
        return false;
    }

    /// test_loss, val-acc or loss as a metric is written here.
    static std::string metric_meant(std::string_view written) {
        constexpr std::pair<std::string_view, std::string_view> splits[]{
            {"train", "train"},    {"validation", "validation"}, {"valid", "validation"},
            {"val", "validation"}, {"dev", "validation"},        {"test", "test"}};
        const std::size_t end = written.find_first_of("_-. /");
        const std::string_view head = written.substr(0, end);
        std::string_view name = end == written.npos ? written : written.substr(end + 1);
        std::string_view split = "validation";
        for (const auto& [word, meant] : splits)
            if (head == word) split = meant;
        name = trial::metric_meant(name);
        return fmt::format("{}/{}", split, name == "accuracy" || name == "exact" ? name : "loss");
    }

    void check_axis(const std::string& axis, const Sweep& sweep, json::Position at, const std::string& path) {
        if (sweep.damaged || std::find(sweep.axes.begin(), sweep.axes.end(), axis) != sweep.axes.end()) return;
        const bool sampling =
            std::find(sweep.sampling_axes.begin(), sweep.sampling_axes.end(), axis) != sweep.sampling_axes.end();
        const Term* term = find_term(axis, "");
        const std::string near = term && std::find(sweep.axes.begin(), sweep.axes.end(), term->path) != sweep.axes.end()
                                     ? term->path
                                     : base::nearest(axis, sweep.axes);
        diagnostics_.add({checker_.where(at, path),
                          sampling ? fmt::format("\"{}\", a sampling axis, which has no losses of its own", axis)
                                   : fmt::format("\"{}\", which is not an axis", axis),
                          sweep.axes.empty() ? "an axis of the sweep, but there is no sweep"
                                             : fmt::format("{}", fmt::join(sweep.axes, ", ")),
                          near.empty() ? "remove it" : base::did_you_mean(near)});
    }

    const std::string& text_;
    Checker checker_;
    DatasetCache& datasets_;
    const HostQueries& host_queries_;
    Matching matching_;
    Compatibility compatibility_;
    SamplingPlan sampling_;
    base::Diagnostics diagnostics_;
    json::Value manifest_;
    std::vector<json::Value> values_;  // of --set; never grows beyond what was reserved, so that pointers stay
    std::vector<Assignment> overridden_;
    std::unordered_map<std::string, std::size_t> by_fingerprint_;
    std::size_t sampling_settings_ = 0;  ///< of all trials so far
    std::set<Split> splits_;             ///< that a dataset of the trials has
    std::vector<std::string> axes_;      // of the trials that there are or, but for what is wrong with them, would be
    Plan plan_;
};

}  // namespace

Override parse_override(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos || equals == 0)
        throw Error({fmt::format("--set {}", text), "no PATH=JSON", "as in --set training.steps=100",
                     "name a setting and its value"});
    return {text.substr(0, equals), text.substr(equals + 1)};
}

Plan expand(const std::string& text, const std::string& file, const std::vector<Override>& overrides,
            const plugins::Catalog& catalog, const Lookup& lookup, DatasetCache& datasets,
            const HostQueries& host_queries) {
    return Expansion(text, file, catalog, lookup, datasets, host_queries).run(overrides);
}

}  // namespace unroll::manifest
