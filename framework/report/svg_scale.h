// A horizontal or vertical axis on paper: from values to points, and where it is labelled.
#pragma once

#include <string>
#include <vector>

#include "report/page.h"
#include "report/ticks.h"

namespace unroll::report {

class Scale {
public:
    /// Covers what is finite in `values` (and above 0 when logarithmic), with `room` of its length to spare on each
    /// side.
    Scale(const Axis& axis, const Numbers& values, bool is_logarithmic, double room);

    /// Where it lies, in points: `from` is the place of the least value.
    void place(double from, double to);

    bool has(double value) const;   ///< whether there is a place for it
    double at(double value) const;  ///< its place
    const std::vector<Tick>& ticks() const { return ticks_; }
    /// About `count` of them, but those that the axis names.
    void set_ticks(const Axis& axis, Size count);

private:
    double position(double value) const;  ///< 0 for the least, 1 for the greatest

    bool is_logarithmic_;
    double least_ = 0, most_ = 1, from_ = 0, to_ = 1;
    std::vector<Tick> ticks_;
};

}  // namespace unroll::report
