// A cell: the part with weights and memory between a model's input and its prediction.
//
// A cell is immutable and owns no buffers. It declares its weights, its state per sequence and the scratch that a call
// needs; whoever runs it lays all of that out in flat arrays and passes pointers. So an optimiser, clipping, a
// checkpoint and a gradient check are each one loop over flat memory, and any number of threads may use one cell at
// once.
//
// There are two ways to write one: the step's equations alone (unroll/equations.h), or forward and backward by hand
// (this file). Write the equations first; write kernels when it must be fast.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unroll/export.h"
#include "unroll/random.h"
#include "unroll/types.h"

namespace unroll {

/// What a cell is made for: one layer of one part of a model.
struct CellSpec {
    Size input = 0;           ///< D
    Size hidden = 0;          ///< H
    Size layer = 0;           ///< from 0, the bottom
    Size layers = 1;          ///< how many this part has
    Size context = 0;         ///< the most steps that a sequence will have
    Size source = 0;          ///< M, the width of the source that it attends to (an encoder's outputs); 0: none
    double dropout = 0;       ///< the probability that an element is dropped in training
    Size source_context = 0;  ///< the most steps that the source will have; 0: none
    bool tokens = false;      ///< x always comes as tokens, from a model without an embedding; false: either may come
};

/// What element i of an array starts from: a function of i and of the array's own stream of random numbers, called for
/// one element after the other in memory order. Whoever makes one knows the layer and how many there are (CellSpec).
using Start = std::function<double(Size i, RandomStream& stream)>;

/// The usual ones. Those with a period repeat it over the array: a row of N numbers for each of H channels, say.
namespace start {
UNROLL_EXPORT Start constant(double value);
UNROLL_EXPORT Start uniform(double low, double high);
UNROLL_EXPORT Start normal(double deviation, double mean = 0);
UNROLL_EXPORT Start values(std::vector<double> period);
/// From `first` to `last` in `steps` equal steps, each for `each` elements: a number for each head.
UNROLL_EXPORT Start linspace(double first, double last, Size steps, Size each = 1);
UNROLL_EXPORT Start logs(Size n);                             ///< log 1, log 2, …, log n
UNROLL_EXPORT Start log_of_uniform(double low, double high);  ///< log u, u uniform
/// softplus⁻¹(max(floor, exp(u))), u uniform between the bounds' logarithms: the time steps of state space models.
UNROLL_EXPORT Start softplus_log_uniform(double low, double high, double floor = 0);
/// ν of |λ| = exp(-e^ν) for λ uniform in the ring r_min ≤ |λ| ≤ r_max of the complex plane (Orvieto et al. 2023).
UNROLL_EXPORT Start ring(double r_min, double r_max);
/// Λ of |λ| = exp(-softplus(Λ)), for the same ring (Griffin, De et al. 2024).
UNROLL_EXPORT Start softplus_ring(double r_min, double r_max);
}  // namespace start

/// One array of weights. The model's initializer fills it unless it has a start of its own; role, fan_in, ones_first
/// and ones_last are read for that alone.
struct UNROLL_EXPORT Weight {
    enum class Role {
        input,      ///< matrix (outputs, inputs) from what comes from below
        recurrent,  ///< matrix (outputs, inputs) from the cell's own past
        residual,   ///< matrix (outputs, inputs) whose product is added to a residual stream
        bias,       ///< vector added to a product
        gain,       ///< vector that scales, as in layer normalisation; starts at 1
        table,      ///< (entries, width) rows that are looked up: embeddings and positions
    };
    std::string name;         ///< as PyTorch names it where PyTorch has it
    std::vector<Size> shape;  ///< row-major
    Role role;
    /// Under `uniform` the array starts uniform in ±1/sqrt(fan_in), biases too, as PyTorch's layers do: D for a plain
    /// matrix and its bias, H for everything in an LSTM. 0: it starts at 0 under `uniform`, as the bias of a layer
    /// normalisation must. Not read for gains (always 1) and tables (`uniform`: normal, deviation 1).
    Size fan_in = 0;
    Size ones_first = 0, ones_last = 0;  ///< elements [first, last) of a bias that `glorot` starts at 1 (forget gates)

    Start start = nullptr;            ///< overrules the initializer, gains' 1 too; null: the initializer decides
    bool decays = true;               ///< false: never shrunk by weight decay, whatever the manifest says
    double learning_rate_factor = 1;  ///< times the optimizer's learning rate; > 0

    Size size() const;
};

/// How a model's weights start: the default initialization of a library's layers. model/initialize.h has the formulas.
enum class Initializer {
    uniform,  ///< PyTorch's
    glorot,   ///< Keras's
    normal,   ///< GPT-2's and nanoGPT's
};

/// The word for it in a manifest.
UNROLL_EXPORT const char* to_string(Initializer initializer);

/// A named part of the state that a cell carries from one call to the next.
struct UNROLL_EXPORT StatePart {
    std::string name;
    Size size;  ///< elements per sequence
};

/// What a cell declares. Made once, in the cell's constructor.
struct UNROLL_EXPORT CellLayout {
    std::vector<Weight> weights;   ///< in memory one after the other, in this order
    std::vector<StatePart> state;  ///< each sequence's state: the parts one after the other
    Size output = 0;               ///< width of y
    Size context = 0;              ///< the steps that a state can hold; 0: no limit
    bool causal = true;            ///< y depends on no later step; false: it has no single steps, so it cannot generate

