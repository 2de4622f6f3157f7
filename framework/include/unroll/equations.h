// A cell by its equations: write one step as formulas over named values; libunroll runs it over time and differentiates
// it.
//
//     void minimal_gated(unroll::Equations& e) {
//         auto x = e.input();
//         auto h = e.state("h", e.hidden());
//         auto f = sigmoid(e.linear("forget", e.hidden(), {x, h}));
//         auto c = tanh(e.linear("candidate", e.hidden(), {x, f * h}));
//         e.next(h, (1 - f) * h + f * c);
//         e.output(e.next_of(h));
//     }
//     constinit const unroll::Plugin unroll_plugin =
//         unroll::equations_plugin<minimal_gated>("minimal-gated", 1, "minimal gated unit");
//
// The function runs once, when a cell is made, and only records: every value is a row per sequence, (B, width). Nothing
// is computed until the cell is called, and then without allocating.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "unroll/cell.h"
#include "unroll/export.h"
#include "unroll/options.h"
#include "unroll/plugin.h"

namespace unroll {

class Equations;

/// A recorded value: (B, width). Cheap to copy; belongs to the Equations that made it.
///
/// A value may be read as `heads` matrices (rows, columns) of each sequence, row-major, one after the other; any other
/// is one row. Elementwise operations keep the shape of their first operand.
class UNROLL_EXPORT Value {
public:
    Size width() const;
    Size heads() const;
    Size rows() const;
    Size columns() const;

private:
    friend class Equations;
    friend struct EquationsAccess;
    Value(Equations* equations, Size node) : equations_(equations), node_(node) {}
    Equations* equations_;
    Size node_;
};

// Elementwise; both sides of the same width, or one side a number. A mistake in widths throws Error with both widths.
UNROLL_EXPORT Value operator+(Value a, Value b);
UNROLL_EXPORT Value operator-(Value a, Value b);
UNROLL_EXPORT Value operator*(Value a, Value b);
UNROLL_EXPORT Value operator/(Value a, Value b);
UNROLL_EXPORT Value operator+(Value a, double b);
UNROLL_EXPORT Value operator*(Value a, double b);
UNROLL_EXPORT Value operator-(double a, Value b);
UNROLL_EXPORT Value operator/(double a, Value b);
inline Value operator+(double a, Value b) {
    return b + a;
}
inline Value operator*(double a, Value b) {
    return b * a;
}
inline Value operator-(Value a, double b) {
    return a + -b;
}
inline Value operator/(Value a, double b) {
    return a * (1 / b);
}
inline Value operator-(Value a) {
    return a * -1.0;
}
UNROLL_EXPORT Value maximum(Value a, Value b);  ///< the gradient goes to the greater, to a where they are equal
UNROLL_EXPORT Value minimum(Value a, Value b);  ///< the gradient goes to the smaller, to a where they are equal
UNROLL_EXPORT Value maximum(Value a, double b);
UNROLL_EXPORT Value minimum(Value a, double b);

UNROLL_EXPORT Value sigmoid(Value x);
UNROLL_EXPORT Value tanh(Value x);
UNROLL_EXPORT Value relu(Value x);
UNROLL_EXPORT Value gelu(Value x);
UNROLL_EXPORT Value silu(Value x);      ///< x σ(x)
UNROLL_EXPORT Value softplus(Value x);  ///< log(1 + exp(x)); log σ(x) is -softplus(-x)
UNROLL_EXPORT Value exp(Value x);
UNROLL_EXPORT Value log(Value x);
UNROLL_EXPORT Value sqrt(Value x);  ///< its slope at 0 is taken as 0
UNROLL_EXPORT Value sin(Value x);
UNROLL_EXPORT Value cos(Value x);
UNROLL_EXPORT Value softmax(Value x);                        ///< over the width
UNROLL_EXPORT Value slice(Value x, Size first, Size width);  ///< columns [first, first + width)
UNROLL_EXPORT Value concatenate(std::initializer_list<Value> parts);
UNROLL_EXPORT Value concatenate(std::span<const Value> parts);

// Over `groups` groups of neighbouring columns, all of the same width n; 1 group is the whole row. Gains and biases are
// those of Equations::times and plus.
UNROLL_EXPORT Value layer_norm(Value x, Size groups = 1, double epsilon = 1e-5);  ///< (x - mean) / √(variance + ε)
UNROLL_EXPORT Value rms_norm(Value x, Size groups = 1, double epsilon = 1e-6);    ///< x / √(Σ x² / n + ε)
UNROLL_EXPORT Value l2_norm(Value x, Size groups = 1, double epsilon = 1e-6);     ///< x / √(Σ x² + ε)
UNROLL_EXPORT Value sum(Value x, Size groups = 1);  ///< (B, groups): the sum of each group
UNROLL_EXPORT Value repeat(Value x, Size times);    ///< each column `times` times, side by side: the transpose of sum

// Matrices, per head. `heads` is that of the matrix.
UNROLL_EXPORT Value outer(Value k, Value v, Size heads = 1);  ///< k vᵀ: (heads · n), (heads · m) → heads of (n, m)
UNROLL_EXPORT Value contract(Value q, Value S);               ///< qᵀ S: (heads · rows) → (heads · columns)
UNROLL_EXPORT Value contract_columns(Value S, Value v);       ///< S v: (heads · columns) → (heads · rows)
UNROLL_EXPORT Value scale_rows(Value S, Value a);             ///< diag(a) S, with a (heads · rows)
UNROLL_EXPORT Value scale_columns(Value S, Value b);          ///< S diag(b), with b (heads · columns)
UNROLL_EXPORT Value scale_heads(Value S, Value c);            ///< c S, with a number for each head, c (heads)

/// How a weight of equations starts and is trained, where the defaults of Weight do not do.
struct WeightMarks {
    Start start = nullptr;
    bool decays = true;
    double learning_rate_factor = 1;
};

/// Records one step of a cell. Every mistake in the equations throws Error, with the names and widths involved.
class UNROLL_EXPORT Equations {
public:
    const CellSpec& spec() const;
    const Options& options() const;
    Size hidden() const { return spec().hidden; }

