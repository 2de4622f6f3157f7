// Recurrent steps: everything that a step does beside its products, in one pass over each sequence's row.
//
// A row of sums lies in the cache when its product has been made. Each element is loaded once, added up, activated,
// combined and stored while it is in a register; one pass for the bias, one for each activation and one for the state
// would take several times as long.
#include "unroll/kernels/recurrent.h"

#include <algorithm>

#include "kernels/targets.h"
#include "unroll/kernels/processor.h"
#include "unroll/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/math-inl.h"
#include "kernels/recurrent.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

template <class D>
HWY_INLINE hn::Vec<D> one(D d) {
    return hn::Set(d, hn::TFromD<D>{1});
}

// ---- Activations, and their slopes as functions of the result -------------------------------------------------------

struct Logistic {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return logistic(d, x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D, V y) const {
        return hn::NegMulAdd(y, y, y);
    }
};

/// clip(0.2 x + 0.5, 0, 1)
struct HardLogistic {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        using Real = hn::TFromD<D>;
        const V line = hn::MulAdd(hn::Set(d, static_cast<Real>(0.2)), x, hn::Set(d, static_cast<Real>(0.5)));
        return hn::IfThenElse(hn::Lt(line, hn::Zero(d)), hn::Zero(d),
                              hn::IfThenElse(hn::Gt(line, one(d)), one(d), line));
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        const auto inside = hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, one(d)));
        return hn::IfThenElseZero(inside, hn::Set(d, static_cast<hn::TFromD<D>>(0.2)));
    }
};

struct Tanh {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return hyperbolic_tangent(d, x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        return hn::NegMulAdd(y, y, one(d));
    }
};

struct Relu {
    template <class D, class V>
    HWY_INLINE V operator()(D d, V x) const {
        return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
    }
    template <class D, class V>
    HWY_INLINE V slope(D d, V y) const {
        return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), one(d));
    }
};

/// Calls body(f) with the function that is named.
template <class Body>
HWY_INLINE void with(Activation activation, Body body) {
    switch (activation) {
        case Activation::sigmoid:
            return body(Logistic());
        case Activation::hard_sigmoid:
            return body(HardLogistic());
        case Activation::tanh:
            return body(Tanh());
        case Activation::relu:
            return body(Relu());
    }
}

/// On the way back the rows come from a cache far away, where forward left them long ago. Sequences' rows follow one
/// another, so those of the sequence that is so many after this one are fetched.
constexpr Size ahead = 2;

/// One sequence's row, and null where there are no rows.
template <class Element>
HWY_INLINE Element* row_or_null(const Rows<Element>& rows, Size b) {
    return rows ? rows[b] : nullptr;
}

template <class Real>
HWY_INLINE void clear(Real* x, Size n) {
    std::fill_n(x, n, Real{0});
}

// ---- Steps: sequences [first, last) ---------------------------------------------------------------------------------

template <class Real>
void rnn_step(const RnnStep<Real>& step, Size first, Size last) {
    const Size n = step.n;
    with(step.activation, [&](auto f) HWY_ATTR {
        for (Size b = first; b < last; ++b) {
            Real* h = step.h + b * n;
            if (step.time.valid(b))
                map(
                    n, h, [f](auto d, auto u, auto v) HWY_ATTR { return f(d, hn::Add(u, v)); }, h,
                    step.added.row(b, n));
            else
                clear(h, n);
        }
    });
}

template <class Real>
void rnn_step_backward(const RnnStepBackward<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    with(step.activation, [&](auto f) HWY_ATTR {
        for (Size b = first; b < last; ++b) {
            const Real *h = step.h + b * n, *dy = step.dy + b * n;
            Real* dsums = step.dsums + b * n;
            if (!step.time.valid(b)) {
                clear(dsums, n);
                continue;
            }
            const Real* dh = step.dh.row(step.time, b, n);
            for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
                const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
                at.store(d, hn::Mul(total, f.slope(d, at.load(d, h))), dsums);
            });
        }
    });
}

