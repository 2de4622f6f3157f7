// A figure as SVG, drawn for paper.
#include "report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "base/utf8.h"
#include "report/svg_marks.h"
#include "report/svg_scale.h"
#include "report/visible.h"

namespace unroll::report {

namespace {

constexpr double font = 8, small_font = 7;  ///< of names; of numbers, in points
constexpr double least_panel = 150;         ///< points of width
constexpr double line_height = 11, gap = 10;
constexpr double legend_swatch = 16;

/// About how wide a text is in a sans-serif font.
double width_of(std::string_view text, double size) {
    return 0.56 * size * static_cast<double>(base::display_width(text));
}

/// Much of a text, so that it fits.
std::string fitting(const std::string& text, double width, double size) {
    std::string shown = visible(text);
    if (width_of(shown, size) <= width) return shown;
    std::string cut;
    base::for_each_character(shown, [&](CodePoint, std::string_view character) {
        if (width_of(cut, size) + 2 * size <= width) cut += character;
    });
    return cut + "…";
}

std::string text_at(double x, double y, std::string_view anchor, double size, const std::string& text,
                    std::string_view more = "") {
    return fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"{}\" font-size=\"{}\"{}>{}</text>\n", x, y,
                       anchor, size, more, escaped_for_markup(text));
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view stroke) {
    return fmt::format(
        "<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\" stroke-width=\"0.5\"/>\n", x1, y1,
        x2, y2, stroke);
}

/// Where a chart's own area lies.
struct Area {
    double left = 0, top = 0, right = 0, bottom = 0;
};

class Drawing {
public:
    Drawing(const Figure& figure, const SvgLook& look)
        : figure_(figure),
          look_(look),
          sideways_(figure.marks == Figure::Marks::intervals),
          x_(figure.x[look.x], values(true), look.logarithmic_x, figure.marks == Figure::Marks::lines ? 0 : 0.06),
          y_(figure.y, values(false), look.logarithmic_y, 0.05) {
        lay_out();
    }

    std::string text() {
        std::string body = legend();
        for (std::size_t i = 0; i < figure_.charts.size(); ++i) body += panel(i);
        const std::string about = escaped_for_markup(figure_.about);
        return fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}pt\" height=\"{1:.0f}pt\" viewBox=\"0 0 {0} "
            "{1:.0f}\" "
            "role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\" "
            "fill=\"#000\">\n<title>{2}</title>\n<desc>{3}</desc>\n<rect width=\"{0}\" height=\"{1:.0f}\" "
            "fill=\"#fff\"/>\n{4}</svg>\n",
            look_.width, height_, escaped_for_markup(figure_.y.name), about, body);
    }

