// Learning rate schedules: one formula each, and the table that names them.
#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include <fmt/format.h>

#include "unroll/error.h"

namespace unroll::training {
namespace {

using trial::ScheduleSettings;

double constant(double rate, const ScheduleSettings&, const ScheduleStep&) {
    return rate;
}

double cosine(double rate, const ScheduleSettings& schedule, const ScheduleStep& at) {
    if (at.step >= at.steps) return schedule.minimum;
    const double done = static_cast<double>(at.step - schedule.warmup);
    const double all = static_cast<double>(at.steps - schedule.warmup);
    const double share = 0.5 * (1 + std::cos(std::numbers::pi * done / all));
    return schedule.minimum + share * (rate - schedule.minimum);
}

double exponential(double rate, const ScheduleSettings& schedule, const ScheduleStep& at) {
    const std::uint64_t period = schedule.every > 0 ? schedule.every : std::max<std::uint64_t>(1, at.steps_per_epoch);
    return rate * std::pow(schedule.decay, static_cast<double>(at.step / period));
}

struct Rule {
    std::string_view name;
    double (*rate)(double rate, const ScheduleSettings&, const ScheduleStep&);  ///< called after the warm-up only
};

constexpr Rule rules[] = {{"constant", constant}, {"cosine", cosine}, {"exponential", exponential}};

const Rule& find(const std::string& name) {
    for (const Rule& rule : rules) {
        if (rule.name == name) return rule;
    }
    std::string known;
    for (const Rule& rule : rules) known.append(known.empty() ? "one of " : ", ").append(rule.name);
    throw Error({"training.schedule.name", fmt::format("\"{}\"", name), known, "choose one of these"});
}

}  // namespace

const std::vector<std::string>& schedules() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Rule& rule : rules) all.emplace_back(rule.name);
        return all;
    }();
    return names;
}

double learning_rate(const trial::OptimizerSettings& optimizer, const ScheduleSettings& schedule,
                     const ScheduleStep& at) {
    const Rule& rule = find(schedule.name);
    if (at.step < schedule.warmup) {
        const double share = static_cast<double>(at.step + 1) / static_cast<double>(schedule.warmup + 1);
        return optimizer.learning_rate * share;
    }
    return rule.rate(optimizer.learning_rate, schedule, at);
}

}  // namespace unroll::training
