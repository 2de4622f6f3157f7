// A horizontal or vertical axis on paper.
#include "report/svg_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/words.h"

namespace unroll::report {

Scale::Scale(const Axis& axis, const Numbers& values, bool is_logarithmic, double room)
    : is_logarithmic_(is_logarithmic) {
    if (!axis.categories.empty()) {
        least_ = -0.5;
        most_ = static_cast<double>(axis.categories.size()) - 0.5;
        return;
    }
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const double value : values) {
        if (!has(value)) continue;
        least = std::min(least, value);
        most = std::max(most, value);
    }
    if (least > most) {
        least_ = is_logarithmic ? 1 : 0;
        most_ = is_logarithmic ? 10 : 1;
    } else if (is_logarithmic) {
        const double factor = most > least ? std::pow(most / least, room) : 1.5;
        least_ = least / factor;
        most_ = most * factor;
    } else {
        const double alone = least == 0 ? 1 : std::abs(least) * 0.05;
        const double space = most > least ? (most - least) * room : alone;
        least_ = least - space;
        most_ = most + space;
    }
}

void Scale::place(double from, double to) {
    from_ = from;
    to_ = to;
}

bool Scale::has(double value) const {
    return std::isfinite(value) && (!is_logarithmic_ || value > 0);
}

double Scale::position(double value) const {
    if (is_logarithmic_) return std::log(value / least_) / std::log(most_ / least_);
    return (value - least_) / (most_ - least_);
}

double Scale::at(double value) const {
    return from_ + position(value) * (to_ - from_);
}

void Scale::set_ticks(const Axis& axis, Size count) {
    ticks_.clear();
    if (!axis.categories.empty()) {
        for (std::size_t i = 0; i < axis.categories.size(); ++i)
            ticks_.push_back({static_cast<double>(i), axis.categories[i]});
    } else if (!axis.ticks.empty()) {
        for (const double value : axis.ticks)
            if (has(value) && value >= least_ && value <= most_) ticks_.push_back({value, in_words(value)});
    } else {
        ticks_ =
            is_logarithmic_ ? report::logarithmic_ticks(least_, most_, count) : report::ticks(least_, most_, count);
    }
}

}  // namespace unroll::report
