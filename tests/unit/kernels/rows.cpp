// Kernels that work row by row, against the same formulas in double.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"
#include "unroll/kernels.h"

using namespace unroll;

namespace {

constexpr Size widths[] = {1, 2, 3, 7, 8, 16, 31, 64, 65, 130};

template <class Real>
std::vector<Real> random_values(Size n, RandomStream& stream, double size = 1) {
    std::vector<Real> x(n);
    for (Real& v : x) v = static_cast<Real>(stream.uniform(-size, size));
    return x;
}

template <class Real>
double worst_difference(const std::vector<Real>& x, const std::vector<double>& wanted) {
    REQUIRE(x.size() == wanted.size());
    double worst = 0;
    for (Size i = 0; i < x.size(); ++i) {
        if (std::isnan(x[i])) return HUGE_VAL;
        worst = std::max(worst, std::abs(x[i] - wanted[i]));
    }
    return worst;
}

template <class Real>
constexpr double epsilon = std::numeric_limits<Real>::epsilon();

}  // namespace

TEMPLATE_TEST_CASE("A bias is added to every row, and its gradient is the rows' sum", "[rows]", float, double) {
    using Real = TestType;
    RandomStream stream(1, "rows");
    for (const Size columns : widths) {
        const Size rows = 9;
        auto x = random_values<Real>(rows * columns, stream);
        const auto bias = random_values<Real>(columns, stream);
        std::vector<double> wanted(x.begin(), x.end()), sums(columns, 0.5);
        for (Size i = 0; i < x.size(); ++i) {
            wanted[i] += bias[i % columns];
            sums[i % columns] += x[i];
        }
        std::vector<Real> dbias(columns, static_cast<Real>(0.5));
        add_bias_backward(x.data(), dbias.data(), rows, columns);
        add_bias(bias.data(), x.data(), rows, columns);
        CHECK(worst_difference(x, wanted) <= 2 * epsilon<Real>);
        CHECK(worst_difference(dbias, sums) <= 20 * epsilon<Real>);
    }
}

TEMPLATE_TEST_CASE("Softmax and its backward", "[rows]", float, double) {
    using Real = TestType;
    RandomStream stream(2, "rows");
    for (const Size columns : widths) {
        const Size rows = 5;
        const auto x = random_values<Real>(rows * columns, stream, 20), dy = random_values<Real>(x.size(), stream);
        std::vector<Real> y(x.size()), dx(x.size()), alone(columns);
        std::vector<double> wanted(x.size()), slope(x.size());
        for (Size r = 0; r < rows; ++r) {
            const Size at = r * columns;
            const double shift =
                *std::max_element(x.begin() + static_cast<long>(at), x.begin() + static_cast<long>(at + columns));
            double sum = 0, product = 0;
            for (Size j = at; j < at + columns; ++j) sum += wanted[j] = std::exp(x[j] - shift);
            for (Size j = at; j < at + columns; ++j) wanted[j] /= sum, product += wanted[j] * dy[j];
            for (Size j = at; j < at + columns; ++j) slope[j] = wanted[j] * (dy[j] - product);
        }
        softmax(x.data(), y.data(), rows, columns);
        softmax_backward(y.data(), dy.data(), dx.data(), rows, columns);
        CAPTURE(columns);
        CHECK(worst_difference(y, wanted) <= 8 * epsilon<Real>);
        CHECK(worst_difference(dx, slope) <= 16 * epsilon<Real>);
        for (Size r = 0; r < rows; ++r) {  // a row's bits are its own
            softmax(x.data() + r * columns, alone.data(), 1, columns);
            CHECK(std::equal(alone.begin(), alone.end(), y.begin() + static_cast<long>(r * columns)));
        }
    }
}

