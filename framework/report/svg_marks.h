// What stands for the points of a series on paper: lines, symbols, bands and whiskers.
#pragma once

#include <string>

#include "report/page.h"
#include "report/svg_scale.h"

namespace unroll::report {

/// Its line and symbols; `axis` says which of Series::x, and scales are placed.
std::string svg_series(const Series& series, std::size_t axis, const Scale& x, const Scale& y, Figure::Marks marks);

/// Its intervals: a band behind a line, whiskers at symbols; "" without any.
std::string svg_interval(const Series& series, std::size_t axis, const Scale& x, const Scale& y, Figure::Marks marks);

/// A piece of the same for the legend, `width` wide about the height y.
std::string svg_swatch(std::size_t hue, double x, double y, double width, Figure::Marks marks);

}  // namespace unroll::report
