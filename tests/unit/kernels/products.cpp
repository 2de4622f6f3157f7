// Products: right, the same bits however they are cut or called, and nothing touched beside the result.
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "catch.h"
#include "unroll/kernels.h"

using namespace unroll;

namespace {

constexpr double guard = 12345;

/// A (rows, columns) matrix of random numbers that stands somewhere in a larger array filled with a guard value.
template <class Real>
struct Buffer {
    enum class Shape { contiguous, strided, transposed, scattered };

    Buffer(Size rows, Size columns, Shape shape, RandomStream& stream) : view(nullptr, 0, 0) {
        Size row_stride = columns, column_stride = 1;
        if (shape == Shape::strided) row_stride = columns + 1 + stream.below(9);
        if (shape == Shape::transposed) row_stride = 1, column_stride = rows + stream.below(3);
        if (shape == Shape::scattered) column_stride = 2 + stream.below(2), row_stride = columns * column_stride + 1;
        const Size before = 1 + stream.below(20);
        const Size span = rows && columns ? (rows - 1) * row_stride + (columns - 1) * column_stride + 1 : 0;
        all.assign(before + span + 40, static_cast<Real>(guard));
        view = Matrix<Real>(all.data() + before, rows, columns, row_stride, column_stride);
        for (Size i = 0; i < rows; ++i)
            for (Size j = 0; j < columns; ++j) at(i, j) = static_cast<Real>(stream.uniform(-1, 1));
    }

    Real& at(Size i, Size j) { return view.data[i * view.row_stride + j * view.column_stride]; }

    std::vector<Real> all;
    Matrix<Real> view;
};

template <class Real>
Matrix<Real> part(const Matrix<Real>& m, Size row, Size rows, Size column, Size columns) {
    return {m.data + row * m.row_stride + column * m.column_stride, rows, columns, m.row_stride, m.column_stride};
}

template <class Real>
std::vector<Real> packed_storage(const Matrix<Real>& b) {
    return std::vector<Real>(packed_size(b.rows, b.columns) + 1, static_cast<Real>(guard));
}

Size random_size(RandomStream& stream) {
    constexpr Size edges[] = {0, 1, 2, 3, 6, 7, 12, 13, 16, 17, 31, 32, 33, 64, 65, 97};
    return stream.below(3) ? 1 + stream.below(140) : edges[stream.below(std::size(edges))];
}

Size random_depth(RandomStream& stream) {
    constexpr Size edges[] = {0, 1, 2, 255, 256, 257, 512, 513, 700};
    return stream.below(2) ? random_size(stream) : edges[stream.below(std::size(edges))];
}

}  // namespace

TEMPLATE_TEST_CASE("A product equals a reference in double and touches nothing else", "[products]", float, double) {
    using Real = TestType;
    using Shape = typename Buffer<Real>::Shape;
    RandomStream stream(1, "products");
    for (int n = 0; n < 200; ++n) {
        const Size M = random_size(stream), N = random_size(stream), K = random_depth(stream);
        Buffer<Real> a(M, K, static_cast<Shape>(stream.below(4)), stream);
        Buffer<Real> b(K, N, static_cast<Shape>(stream.below(4)), stream);
        Buffer<Real> c(M, N, static_cast<Shape>(stream.below(2)), stream);
        const Into into = stream.below(2) ? Into::add : Into::overwrite;
        CAPTURE(M, N, K, into == Into::add);

        std::vector<double> wanted(M * N), bound(M * N);
        for (Size i = 0; i < M; ++i)
            for (Size j = 0; j < N; ++j) {
                double sum = 0, size = 0;
                for (Size k = 0; k < K; ++k) {
                    sum += static_cast<double>(a.at(i, k)) * b.at(k, j);
                    size += std::abs(static_cast<double>(a.at(i, k)) * b.at(k, j));
                }
                wanted[i * N + j] = sum + (into == Into::add ? static_cast<double>(c.at(i, j)) : 0);
                bound[i * N + j] = (size + 1) * static_cast<double>(std::min<Size>(K, 256) + 4) *
                                   static_cast<double>(std::numeric_limits<Real>::epsilon());
            }
        Buffer<Real> other = c;
        other.view.data = other.all.data() + (c.view.data - c.all.data());
        gemm(a.view, b.view, c.view, into);
        auto storage = packed_storage(b.view);
        const auto packed = pack(b.view, storage.data());
        CHECK(storage.back() == static_cast<Real>(guard));
        gemm(a.view, packed, other.view, into);

        Size wrong = 0;
        for (Size i = 0; i < M; ++i)
            for (Size j = 0; j < N; ++j)
                if (!(std::abs(c.at(i, j) - wanted[i * N + j]) <= bound[i * N + j])) ++wrong;
        CHECK(wrong == 0);
        CHECK(std::memcmp(c.all.data(), other.all.data(), c.all.size() * sizeof(Real)) == 0);

        for (Size i = 0; i < M; ++i)
            for (Size j = 0; j < N; ++j) c.at(i, j) = static_cast<Real>(guard);
        CHECK(std::all_of(c.all.begin(), c.all.end(), [](Real x) { return x == static_cast<Real>(guard); }));
    }
}

