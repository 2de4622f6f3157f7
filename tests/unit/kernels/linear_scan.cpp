// Linear scans: their values against plain loops in double, their gradients against differences, and that bits depend
// neither on the rest of the batch nor on the number of threads.
#include "scans.h"

using namespace unroll;
using namespace unroll::tests;

namespace {

template <class Real>
struct LinearCase {
    Shape shape;
    bool complex, constant;
    std::vector<Size> lengths;
    Array<Real> a, b, first, dh, dlast;
    Array<Real> h, db, da, dfirst;

    LinearCase(const Shape& s, bool is_complex, bool is_constant)
        : shape(s), complex(is_complex), constant(is_constant), lengths(s.lengths()) {
        const Size width = this->width(), rows = s.T * s.B;
        a = draw<Real>(constant ? width : rows * width, 1, -0.7, 0.7), b = draw<Real>(rows * width, 2);
        dh = draw<Real>(rows * width, 3), dlast = draw<Real>(s.B * width, 4);
        if (s.from_state) first = draw<Real>(s.B * width, 5);
    }
    Size width() const { return shape.n * (complex ? 2 : 1); }

    /// In calls of at most `steps` steps.
    void forward(Size steps = 1000) {
        h = b;  // in place
        const Size row = shape.B * width();
        for (Size t = 0; t < shape.T; t += steps)
            (complex ? complex_scan<Real> : linear_scan<Real>)({.time = range(t, std::min(shape.T, t + steps)),
                                                                .n = shape.n,
                                                                .a = {factors(t), constant},
                                                                .b = h.data() + t * row,
                                                                .h_before = before(t),
                                                                .h = h.data() + t * row});
    }
    void backward(Size steps = 1000) {
        db = dh;  // in place
        da = spoiled<Real>(constant ? shape.B * width() : a.size());
        dfirst = spoiled<Real>(shape.B * width());
        const Size row = shape.B * width();
        for (Size last = shape.T; last > 0;) {
            const Size t = last - std::min(last, steps);
            (complex ? complex_scan_backward<Real>
                     : linear_scan_backward<Real>)({.time = range(t, last),
                                                    .n = shape.n,
                                                    .a = {factors(t), constant},
                                                    .h = h.data() + t * row,
                                                    .h_before = before(t),
                                                    .dh = db.data() + t * row,
                                                    .dstate = {dfirst.data(), {dlast.data(), width()}},
                                                    .db = db.data() + t * row,
                                                    .da = da.data() + (constant ? 0 : t * row)});
            last = t;
        }
    }
    TimeRange range(Size t, Size last) const { return {last - t, shape.B, pointer(lengths), t, shape.T}; }
    const Real* factors(Size t) const { return a.data() + (constant ? 0 : t * shape.B * width()); }
    Rows<const Real> before(Size t) const {
        return {t == 0 ? pointer(first) : h.data() + (t - 1) * shape.B * width(), width()};
    }
    template <class Element>
    static const Element* pointer(const std::vector<Element>& array) {
        return array.empty() ? nullptr : array.data();
    }
    double loss() {
        forward();
        double sum = dot(h, dh);
        for (Size sequence = 0; sequence < shape.B; ++sequence)
            for (Size j = 0; j < width(); ++j)
                sum += double(dlast[sequence * width() + j]) *
                       double(h[((shape.length(sequence) - 1) * shape.B + sequence) * width() + j]);
        return sum;
    }
    /// By a plain loop.
    Array<double> wanted() const {
        const Size n = shape.n, w = width(), B = shape.B;
        Array<double> all(shape.T * B * w);
        const auto number = [&](const Array<Real>& array, Size row, Size i) {
            if (array.empty()) return Complex();
            return Complex(double(array[row * w + i]), complex ? double(array[row * w + n + i]) : 0);
        };
        for (Size sequence = 0; sequence < B; ++sequence)
            for (Size i = 0; i < n; ++i) {
                Complex state = number(first, sequence, i);
                for (Size t = 0; t < shape.length(sequence); ++t) {
                    const Size row = t * B + sequence;
                    state = number(a, constant ? 0 : row, i) * state + number(b, row, i);
                    all[row * w + i] = state.real();
                    if (complex) all[row * w + n + i] = state.imag();
                }
            }
        return all;
    }
    LinearCase alone(Size sequence) const {
        LinearCase part = *this;
        const Size B = shape.B, w = width();
        part.shape.B = 1;
        if (!lengths.empty()) part.lengths = {lengths[sequence]};
        if (!constant) part.a = of_sequence(a, B, sequence, w);
        part.b = of_sequence(b, B, sequence, w), part.dh = of_sequence(dh, B, sequence, w);
        part.first = of_sequence(first, B, sequence, w), part.dlast = of_sequence(dlast, B, sequence, w);
        return part;
    }
};

}  // namespace

