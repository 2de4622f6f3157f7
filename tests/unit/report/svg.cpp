// Figures on paper: well-formed, values at their places, texts that stay texts; figures of queries.
#include "report/svg.h"

#include <cmath>
#include <limits>
#include <map>

#include "../store/scratch.h"
#include "report/query_figure.h"

using namespace scratch;
using Catch::Approx;
using namespace unroll::report;

namespace {

/// The elements of a drawing, or what is wrong with its XML: tags that do not match, attributes without quotes.
struct Drawing {
    struct Element {
        std::string name, text;
        std::map<std::string, std::string> attributes;
    };
    std::vector<Element> elements;
    std::string problem;

    explicit Drawing(const std::string& xml) {
        std::vector<std::size_t> open;
        for (std::size_t at = xml.find("?>") + 2; at < xml.size();) {
            if (xml[at] != '<') {
                const std::size_t end = std::min(xml.find('<', at), xml.size());
                const std::string text = xml.substr(at, end - at);
                if (text.find('>') != text.npos) problem = "> in text: " + text;
                if (!open.empty()) elements[open.back()].text += text;
                at = end;
                continue;
            }
            const std::size_t end = xml.find('>', at);
            if (end == xml.npos) {
                problem = "no end";
                return;
            }
            std::string tag = xml.substr(at + 1, end - at - 1);
            at = end + 1;
            if (tag[0] == '/') {
                if (open.empty() || elements[open.back()].name != tag.substr(1)) problem = "closed: " + tag;
                if (!open.empty()) open.pop_back();
                continue;
            }
            const bool is_whole = tag.back() == '/';
            if (is_whole) tag.pop_back();
            Element element{tag.substr(0, tag.find(' ')), "", {}};
            for (std::size_t place = tag.find(' '); place != tag.npos && place + 1 < tag.size();) {
                const std::size_t equals = tag.find("=\"", place), close = tag.find('"', equals + 2);
                if (equals == tag.npos || close == tag.npos) {
                    problem = "attribute: " + tag;
                    return;
                }
                element.attributes[tag.substr(place + 1, equals - place - 1)] =
                    tag.substr(equals + 2, close - equals - 2);
                place = close + 1;
            }
            elements.push_back(element);
            if (!is_whole) open.push_back(elements.size() - 1);
        }
        if (!open.empty()) problem = "left open: " + elements[open.back()].name;
    }

    /// Where the tick of this label stands: of texts aligned so, the coordinate of this name.
    double tick(const std::string& label, const std::string& anchor, const std::string& coordinate) const {
        for (const Element& element : elements)
            if (element.name == "text" && element.text == label && element.attributes.at("text-anchor") == anchor)
                return std::stod(element.attributes.at(coordinate));
        return std::numeric_limits<double>::quiet_NaN();
    }
    std::vector<std::pair<double, double>> circles() const {
        std::vector<std::pair<double, double>> places;
        for (const Element& element : elements)
            if (element.name == "circle")
                places.emplace_back(std::stod(element.attributes.at("cx")), std::stod(element.attributes.at("cy")));
        return places;
    }
};

Figure figure_of_points(Figure::Marks marks) {
    Figure figure;
    figure.id = "test";
    figure.about = "about";
    figure.marks = marks;
    figure.x = {{"step", {}, {}, false}};
    figure.y = {"loss", {}, {}, false};
    figure.charts = {{"", {{"a", 0, {{0, 50, 100}}, {4, 2, 1}, {3.5, 1.5, 0.5}, {4.5, 2.5, 1.5}, {3, 3, 3}}}}};
    return figure;
}

}  // namespace

TEST_CASE("values lie where the labels of the axes say") {
    const Drawing drawing(to_svg(figure_of_points(Figure::Marks::lines_and_points), {}));
    INFO(drawing.problem);
    CHECK(drawing.problem.empty());
    const auto points = drawing.circles();
    REQUIRE(points.size() == 3);
    const double x0 = drawing.tick("0", "middle", "x"), x100 = drawing.tick("100", "middle", "x");
    const double y1 = drawing.tick("1", "end", "y"), y4 = drawing.tick("4", "end", "y");
    CHECK(points[0].first == Approx(x0).margin(0.02));
    CHECK(points[1].first == Approx((x0 + x100) / 2).margin(0.02));
    CHECK(points[2].first == Approx(x100).margin(0.02));
    const double lowered = 7 * 0.35;  // labels stand a little lower than their ticks
    CHECK(points[0].second == Approx(y4 - lowered).margin(0.02));
    CHECK(points[2].second == Approx(y1 - lowered).margin(0.02));
    CHECK(points[1].second == Approx(y1 - lowered + (y4 - y1) / 3).margin(0.02));
}

