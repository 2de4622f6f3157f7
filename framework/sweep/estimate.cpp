// How long trials will take on this machine.
#include "sweep/estimate.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <queue>

#include "sweep/threads.h"
#include "training/length.h"
#include "training/step_time.h"
#include "trial/due.h"

namespace unroll::sweep {

namespace {

constexpr Size most_models = 20;       ///< that are measured
constexpr double fastest_core = 5e10;  ///< floating-point operations in a second that a core does at least, in training
constexpr double measured_share = 0.5;  ///< of the memory: what takes more would push others out while it is measured

/// What the time of a step depends on.
std::string model_key(const TrialPlan& plan) {
    const store::TrialRow& row = plan.row;
    return fmt::format("{} {} {} {} {} {}", row.cell, row.parameters, row.sequence_length, row.batch,
                       row.flops_per_step, row.optimizer);
}

struct Measured {
    training::StepTime time;
    double flops_per_step = 0;
    std::string cell;
};

/// The mean rate at which steps were done, of the same cell's models where there are some.
double flops_per_second(const std::map<std::string, Measured>& models, const std::string& cell) {
    double same = 0, same_seconds = 0, all = 0, all_seconds = 0;
    for (const auto& [key, model] : models) {
        all += model.flops_per_step;
        all_seconds += model.time.step;
        if (model.cell != cell) continue;
        same += model.flops_per_step;
        same_seconds += model.time.step;
    }
    return same_seconds > 0 ? same / same_seconds : all_seconds > 0 ? all / all_seconds : fastest_core;
}

/// The distinct models that take no more than so many bytes, those that the most work is done with first.
std::vector<const TrialPlan*> distinct_models(const std::vector<Remaining>& trials, double memory) {
    std::map<std::string, std::pair<double, const TrialPlan*>> work;
    for (const Remaining& trial : trials) {
        if (trial.plan->memory.total() > memory) continue;
        auto& [cost, plan] = work[model_key(*trial.plan)];
        cost += trial.plan->cost;
        if (!plan) plan = trial.plan;
    }
    std::vector<std::pair<double, const TrialPlan*>> ordered;
    for (const auto& [key, entry] : work) ordered.push_back(entry);
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<const TrialPlan*> models;
    for (const auto& [cost, plan] : ordered) models.push_back(plan);
    return models;
}

double seconds_of(const Remaining& trial, const training::StepTime& time) {
    const trial::Length length = training::length_of(*trial.plan->trial, *trial.plan->dataset);
    const std::uint64_t evaluations =
        trial::count_due(trial.plan->trial->training.evaluate_every, length, trial.from_step);
    const std::uint64_t steps = length.steps - std::min(length.steps, trial.from_step);
    return double(steps) * time.step + double(evaluations) * time.evaluation;
}

}  // namespace

double makespan(std::vector<double> lengths, Size workers) {
    std::sort(lengths.rbegin(), lengths.rend());
    std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
    for (Size worker = 0; worker < std::max<Size>(1, workers); ++worker) free_at.push(0);
    double end = 0;
    for (const double length : lengths) {
        const double at = free_at.top() + length;
        free_at.pop();
        free_at.push(at);
        end = std::max(end, at);
    }
    return end;
}

Estimate estimate(const std::vector<Remaining>& trials, const plugins::Catalog& catalog, Size jobs, double budget,
                  double memory) {
    Estimate result;
    if (trials.empty()) return result;
    std::vector<const TrialPlan*> models = distinct_models(trials, measured_share * memory);
    const double each = budget / double(std::clamp<Size>(models.size(), 1, most_models));
    if (models.size() > most_models) models.resize(most_models);

    // Fewer trials than threads: idle ones help the others.
    const Size threads = std::max<Size>(1, jobs / trials.size());
    std::map<std::string, Measured> measured;
    const auto begin = std::chrono::steady_clock::now();
    run_with_help(threads, [&] {
        for (const TrialPlan* model : models) {
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
            if (!measured.empty() && spent.count() > 1.5 * budget) break;
            measured[model_key(*model)] = {training::measure_step(*model->trial, *model->dataset, catalog, each,
                                                                  each * fastest_core * double(threads)),
                                           model->row.flops_per_step, model->row.cell};
        }
    });
    for (const Remaining& trial : trials) {
        const auto found = measured.find(model_key(*trial.plan));
        training::StepTime time;
        if (found != measured.end())
            time = found->second.time;
        else
            time.step = trial.plan->row.flops_per_step / flops_per_second(measured, trial.plan->row.cell);
        result.seconds.push_back(seconds_of(trial, time));
    }
    result.total = makespan(result.seconds, jobs);
    return result;
}

}  // namespace unroll::sweep
