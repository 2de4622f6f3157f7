// Plots in the terminal: learning curves, and intervals as bars.
#include "cli/plot.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/utf8.h"
#include "base/visible.h"
#include "cli/plot_canvas.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "report/ticks.h"

namespace unroll::cli {

namespace {

using base::display_width;
using report::Tick;
using report::ticks;

/// What lines and ticks are drawn with.
struct Glyphs {
    const char *left, *left_tick, *corner, *bottom, *bottom_tick, *ellipsis;
    const char *low, *high, *bar, *middle;
};

Glyphs glyphs(bool unicode) {
    if (unicode) return {"│", "┤", "└", "─", "┬", "…", "├", "┤", "─", "●"};
    return {"|", "+", "+", "-", "+", "~", "|", "|", "-", "o"};
}

struct Range {
    double least = std::numeric_limits<double>::infinity(), most = -least;

    void include(double value) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    bool is_empty() const { return least > most; }
    /// A range of one value gets some room around it.
    void widen() {
        if (most > least) return;
        const double room = least == 0 ? 1 : std::abs(least) * 0.05;
        least -= room;
        most += room;
    }
    /// The place of a value among `count` places, the first for the least.
    Size place(double value, Size count) const {
        const double share = (value - least) / (most - least);
        return Size(std::lround(std::clamp(share, 0.0, 1.0) * double(count - 1)));
    }
};

std::string cut(const std::string& label, Size columns, const char* ellipsis) {
    const std::string text = base::visible_line(label);
    return display_width(text) <= columns ? text : fitting(text, columns - 1) + ellipsis;
}

std::string padded_left(const std::string& text, Size columns) {
    return std::string(columns - std::min(columns, display_width(text)), ' ') + text;
}

std::string padded_right(const std::string& text, Size columns) {
    return text + std::string(columns - std::min(columns, display_width(text)), ' ');
}

std::string without_end(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

Size widest(const std::vector<std::string>& texts) {
    Size width = 0;
    for (const std::string& text : texts) width = std::max(width, display_width(text));
    return width;
}

/// The axis under `width` characters that begin behind `margin`, and the line with its numbers, which `end` follows;
/// none of the two wider than `columns`.
std::string x_axis(const Range& range, Size width, Size margin, const std::string& end, Size columns,
                   const Glyphs& glyph) {
    std::vector<std::string> line(width, glyph.bottom);
    std::string numbers;
    const std::string name = end.empty() ? "" : "  " + end;
    for (const Tick& tick : ticks(range.least, range.most, std::max<Size>(2, width / 10))) {
        const Size place = range.place(tick.value, width), half = tick.text.size() / 2;
        const Size begin = margin + place - std::min(margin + place, half);
        line[place] = glyph.bottom_tick;
        if (!numbers.empty() && begin < numbers.size() + 1) continue;
        if (begin + tick.text.size() + name.size() > columns) continue;
        numbers += std::string(begin - numbers.size(), ' ') + tick.text;
    }
    std::string axis = std::string(margin - 1, ' ') + glyph.corner;
    for (const std::string& part : line) axis += part;
    return axis + '\n' + without_end(numbers + name);
}

/// Rows for labels that want to stand at these ones, one a row: moved down where they meet, then up from the bottom.
std::vector<Size> label_rows(const std::vector<Size>& wanted, Size rows) {
    std::vector<Size> order(wanted.size()), placed(wanted.size());
    std::iota(order.begin(), order.end(), Size{0});
    std::stable_sort(order.begin(), order.end(), [&](Size a, Size b) { return wanted[a] < wanted[b]; });
    for (Size i = 0; i < order.size(); ++i)
        placed[order[i]] = i ? std::max(wanted[order[i]], placed[order[i - 1]] + 1) : wanted[order[i]];
    for (Size i = order.size(); i-- > 0;) {
        const Size limit = i + 1 < order.size() ? placed[order[i + 1]] - 1 : rows - 1;
        placed[order[i]] = std::min(placed[order[i]], limit);
    }
    return placed;
}

/// Curves in a field of characters, with what stands to its left and right.
class CurvePlot {
public:
    CurvePlot(const std::vector<PlotCurve>& curves, const PlotArea& area)
        : curves_(curves),
          area_(area),
          glyph_(glyphs(area.unicode)),
          rows_(std::max(area.rows, curves.size())),
          has_letters_(curves.size() > 1 && !area.color) {
        for (const PlotCurve& curve : curves)
            for (const PlotPoint& point : curve.points) {
                x_.include(point.x);
                y_.include(point.y);
            }
        if (x_.is_empty()) return;
        x_.widen();
        y_.widen();
        y_ticks_ = ticks(y_.least, y_.most, std::max<Size>(3, rows_ / 2));
        for (const Tick& tick : y_ticks_) left_ = std::max(left_, tick.text.size());
        left_ += 2;  // a space, and the axis
        make_labels();
        const Size labels = widest(labels_);
        width_ = std::max<Size>(10, area.columns - std::min(area.columns, left_ + labels + 1));
    }

    std::string text(const std::string& x_name) const {
        if (x_.is_empty()) return {};
        Canvas canvas(width_, rows_, area_.unicode, curves_.size() > 1);
        for (Size i = 0; i < curves_.size(); ++i) draw(i, canvas);
        std::vector<Size> wanted;
        for (const PlotCurve& curve : curves_)
            wanted.push_back(curve.points.empty() ? rows_ - 1 : rows_ - 1 - y_.place(curve.points.back().y, rows_));
        const std::vector<Size> labels = label_rows(wanted, rows_);
        std::vector<std::string> marks(rows_);
        for (const Tick& tick : y_ticks_) marks[rows_ - 1 - y_.place(tick.value, rows_)] = tick.text;

        std::string text;
        for (Size row = 0; row < rows_; ++row) {
            std::string line = padded_left(marks[row], left_ - 2) + ' ' +
                               (marks[row].empty() ? glyph_.left : glyph_.left_tick) + canvas.row(row, area_.color);
            for (Size i = 0; i < labels_.size(); ++i)
                if (labels[i] == row) line += ' ' + in_color_of(i, labels_[i], area_.color && curves_.size() > 1);
            text += without_end(line);
        }
        return text + x_axis(x_, width_, left_, x_name, area_.columns, glyph_);
    }

private:
    void make_labels() {
        const Size most = area_.columns / 3;
        for (Size i = 0; i < curves_.size(); ++i) {
            const PlotCurve& curve = curves_[i];
            const std::string value =
                curve.points.empty() ? "no values" : fmt::format("{:#.4g}", curve.points.back().y);
            const std::string letter = has_letters_ ? std::string(1, letter_of(i)) + ' ' : "";
            const Size room = most - std::min(most - 1, letter.size() + value.size() + 1);
            std::string& label = labels_.emplace_back(letter);
            if (!curve.label.empty()) label += cut(curve.label, room, glyph_.ellipsis) + ' ';
            label += value;
        }
    }

    void draw(Size index, Canvas& canvas) const {
        constexpr Size apart = 14;  // characters between the letters of a curve
        const auto at = [&](const PlotPoint& point) {
            return std::pair{x_.place(point.x, canvas.dots_across()), y_.place(point.y, canvas.dots_up())};
        };
        const auto& points = curves_[index].points;
        for (Size i = 0; i < points.size(); ++i) {
            const auto [x, y] = at(points[i]);
            const auto [from_x, from_y] = at(points[i ? i - 1 : 0]);
            canvas.line(from_x, from_y, x, y, index);
        }
        if (!has_letters_ || !area_.unicode) return;
        const Size across = canvas.dots_across() / width_;
        for (Size column = 2 + index * 3 % apart; column < width_; column += apart)
            for (Size i = 1; i < points.size(); ++i) {
                const auto [x, y] = at(points[i]);
                const auto [from_x, from_y] = at(points[i - 1]);
                const Size middle = column * across;
                if (middle < from_x || middle >= x) continue;
                const double share = double(middle - from_x) / double(x - from_x);
                canvas.mark(middle, Size(std::lround(double(from_y) + (double(y) - double(from_y)) * share)), index);
                break;
            }
    }

    const std::vector<PlotCurve>& curves_;
    const PlotArea& area_;
    const Glyphs glyph_;
    const Size rows_;
    const bool has_letters_;
    Range x_, y_;
    std::vector<Tick> y_ticks_;
    std::vector<std::string> labels_;
    Size left_ = 0, width_ = 0;
};

}  // namespace

PlotArea plot_area() {
    PlotArea area;
    area.columns = std::max<Size>(40, drawing_columns());
    area.unicode = has_utf8();
    area.color = takes_color(STDOUT_FILENO);
    return area;
}

std::string plot_curves(const std::vector<PlotCurve>& curves, const std::string& x_name, const PlotArea& area) {
    return CurvePlot(curves, area).text(x_name);
}

std::string plot_intervals(const std::vector<PlotInterval>& intervals, const PlotArea& area) {
    if (intervals.empty()) return {};
    const Glyphs glyph = glyphs(area.unicode);
    Range range;
    std::vector<std::string> labels, values;
    for (const PlotInterval& interval : intervals) {
        for (const double value :
             {interval.middle, interval.low.value_or(interval.middle), interval.high.value_or(interval.middle)})
            range.include(value);
        labels.push_back(cut(interval.label, area.columns / 3, glyph.ellipsis));
        values.push_back(interval.value);
    }
    range.widen();
    const Size left = widest(labels) + 2, right = widest(values) + 2;
    const Size width = std::max<Size>(10, area.columns - std::min(area.columns, left + right));
    std::string text;
    for (Size i = 0; i < intervals.size(); ++i) {
        const PlotInterval& interval = intervals[i];
        std::vector<std::string> places(width, " ");
        if (interval.low && interval.high) {
            const Size low = range.place(*interval.low, width), high = range.place(*interval.high, width);
            std::fill(places.begin() + std::ptrdiff_t(low), places.begin() + std::ptrdiff_t(high), glyph.bar);
            places[low] = glyph.low;
            places[high] = glyph.high;
        }
        places[range.place(interval.middle, width)] = glyph.middle;
        std::string bar;
        for (const std::string& place : places) bar += place;
        const std::string line = padded_right(labels[i], left) + bar + "  " + values[i];
        text += (interval.stands_out ? colored(line, Color::green, area.color) : line) + '\n';
    }
    return text + x_axis(range, width, left, "", area.columns, glyph);
}

}  // namespace unroll::cli
