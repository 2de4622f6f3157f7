// Elementwise kernels: their error bounds over dense grids, what they do at the ends of the number line, and that an
// element's bits do not depend on where it stands.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.h"
#include "unroll/kernels.h"

using namespace unroll;

namespace {

template <class Real>
constexpr Real infinity = std::numeric_limits<Real>::infinity();
template <class Real>
constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

/// Both signs of sizes from tiny to `greatest`, evenly spaced in the number and in its logarithm.
template <class Real>
std::vector<Real> grid(double greatest) {
    std::vector<Real> x = {0, -Real{0}};
    for (int i = 1; i <= 60000; ++i) {
        const double even = greatest * i / 60000;
        const double logarithmic = greatest * std::exp2(-i / 600.0);
        for (const double size : {even, logarithmic})
            for (const int sign : {1, -1}) x.push_back(static_cast<Real>(sign * size));
    }
    return x;
}

/// The distance of two neighbouring numbers at `x`, no smaller than at the smallest normal number.
template <class Real>
long double ulp(long double x) {
    const Real size = std::max(static_cast<Real>(std::abs(x)), std::numeric_limits<Real>::min());
    return std::nextafter(size, infinity<Real>) - static_cast<long double>(size);
}

using Reference = long double (*)(long double);

long double logistic(long double x) {
    return 1 / (1 + std::exp(-x));
}
long double cumulative(long double x) {
    return std::erfc(-x * std::sqrt(0.5L)) / 2;
}
long double gelu_slope(long double x) {
    return cumulative(x) + x * std::exp(-x * x / 2) * 0.39894228040143267793994605993438L;
}
long double exponential(long double x) {
    return std::exp(x);
}
long double hyperbolic_tangent(long double x) {
    return std::tanh(x);
}

template <class Real>
using Kernel = void (*)(const Real*, Real*, Size);

/// The largest error over a grid, in ulp of the result, or of the smallest normal number where the result is less.
template <class Real>
double worst_ulp(Kernel<Real> kernel, Reference reference, double greatest) {
    const std::vector<Real> x = grid<Real>(greatest);
    std::vector<Real> y(x.size());
    kernel(x.data(), y.data(), x.size());
    long double worst = 0;
    for (Size i = 0; i < x.size(); ++i) {
        const long double wanted = reference(x[i]);
        if (std::isnan(y[i])) return HUGE_VAL;
        if (wanted > std::numeric_limits<Real>::max()) {
            if (y[i] != infinity<Real>) return HUGE_VAL;
            continue;
        }
        long double error = std::abs(y[i] - wanted);
        if (std::abs(wanted) < std::numeric_limits<Real>::min() && y[i] == 0) error = 0;  // flushed
        worst = std::max(worst, error / ulp<Real>(wanted));
    }
    return static_cast<double>(worst);
}

template <class Real>
Real at(Kernel<Real> kernel, Real x) {
    kernel(&x, &x, 1);
    return x;
}

}  // namespace

TEMPLATE_TEST_CASE("exp, sigmoid and tanh are within 4 ulp", "[elementwise]", float, double) {
    using Real = TestType;
    const double far = sizeof(Real) == 4 ? 110 : 750;
    CHECK(worst_ulp<Real>(exp, exponential, far) < 4);
    CHECK(worst_ulp<Real>(exp, exponential, 2) < 4);
    CHECK(worst_ulp<Real>(sigmoid, logistic, far) < 4);
    CHECK(worst_ulp<Real>(sigmoid, logistic, 4) < 4);
    CHECK(worst_ulp<Real>(tanh, hyperbolic_tangent, 25) < 4);
    CHECK(worst_ulp<Real>(tanh, hyperbolic_tangent, 2) < 4);
}

TEMPLATE_TEST_CASE("silu and softplus are within 6 ulp, and keep their far tails", "[elementwise]", float, double) {
    using Real = TestType;
    const double far = sizeof(Real) == 4 ? 80 : 700;
    const auto silu_of = [](long double x) { return x / (1 + std::exp(-x)); };
    const auto softplus_of = [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); };
    for (const double greatest : {far, 4.0}) {
        CHECK(worst_ulp<Real>(silu, silu_of, greatest) < 6);
        CHECK(worst_ulp<Real>(softplus, softplus_of, greatest) < 6);
    }
}

