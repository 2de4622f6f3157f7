// Matrices as memory: values against plain loops in double, gradients against differences, and that bits depend
// neither on the rest of the batch nor on the number of threads.
#include "scans.h"

using namespace unroll;
using namespace unroll::tests;

namespace {

struct Rule {
    MatrixDecay decay;
    bool delta;
};
const std::vector<Rule> rules{{MatrixDecay::none, false}, {MatrixDecay::head, false}, {MatrixDecay::row, false},
                              {MatrixDecay::none, true},  {MatrixDecay::head, true},  {MatrixDecay::row, true}};

/// `Shape::n` is a matrix's number of rows, `N` of columns.
struct MatrixShape : Shape {
    Size heads;
};
const std::vector<MatrixShape> matrix_shapes{{{1, 2, 5, 3}, 1},
                                             {{16, 1, 16, 16, false, false}, 2},
                                             {{19, 3, 3, 21, true}, 2},
                                             {{35, 2, 7, 133, true}, 1},
                                             // several blocks, of which one matrix each is kept, and a chunk begun
                                             {{150, 4, 3, 5, true}, 2},
                                             {{18, 3, 5, 16, true}, 2}};

template <class Real>
struct MatrixCase {
    MatrixShape shape;
    Rule rule;
    std::vector<Size> lengths;
    Size keys, values, state, decays;
    Array<Real> q, k, v, a, beta, first, d_o, dlast;
    Array<Real> o, last, kept, workspace, dq, dk, dv, da, dbeta, dfirst;
    Into into = Into::overwrite;

    MatrixCase(const MatrixShape& s, const Rule& r)
        : shape(s),
          rule(r),
          lengths(s.lengths()),
          keys(s.heads * s.n),
          values(s.heads * s.N),
          state(s.heads * s.n * s.N),
          decays(r.decay == MatrixDecay::row ? keys : s.heads) {
        const Size rows = s.T * s.B;
        q = draw<Real>(rows * keys, 1), k = draw<Real>(rows * keys, 2, -0.5, 0.5), v = draw<Real>(rows * values, 3);
        if (r.decay != MatrixDecay::none) a = draw<Real>(rows * decays, 4, 0.5, 1);
        if (r.delta) beta = draw<Real>(rows * s.heads, 5, 0, 1);
        if (s.from_state) first = draw<Real>(s.B * state, 6);
        d_o = draw<Real>(rows * values, 7), dlast = draw<Real>(s.B * state, 8);
    }

    MatrixScan<Real> scan() {
        const auto pointer = [](Array<Real>& array) { return array.empty() ? nullptr : array.data(); };
        kept.resize(matrix_scan_kept(shape.T, shape.B, shape.heads, shape.n, shape.N));
        workspace.resize(matrix_scan_workspace(shape.heads, shape.n, shape.N));
        return {.time = {shape.T, shape.B, lengths.empty() ? nullptr : lengths.data()},
                .heads = shape.heads,
                .n = shape.n,
                .m = shape.N,
                .q = q.data(),
                .k = k.data(),
                .v = v.data(),
                .decay = rule.decay,
                .a = pointer(a),
                .beta = pointer(beta),
                .S_before = {pointer(first), state},
                .S_after = {last.data(), state},
                .kept = kept.data(),
                .workspace = workspace.data(),
                .o = o.data()};
    }

    void forward() {
        o = spoiled<Real>(v.size()), last = spoiled<Real>(shape.B * state);
        matrix_scan(scan());
    }
    void backward() {
        const MatrixScan<Real> made = scan();
        if (into == Into::overwrite) {
            dq = spoiled<Real>(q.size()), dk = spoiled<Real>(k.size()), dv = spoiled<Real>(v.size());
            da = spoiled<Real>(a.size()), dbeta = spoiled<Real>(beta.size());
        }
        dfirst = dlast;  // in place
        matrix_scan_backward<Real>({.forward = &made,
                                    .d_o = d_o.data(),
                                    .dS_after = {dfirst.data(), state},
                                    .dq = {dq.data(), into},
                                    .dk = {dk.data(), into},
                                    .dv = {dv.data(), into},
                                    .da = {da.data(), into},
                                    .dbeta = {dbeta.data(), into},
                                    .dS_before = {dfirst.data(), state},
                                    .workspace = workspace.data()});
    }
    double loss() {
        forward();
        return dot(o, d_o) + dot(last, dlast);
    }