TEMPLATE_TEST_CASE("linear scans equal plain loops", "[scan]", float, double) {
    for (const Shape& shape : shapes)
        for (const bool complex : {false, true})
            for (const bool constant : {false, true}) {
                CAPTURE(shape.T, shape.n, complex, constant);
                LinearCase<TestType> tried(shape, complex, constant);
                tried.forward();
                check_close("h", tried.h, tried.wanted());
            }
}

TEST_CASE("linear scans' gradients are those of differences", "[scan]") {
    for (const Shape& shape : shapes)
        for (const bool complex : {false, true})
            for (const bool constant : {false, true}) {
                CAPTURE(shape.T, shape.n, complex, constant);
                LinearCase<double> tried(shape, complex, constant);
                tried.forward();
                tried.backward();
                const Array<double> da = constant ? summed(tried.da, tried.width()) : tried.da;
                const Array<double> db = tried.db, dfirst = tried.dfirst;
                const auto loss = [&] { return tried.loss(); };
                check_slopes("a", tried.a, da, loss);
                check_slopes("b", tried.b, db, loss);
                if (shape.from_state) check_slopes("h_before", tried.first, dfirst, loss);
            }
}

TEST_CASE("linear scans of a sequence do not depend on the batch", "[scan]") {
    for (const bool complex : {false, true})
        for (const bool constant : {false, true}) {
            LinearCase<float> all({19, 3, 21, 1, true}, complex, constant);
            all.forward(), all.backward();
            for (Size b = 0; b < 3; ++b) {
                LinearCase<float> one = all.alone(b);
                one.forward(), one.backward();
                CHECK(same_bits(one.h, of_sequence(all.h, 3, b, all.width())));
                CHECK(same_bits(one.db, of_sequence(all.db, 3, b, all.width())));
                CHECK(same_bits(one.da, of_sequence(all.da, 3, b, all.width())));
                CHECK(same_bits(one.dfirst, of_sequence(all.dfirst, 3, b, all.width())));
            }
        }
}

TEST_CASE("linear scans in several calls have the bits of a single one", "[scan]") {
    for (const Shape& shape : shapes)
        for (const bool complex : {false, true})
            for (const bool constant : {false, true}) {
                LinearCase<float> whole(shape, complex, constant), cut = whole;
                whole.forward(), whole.backward();
                cut.forward(7), cut.backward(6);
                CHECK(same_bits(whole.h, cut.h));
                CHECK(same_bits(whole.db, cut.db));
                CHECK(same_bits(whole.da, cut.da));
                CHECK(same_bits(whole.dfirst, cut.dfirst));
            }
}

TEST_CASE("linear scans have the same bits on any number of threads", "[scan]") {
    for (const bool complex : {false, true})
        for (const bool constant : {false, true}) {
            LinearCase<float> tried({200, 9, 133, 1, true}, complex, constant);
            check_threads([&] { tried.forward(), tried.backward(); },
                          [&] {
                              return joined({&tried.h, &tried.db, &tried.da, &tried.dfirst});
                          });
        }
}