    // Powers that a cell may have. Without one, the runner does what is needed before it calls the cell.
    bool takes_tokens = false;     ///< x may come as tokens; otherwise the runner writes the one-hot rows out
    bool applies_dropout = false;  ///< dropout is applied inside; otherwise the runner drops elements of y
    bool cross_attends = false;    ///< reads a source (CellSpec::source > 0)

    /// Appends and returns where the new array begins: in all the weights, or in one sequence's state.
    Size add(Weight weight);
    Size add_state(std::string name, Size size);

    Size weight_count() const;
    Size state_size() const;

    /// What the matrices cost in a training step of T steps of B sequences: for each of their elements a multiplication
    /// and an addition forward, and two of each backward. Tables are looked up and cost nothing.
    double product_flops(Size T, Size B) const;
};

/// What goes into a layer. Either `values`, or `tokens`: then each row of x is one-hot, 1 at the token.
template <class Real>
struct Input {
    const Real* values = nullptr;   ///< (T, B, D)
    const Token* tokens = nullptr;  ///< (T, B); only for a cell that takes tokens
};

/// The arguments of a forward call. All arrays are the caller's.
template <class Real>
struct Forward {
    Size T = 0, B = 0;
    const Real* weights = nullptr;   ///< layout().weight_count() elements
    const Real* prepared = nullptr;  ///< what prepare() made of these weights
    Input<Real> x;
    const Size* lengths = nullptr;  ///< (B) valid steps of each sequence, 1 … T; null: all T
    const Real* state = nullptr;    ///< (B, state_size) to start from; null: zeros, a sequence's beginning
    const Real* source = nullptr;   ///< (source_steps, B, M), the same at all steps of a sequence; null: none
    Size source_steps = 0;
    const Size* source_lengths = nullptr;   ///< (B) valid steps of each source; null: all
    const RandomStream* dropout = nullptr;  ///< where masks are drawn from, copied, never advanced; null: evaluation

    Real* y = nullptr;           ///< (T, B, output) overwritten; zeros at and after a sequence's length
    Real* next_state = nullptr;  ///< (B, state_size) overwritten with the state after each sequence's last valid step;
                                 ///< null: not wanted; may be the same array as `state` when no backward follows
    Real* saved = nullptr;       ///< saved_size(T, B) elements that the matching backward call needs untouched
    Real* workspace = nullptr;   ///< workspace_size(T, B) elements of any content; worthless after the call
};

/// The further arguments of a backward call.
template <class Real>
struct Backward {
    const Real* dy = nullptr;           ///< (T, B, output); ignored at and after a sequence's length
    const Real* dnext_state = nullptr;  ///< (B, state_size); null: zeros
    Real* dx = nullptr;       ///< (T, B, D) overwritten (zeros at and after a length); null: not wanted, as with tokens
    Real* dstate = nullptr;   ///< (B, state_size) overwritten; null: not wanted
    Real* dsource = nullptr;  ///< (source_steps, B, M) added to; null: not wanted
    Real* dweights = nullptr;   ///< weight_count() elements, added to; null: not wanted
    Real* workspace = nullptr;  ///< workspace_size(T, B) elements of any content
};

/// One layer. Written once for Real = float and double.
///
/// In evaluation mode, within layout().context and if layout().causal, T steps at once equal T calls of one step
/// that hand the state on (to 1e-10 in double, 1e-5 in float): generation is forward with T = 1, and a key/value cache
/// is just a state.
/// A sequence's results depend on that sequence only, bit for bit, whatever else is in the batch.
/// `unroll check PLUGIN.so` tests this and every other promise in this file.
template <class Real>
class UNROLL_EXPORT Cell {
public:
    virtual ~Cell() = default;

    const CellLayout& layout() const { return layout_; }

    /// Elements of Forward::saved and of the workspaces for a call of T steps of B sequences.
    virtual Size saved_size(Size T, Size B) const = 0;
    virtual Size workspace_size(Size T, Size B) const = 0;

    /// Elements of Forward::prepared, and how to fill them. Called once after weights change (once per training step,
    /// once per generation), so that whatever depends on weights alone, packing above all, is not done at every time
    /// step.
    virtual Size prepared_size() const { return 0; }
    virtual void prepare(const Real* /*weights*/, Real* /*prepared*/) const {}

    /// The useful floating-point operations of a training step of T steps of B sequences that come as values: what is
    /// known of the work before it is done, so that cells can be compared. Products count, elementwise work does not. A
    /// cell whose work is not that of its matrices, such as attention, says so.
    virtual double flops(Size T, Size B) const { return layout_.product_flops(T, B); }

    virtual void forward(const Forward<Real>& call) const = 0;

    /// `call` is what forward was called with, its arrays unchanged but for `workspace`.
    virtual void backward(const Forward<Real>& call, const Backward<Real>& gradients) const = 0;

protected:
    CellLayout layout_;  ///< to be filled in the constructor
};

}  // namespace unroll