    /// By plain loops.
    void wanted(Array<double>& read, Array<double>& after) const {
        const Size n = shape.n, m = shape.N, B = shape.B;
        read.assign(v.size(), 0), after.assign(B * state, 0);
        for (Size b = 0; b < B; ++b)
            for (Size h = 0; h < shape.heads; ++h) {
                double* S = &after[b * state + h * n * m];
                for (Size i = 0; i < n * m && !first.empty(); ++i) S[i] = double(first[b * state + h * n * m + i]);
                for (Size t = 0; t < shape.length(b); ++t) {
                    const Size row = t * B + b;
                    const Real *key = &k[row * keys + h * n], *query = &q[row * keys + h * n];
                    Array<double> u(m);
                    for (Size i = 0; i < n; ++i) {
                        const double factor = rule.decay == MatrixDecay::none   ? 1
                                              : rule.decay == MatrixDecay::head ? double(a[row * decays + h])
                                                                                : double(a[row * decays + h * n + i]);
                        for (Size j = 0; j < m; ++j) S[i * m + j] *= factor;
                        for (Size j = 0; j < m && rule.delta; ++j) u[j] -= double(key[i]) * S[i * m + j];
                    }
                    for (Size j = 0; j < m; ++j) {
                        u[j] += double(v[row * values + h * m + j]);
                        if (rule.delta) u[j] *= double(beta[row * shape.heads + h]);
                    }
                    for (Size i = 0; i < n; ++i)
                        for (Size j = 0; j < m; ++j) {
                            S[i * m + j] += double(key[i]) * u[j];
                            read[row * values + h * m + j] += double(query[i]) * S[i * m + j];
                        }
                }
            }
    }

    /// The same with one sequence.
    MatrixCase alone(Size b) const {
        MatrixCase one = *this;
        const Size B = shape.B;
        one.shape.B = 1;
        if (!lengths.empty()) one.lengths = {lengths[b]};
        one.q = of_sequence(q, B, b, keys), one.k = of_sequence(k, B, b, keys), one.v = of_sequence(v, B, b, values);
        one.a = of_sequence(a, B, b, decays), one.beta = of_sequence(beta, B, b, shape.heads);
        one.first = of_sequence(first, B, b, state), one.dlast = of_sequence(dlast, B, b, state);
        one.d_o = of_sequence(d_o, B, b, values);
        return one;
    }
};

template <class Case>
void for_each_case(Case&& body) {
    for (const MatrixShape& shape : matrix_shapes)
        for (const Rule& rule : rules) {
            CAPTURE(shape.T, shape.n, shape.N, int(rule.decay), rule.delta);
            body(shape, rule);
        }
}

}  // namespace

TEMPLATE_TEST_CASE("memories equal plain loops", "[scan]", float, double) {
    for_each_case([](const MatrixShape& shape, const Rule& rule) {
        MatrixCase<TestType> tried(shape, rule);
        Array<double> o, last;
        tried.forward(), tried.wanted(o, last);
        check_close("o", tried.o, o), check_close("S", tried.last, last);
    });
}

TEST_CASE("memories' gradients are those of differences", "[scan]") {
    for_each_case([](const MatrixShape& shape, const Rule& rule) {
        if (shape.N > 100) return;
        MatrixCase<double> tried(shape, rule);
        tried.forward(), tried.backward();
        const MatrixCase<double> found = tried;
        const auto loss = [&] { return tried.loss(); };
        check_slopes("q", tried.q, found.dq, loss);
        check_slopes("k", tried.k, found.dk, loss);
        check_slopes("v", tried.v, found.dv, loss);
        check_slopes("a", tried.a, found.da, loss);
        check_slopes("beta", tried.beta, found.dbeta, loss);
        if (shape.from_state) check_slopes("S_before", tried.first, found.dfirst, loss);
    });
}

