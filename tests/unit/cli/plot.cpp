// Plots: exactly what is drawn, with Unicode and without, at the usual widths of a terminal.
#include "cli/plot.h"

#include <cmath>
#include <sstream>

#include "base/utf8.h"
#include "catch.h"
#include "cli/plot_canvas.h"

using namespace unroll;
using namespace unroll::cli;

namespace {

/// Two curves that fall, as losses do.
std::vector<PlotCurve> two_curves() {
    PlotCurve gru{"gru 128", {}}, lstm{"lstm 128", {}};
    for (int step = 100; step <= 1000; step += 100) {
        gru.points.push_back({double(step), 1.8 + 1.2 * std::exp(-step / 250.0)});
        lstm.points.push_back({double(step), 1.95 + 1.2 * std::exp(-step / 350.0)});
    }
    return {gru, lstm};
}

const std::vector<PlotInterval> intervals{{"gru 128", 1.838, 1.832, 1.844, true, "1.838"},
                                          {"self-attention 128", 1.903, 1.863, 1.944, false, "1.903"},
                                          {"rnn", 1.95, {}, {}, false, "1.950"}};

/// A plot as it stands in a raw literal, which begins with a line break.
std::string in_literal(const std::string& plot) {
    return '\n' + plot;
}

Size widest_line(const std::string& text) {
    Size widest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) widest = std::max(widest, base::display_width(line));
    return widest;
}

}  // namespace

TEST_CASE("curves in braille, 80 columns wide") {
    CHECK(in_literal(plot_curves(two_curves(), "step", {.columns = 80, .rows = 10})) == R"(
    │⠑⠢⢄
    │   ⠉⠢b⡀
    │⠢⣀    ⠈⠒⠤⣀
2.5 ┤  a⠤⡀     ⠉⠒⠤⣀
    │    ⠈⠒⢄       ⠉⠒⠤⢄⡀
    │       ⠉⠒⠤⣀       ⠈b⠑⠒⠢⠤⢄⣀⣀
    │           ⠉⠒⠤⣀            ⠉⠉⠒⠒⠤⠤b⣀⣀⣀
2.0 ┤               ⠉a⠢⢄⣀⡀                ⠉⠉⠉⠒⠒⠒⠤⠤⠤⠤b⣀⣀⣀⣀⣀⣀⡀    b lstm 128 2.019
    │                    ⠈⠉⠑⠒⠢⠤⠤⢄⣀⣀a                       ⠈⠉⠉⠉
    │                              ⠈⠉⠉⠉⠉⠑⠒⠒⠒⠒⠒⠢⠤⠤a⠤⠤⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀ a gru 128 1.822
    └──────┬────────────┬────────────┬───────────┬────────────┬
          200          400          600         800         1000  step
)");
}

TEST_CASE("curves in braille, 60 columns wide") {
    CHECK(in_literal(plot_curves(two_curves(), "step", {.columns = 60, .rows = 8})) == R"(
    │⠑⢄
    │⡀ ⠉⠢⡀
2.5 ┤⠈⠢a ⠈b⠢⢄⡀
    │  ⠈⠢⡀   ⠈⠒⠤⣀
    │    ⠈⠑⠤⡀    ⠉⠑⠒⠢⠤⢄⣀
    │       ⠈⠑⠢⢄⣀       b⠑⠒⠒⠤⠤⠤⠤⣀⣀⣀⣀⡀
2.0 ┤            ⠉⠑⠢⠤a⣀⣀            ⠈⠉b⠉⠑⠒⠒ b lstm 128 2.019
    │                   ⠉⠉⠉⠉⠒⠒⠒⠒⠤⠤⠤a⢄⣀⣀⣀⣀⣀⣀ a gru 128 1.822
    └────────────────┬────────────────────┬
                    500                 1000  step
)");
}

TEST_CASE("curves in ASCII, a letter for each") {
    CHECK(in_literal(plot_curves(two_curves(), "step", {.columns = 60, .rows = 8, .unicode = false})) == R"(
    |b
    | bb
2.5 +aa bbb
    |  aaa bbbb
    |     aa   bbbbbbbbb
    |       aaa         bbbbbbbbbbbb
2.0 +          aaaaaaaaaaaaa        bbbbbbb b lstm 128 2.019
    |                       aaaaaaaaaaaaaaa a gru 128 1.822
    +----------------+--------------------+
                    500                 1000  step
)");
}

