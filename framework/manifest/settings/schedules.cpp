// training.schedule: a list of settings for each learning-rate schedule. To add one: its settings and its line here,
// its formula in training/schedule.cpp.
#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Schedule = trial::ScheduleSettings;

constexpr Setting cosine[] = {
    number<&Schedule::minimum>("minimum", "0", 0, million, "learning rate at the last step"),
};

constexpr Setting exponential[] = {
    number<&Schedule::decay>("decay", "", 0, 1, "factor γ of the learning rate, applied once a period").must_be_given(),
    integer<&Schedule::every>("every", "0", 0, largest_count, "steps of a period; 0: one epoch"),
};

constexpr Variant table[] = {
    {"constant", "the learning rate stays", {}},
    {"cosine", "cosine annealing to `minimum` at the last step", cosine, true},
    {"exponential", "the learning rate is multiplied by `decay` once a period", exponential},
};

constexpr Setting common[] = {
    choice<&Schedule::name>("name", "\"constant\"", Words<table>::text.data(), "schedule type"),
    integer<&Schedule::warmup>("warmup", "0", 0, largest_count, "steps of linear warmup, before the schedule begins"),
};

constexpr auto rows = with_variants<common, table>();

}  // namespace

std::span<const Setting> schedule() {
    return rows;
}

std::span<const Variant> schedules() {
    return table;
}

}  // namespace unroll::manifest::settings