TEMPLATE_TEST_CASE("log, sin and cos have small absolute errors", "[elementwise]", float, double) {
    using Real = TestType;
    std::vector<Real> x = grid<Real>(30000), y(x.size());
    const double epsilon = std::numeric_limits<Real>::epsilon();
    const auto worst = [&](Kernel<Real> kernel, Reference reference) {
        kernel(x.data(), y.data(), x.size());
        long double error = 0;
        for (Size i = 0; i < x.size(); ++i)
            error = std::max(error, std::abs(y[i] - reference(x[i])) / std::max(1.0L, std::abs(reference(x[i]))));
        return static_cast<double>(error) / epsilon;
    };
    CHECK(worst(sin, [](long double v) { return std::sin(v); }) < 2);
    CHECK(worst(cos, [](long double v) { return std::cos(v); }) < 2);
    for (Real& v : x) v = std::abs(v) + std::numeric_limits<Real>::min();
    CHECK(worst(log, [](long double v) { return std::log(v); }) < 4);
    CHECK(at<Real>(log, 0) == -infinity<Real>);
    CHECK(at<Real>(log, infinity<Real>) == infinity<Real>);
    CHECK(std::isnan(at<Real>(log, -1)));
    CHECK(at<Real>(log, 1) == 0);
}

TEMPLATE_TEST_CASE("gelu keeps its relative error to its far tail, its slope an absolute one", "[elementwise]", float,
                   double) {
    using Real = TestType;
    const auto reference = [](long double x) { return x * cumulative(x); };
    CHECK(worst_ulp<Real>(gelu, reference, 3) < 12);
    CHECK(worst_ulp<Real>(gelu, reference, sizeof(Real) == 4 ? 12.9 : 37.4) < 12);

    const std::vector<Real> x = grid<Real>(sizeof(Real) == 4 ? 14 : 40), ones(x.size(), Real{1});
    std::vector<Real> dx(x.size());
    gelu_backward(x.data(), ones.data(), dx.data(), x.size());
    long double worst = 0;
    for (Size i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(dx[i] - gelu_slope(x[i])));
    CHECK(static_cast<double>(worst) / std::numeric_limits<Real>::epsilon() < 4);
}

TEMPLATE_TEST_CASE("Activations at the ends of the number line", "[elementwise]", float, double) {
    using Real = TestType;
    const Real huge = std::numeric_limits<Real>::max(), inf = infinity<Real>;
    CHECK(at<Real>(exp, inf) == inf);
    CHECK(at<Real>(exp, huge) == inf);
    CHECK(at<Real>(exp, -inf) == 0);
    CHECK(at<Real>(exp, -huge) == 0);
    CHECK(at<Real>(exp, 0) == 1);
    for (const Real far : {huge, inf}) {
        CHECK(at<Real>(sigmoid, far) == 1);
        CHECK(at<Real>(sigmoid, -far) == 0);
        CHECK(at<Real>(tanh, far) == 1);
        CHECK(at<Real>(tanh, -far) == -1);
        CHECK(at<Real>(relu, far) == far);
        CHECK(at<Real>(relu, -far) == 0);
        CHECK(at<Real>(gelu, far) == far);
        CHECK(at<Real>(silu, far) == far);
        CHECK(at<Real>(silu, -far) == 0);
        CHECK(at<Real>(softplus, far) == far);
        CHECK(at<Real>(softplus, -far) == 0);
        CHECK(at<Real>(gelu, -far) == 0);
        Real slope = far, one = 1;
        gelu_backward(&slope, &one, &slope, 1);
        CHECK(slope == 1);
        slope = -far;
        gelu_backward(&slope, &one, &slope, 1);
        CHECK(slope == 0);
    }
    CHECK(at<Real>(sigmoid, 0) == Real{0.5});
    CHECK(at<Real>(tanh, 0) == 0);
    CHECK(std::signbit(at<Real>(tanh, -Real{0})));
    CHECK(at<Real>(gelu, 0) == 0);
    const Real tiny = std::numeric_limits<Real>::min() * 8;
    CHECK(at<Real>(tanh, tiny) == tiny);
    CHECK(at<Real>(gelu, tiny) == tiny / 2);
    for (const Kernel<Real> kernel :
         {Kernel<Real>(exp), Kernel<Real>(sigmoid), Kernel<Real>(tanh), Kernel<Real>(relu), Kernel<Real>(gelu),
          Kernel<Real>(silu), Kernel<Real>(softplus), Kernel<Real>(log), Kernel<Real>(sqrt)})
        CHECK(std::isnan(at<Real>(kernel, not_a_number<Real>)));
}