TEMPLATE_TEST_CASE("Softmax of masked, extreme and broken rows", "[rows]", float, double) {
    using Real = TestType;
    const Real infinity = std::numeric_limits<Real>::infinity();
    for (const Size columns : {3, 19, 40}) {
        std::vector<Real> x(4 * columns, -infinity), y(x.size());
        x[1] = -5000, x[2] = -5000;                                                   // the rest of row 0 is masked
        std::fill_n(x.begin() + static_cast<long>(2 * columns), columns, Real{1e4});  // row 1 is masked altogether
        x[3 * columns] = std::numeric_limits<Real>::quiet_NaN();
        x[3 * columns + 1] = 0;
        softmax(x.data(), y.data(), 4, columns);
        CHECK(y[0] == 0);
        CHECK(y[1] == Real{0.5});
        CHECK(y[2] == Real{0.5});
        for (Size j = 3; j < 2 * columns; ++j) CHECK(y[j] == 0);
        for (Size j = 2 * columns; j < 3 * columns; ++j)
            CHECK(std::abs(y[j] * static_cast<Real>(columns) - 1) < 4 * epsilon<Real>);
        CHECK(std::isnan(y[3 * columns]));
        CHECK(std::isnan(y[3 * columns + 1]));
    }
}

TEMPLATE_TEST_CASE("Layer normalisation and its backward", "[rows]", float, double) {
    using Real = TestType;
    RandomStream stream(3, "rows");
    for (const Size columns : widths) {
        for (const bool affine : {false, true}) {
            const Size rows = 4;
            auto x = random_values<Real>(rows * columns, stream);
            for (Real& v : x) v += 3;
            const auto dy = random_values<Real>(x.size(), stream);
            const auto gain = random_values<Real>(columns, stream), bias = random_values<Real>(columns, stream);
            std::vector<double> wanted(x.size()), slope(x.size()), gain_slope(columns, 0.25), bias_slope(columns, 0.25);
            double steepest = 0;
            for (Size r = 0; r < rows; ++r) {
                double mean = 0, variance = 0, sum = 0, product = 0;
                const Size at = r * columns;
                for (Size j = 0; j < columns; ++j) mean += x[at + j] / static_cast<double>(columns);
                for (Size j = 0; j < columns; ++j)
                    variance += (x[at + j] - mean) * (x[at + j] - mean) / static_cast<double>(columns);
                const double scale = 1 / std::sqrt(variance + 1e-5);
                steepest = std::max(steepest, scale);
                for (Size j = 0; j < columns; ++j) {
                    const double n = (x[at + j] - mean) * scale, g = affine ? gain[j] : 1, d = dy[at + j];
                    wanted[at + j] = n * g + (affine ? bias[j] : 0);
                    sum += d * g / static_cast<double>(columns);
                    product += d * g * n / static_cast<double>(columns);
                    gain_slope[j] += d * n;
                    bias_slope[j] += d;
                }
                for (Size j = 0; j < columns; ++j) {
                    const double n = (x[at + j] - mean) * scale;
                    slope[at + j] = scale * (dy[at + j] * (affine ? gain[j] : 1) - sum - n * product);
                }
            }
            std::vector<Real> y(x.size()), dx(x.size()), statistics(2 * rows);
            std::vector<Real> dgain(columns, static_cast<Real>(0.25)), dbias(columns, static_cast<Real>(0.25));
            const Real* g = affine ? gain.data() : nullptr;
            layer_norm<Real>(x.data(), g, affine ? bias.data() : nullptr, y.data(), statistics.data(), rows, columns);
            layer_norm_backward<Real>(x.data(), g, statistics.data(), dy.data(), dx.data(),
                                      affine ? dgain.data() : nullptr, affine ? dbias.data() : nullptr, rows, columns);
            CAPTURE(columns, affine);
            const double bound = 64 * epsilon<Real> * std::max(steepest, 1.0);
            CHECK(worst_difference(y, wanted) <= bound);
            CHECK(worst_difference(dx, slope) <= bound * std::max(steepest, 1.0));
            if (!affine) continue;
            CHECK(worst_difference(dgain, gain_slope) <= bound);
            CHECK(worst_difference(dbias, bias_slope) <= bound);
        }
    }
}

