// The losses of the last steps.
#include "training/recent_losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "unroll/error.h"

namespace unroll::training {

namespace {

void put(std::string& text, const model::LossSums& sums) {
    fmt::format_to(std::back_inserter(text), "{} {} {} ", sums.loss, sums.correct, sums.predictions);
}

template <class Number>
void take(std::string_view& text, Number& number) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::string_view(rest, text.data() + text.size()).starts_with(' '))
        throw Error({"the checkpoint's record of the last losses", fmt::format("\"{}\"", text.substr(0, 40)),
                     "numbers with a space after each",
                     "remove the checkpoint; training then goes on from an earlier one or from the start"});
    text.remove_prefix(static_cast<Size>(rest - text.data()) + 1);
}

void take(std::string_view& text, model::LossSums& sums) {
    take(text, sums.loss);
    take(text, sums.correct);
    take(text, sums.predictions);
}

}  // namespace

Size RecentLosses::window(std::uint64_t steps) {
    return std::clamp<Size>(static_cast<Size>(steps / 10), 1, longest);
}

void RecentLosses::add(const model::LossSums& loss, const model::LossSums& auxiliary) {
    ring_[added_++ % longest] = {loss, auxiliary};
}

RecentLosses::Sums RecentLosses::over(Size steps) const {
    Sums sums;
    for (std::uint64_t at = added_ - std::min<std::uint64_t>({steps, added_, longest}); at < added_; ++at) {
        sums.loss += ring_[at % longest].loss;
        sums.auxiliary += ring_[at % longest].auxiliary;
    }
    return sums;
}

std::string RecentLosses::save() const {
    std::string text;
    for (std::uint64_t at = added_ - std::min<std::uint64_t>(added_, longest); at < added_; ++at) {
        put(text, ring_[at % longest].loss);
        put(text, ring_[at % longest].auxiliary);
    }
    return text;
}

void RecentLosses::restore(std::string_view text) {
    RecentLosses restored;
    while (!text.empty()) {
        Sums sums;
        take(text, sums.loss);
        take(text, sums.auxiliary);
        restored.add(sums.loss, sums.auxiliary);
    }
    *this = restored;
}

}  // namespace unroll::training