TEST_CASE("a logarithmic axis has equal factors at equal distances, and no place for 0") {
    Figure figure = figure_of_points(Figure::Marks::points);
    figure.charts[0].series[0].x[0] = {1, 10, 100};
    figure.charts[0].series[0].y = {1, 0, 100};
    figure.charts[0].series[0].low = figure.charts[0].series[0].high = {};
    const Drawing drawing(to_svg(figure, {column_width, 0, true, true}));
    CHECK(drawing.problem.empty());
    const auto points = drawing.circles();
    REQUIRE(points.size() == 2);
    CHECK(drawing.tick("10", "middle", "x") == Approx((points[0].first + points[1].first) / 2).margin(0.02));
}

TEST_CASE("a band goes round its line") {
    const std::string svg = to_svg(figure_of_points(Figure::Marks::lines), {});
    CHECK(svg.find("fill-opacity") != svg.npos);
    CHECK(Drawing(svg).problem.empty());
    Figure bare = figure_of_points(Figure::Marks::lines);
    bare.charts[0].series[0].low = bare.charts[0].series[0].high = {};
    CHECK(to_svg(bare, {}).find("fill-opacity") == svg.npos);
}

TEST_CASE("names that look like markup stay names, on paper too") {
    Figure figure = figure_of_points(Figure::Marks::lines);
    figure.about = "</svg><script>alert(1)</script>";
    figure.y.name = "\"a\" & <b>\x01\u202E";
    figure.charts[0].title = "<g>";
    figure.charts.push_back({"]]>\xff", figure.charts[0].series});
    figure.charts[0].series[0].name = "'<text>'";
    const std::string svg = to_svg(figure, {page_width, 0, false, false});
    const Drawing drawing(svg);
    INFO(drawing.problem);
    CHECK(drawing.problem.empty());
    CHECK(svg.find("<script") == svg.npos);
    CHECK(svg.find("⟨U+202E⟩") != svg.npos);
    CHECK(svg.find('\x01') == svg.npos);
}

TEST_CASE("a drawing is as wide as a column or a page") {
    CHECK(to_svg(figure_of_points(Figure::Marks::lines), {}).find("width=\"240pt\"") != std::string::npos);
    CHECK(to_svg(figure_of_points(Figure::Marks::lines), {page_width, 0, false, false}).find("width=\"498pt\"") !=
          std::string::npos);
}

TEST_CASE("nothing to draw is an empty drawing, not a broken one") {
    Figure figure = figure_of_points(Figure::Marks::lines);
    figure.charts[0].series[0] = {"a", 0, {{}}, {}, {}, {}, {}};
    const std::string svg = to_svg(figure, {});
    CHECK(Drawing(svg).problem.empty());
    CHECK(svg.find("nan") == svg.npos);
    CHECK(svg.find("inf") == svg.npos);
}

TEST_CASE("a query's columns are known by name, or else by their places") {
    const Figure by_place = figure_of({{"steps", "loss", "cell"},
                                       {{std::int64_t(1), 2.0, "gru"},
                                        {std::int64_t(2), 1.5, "gru"},
                                        {std::int64_t(1), 3.0, "rnn"},
                                        {std::int64_t(2), {}, "rnn"}}});
    CHECK(by_place.x[0].name == "steps");
    CHECK(by_place.y.name == "loss");
    REQUIRE(by_place.charts[0].series.size() == 2);
    CHECK(by_place.charts[0].series[0].name == "gru");
    CHECK(by_place.charts[0].series[0].y == Numbers{2, 1.5});
    CHECK(by_place.charts[0].series[1].y == Numbers{3});
    CHECK(by_place.marks == Figure::Marks::lines_and_points);

    const Figure by_name =
        figure_of({{"panel", "y", "low", "high", "x"},
                   {{std::int64_t(64), 1.0, 0.5, 1.5, 10.0}, {std::int64_t(128), 2.0, {}, {}, 20.0}}});
    REQUIRE(by_name.charts.size() == 2);
    CHECK(by_name.charts[1].title == "128");
    CHECK(by_name.charts[0].series[0].low == Numbers{0.5});
    CHECK(std::isnan(by_name.charts[1].series[0].low[0]));

    const Figure categories = figure_of({{"cell", "loss"}, {{"gru", 1.0}, {"rnn", 2.0}}});
    CHECK(categories.marks == Figure::Marks::intervals);
    CHECK(categories.x[0].categories == std::vector<std::string>{"gru", "rnn"});
    CHECK(categories.charts[0].series[0].x[0] == Numbers{0, 1});
}

TEST_CASE("what cannot be drawn is refused, with the row") {
    const auto refusal = [](const store::Table& table) { return message_of([&] { figure_of(table); }); };
    CHECK_THAT(refusal({{"x"}, {{1.0}}}), contains("one column"));
    CHECK_THAT(refusal({{"x", "y"}, {}}), contains("no row"));
    CHECK_THAT(refusal({{"x", "y"}, {{1.0, {}}}}), contains("no row with a y"));
    CHECK_THAT(refusal({{"x", "y"}, {{1.0, 2.0}, {2.0, "two"}}}), contains("query, row 2: 'two' in column y"));
    CHECK_THAT(refusal({{"x", "y", "low"}, {{1.0, 2.0, 1.0}}}), contains("a column 'low' alone"));
}