TEMPLATE_TEST_CASE("A step attends to its past and to itself, and touches nothing else", "[rows]", float, double) {
    using Real = TestType;
    RandomStream stream(8, "rows");
    constexpr Size heads = 6;
    constexpr auto guard = static_cast<Real>(77);
    const Size kv_heads = GENERATE(0, 6, 2), group = kv_heads > 0 ? heads / kv_heads : 1;
    const bool falling = GENERATE(false, true);
    const std::vector<Real> slopes{0, Real(0.5), Real(0.25), 1, Real(0.125), Real(0.03125)};
    for (const Size width : {1, 2, 7, 8, 16, 31, 32, 48})
        for (const Size past : {0, 1, 3, 7, 8, 15, 16, 17, 31, 64, 65, 130})
            for (const Size context : {past, past + 1, past + 30}) {
                if (context == 0) continue;
                CAPTURE(width, past, context);
                const Size H = heads * width, G = H / group, stride = past + 1;
                const auto query = random_values<Real>(H, stream), key = random_values<Real>(G, stream);
                const auto value = random_values<Real>(G, stream), values = random_values<Real>(past * G, stream);
                auto keys = random_values<Real>(G * context, stream);
                for (Size j = 0; j < G; ++j)  // what stands beyond the past means nothing
                    std::fill_n(keys.data() + j * context + past, context - past, static_cast<Real>(NAN));

                std::vector<double> wanted_weights(heads * stride), wanted(H, 0);
                for (Size h = 0; h < heads; ++h) {
                    double* w = wanted_weights.data() + h * stride;
                    const Size first = h / group * width;
                    for (Size j = 0; j < width; ++j) {
                        const double q = query[h * width + j];
                        for (Size p = 0; p < past; ++p) w[p] += q * double{keys[(first + j) * context + p]};
                        w[past] += q * double{key[first + j]};
                    }
                    for (Size p = 0; falling && p < past; ++p) w[p] -= double{slopes[h]} * double(past - p);
                    double sum = 0;
                    for (Size p = 0; p <= past; ++p) sum += w[p] = std::exp(w[p]);
                    for (Size p = 0; p <= past; ++p) {
                        w[p] /= sum;
                        for (Size j = 0; j < width; ++j)
                            wanted[h * width + j] +=
                                w[p] * double{p < past ? values[p * G + first + j] : value[first + j]};
                    }
                }

                std::vector<Real> weights(heads * stride + 1, guard), y(H + 1, guard);
                attend<Real>({heads, width, query.data(), key.data(), value.data(), past, past ? keys.data() : nullptr,
                              past ? values.data() : nullptr, context, kv_heads, falling ? slopes.data() : nullptr},
                             weights.data(), stride, y.data());
                CHECK(weights.back() == guard);
                CHECK(y.back() == guard);
                weights.pop_back(), y.pop_back();
                CHECK(worst_difference(weights, wanted_weights) <= 40 * epsilon<Real>);
                CHECK(worst_difference(y, wanted) <= 40 * epsilon<Real>);
            }
}

TEMPLATE_TEST_CASE("Rows of a table are gathered, and their gradients scattered", "[rows]", float, double) {
    using Real = TestType;
    RandomStream stream(4, "rows");
    for (const Size columns : widths) {
        const auto table = random_values<Real>(5 * columns, stream);
        const std::vector<Token> tokens = {4, 0, 4, 2, 4};
        std::vector<Real> y(tokens.size() * columns, Real{9}), dtable(table.size(), Real{1});
        gather_rows(table.data(), tokens.data(), y.data(), tokens.size(), columns, Into::overwrite);
        Size wrong = 0;
        const auto entry = [&](Size i) {
            return table[static_cast<Size>(tokens[i / columns]) * columns + i % columns];
        };
        for (Size i = 0; i < y.size(); ++i) wrong += y[i] != entry(i);
        gather_rows(table.data(), tokens.data(), y.data(), tokens.size(), columns, Into::add);
        for (Size i = 0; i < y.size(); ++i) wrong += y[i] != 2 * entry(i);
        gather_rows_backward(tokens.data(), y.data(), dtable.data(), tokens.size(), columns);
        std::vector<Real> wanted(table.size(), Real{1});
        for (Size i = 0; i < y.size(); ++i)
            wanted[static_cast<Size>(tokens[i / columns]) * columns + i % columns] += y[i];
        CHECK(wrong == 0);
        CHECK(dtable == wanted);
    }
}
