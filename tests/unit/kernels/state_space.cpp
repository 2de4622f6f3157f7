// Selective and diagonal scans: their values against plain loops in double, their gradients against differences, and
// that bits depend neither on the rest of the batch nor on the number of threads.
#include "scans.h"

using namespace unroll;
using namespace unroll::tests;

namespace {

/// What both have: numbers of each channel, the state, and what backward gives.
template <class Real>
struct ChannelCase {
    using KeptSize = Size (*)(Size T, Size B, Size state);
    KeptSize kept_size;
    Shape shape;
    std::vector<Size> lengths;
    Size state;
    Array<Real> x, skip, first, dy, dlast;
    Array<Real> y, last, kept, workspace, dx, dfirst;

    ChannelCase(const Shape& s, Size planes, KeptSize size)
        : kept_size(size), shape(s), lengths(s.lengths()), state(planes * s.n) {
        const Size rows = s.T * s.B;
        x = draw<Real>(rows * s.n, 1), dy = draw<Real>(rows * s.n, 2), skip = draw<Real>(s.n, 3);
        dlast = draw<Real>(s.B * state, 4);
        if (s.from_state) first = draw<Real>(s.B * state, 5);
        kept.resize(kept_size(s.T, s.B, state));
    }
    const Size* length_pointer() const { return lengths.empty() ? nullptr : lengths.data(); }
    void spoil() { y = spoiled<Real>(x.size()), last = spoiled<Real>(shape.B * state); }
    void spoil_gradients(Size scratch) {
        dx = spoiled<Real>(x.size()), dfirst = spoiled<Real>(shape.B * state), workspace = spoiled<Real>(scratch);
    }
    double sum_of_outputs() const { return dot(y, dy) + dot(last, dlast); }
    void keep_only(Size sequence) {
        const Size B = shape.B;
        shape.B = 1;
        if (!lengths.empty()) lengths = {lengths[sequence]};
        x = of_sequence(x, B, sequence, shape.n), dy = of_sequence(dy, B, sequence, shape.n);
        first = of_sequence(first, B, sequence, state), dlast = of_sequence(dlast, B, sequence, state);
        kept.resize(kept_size(shape.T, 1, state));
    }
};

template <class Real>
struct SelectiveCase : ChannelCase<Real> {
    Array<Real> a, delta, bias, bc;  ///< bc: (T·B, 2N)
    Array<Real> ddelta, dbc, da, dskip;

    explicit SelectiveCase(const Shape& s) : ChannelCase<Real>(s, s.N, scan_kept_size) {
        a = draw<Real>(s.N * s.n, 6, -2, 0), delta = draw<Real>(s.T * s.B * s.n, 7, -2, 1);
        bias = draw<Real>(s.n, 8), bc = draw<Real>(s.T * s.B * 2 * s.N, 9);
    }
    SelectiveScan<Real> scan() {
        return {.time = {this->shape.T, this->shape.B, this->length_pointer()},
                .n = this->shape.n,
                .N = this->shape.N,
                .a = a.data(),
                .x = this->x.data(),
                .delta = delta.data(),
                .delta_bias = bias.data(),
                .b = {bc.data(), 2 * this->shape.N},
                .c = {bc.data() + this->shape.N, 2 * this->shape.N},
                .skip = this->skip.data(),
                .h_before = {this->first.empty() ? nullptr : this->first.data(), this->state},
                .h_after = {this->last.data(), this->state},
                .kept = this->kept.data(),
                .y = this->y.data()};
    }
    void forward() {
        this->spoil();
        selective_scan(scan());
    }
    void backward() {
        const Size B = this->shape.B, N = this->shape.N, n = this->shape.n;
        this->spoil_gradients(selective_scan_workspace(B, N, n));
        ddelta = spoiled<Real>(delta.size()), dbc = spoiled<Real>(bc.size());
        da = spoiled<Real>(B * N * n), dskip = spoiled<Real>(B * n);
        const SelectiveScan<Real> made = scan();
        selective_scan_backward<Real>({.forward = &made,
                                       .dy = this->dy.data(),
                                       .dh_after = {this->dlast.data(), this->state},
                                       .dx = this->dx.data(),
                                       .ddelta = ddelta.data(),
                                       .db = {dbc.data(), 2 * N},
                                       .dc = {dbc.data() + N, 2 * N},
                                       .da = da.data(),
                                       .dskip = dskip.data(),
                                       .dh_before = {this->dfirst.data(), this->state},
                                       .workspace = this->workspace.data()});
    }
    double loss() {
        forward();
        return this->sum_of_outputs();
    }
    void wanted(Array<double>& out, Array<double>& end) const {
        const auto [T, B, n, N, padded, from_state] = this->shape;
        out.assign(T * B * n, 0), end.assign(B * N * n, 0);
        for (Size s = 0; s < B; ++s)
            for (Size c = 0; c < n; ++c)
                for (Size k = 0; k < N; ++k) {
                    double h = from_state ? double(this->first[(s * N + k) * n + c]) : 0;
                    for (Size t = 0; t < this->shape.length(s); ++t) {
                        const Size row = t * B + s;
                        const double step = std::log1p(std::exp(double(delta[row * n + c]) + double(bias[c])));
                        const double input = double(this->x[row * n + c]);
                        h = std::exp(step * double(a[k * n + c])) * h + step * double(bc[row * 2 * N + k]) * input;
                        out[row * n + c] += double(bc[row * 2 * N + N + k]) * h;
                        if (k == 0) out[row * n + c] += double(this->skip[c]) * input;
                    }
                    end[(s * N + k) * n + c] = h;
                }
    }
    SelectiveCase alone(Size sequence) const {
        SelectiveCase part = *this;
        part.delta = of_sequence(delta, this->shape.B, sequence, this->shape.n);
        part.bc = of_sequence(bc, this->shape.B, sequence, 2 * this->shape.N);
        part.keep_only(sequence);
        return part;
    }
};

template <class Real>
struct DiagonalCase : ChannelCase<Real> {
    Array<Real> a, c, da, dc, dskip;

