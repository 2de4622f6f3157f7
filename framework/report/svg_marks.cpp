// What stands for the points of a series on paper.
#include "report/svg_marks.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace unroll::report {

namespace {

/// After Okabe and Ito, and Tol: the same as in page/marks.js for light ground.
constexpr std::array<std::string_view, 7> hues{"#0072b2", "#d55e00", "#009e73", "#aa3377",
                                               "#a67a00", "#3a9bd5", "#555555"};
constexpr std::array<std::string_view, 4> dashes{"", "5 3", "1.5 2", "6 2 1.5 2"};

std::string_view colour_of(std::size_t hue) {
    return hues[hue % hues.size()];
}

std::string line_style(std::size_t hue) {
    const std::string_view dash = dashes[hue / hues.size() % dashes.size()];
    return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\" stroke-linejoin=\"round\"{}", colour_of(hue),
                       dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash));
}

/// A symbol of its own for each hue.
std::string symbol(std::size_t hue, double x, double y) {
    const std::string_view colour = colour_of(hue);
    constexpr double r = 2.4;
    const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
        std::string points;
        for (const auto& [dx, dy] : corners)
            points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", x + dx * r, y + dy * r);
        return fmt::format("<polygon points=\"{}\" fill=\"{}\"/>\n", points, colour);
    };
    switch (hue % hues.size()) {
        case 1:
            return polygon({{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}});
        case 2:
            return polygon({{0, -1.15}, {1.1, 0.85}, {-1.1, 0.85}});
        case 3:
            return polygon({{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}});
        case 4:
            return polygon({{0, 1.15}, {1.1, -0.85}, {-1.1, -0.85}});
        case 5:
            return fmt::format(
                "<path d=\"M{:.2f},{:.2f}l{},{}m0,{}l{},{}\" stroke=\"{}\" stroke-width=\"1.2\" fill=\"none\"/>\n",
                x - r, y - r, 2 * r, 2 * r, -2 * r, -2 * r, 2 * r, colour);
        case 6:
            return fmt::format(
                "<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"2\" fill=\"#fff\" stroke=\"{}\" stroke-width=\"1.2\"/>\n", x,
                y, colour);
        default:
            return fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\" fill=\"{}\"/>\n", x, y, r, colour);
    }
}

bool has_line(Figure::Marks marks) {
    return marks == Figure::Marks::lines || marks == Figure::Marks::lines_and_points;
}

/// A line with gaps where there is no place for a point.
std::string path(const Series& series, std::size_t axis, const Scale& x, const Scale& y) {
    std::string d;
    bool is_open = false;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
        const double place = series.x[axis][i];
        if (!x.has(place) || !y.has(series.y[i])) {
            is_open = false;
            continue;
        }
        d += fmt::format("{}{:.2f},{:.2f}", is_open ? "L" : "M", x.at(place), y.at(series.y[i]));
        is_open = true;
    }
    return d.empty() ? "" : fmt::format("<path d=\"{}\" {}/>\n", d, line_style(series.hue));
}

bool has_interval(const Series& series, std::size_t axis, std::size_t i, const Scale& x, const Scale& y) {
    return i < series.low.size() && x.has(series.x[axis][i]) && y.has(series.low[i]) && y.has(series.high[i]);
}

/// One polygon for each run of points that have an interval.
std::string bands(const Series& series, std::size_t axis, const Scale& x, const Scale& y) {
    std::string text;
    for (std::size_t begin = 0; begin < series.y.size();) {
        std::size_t end = begin;
        while (end < series.y.size() && has_interval(series, axis, end, x, y)) ++end;
        if (end - begin > 1) {
            std::string points;
            for (std::size_t i = begin; i < end; ++i)
                points += fmt::format("{:.2f},{:.2f} ", x.at(series.x[axis][i]), y.at(series.high[i]));
            for (std::size_t i = end; i-- > begin;)
                points += fmt::format("{:.2f},{:.2f} ", x.at(series.x[axis][i]), y.at(series.low[i]));
            points.pop_back();
            text += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.18\"/>\n", points,
                                colour_of(series.hue));
        }
        begin = end + 1;
    }
    return text;
}

std::string whiskers(const Series& series, std::size_t axis, const Scale& x, const Scale& y, bool sideways) {
    std::string text;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
        if (!has_interval(series, axis, i, x, y)) continue;
        const double place = x.at(series.x[axis][i]), low = y.at(series.low[i]), high = y.at(series.high[i]);
        const std::string d = sideways ? fmt::format("M{1:.2f},{0:.2f}H{2:.2f}M{1:.2f},{3:.2f}v4M{2:.2f},{3:.2f}v4",
                                                     place, low, high, place - 2)
                                       : fmt::format("M{0:.2f},{1:.2f}V{2:.2f}M{3:.2f},{1:.2f}h4M{3:.2f},{2:.2f}h4",
                                                     place, low, high, place - 2);
        text += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"0.9\"/>\n", d,
                            colour_of(series.hue));
    }
    return text;
}

}  // namespace

std::string svg_series(const Series& series, std::size_t axis, const Scale& x, const Scale& y, Figure::Marks marks) {
    std::string text = has_line(marks) ? path(series, axis, x, y) : "";
    if (marks == Figure::Marks::lines && series.y.size() > 1) return text;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
        if (!x.has(series.x[axis][i]) || !y.has(series.y[i])) continue;
        const double place = x.at(series.x[axis][i]), value = y.at(series.y[i]);
        text += marks == Figure::Marks::intervals ? symbol(series.hue, value, place) : symbol(series.hue, place, value);
    }
    return text;
}

std::string svg_interval(const Series& series, std::size_t axis, const Scale& x, const Scale& y, Figure::Marks marks) {
    if (marks == Figure::Marks::lines) return bands(series, axis, x, y);
    return whiskers(series, axis, x, y, marks == Figure::Marks::intervals);
}

std::string svg_swatch(std::size_t hue, double x, double y, double width, Figure::Marks marks) {
    std::string text;
    if (has_line(marks)) text += fmt::format("<path d=\"M{:.2f},{:.2f}h{}\" {}/>\n", x, y, width, line_style(hue));
    if (marks != Figure::Marks::lines) text += symbol(hue, x + width / 2, y);
    return text;
}

}  // namespace unroll::report