template <class Real>
void lstm_step(const LstmStep<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    with(step.gate_activation, [&](auto s) HWY_ATTR {
        for (Size b = first; b < last; ++b) {
            Real *gates = step.gates + b * 4 * n, *c = step.c + b * n, *h = step.h + b * n;
            if (!step.time.valid(b)) {
                clear(c, n);
                clear(h, n);
                continue;
            }
            const Real *added = step.added.row(b, 4 * n), *c_before = row_or_null(step.c_before, b);
            for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
                const auto sum = [=](Size gate) HWY_ATTR {
                    return hn::Add(at.load(d, gates + gate * n), at.load(d, added + gate * n));
                };
                const auto i = s(d, sum(0)), f = s(d, sum(1)), g = hyperbolic_tangent(d, sum(2)), o = s(d, sum(3));
                const auto cell = hn::MulAdd(f, at.load_if(d, c_before), hn::Mul(i, g));
                at.store(d, i, gates);
                at.store(d, f, gates + n);
                at.store(d, g, gates + 2 * n);
                at.store(d, o, gates + 3 * n);
                at.store(d, cell, c);
                at.store(d, hn::Mul(o, hyperbolic_tangent(d, cell)), h);
            });
        }
    });
}

template <class Real>
void lstm_step_backward(const LstmStepBackward<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    with(step.gate_activation, [&](auto s) HWY_ATTR {
        for (Size b = first; b < last; ++b) {
            const Real *gates = step.gates + b * 4 * n, *c = step.c + b * n, *dy = step.dy + b * n;
            Real* dgates = step.dgates + b * 4 * n;
            if (!step.time.valid(b)) {
                clear(dgates, 4 * n);
                continue;
            }
            const Real *c_before = row_or_null(step.c_before, b), *dh = step.dh.row(step.time, b, n);
            const Real* dc = step.dc.row(step.time, b, n);
            Real* dc_before = step.dc.carry + b * n;
            for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
                for (Size k = 0; k < 4; ++k) at.fetch(gates + (4 * ahead + k) * n);
                at.fetch(c + ahead * n), at.fetch(dy + ahead * n);
                const auto i = at.load(d, gates), f = at.load(d, gates + n);
                const auto g = at.load(d, gates + 2 * n), o = at.load(d, gates + 3 * n);
                const auto tanh_c = hyperbolic_tangent(d, at.load(d, c));
                const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
                const auto slope_c = hn::NegMulAdd(tanh_c, tanh_c, one(d));
                const auto cell = hn::MulAdd(hn::Mul(total, o), slope_c, at.load_if(d, dc));
                at.store(d, hn::Mul(hn::Mul(cell, g), s.slope(d, i)), dgates);
                at.store(d, hn::Mul(hn::Mul(cell, at.load_if(d, c_before)), s.slope(d, f)), dgates + n);
                at.store(d, hn::Mul(hn::Mul(cell, i), hn::NegMulAdd(g, g, one(d))), dgates + 2 * n);
                at.store(d, hn::Mul(hn::Mul(total, tanh_c), s.slope(d, o)), dgates + 3 * n);
                at.store(d, hn::Mul(cell, f), dc_before);
            });
        }
    });
}

template <class Real>
void gru_step(const GruStep<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    const Real* bias = step.bias;
    for (Size b = first; b < last; ++b) {
        Real *gates = step.gates + b * 3 * n, *reset = step.reset + b * n, *h = step.h + b * n;
        if (!step.time.valid(b)) {
            clear(h, n);
            continue;
        }
        const Real *hidden = step.hidden + b * 3 * n, *added = step.added.row(b, 3 * n);
        const Real* h_before = row_or_null(step.h_before, b);
        const Real* x_r = step.projected ? gates : nullptr;
        const Real *x_z = x_r ? x_r + n : nullptr, *x_n = x_r ? x_r + 2 * n : nullptr;
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto input_r = hn::Add(at.load_if(d, x_r), at.load(d, added));
            const auto input_z = hn::Add(at.load_if(d, x_z), at.load(d, added + n));
            const auto input_n = hn::Add(at.load_if(d, x_n), at.load(d, added + 2 * n));
            const auto r = logistic(d, hn::Add(input_r, at.load(d, hidden)));
            const auto z = logistic(d, hn::Add(input_z, at.load(d, hidden + n)));
            const auto m = hn::Add(at.load(d, hidden + 2 * n), at.load(d, bias));
            const auto candidate = hyperbolic_tangent(d, hn::MulAdd(r, m, input_n));
            at.store(d, r, gates);
            at.store(d, z, gates + n);
            at.store(d, candidate, gates + 2 * n);
            at.store(d, m, reset);
            at.store(d, hn::MulAdd(z, hn::Sub(at.load_if(d, h_before), candidate), candidate), h);
        });
    }
}