    explicit DiagonalCase(const Shape& s) : ChannelCase<Real>(s, 2 * s.N, diagonal_kept_size) {
        a = draw<Real>(2 * s.N * s.n, 6, -0.7, 0.7), c = draw<Real>(2 * s.N * s.n, 7);
    }
    DiagonalScan<Real> scan() {
        return {.time = {this->shape.T, this->shape.B, this->length_pointer()},
                .n = this->shape.n,
                .N = this->shape.N,
                .a = a.data(),
                .c = c.data(),
                .skip = this->skip.data(),
                .x = this->x.data(),
                .h_before = {this->first.empty() ? nullptr : this->first.data(), this->state},
                .h_after = {this->last.data(), this->state},
                .kept = this->kept.data(),
                .y = this->y.data()};
    }
    void forward() {
        this->spoil();
        diagonal_scan(scan());
    }
    void backward() {
        this->spoil_gradients(a.size());
        da = spoiled<Real>(a.size()), dc = da, dskip = spoiled<Real>(this->shape.n);
        this->dx = this->dy;  // in place
        const DiagonalScan<Real> made = scan();
        diagonal_scan_backward<Real>({.forward = &made,
                                      .dy = this->dx.data(),
                                      .dh_after = {this->dlast.data(), this->state},
                                      .dx = this->dx.data(),
                                      .da = da.data(),
                                      .dc = dc.data(),
                                      .dskip = dskip.data(),
                                      .dh_before = {this->dfirst.data(), this->state},
                                      .workspace = this->workspace.data()});
    }
    double loss() {
        forward();
        return this->sum_of_outputs();
    }
    void wanted(Array<double>& out, Array<double>& end) const {
        const auto [T, B, n, N, padded, from_state] = this->shape;
        const Size imaginary = N * n;
        out.assign(T * B * n, 0), end.assign(B * 2 * N * n, 0);
        for (Size s = 0; s < B; ++s)
            for (Size i = 0; i < N * n; ++i) {
                const Complex factor(double(a[i]), double(a[imaginary + i]));
                const Complex read(double(c[i]), double(c[imaginary + i]));
                Complex h;
                if (from_state)
                    h = {double(this->first[s * 2 * N * n + i]), double(this->first[s * 2 * N * n + imaginary + i])};
                for (Size t = 0; t < this->shape.length(s); ++t) {
                    const Size place = (t * B + s) * n + i % n;
                    h = factor * h + double(this->x[place]);
                    out[place] += (read * h).real() + (i < n ? double(this->skip[i]) * double(this->x[place]) : 0);
                }
                end[s * 2 * N * n + i] = h.real(), end[s * 2 * N * n + imaginary + i] = h.imag();
            }
    }
};

}  // namespace

TEMPLATE_TEST_CASE("selective and diagonal scans equal plain loops", "[scan]", float, double) {
    Array<double> y, last;
    for (const Shape& shape : shapes) {
        CAPTURE(shape.T, shape.n, shape.N);
        SelectiveCase<TestType> selective(shape);
        selective.forward(), selective.wanted(y, last);
        check_close("selective y", selective.y, y), check_close("selective state", selective.last, last);
        DiagonalCase<TestType> diagonal(shape);
        diagonal.forward(), diagonal.wanted(y, last);
        check_close("diagonal y", diagonal.y, y), check_close("diagonal state", diagonal.last, last);
    }
}

