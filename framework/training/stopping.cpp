// Early stopping and the best evaluation.
#include "training/stopping.h"

#include <fmt/format.h>

#include <charconv>

#include "unroll/error.h"

namespace unroll::training {
namespace {

/// Takes one number off the front of `text`, and the space after it.
template <class Number>
bool take(std::string_view& text, Number& number) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<Size>(rest - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return true;
}

[[noreturn]] void refuse(std::string_view text, std::string wanted) {
    throw Error({"the checkpoint's record of the best evaluation", fmt::format("\"{}\"", text), std::move(wanted),
                 "remove the checkpoint; training then goes on from an earlier one or from the start"});
}

}  // namespace

bool Best::observe(std::uint64_t step, double value) {
    if (value != value) return false;
    if (any_ && !(more_ ? value > value_ : value < value_)) return false;
    any_ = true;
    value_ = value;
    step_ = step;
    return true;
}

std::string Best::save() const {
    return any_ ? fmt::format("{} {}", value_, step_) : "";
}

void Best::restore(std::string_view text) {
    std::string_view rest = text;
    Best restored = *this;
    restored.any_ = !text.empty();
    if (restored.any_ && !(take(rest, restored.value_) && take(rest, restored.step_) && rest.empty())) {
        refuse(text, "a value and a step");
    }
    *this = restored;
}

bool Stopping::observe(std::uint64_t step, double value) {
    if (settings_.metric.empty()) return false;
    waited_ = best_.observe(step, value) ? 0 : waited_ + 1;
    if (settings_.target) {
        const bool reached =
            trial::more_is_better(settings_.metric) ? value >= *settings_.target : value <= *settings_.target;
        if (reached) return true;
    }
    return settings_.patience > 0 && waited_ >= settings_.patience;
}

std::string Stopping::save() const {
    return fmt::format("{} {}", waited_, best_.save());
}

void Stopping::restore(std::string_view text) {
    std::string_view rest = text;
    Size waited = 0;
    if (!take(rest, waited)) refuse(text, "a count, then a value and a step");
    best_.restore(rest);
    waited_ = waited;
}

}  // namespace unroll::training