    Value input();  ///< x of this step, D wide
    /// The number of steps before this one, from the sequence's beginning: 0, 1, … It is one column wide, and a state.
    Value step();
    Value constant(Size width, double value);

    /// What `next` gave it at the step before; at the beginning zeros, or `first`, a value of weights and numbers
    /// alone.
    Value state(std::string name, Size width);
    Value state(std::string name, Value first);
    /// `heads` matrices (rows, columns), zeros at the beginning.
    Value state(std::string name, Size heads, Size rows, Size columns);
    /// How a memory decays before it is written to, and how strongly the delta rule writes; by default it does not
    /// decay and there is no delta rule.
    struct MemoryRule {
        std::optional<Value> decay = {};     ///< (heads), or (heads · n): of each row
        std::optional<Value> strength = {};  ///< (heads)
    };
    /// A state of `heads` matrices, written to and read at each step by one kernel for all T, which is much faster than
    /// the same by state(), outer() and contract(). With K = decay S it is S' = K + k uᵀ at the next step, and what it
    /// returns is S'ᵀ q; u is v, or by the delta rule strength (v - Kᵀ k). q and k are (heads · n), v is (heads · m).
    /// No operand may depend on what is returned.
    Value memory(std::string name, Size heads, Value q, Value k, Value v, const MemoryRule& rule);
    Value previous(std::string name, Value x);  ///< x of the step before; zeros at the beginning

    /// The common case: Σ W_i x_i + b with weights `weight_NAME_0`, `weight_NAME_1`, … and `bias_NAME`.
    Value linear(const std::string& name, Size outputs, std::initializer_list<Value> inputs,
                 const WeightMarks& bias = {});

    /// The same piece by piece, with new weights of the given name: W x with a matrix (outputs, width of x), x + b and
    /// x ∘ g. Under the `uniform` initialiser matrices and biases start within 1/sqrt(H). A matrix counts as
    /// recurrent where x depends on a state and a state on the product, as input elsewhere. `ones_…` as in Weight.
    Value product(std::string weight, Size outputs, Value x, const WeightMarks& marks = {});
    Value plus(Value x, std::string bias, Size ones_first = 0, Size ones_last = 0);
    Value plus(Value x, std::string bias, const WeightMarks& marks);
    Value times(Value x, std::string gain, const WeightMarks& marks = {});
    /// Block by block: each head's part of x by a matrix of its own, `NAME.0`, `NAME.1`, … of (outputs / heads,
    /// width of x / heads).
    Value block_product(const std::string& name, Size outputs, Value x, Size heads, const WeightMarks& marks = {});
    /// Causal and depthwise: Σ_k w_k ∘ x of k steps before, + b; weights NAME_weight (taps, width) and NAME_bias. Its
    /// states are the inputs of the taps - 1 steps before.
    Value convolve(const std::string& name, Value x, Size taps);

    /// Weights as a value, the same for all steps and sequences. What is computed of such values, numbers and nothing
    /// else is computed once a call. A matrix is a row of its elements; it counts as input.
    Value weight(std::string name, std::vector<Size> shape, Weight::Role role, const WeightMarks& marks = {});

    void next(Value state, Value value);  ///< what this state is at the next step; once for each state
    Value next_of(Value state) const;     ///< the value that `next` gave it
    void output(Value y);                 ///< y of this step; once

    struct Graph;
    Equations(const CellSpec& spec, const Options& options);
    ~Equations();

private:
    friend struct EquationsAccess;
    std::unique_ptr<Graph> graph_;
};

/// The cell whose step `record` writes down. Throws Error when an output or a state's `next` is missing.
template <class Real>
UNROLL_EXPORT std::unique_ptr<Cell<Real>> make_equations_cell(void (*record)(Equations&), const CellSpec& spec,
                                                              const Options& options);

/// `hidden_multiple` as in Plugin: for a cell of several heads, say.
template <void (*record)(Equations&)>
constexpr Plugin equations_plugin(const char* name, int revision, const char* summary,
                                  std::span<const Option> options = {},
                                  Size (*hidden_multiple)(const Options&) = nullptr,
                                  Initializer initializer = Initializer::uniform) {
    Plugin plugin = detail::describe(Plugin::Kind::cell, name, revision, summary, options);
    plugin.hidden_multiple = hidden_multiple;
    plugin.initializer = initializer;
    plugin.make_cell_float = [](const CellSpec& spec, const Options& chosen) {
        return make_equations_cell<float>(record, spec, chosen);
    };
    plugin.make_cell_double = [](const CellSpec& spec, const Options& chosen) {
        return make_equations_cell<double>(record, spec, chosen);
    };
    return plugin;
}

}  // namespace unroll
