// Kernels of matrix states against plain loops, for shapes that are and are no multiple of a vector.
#include <vector>

#include "catch.h"
#include "unroll/kernels.h"
#include "unroll/random.h"

using namespace unroll;

namespace {

template <class Real>
std::vector<Real> random_array(Size n, std::uint64_t key) {
    RandomStream stream(key, "matrix state");
    std::vector<Real> array(n);
    for (Real& value : array) value = static_cast<Real>(stream.uniform(-1, 1));
    return array;
}

template <class Real>
using Kernel = void (*)(const Real*, const Real*, Real*, Size, Size, Into);

/// The kernel, overwriting and added to, against term(i, j), which is added to element place(i, j) of `size`.
template <class Real, class Place, class Term>
void check(Kernel<Real> kernel, const std::vector<Real>& a, const std::vector<Real>& b, Size n, Size m, Size size,
           Place&& place, Term&& term) {
    std::vector<double> wanted(size);
    for (Size i = 0; i < n; ++i)
        for (Size j = 0; j < m; ++j) wanted[place(i, j)] += static_cast<double>(term(i, j));
    std::vector<Real> y(size + 1, Real{7});
    const double tolerance = sizeof(Real) == 4 ? 1e-5 : 1e-13;
    kernel(a.data(), b.data(), y.data(), n, m, Into::overwrite);
    for (Size i = 0; i < size; ++i) CHECK(y[i] == Approx(wanted[i]).margin(tolerance));
    kernel(a.data(), b.data(), y.data(), n, m, Into::add);
    for (Size i = 0; i < size; ++i) CHECK(y[i] == Approx(2 * wanted[i]).margin(tolerance));
    CHECK(y[size] == 7);
}

}  // namespace

TEMPLATE_TEST_CASE("matrix states equal plain loops", "[matrix state]", float, double) {
    using Real = TestType;
    const Size n = GENERATE(1, 3, 16), m = GENERATE(1, 5, 32, 37);
    const auto S = random_array<Real>(n * m, 1), other = random_array<Real>(n * m, 2), rows = random_array<Real>(n, 3),
               columns = random_array<Real>(m, 4);
    CAPTURE(n, m);
    const auto whole = [=](Size i, Size j) { return i * m + j; };
    const auto row = [](Size i, Size) { return i; };
    const auto column = [](Size, Size j) { return j; };
    check<Real>(outer, rows, columns, n, m, n * m, whole, [&](Size i, Size j) { return rows[i] * columns[j]; });
    check<Real>(contract, rows, S, n, m, m, column, [&](Size i, Size j) { return rows[i] * S[i * m + j]; });
    check<Real>(contract_columns, S, columns, n, m, n, row, [&](Size i, Size j) { return S[i * m + j] * columns[j]; });
    check<Real>(scale_rows, S, rows, n, m, n * m, whole, [&](Size i, Size j) { return S[i * m + j] * rows[i]; });
    check<Real>(scale_columns, S, columns, n, m, n * m, whole,
                [&](Size i, Size j) { return S[i * m + j] * columns[j]; });
    check<Real>(row_dots, S, other, n, m, n, row, [&](Size i, Size j) { return S[i * m + j] * other[i * m + j]; });
    check<Real>(column_dots, S, other, n, m, m, column,
                [&](Size i, Size j) { return S[i * m + j] * other[i * m + j]; });
}