TEST_CASE("the selective scan's gradients are those of differences", "[scan]") {
    for (const Shape& shape : shapes) {
        CAPTURE(shape.T, shape.n, shape.N);
        SelectiveCase<double> tried(shape);
        tried.forward(), tried.backward();
        const SelectiveCase<double> found = tried;
        const auto loss = [&] { return tried.loss(); };
        check_slopes("x", tried.x, found.dx, loss);
        check_slopes("delta", tried.delta, found.ddelta, loss);
        check_slopes("bias", tried.bias, summed(found.ddelta, shape.n), loss);
        check_slopes("b and c", tried.bc, found.dbc, loss);
        check_slopes("a", tried.a, summed(found.da, shape.N * shape.n), loss);
        check_slopes("skip", tried.skip, summed(found.dskip, shape.n), loss);
        if (shape.from_state) check_slopes("h_before", tried.first, found.dfirst, loss);
    }
}

TEST_CASE("the diagonal scan's gradients are those of differences", "[scan]") {
    for (const Shape& shape : shapes) {
        CAPTURE(shape.T, shape.n, shape.N);
        DiagonalCase<double> tried(shape);
        tried.forward(), tried.backward();
        const DiagonalCase<double> found = tried;
        const auto loss = [&] { return tried.loss(); };
        check_slopes("x", tried.x, found.dx, loss);
        check_slopes("a", tried.a, found.da, loss);
        check_slopes("c", tried.c, found.dc, loss);
        check_slopes("skip", tried.skip, found.dskip, loss);
        if (shape.from_state) check_slopes("h_before", tried.first, found.dfirst, loss);
    }
}

TEMPLATE_TEST_CASE("scans of sequences that end in different chunks equal plain loops", "[scan]", float, double) {
    Array<double> y, last;
    const Shape shape{130, 12, 37, 5, true};
    SelectiveCase<TestType> selective(shape);
    selective.forward(), selective.wanted(y, last);
    check_close("selective y", selective.y, y), check_close("selective state", selective.last, last);
    DiagonalCase<TestType> diagonal(shape);
    diagonal.forward(), diagonal.wanted(y, last);
    check_close("diagonal y", diagonal.y, y), check_close("diagonal state", diagonal.last, last);
}

TEST_CASE("the selective scan of a sequence does not depend on the batch", "[scan]") {
    for (const Shape& shape : {Shape{19, 3, 21, 7, true}, Shape{100, 9, 53, 18, true}}) {
        SelectiveCase<float> all(shape);
        all.forward(), all.backward();
        const Size B = shape.B, n = shape.n, N = shape.N;
        for (Size b = 0; b < B; ++b) {
            SelectiveCase<float> one = all.alone(b);
            one.forward(), one.backward();
            CHECK(same_bits(one.y, of_sequence(all.y, B, b, n)));
            CHECK(same_bits(one.last, of_sequence(all.last, B, b, N * n)));
            CHECK(same_bits(one.dx, of_sequence(all.dx, B, b, n)));
            CHECK(same_bits(one.ddelta, of_sequence(all.ddelta, B, b, n)));
            CHECK(same_bits(one.dbc, of_sequence(all.dbc, B, b, 2 * N)));
            CHECK(same_bits(one.da, of_sequence(all.da, B, b, N * n)));
            CHECK(same_bits(one.dskip, of_sequence(all.dskip, B, b, n)));
            CHECK(same_bits(one.dfirst, of_sequence(all.dfirst, B, b, N * n)));
        }
    }
}

TEST_CASE("a scan may end where it began", "[scan]") {
    const Shape shape{19, 3, 21, 7, true};
    SelectiveCase<double> selective(shape);
    selective.forward();
    SelectiveScan<double> selective_scan_in_place = selective.scan();
    selective_scan_in_place.h_after = {selective.first.data(), selective.state};
    selective_scan(selective_scan_in_place);
    CHECK(same_bits(selective.first, selective.last));
    DiagonalCase<double> diagonal(shape);
    diagonal.forward();
    DiagonalScan<double> diagonal_scan_in_place = diagonal.scan();
    diagonal_scan_in_place.h_after = {diagonal.first.data(), diagonal.state};
    diagonal_scan(diagonal_scan_in_place);
    CHECK(same_bits(diagonal.first, diagonal.last));
}

TEST_CASE("state space scans have the same bits on any number of threads", "[scan]") {
    const Shape shape{130, 7, 133, 5, true};
    SelectiveCase<float> selective(shape);
    check_threads([&] { selective.forward(), selective.backward(); },
                  [&] {
                      return joined({&selective.y, &selective.last, &selective.dx, &selective.ddelta, &selective.dbc,
                                     &selective.da, &selective.dskip, &selective.dfirst});
                  });
    DiagonalCase<float> diagonal(shape);
    check_threads([&] { diagonal.forward(), diagonal.backward(); },
                  [&] {
                      return joined({&diagonal.y, &diagonal.last, &diagonal.dx, &diagonal.da, &diagonal.dc,
                                     &diagonal.dskip, &diagonal.dfirst});
                  });
}