TEST_CASE("a curve alone needs no letter") {
    const std::vector<PlotCurve> one{two_curves()[0]};
    CHECK(in_literal(plot_curves(one, "epoch", {.columns = 60, .rows = 5})) == R"(
    │⠑⠢⣀
2.5 ┤   ⠑⠢⣀
    │      ⠉⠒⠤⣀
2.0 ┤          ⠉⠑⠒⠤⠤⣀⣀
    │                 ⠉⠉⠉⠑⠒⠒⠒⠒⠤⠤⠤⠤⠤⠤⠤⠤⠤⣀⣀⣀⣀⣀⣀⣀ gru 128 1.822
    └──────────────────┬─────────────────────┬
                      500                  1000  epoch
)");
    CHECK(in_literal(plot_curves(one, "epoch", {.columns = 60, .rows = 5, .unicode = false})) == R"(
    |**
2.5 +  *****
    |       ****
2.0 +           *********
    |                    ********************* gru 128 1.822
    +------------------+---------------------+
                      500                  1000  epoch
)");
}

TEST_CASE("intervals as bars above an axis") {
    CHECK(in_literal(plot_intervals(intervals, {.columns = 80})) == R"(
gru 128             ├──●─┤                                                 1.838
self-attention 128                ├────────────────●─────────────────┤     1.903
rnn                                                                     ●  1.950
                   └────────┬─────────────────────┬─────────────────────┬
                          1.85                  1.90                  1.95
)");
    CHECK(in_literal(plot_intervals(intervals, {.columns = 60})) == R"(
gru 128             ├─●┤                               1.838
self-attention 128          ├──────────●──────────┤    1.903
rnn                                                 ●  1.950
                   └─────┬────────────┬─────────────┬
                       1.85         1.90          1.95
)");
    CHECK(in_literal(plot_intervals(intervals, {.columns = 60, .unicode = false})) == R"(
gru 128             |-o|                               1.838
self-attention 128          |----------o----------|    1.903
rnn                                                 o  1.950
                   +-----+------------+-------------+
                       1.85         1.90          1.95
)");
    CHECK(plot_intervals({}, {}).empty());
}

TEST_CASE("colour replaces letters, and marks what stands out") {
    const std::string plot = plot_curves(two_curves(), "step", {.columns = 60, .rows = 8, .color = true});
    CHECK(plot.find("\033[36m") != plot.npos);
    CHECK(plot.find("\033[33m lstm") == plot.npos);
    CHECK(plot.find("\033[33mlstm 128 2.019\033[0m") != plot.npos);
    CHECK(plot.find(" b ") == plot.npos);
    CHECK(plot_intervals(intervals, {.columns = 60, .color = true}).starts_with("\033[32mgru 128"));
}

TEST_CASE("no plot is wider than its area, whatever the labels") {
    std::vector<PlotCurve> curves;
    for (int i = 0; i < 30; ++i) {
        curves.push_back({std::string(std::size_t(3 * i), 'x') + "循环", {}});
        for (int step = 0; step < 40; ++step)
            curves.back().points.push_back({step * 1e4, std::sin(step * 0.3 + i) * 1000 - 5000});
    }
    std::vector<PlotInterval> bars;
    for (const PlotCurve& curve : curves)
        bars.push_back(
            {curve.label, curve.points[0].y, curve.points[0].y - 1, curve.points[0].y + 3, false, "-5000.00"});
    for (const Size columns : {Size{40}, Size{60}, Size{80}, Size{120}}) {
        const std::string plot = plot_curves(curves, "seconds", {.columns = columns});
        INFO(plot);
        CHECK(widest_line(plot) <= columns);
        CHECK(std::count(plot.begin(), plot.end(), '\n') == 30 + 2);  // every label has a row
        CHECK(widest_line(plot_intervals(bars, {.columns = columns})) <= columns);
    }
}

TEST_CASE("curves of one point, of equal values and of none are drawn as far as they go") {
    const std::string plot = plot_curves({{"one", {{5, 2}}}, {"none", {}}}, "step", {.columns = 60, .rows = 5});
    INFO(plot);
    CHECK(plot.find("one 2.000") != plot.npos);
    CHECK(plot.find("none no values") != plot.npos);
    CHECK(plot_curves({{"none", {}}}, "step", {}).empty());
    CHECK(plot_curves({}, "step", {}).empty());
    CHECK_FALSE(plot_curves({{"flat", {{0, 0}, {1, 0}}}}, "step", {}).empty());
}

TEST_CASE("a line of dots is braille") {
    Canvas canvas(2, 1, true, false);
    canvas.line(0, 0, 3, 3, 0);
    CHECK(canvas.row(0, false) == "⡠⠊");
    Canvas letters(3, 2, false, true);
    letters.line(0, 1, 2, 0, 1);
    CHECK(letters.row(0, false) + "|" + letters.row(1, false) == "b  | bb");
}