TEMPLATE_TEST_CASE("Any split of rows or columns gives the same bits", "[products]", float, double) {
    using Real = TestType;
    using Shape = typename Buffer<Real>::Shape;
    RandomStream stream(2, "products");
    for (int n = 0; n < 40; ++n) {
        const Size M = 1 + stream.below(60), N = 1 + stream.below(200), K = 1 + stream.below(600);
        Buffer<Real> a(M, K, static_cast<Shape>(stream.below(4)), stream);
        Buffer<Real> b(K, N, static_cast<Shape>(stream.below(4)), stream);
        std::vector<Real> whole(M * N), pieces(M * N);
        gemm(a.view, b.view, Matrix<Real>(whole.data(), M, N), Into::overwrite);
        const Matrix<Real> c(pieces.data(), M, N);
        for (Size i = 0; i < M;) {
            const Size rows = std::min(M - i, 1 + stream.below(20));
            for (Size j = 0; j < N;) {
                const Size columns = std::min(N - j, 1 + stream.below(70));
                const auto right = part(b.view, 0, K, j, columns);
                auto storage = packed_storage(right);
                if (stream.below(2))
                    gemm(part(a.view, i, rows, 0, K), right, part(c, i, rows, j, columns), Into::overwrite);
                else
                    gemm(part(a.view, i, rows, 0, K), pack(right, storage.data()), part(c, i, rows, j, columns),
                         Into::overwrite);
                j += columns;
            }
            i += rows;
        }
        CAPTURE(M, N, K);
        CHECK(std::memcmp(whole.data(), pieces.data(), whole.size() * sizeof(Real)) == 0);
    }
}

TEMPLATE_TEST_CASE("A few rows of a large packed product have the bits that they have among many", "[products]", float,
                   double) {
    using Real = TestType;
    using Shape = typename Buffer<Real>::Shape;
    RandomStream stream(5, "products");
    const Size shapes[][2] = {{512, 128}, {531, 300}, {57, 700}, {65, 128}, {25, 40}, {150, 513}};
    for (const auto& [N, K] : shapes) {
        const Size M = 36;  // a multiple of each of `rows`
        Buffer<Real> a(M, K, Shape::strided, stream), b(K, N, Shape::contiguous, stream);
        Buffer<Real> start(M, N, Shape::contiguous, stream);
        auto storage = packed_storage(b.view);
        const auto packed = pack(b.view, storage.data());
        for (const Into into : {Into::overwrite, Into::add}) {
            Buffer<Real> whole = start;
            whole.view.data = whole.all.data() + (start.view.data - start.all.data());
            gemm(a.view, packed, whole.view, into);
            for (const Size rows : {1, 2, 3, 4, 6}) {
                Buffer<Real> few = start;
                few.view.data = few.all.data() + (start.view.data - start.all.data());
                for (Size i = 0; i < M; i += rows)
                    gemm(part(a.view, i, rows, 0, K), packed, part(few.view, i, rows, 0, N), into);
                CAPTURE(N, K, rows, into == Into::add);
                CHECK(few.all == whole.all);
            }
        }
    }
}

TEMPLATE_TEST_CASE("Any number of threads gives the same bits", "[products]", float, double) {
    using Real = TestType;
    using Shape = typename Buffer<Real>::Shape;
    RandomStream stream(3, "products");
    const Size shapes[][3] = {{150, 400, 300}, {700, 90, 270}, {5, 2100, 700}, {333, 333, 129}, {260, 1100, 600}};
    for (const auto& [M, N, K] : shapes) {
        Buffer<Real> a(M, K, Shape::transposed, stream), b(K, N, Shape::contiguous, stream);
        auto storage = packed_storage(b.view);
        std::vector<Real> first;
        for (const std::size_t threads : {1, 2, 8}) {
            const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, threads);
            std::fill(storage.begin(), storage.end(), Real{0});
            const auto packed = pack(b.view, storage.data());
            std::vector<Real> c(M * N, Real{1}), d(M * N, Real{1});
            gemm(a.view, b.view, Matrix<Real>(c.data(), M, N), Into::add);
            gemm(a.view, packed, Matrix<Real>(d.data(), M, N), Into::add);
            if (first.empty()) first = c;
            CAPTURE(M, N, K, threads);
            CHECK(c == first);
            CHECK(d == first);
        }
    }
}

TEST_CASE("Eight callers at once do not disturb each other", "[products]") {
    RandomStream stream(4, "products");
    const Size M = 70, N = 190, K = 310;
    Buffer<float> a(M, K, Buffer<float>::Shape::contiguous, stream), b(K, N, Buffer<float>::Shape::transposed, stream);
    auto storage = packed_storage(b.view);
    const auto packed = pack(b.view, storage.data());
    std::vector<float> wanted(M * N);
    gemm(a.view, packed, Matrix<float>(wanted.data(), M, N), Into::overwrite);

    int wrong[8] = {};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller)
        callers.emplace_back([&, caller] {
            std::vector<float> c(M * N);
            for (int n = 0; n < 20; ++n) {
                std::fill(c.begin(), c.end(), -1.0f);
                if (n % 2)
                    gemm(a.view, packed, Matrix<float>(c.data(), M, N), Into::overwrite);
                else
                    gemm(a.view, b.view, Matrix<float>(c.data(), M, N), Into::overwrite);
                wrong[caller] += c != wanted;
            }
        });
    for (auto& caller : callers) caller.join();
    for (const int count : wrong) CHECK(count == 0);
}

TEST_CASE("A product spreads what is not a number and keeps infinity", "[products]") {
    const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> a = {1, nan, 1, infinity, 1, 1}, b = {1, 2, 3, 4};
    std::vector<float> c(6);
    gemm(Matrix<const float>(a.data(), 3, 2), Matrix<const float>(b.data(), 2, 2), Matrix<float>(c.data(), 3, 2),
         Into::overwrite);
    CHECK(std::isnan(c[0]));
    CHECK(std::isnan(c[1]));
    CHECK(c[2] == infinity);
    CHECK(c[3] == infinity);
    CHECK(c[4] == 4);
    CHECK(c[5] == 6);
}
