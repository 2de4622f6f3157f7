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
#include <string>

#include "unroll/cell.h"
#include "unroll/export.h"
#include "unroll/options.h"
#include "unroll/plugin.h"

namespace unroll {

class Equations;

/// A recorded value: (B, width). Cheap to copy; belongs to the Equations that made it.
class UNROLL_EXPORT Value {
public:
    Size width() const;

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
UNROLL_EXPORT Value operator+(Value a, double b);
UNROLL_EXPORT Value operator*(Value a, double b);
UNROLL_EXPORT Value operator-(double a, Value b);
inline Value operator+(double a, Value b) {
    return b + a;
}
inline Value operator*(double a, Value b) {
    return b * a;
}
inline Value operator-(Value a, double b) {
    return a + -b;
}
inline Value operator-(Value a) {
    return a * -1.0;
}

UNROLL_EXPORT Value sigmoid(Value x);
UNROLL_EXPORT Value tanh(Value x);
UNROLL_EXPORT Value relu(Value x);
UNROLL_EXPORT Value gelu(Value x);
UNROLL_EXPORT Value exp(Value x);
UNROLL_EXPORT Value softmax(Value x);                        ///< over the width
UNROLL_EXPORT Value slice(Value x, Size first, Size width);  ///< columns [first, first + width)
UNROLL_EXPORT Value concatenate(std::initializer_list<Value> parts);

/// Records one step of a cell. Every mistake in the equations throws Error, with the names and widths involved.
class UNROLL_EXPORT Equations {
public:
    const CellSpec& spec() const;
    const Options& options() const;
    Size hidden() const { return spec().hidden; }

    Value input();                              ///< x of this step, D wide
    Value state(std::string name, Size width);  ///< what `next` gave it at the step before; zeros at the beginning

    /// The common case: Σ W_i x_i + b with weights `weight_NAME_0`, `weight_NAME_1`, … and `bias_NAME`.
    Value linear(const std::string& name, Size outputs, std::initializer_list<Value> inputs);

    /// The same piece by piece, with new weights of the given name: W x with a matrix (outputs, width of x), x + b and
    /// x ∘ g. Under the `uniform` initialiser matrices and biases start within 1/sqrt(H). A matrix counts as input
    /// where x comes from the input alone, as recurrent elsewhere. `ones_…` as in Weight.
    Value product(std::string weight, Size outputs, Value x);
    Value plus(Value x, std::string bias, Size ones_first = 0, Size ones_last = 0);
    Value times(Value x, std::string gain);

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

template <void (*record)(Equations&)>
constexpr Plugin equations_plugin(const char* name, int revision, const char* summary,
                                  std::span<const Option> options = {}) {
    Plugin plugin = detail::describe(Plugin::Kind::cell, name, revision, summary, options);
    plugin.make_cell_float = [](const CellSpec& spec, const Options& chosen) {
        return make_equations_cell<float>(record, spec, chosen);
    };
    plugin.make_cell_double = [](const CellSpec& spec, const Options& chosen) {
        return make_equations_cell<double>(record, spec, chosen);
    };
    return plugin;
}

}  // namespace unroll