template <class Real>
void gru_step_backward(const GruStepBackward<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    for (Size b = first; b < last; ++b) {
        const Real *gates = step.gates + b * 3 * n, *reset = step.reset + b * n, *dy = step.dy + b * n;
        Real *dinput = step.dinput + b * 3 * n, *dhidden = step.dhidden + b * 3 * n, *carry = step.dh.carry + b * n;
        if (!step.time.valid(b)) {
            clear(dinput, 3 * n);
            clear(dhidden, 3 * n);
            clear(carry, n);
            continue;
        }
        const Real *h_before = row_or_null(step.h_before, b), *dh = step.dh.row(step.time, b, n);
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            for (Size k = 0; k < 3; ++k) at.fetch(gates + (3 * ahead + k) * n);
            at.fetch(reset + ahead * n), at.fetch(dy + ahead * n);
            const auto r = at.load(d, gates), z = at.load(d, gates + n), candidate = at.load(d, gates + 2 * n);
            const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
            const auto kept = hn::Mul(total, z);
            const auto dn = hn::Mul(hn::Sub(total, kept), hn::NegMulAdd(candidate, candidate, one(d)));
            const auto distance = hn::Sub(at.load_if(d, h_before), candidate);
            const auto dz = hn::Mul(hn::Mul(kept, hn::Sub(one(d), z)), distance);
            const auto dm = hn::Mul(dn, r);
            const auto dr = hn::Mul(hn::Mul(dm, at.load(d, reset)), hn::Sub(one(d), r));
            at.store(d, dr, dinput);
            at.store(d, dz, dinput + n);
            at.store(d, dn, dinput + 2 * n);
            at.store(d, dr, dhidden);
            at.store(d, dz, dhidden + n);
            at.store(d, dm, dhidden + 2 * n);
            at.store(d, kept, carry);
        });
    }
}

template <class Real>
void gru_reset_first_gates(const GruResetFirstStep<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    for (Size b = first; b < last; ++b) {
        Real *r = step.gates + b * 3 * n, *reset = step.reset + b * n;
        if (!step.time.valid(b)) {
            clear(reset, n);
            continue;
        }
        const Real *added = step.added.row(b, 3 * n), *h_before = row_or_null(step.h_before, b);
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto gate = logistic(d, hn::Add(at.load(d, r), at.load(d, added)));
            const auto update = logistic(d, hn::Add(at.load(d, r + n), at.load(d, added + n)));
            at.store(d, gate, r);
            at.store(d, update, r + n);
            at.store(d, hn::Mul(gate, at.load_if(d, h_before)), reset);
        });
    }
}

template <class Real>
void gru_reset_first_candidate(const GruResetFirstStep<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    for (Size b = first; b < last; ++b) {
        Real *gates = step.gates + b * 3 * n, *h = step.h + b * n;
        if (!step.time.valid(b)) {
            clear(h, n);
            continue;
        }
        const Real *added = step.added.row(b, 3 * n), *h_before = row_or_null(step.h_before, b);
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto z = at.load(d, gates + n);
            const auto sum = hn::Add(at.load(d, gates + 2 * n), at.load(d, added + 2 * n));
            const auto candidate = hyperbolic_tangent(d, sum);
            at.store(d, candidate, gates + 2 * n);
            at.store(d, hn::MulAdd(z, at.load_if(d, h_before), hn::Mul(hn::Sub(one(d), z), candidate)), h);
        });
    }
}