private:
    /// Everything that an axis has to have room for.
    Numbers values(bool of_x) const {
        Numbers all;
        for (const Chart& chart : figure_.charts)
            for (const Series& series : chart.series) {
                if (of_x) {
                    all.insert(all.end(), series.x[look_.x].begin(), series.x[look_.x].end());
                    continue;
                }
                for (const Numbers* numbers : {&series.y, &series.low, &series.high})
                    all.insert(all.end(), numbers->begin(), numbers->end());
            }
        return all;
    }

    // What runs to the right, and what runs upwards.
    Scale& across() { return sideways_ ? y_ : x_; }
    Scale& up() { return sideways_ ? x_ : y_; }
    const Axis& across_axis() const { return sideways_ ? figure_.y : figure_.x[look_.x]; }
    const Axis& up_axis() const { return sideways_ ? figure_.x[look_.x] : figure_.y; }

    void lay_out() {
        const auto count = static_cast<double>(std::max<std::size_t>(1, figure_.charts.size()));
        columns_ = std::clamp(std::floor(look_.width / least_panel), 1.0, count);
        rows_ = std::ceil(count / columns_);
        bool any_title = false;
        for (const Chart& chart : figure_.charts) any_title = any_title || !chart.title.empty();
        title_height_ = any_title ? line_height + 1 : 3;
        up().set_ticks(up_axis(), 5);
        double widest = 0;
        for (const Tick& tick : up().ticks()) widest = std::max(widest, width_of(visible(tick.text), small_font));
        left_ = std::min(widest, look_.width * 0.35) + 6 + (sideways_ ? 0 : line_height);
        panel_width_ = (look_.width - left_ - gap * (columns_ - 1) - 12) / columns_;
        panel_height_ = sideways_ ? 13 * static_cast<double>(figure_.x[look_.x].categories.size()) + 6
                                  : std::clamp(panel_width_ * 0.68, 90.0, 170.0);
        legend_height_ = legend_lines() * line_height + (legend_lines() > 0 ? 4 : 0);
        below_ = 2 * line_height + 4;
        row_height_ = title_height_ + panel_height_ + (sideways_ || rows_ > 1 ? line_height + 3 : 0);
        height_ = legend_height_ + rows_ * (title_height_ + panel_height_) + (rows_ - 1) * (line_height + 3) + below_;
        across().set_ticks(across_axis(), std::max<Size>(2, static_cast<Size>(panel_width_ / 38)));
    }

    // ---- The legend ------------------------------------------------------------------------------------------------

    struct Entry {
        std::string name;
        std::size_t hue;
        double x, line;
    };

    std::vector<Entry> entries() const {
        std::vector<Entry> list;
        if (sideways_) return list;
        std::map<std::string, std::size_t> seen;
        for (const Chart& chart : figure_.charts)
            for (const Series& series : chart.series)
                if (seen.emplace(series.name, series.hue).second) list.push_back({series.name, series.hue, 0, 0});
        if (list.size() < 2) return {};
        std::stable_sort(list.begin(), list.end(), [](const Entry& a, const Entry& b) { return a.hue < b.hue; });
        double x = 2, line = 0;
        for (Entry& entry : list) {
            entry.name = fitting(entry.name, look_.width * 0.6, font);
            const double width = legend_swatch + 4 + width_of(entry.name, font) + 8;
            if (x > 2 && x + width > look_.width) {
                x = 2;
                ++line;
            }
            entry.x = x;
            entry.line = line;
            x += width;
        }
        return list;
    }

    double legend_lines() const {
        const std::vector<Entry> list = entries();
        return list.empty() ? 0 : list.back().line + 1;
    }

    std::string legend() const {
        std::string text;
        for (const Entry& entry : entries()) {
            const double y = (entry.line + 0.5) * line_height + 1;
            text += svg_swatch(entry.hue, entry.x, y, legend_swatch, figure_.marks);
            text += text_at(entry.x + legend_swatch + 4, y + font * 0.35, "start", font, entry.name);
        }
        return text;
    }

    // ---- A panel ---------------------------------------------------------------------------------------------------

    std::string panel(std::size_t place) {
        const auto column = static_cast<double>(place % static_cast<std::size_t>(columns_));
        const auto row = static_cast<double>(place / static_cast<std::size_t>(columns_));
        Area area;
        area.left = left_ + column * (panel_width_ + gap);
        area.top = legend_height_ + title_height_ + row * (title_height_ + panel_height_ + line_height + 3);
        area.right = area.left + panel_width_;
        area.bottom = area.top + panel_height_;
        across().place(area.left, area.right);
        if (sideways_)
            up().place(area.top, area.bottom);
        else
            up().place(area.bottom, area.top);
        const bool is_lowest = place + static_cast<std::size_t>(columns_) >= figure_.charts.size();
        std::string text = "<g>\n";
        const Chart& chart = figure_.charts[place];
        if (!chart.title.empty())
            text += text_at((area.left + area.right) / 2, area.top - 4, "middle", font,
                            fitting(chart.title, panel_width_, font));
        text += axes(area, column == 0, is_lowest);
        text += fmt::format(
            "<clipPath id=\"panel{}\"><rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"/></clipPath>\n"
            "<g clip-path=\"url(#panel{})\">\n",
            place, area.left - 4, area.top - 4, panel_width_ + 8, panel_height_ + 8, place);
        for (const Series& series : chart.series) text += svg_interval(series, look_.x, x_, y_, figure_.marks);
        for (const Series& series : chart.series) text += svg_series(series, look_.x, x_, y_, figure_.marks);
        return text + "</g>\n</g>\n";
    }

    std::string axes(const Area& area, bool is_leftmost, bool is_lowest) {
        std::string text;
        for (const Tick& tick : up().ticks()) {
            const double y = up().at(tick.value);
            text += line_between(area.left, y, area.right, y, sideways_ ? "#eee" : "#ddd");
            if (is_leftmost)
                text += text_at(area.left - 4, y + small_font * 0.35, "end", small_font,
                                fitting(tick.text, left_ - 6, small_font));
        }
        double used = -1e9;  // numbers that would meet are left out
        for (const Tick& tick : across().ticks()) {
            const double x = across().at(tick.value), half = width_of(tick.text, small_font) / 2;
            text += line_between(x, area.bottom, x, area.bottom + 3, "#000");
            if (x - half < used + 3) continue;
            used = x + half;
            text += text_at(x, area.bottom + 3 + small_font, "middle", small_font, tick.text);
        }
        text += line_between(area.left, area.bottom, area.right, area.bottom, "#000");
        text += line_between(area.left, area.top, area.left, area.bottom, "#000");
        if (is_lowest)
            text += text_at((area.left + area.right) / 2, area.bottom + 3 + small_font + line_height, "middle", font,
                            fitting(across_axis().name, panel_width_, font));
        if (is_leftmost && !sideways_) {
            const double x = font, y = (area.top + area.bottom) / 2;
            text += text_at(x, y, "middle", font, fitting(up_axis().name, panel_height_ + 10, font),
                            fmt::format(" transform=\"rotate(-90 {:.2f} {:.2f})\"", x, y));
        }
        return text;
    }

    const Figure& figure_;
    const SvgLook& look_;
    const bool sideways_;
    Scale x_, y_;
    double columns_ = 1, rows_ = 1;
    double left_ = 0, panel_width_ = 0, panel_height_ = 0, row_height_ = 0;
    double title_height_ = 0, legend_height_ = 0, below_ = 0, height_ = 0;
};

}  // namespace

std::string to_svg(const Figure& figure, const SvgLook& look) {
    return Drawing(figure, look).text();
}

}  // namespace unroll::report