TEST_CASE("a memory may be multiplied by 0, and forgets", "[scan]") {
    for (const Rule& rule : {Rule{MatrixDecay::head, true}, Rule{MatrixDecay::row, false}}) {
        MatrixCase<double> tried({{70, 1, 3, 4}, 1}, rule);
        for (Size i = 0; i < tried.a.size(); i += 5) tried.a[i] = i % 2 == 0 ? 0 : 1e-300;
        Array<double> o, last;
        tried.forward(), tried.wanted(o, last), tried.backward();
        check_close("o", tried.o, o), check_close("S", tried.last, last);
        const MatrixCase<double> found = tried;
        const auto loss = [&] { return tried.loss(); };
        check_slopes("a", tried.a, found.da, loss);
        check_slopes("k", tried.k, found.dk, loss);
    }
}

TEST_CASE("memories' gradients may be added to, and are left alone past a length then", "[scan]") {
    MatrixCase<double> once({{19, 3, 3, 21, true}, 2}, {MatrixDecay::row, true});
    once.forward(), once.backward();
    MatrixCase<double> twice = once;
    twice.into = Into::add;
    twice.backward();
    const auto check_twice = [](const Array<double>& two, const Array<double>& one) {
        for (Size i = 0; i < one.size(); ++i) REQUIRE(two[i] == Approx(2 * one[i]).epsilon(1e-13));
    };
    check_twice(twice.dq, once.dq), check_twice(twice.dk, once.dk), check_twice(twice.dv, once.dv);
    check_twice(twice.da, once.da), check_twice(twice.dbeta, once.dbeta);
}

TEST_CASE("a memory of a sequence does not depend on the batch", "[scan]") {
    const MatrixShape shape{{19, 3, 3, 21, true}, 2};
    for (const Rule& rule : rules) {
        MatrixCase<float> all(shape, rule);
        all.forward(), all.backward();
        for (Size b = 0; b < shape.B; ++b) {
            MatrixCase<float> one = all.alone(b);
            one.forward(), one.backward();
            CHECK(same_bits(one.o, of_sequence(all.o, shape.B, b, all.values)));
            CHECK(same_bits(one.last, of_sequence(all.last, shape.B, b, all.state)));
            CHECK(same_bits(one.dq, of_sequence(all.dq, shape.B, b, all.keys)));
            CHECK(same_bits(one.dk, of_sequence(all.dk, shape.B, b, all.keys)));
            CHECK(same_bits(one.dv, of_sequence(all.dv, shape.B, b, all.values)));
            CHECK(same_bits(one.da, of_sequence(all.da, shape.B, b, all.decays)));
            CHECK(same_bits(one.dbeta, of_sequence(all.dbeta, shape.B, b, shape.heads)));
            CHECK(same_bits(one.dfirst, of_sequence(all.dfirst, shape.B, b, all.state)));
        }
    }
}

TEST_CASE("a memory may be overwritten with the one after it", "[scan]") {
    for (const Size columns : {5, 16}) {
        MatrixCase<float> tried({{19, 3, 4, columns, true}, 2}, {MatrixDecay::head, true});
        tried.forward();
        const Array<float> o = tried.o, last = tried.last;
        tried.last = tried.first;
        MatrixScan<float> scan = tried.scan();
        scan.S_before = {tried.last.data(), tried.state};
        matrix_scan(scan);
        CHECK(same_bits(tried.o, o));
        CHECK(same_bits(tried.last, last));
    }
}

TEST_CASE("memories have the same bits on any number of threads", "[scan]") {
    MatrixCase<float> tried({{40, 9, 24, 40, true}, 3}, {MatrixDecay::head, true});
    check_threads([&] { tried.forward(), tried.backward(); },
                  [&] {
                      return joined({&tried.o, &tried.last, &tried.dq, &tried.dk, &tried.dv, &tried.da, &tried.dbeta,
                                     &tried.dfirst});
                  });
}