template <class Real>
void gru_reset_first_candidate_backward(const GruResetFirstStepBackward<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    for (Size b = first; b < last; ++b) {
        const Real *gates = step.gates + b * 3 * n, *dy = step.dy + b * n;
        Real *dgates = step.dgates + b * 3 * n, *carry = step.dh.carry + b * n;
        if (!step.time.valid(b)) {
            clear(dgates, 3 * n);
            clear(carry, n);
            continue;
        }
        const Real *h_before = row_or_null(step.h_before, b), *dh = step.dh.row(step.time, b, n);
        clear(dgates, n);
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto z = at.load(d, gates + n), candidate = at.load(d, gates + 2 * n), rest = hn::Sub(one(d), z);
            const auto total = hn::Add(at.load(d, dy), at.load_if(d, dh));
            const auto distance = hn::Sub(at.load_if(d, h_before), candidate);
            const auto slope = hn::Sub(one(d), hn::Mul(candidate, candidate));
            at.store(d, hn::Mul(hn::Mul(hn::Mul(total, distance), z), rest), dgates + n);
            at.store(d, hn::Mul(hn::Mul(total, rest), slope), dgates + 2 * n);
            at.store(d, hn::Mul(total, z), carry);
        });
    }
}

template <class Real>
void gru_reset_first_gates_backward(const GruResetFirstStepBackward<Real>& step, Size first, Size last) {
    const hn::ScalableTag<Real> d;
    const Size n = step.n;
    for (Size b = first; b < last; ++b) {
        if (!step.time.valid(b)) continue;
        const Real *r_row = step.gates + b * 3 * n, *dreset = step.dreset + b * n;
        const Real* h_before = row_or_null(step.h_before, b);
        Real *dr = step.dgates + b * 3 * n, *carry = step.dh.carry + b * n;
        for_each_vector<Real>(n, [=](auto at) HWY_ATTR {
            const auto r = at.load(d, r_row), dm = at.load(d, dreset);
            at.store(d, hn::MulAdd(dm, r, at.load(d, carry)), carry);
            if (h_before) at.store(d, hn::Mul(hn::Mul(dm, at.load(d, h_before)), hn::Mul(r, hn::Sub(one(d), r))), dr);
        });
    }
}

template <class Real>
constexpr RecurrentKernels<Real> kernels = {
#define UNROLL_ENTRY(name, Step, rows) .name = &name<Real>,
    UNROLL_RECURRENT_KERNELS(UNROLL_ENTRY)
#undef UNROLL_ENTRY
};

}  // namespace

const RecurrentSet& recurrent_set() {
    static constexpr RecurrentSet set = {kernels<float>, kernels<double>};
    return set;
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(recurrent_set);

template <class Real>
const RecurrentKernels<Real>& kernels() {
    static const RecurrentSet& set = (kernel_set(), HWY_DYNAMIC_DISPATCH(recurrent_set)());
    return std::get<RecurrentKernels<Real>>(set);
}

/// Fewer elements are not worth handing to another core.
constexpr Size part_elements = 16384;

/// All sequences, on idle cores too; `width` elements are each one's share of the work.
template <class Step>
void for_each_part(void (*kernel)(const Step&, Size first, Size last), const Step& step, Size width) {
    parallel_for(step.time.B, 1 + part_elements / width, [&](Size first, Size last) { kernel(step, first, last); });
}

}  // namespace

#define UNROLL_DEFINE(name, Step, rows)                           \
    template <class Real>                                         \
    void name(const Step<Real>& step) {                           \
        for_each_part(kernels<Real>().name, step, (rows)*step.n); \
    }                                                             \
    template void name(const Step<float>&);                       \
    template void name(const Step<double>&);
UNROLL_RECURRENT_KERNELS(UNROLL_DEFINE)
#undef UNROLL_DEFINE

}  // namespace unroll
#endif