TEMPLATE_TEST_CASE("Backward kernels are the derivatives", "[elementwise]", float, double) {
    using Real = TestType;
    const std::vector<Real> x = grid<Real>(6), dy(x.size(), static_cast<Real>(1.75));
    std::vector<Real> y(x.size()), dx(x.size());
    const double epsilon = std::numeric_limits<Real>::epsilon();

    sigmoid(x.data(), y.data(), x.size());
    sigmoid_backward(y.data(), dy.data(), dx.data(), x.size());
    double worst = 0;
    for (Size i = 0; i < x.size(); ++i)
        worst = std::max(worst, std::abs(dx[i] - 1.75 * static_cast<double>(y[i]) * (1 - static_cast<double>(y[i]))));
    CHECK(worst < 2 * epsilon);

    tanh(x.data(), y.data(), x.size());
    tanh_backward(y.data(), dy.data(), dx.data(), x.size());
    worst = 0;
    for (Size i = 0; i < x.size(); ++i)
        worst = std::max(worst, std::abs(dx[i] - 1.75 * (1 - static_cast<double>(y[i]) * static_cast<double>(y[i]))));
    CHECK(worst < 2 * epsilon);

    relu(x.data(), y.data(), x.size());
    relu_backward(y.data(), dy.data(), dx.data(), x.size());
    int wrong = 0;
    for (Size i = 0; i < x.size(); ++i) wrong += dx[i] != (x[i] > 0 ? dy[i] : Real{0});
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("An element's bits do not depend on its place, and nothing beside the result is touched",
                   "[elementwise]", float, double) {
    using Real = TestType;
    RandomStream stream(1, "places");
    std::vector<Real> x(80);
    for (Real& v : x) v = static_cast<Real>(stream.uniform(-9, 9));
    for (const Kernel<Real> kernel :
         {Kernel<Real>(exp), Kernel<Real>(sigmoid), Kernel<Real>(tanh), Kernel<Real>(relu), Kernel<Real>(gelu),
          Kernel<Real>(silu), Kernel<Real>(softplus), Kernel<Real>(sin), Kernel<Real>(cos)}) {
        std::vector<Real> alone(x.size());
        for (Size i = 0; i < x.size(); ++i) alone[i] = at(kernel, x[i]);
        for (Size n = 0; n <= 70; ++n)
            for (const Size offset : {0, 1, 3, 8}) {
                std::vector<Real> y(x.size() + 2, Real{77});
                kernel(x.data() + offset, y.data() + 1, n);
                CAPTURE(n, offset);
                CHECK(std::memcmp(y.data() + 1, alone.data() + offset, n * sizeof(Real)) == 0);
                CHECK(y[0] == 77);
                CHECK(y[n + 1] == 77);
            }
    }
}

TEMPLATE_TEST_CASE("multiply and axpy", "[elementwise]", float, double) {
    using Real = TestType;
    for (const Size n : {0, 1, 7, 16, 37}) {
        std::vector<Real> a(n), b(n), y(n + 1, Real{1});
        for (Size i = 0; i < n; ++i) a[i] = static_cast<Real>(i), b[i] = static_cast<Real>(3) - static_cast<Real>(i);
        multiply(a.data(), b.data(), y.data(), n, Into::add);
        for (Size i = 0; i < n; ++i) CHECK(y[i] == 1 + a[i] * b[i]);
        multiply(a.data(), b.data(), y.data(), n, Into::overwrite);
        for (Size i = 0; i < n; ++i) CHECK(y[i] == a[i] * b[i]);
        axpy(0.5, a.data(), y.data(), n);
        for (Size i = 0; i < n; ++i) CHECK(y[i] == a[i] * b[i] + a[i] / 2);
        CHECK(y[n] == 1);
    }
}

TEMPLATE_TEST_CASE("Dropout drops as often as it should, scales the rest, and repeats itself", "[elementwise]", float,
                   double) {
    using Real = TestType;
    const Size n = 100003;
    const std::vector<Real> x(n, Real{2});
    std::vector<Real> y(n), again(n), other(n);
    for (const double probability : {0.0, 0.1, 0.5, 0.9}) {
        CAPTURE(probability);
        dropout(x.data(), y.data(), n, probability, RandomStream(7, "dropout"));
        Size dropped = 0, pairs = 0, odd = 0;
        for (Size i = 0; i < n; ++i) {
            dropped += y[i] == 0;
            pairs += i > 0 && y[i] == 0 && y[i - 1] == 0;
            odd += y[i] != 0 && y[i] != Real{2} * static_cast<Real>(1 / (1 - probability));
        }
        CHECK(odd == 0);
        const auto count = static_cast<double>(n);
        const auto spread = [count](double p) { return 5 * std::sqrt(count * p * (1 - p)); };
        CHECK(std::abs(static_cast<double>(dropped) - count * probability) <= spread(probability));
        const double both = probability * probability;  // neighbours are independent
        CHECK(std::abs(static_cast<double>(pairs) - count * both) <= 2 * spread(both));

        dropout(x.data(), again.data(), n, probability, RandomStream(7, "dropout"));
        CHECK(y == again);
        // The mask belongs to the element's index, so the backward of the first elements may be a call of its own.
        dropout(x.data(), other.data(), 777, probability, RandomStream(7, "dropout"));
        CHECK(std::equal(other.begin(), other.begin() + 777, y.begin()));
    }
    dropout(x.data(), y.data(), n, 0.5, RandomStream(7, "dropout"));
    dropout(x.data(), other.data(), n, 0.5, RandomStream(8, "dropout"));
    Size equal = 0;
    for (Size i = 0; i < n; ++i) equal += y[i] == other[i];
    CHECK(equal < n / 2 + 1000);
    CHECK(equal > n / 2 - 1000);
}

TEST_CASE("Float and double drop the same elements", "[elementwise]") {
    const Size n = 4099;
    const std::vector<float> x(n, 1.0f);
    const std::vector<double> z(n, 1.0);
    std::vector<float> y(n);
    std::vector<double> w(n);
    dropout(x.data(), y.data(), n, 0.3, RandomStream(5, "dropout"));
    dropout(z.data(), w.data(), n, 0.3, RandomStream(5, "dropout"));
    Size different = 0;
    for (Size i = 0; i < n; ++i) different += (y[i] == 0) != (w[i] == 0);
    CHECK(different == 0);
}

TEMPLATE_TEST_CASE("Sums over an array", "[elementwise]", float, double) {
    using Real = TestType;
    RandomStream stream(2, "sums");
    for (const Size n : {0, 1, 5, 16, 63, 64, 65, 1000, 4099}) {
        std::vector<Real> a(n + 1), b(n + 1);
        double squares = 0, product = 0, size = 0;
        for (Size i = 0; i < n; ++i) {
            a[i] = static_cast<Real>(stream.uniform(-1, 1)), b[i] = static_cast<Real>(stream.uniform(-1, 1));
            squares += static_cast<double>(a[i]) * static_cast<double>(a[i]);
            product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
            size += std::abs(static_cast<double>(a[i]) * static_cast<double>(b[i]));
        }
        a[n] = b[n] = not_a_number<Real>;  // beyond the end
        CAPTURE(n);
        CHECK(sum_of_squares(a.data(), n) == Catch::Approx(squares).epsilon(1e-12));
        const double epsilon = std::numeric_limits<Real>::epsilon();
        CHECK(std::abs(dot(a.data(), b.data(), n) - product) <= size * epsilon * std::sqrt(static_cast<double>(n)));

        std::vector<Real> shifted(n + 3);  // the same bits at another alignment
        std::copy(a.begin(), a.end(), shifted.begin() + 1);
        CHECK(sum_of_squares(shifted.data() + 1, n) == sum_of_squares(a.data(), n));
        CHECK(dot(shifted.data() + 1, b.data(), n) == dot(a.data(), b.data(), n));
    }
}
