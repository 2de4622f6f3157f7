// Plots in the terminal: learning curves, and intervals as bars.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "unroll/types.h"

namespace unroll::cli {

/// Where a plot is drawn. `columns` is kept whatever the labels; 40 at least.
struct PlotArea {
    Size columns = 80, rows = 16;  ///< rows: of the curves alone, without the axis
    bool unicode = true;           ///< braille and box-drawing characters; otherwise ASCII
    bool color = false;
};

/// The width, Unicode and colour of standard output.
PlotArea plot_area();

struct PlotPoint {
    double x = 0, y = 0;
};

struct PlotCurve {
    std::string label;
    std::vector<PlotPoint> points;  ///< by x; both finite
};

/// Curves between two axes, labelled at their ends with their last value. Where colour cannot tell several apart, each
/// has a letter. Curves without points have their label only. `x_name` stands at the end of the axis. Empty when there
/// is no point at all.
std::string plot_curves(const std::vector<PlotCurve>& curves, const std::string& x_name, const PlotArea& area);

struct PlotInterval {
    std::string label;
    double middle = 0;
    std::optional<double> low, high;
    bool stands_out = false;
    std::string value;  ///< `middle` in text, at the end of the row
};

/// A row for each interval above one axis. Empty when there is none.
std::string plot_intervals(const std::vector<PlotInterval>& intervals, const PlotArea& area);

}  // namespace unroll::cli
