// What manifests come to: distinct trials with their weights and cost.
#include "sweep/workload.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <unordered_map>

#include "model/model.h"
#include "training/length.h"
#include "training/trainer.h"

namespace unroll::sweep {

namespace {

std::string plugin_key(const plugins::Catalog& catalog, Plugin::Kind kind, const std::string& name) {
    const Plugin* plugin = catalog.find(kind, name);
    return fmt::format("{}/{}@{}", plugins::to_string(kind), name, plugin ? plugin->revision : 0);
}

std::vector<std::string> cell_names(const std::vector<trial::CellSettings>& cells) {
    std::vector<std::string> names;
    for (const trial::CellSettings& cell : cells) names.push_back(cell.choice.plugin);
    return names;
}

store::TrialRow row_of(const trial::Trial& trial, const Dataset& dataset, const model::Model<float>& model,
                       const plugins::Catalog& catalog) {
    const trial::Length length = training::length_of(trial, dataset);

    store::TrialRow row;
    row.fingerprint = trial.fingerprint;
    row.config = trial.config;
    row.identity = trial.identity;
    row.trajectory = trial.trajectory;
    row.seed = trial.seed;
    row.task = trial::topology_of(dataset.task()).task;
    row.topology = trial::topology_of(dataset.task()).name;
    row.dataset = trial.dataset.plugin;
    std::vector<std::string> names = cell_names(trial.cells);
    if (const auto upstream = cell_names(trial.upstream); !upstream.empty() && upstream != names)
        names.insert(names.begin(), upstream.begin(), upstream.end());
    row.cell = fmt::format("{}", fmt::join(names, "+"));
    for (const auto* part : {&trial.upstream, &trial.cells})
        for (const trial::CellSettings& cell : *part) {
            row.hidden = cell.hidden;
            row.layers += cell.layers;
            row.plugins.push_back(plugin_key(catalog, Plugin::Kind::cell, cell.choice.plugin));
        }
    row.plugins.push_back(plugin_key(catalog, Plugin::Kind::dataset, trial.dataset.plugin));
    row.sequence_length = trial.training.sequence_length;
    row.batch = trial.training.batch;
    row.steps = length.steps;
    row.steps_per_epoch = length.epoch;
    row.optimizer = trial.training.optimizer.name;
    row.learning_rate = trial.training.optimizer.learning_rate;
    row.parameters = model.parameters().size();
    row.state_size = model.state_size();
    row.flops_per_step = training::flops_per_step(trial, dataset, model);
    return row;
}

/// What is no part of a trial, and cannot be done in two ways at once. Limits of time and memory included: a trial has
/// one attempt for all that ask for it.
void add_passed_over(const trial::TrainingSettings& first, const trial::TrainingSettings& other,
                     std::set<std::string>& names) {
    const auto compare = [&](const auto& a, const auto& b, const char* name) {
        if (a != b) names.insert(name);
    };
    compare(first.log_every, other.log_every, "training.log_every");
    compare(first.keep_checkpoints, other.keep_checkpoints, "training.keep_checkpoints");
    compare(first.time_limit, other.time_limit, "training.time_limit");
    compare(first.memory_limit, other.memory_limit, "training.memory_limit");
    const bool follows = other.checkpoint_every == other.evaluate_every;  // its default: nobody asked for it
    if (!follows) compare(first.checkpoint_every, other.checkpoint_every, "training.checkpoint_every");
}

}  // namespace

std::vector<TrialPlan> distinct_trials(const std::vector<manifest::Plan>& plans, const plugins::Catalog& catalog,
                                       manifest::DatasetCache& datasets) {
    std::vector<TrialPlan> list;
    std::unordered_map<std::string, Size> places;
    for (const manifest::Plan& plan : plans)
        for (const manifest::PlannedTrial& planned : plan.trials) {
            const auto [place, is_new] = places.emplace(planned.trial.fingerprint, list.size());
            if (is_new) {
                auto dataset = datasets.load(planned.trial.dataset);
                const model::Model<float> model(planned.trial, dataset->task(), catalog);
                store::TrialRow row = row_of(planned.trial, *dataset, model, catalog);
                const double cost = row.flops_per_step * double(row.steps);
                const training::Memory memory = training::memory_of(planned.trial, planned.sampling, *dataset, model);
                list.push_back(
                    {&planned.trial, {}, {}, {}, std::move(dataset), std::move(row), planned.axes, cost, memory});
            }
            TrialPlan& entry = list[place->second];
            add_passed_over(entry.trial->training, planned.trial.training, entry.passed_over);
            entry.sampling.insert(entry.sampling.end(), planned.sampling.begin(), planned.sampling.end());
            entry.gradient.insert(entry.gradient.end(), planned.gradient.begin(), planned.gradient.end());
            entry.evaluate.push_back(planned.trial.training.evaluate_every);
        }
    return list;
}

bool has_text(const Dataset& dataset) {
    return trial::sample_kind(dataset) == trial::SampleKind::text;
}

store::ExperimentRow experiment_row(const manifest::Plan& plan) {
    return {plan.name,         plan.about,      plan.source,       plan.compare.metric,
            plan.compare.goal, plan.compare.by, plan.compare.best, plan.file};
}

std::vector<store::Membership> memberships(const manifest::Plan& plan) {
    std::vector<store::Membership> members;
    for (const manifest::PlannedTrial& planned : plan.trials)
        members.push_back({planned.trial.fingerprint, planned.axes});
    return members;
}

}  // namespace unroll::sweep
