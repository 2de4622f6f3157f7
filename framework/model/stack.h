// A stack: cells one above the other, run as one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/parameters.h"
#include "unroll/cell.h"

namespace unroll::model {

/// Immutable, like its cells; all memory is the caller's. The calls take the same arguments as a cell's, with three
/// differences: `weights` and `dweights` begin where the whole model's flat array begins, a state is laid out layer
/// by layer, (B, size of the layer's state) each, so that no layer has to copy, and where the lowest layer turns tokens
/// into rows (layers.h), `dx` is the gradient of these rows.
template <class Real>
class Stack {
public:
    struct Layer {
        std::string name;  ///< prefix of its weights' names, as in "cell.0"
        std::unique_ptr<Cell<Real>> cell;
    };

    /// Layers, bottom first; their weights are appended to `parameters`.
    Stack(std::vector<Layer> layers, Parameters& parameters);

    Size output() const;            ///< width of y
    Size context() const;           ///< the fewest steps that a layer's state can hold; 0: no limit
    Size state_size(Size B) const;  ///< elements of all layers' states for B sequences
    bool takes_tokens() const { return layers_.front().cell->layout().takes_tokens; }
    const std::vector<Layer>& layers() const { return layers_; }

    Size saved_size(Size T, Size B) const;
    Size workspace_size(Size T, Size B) const;
    Size prepared_size() const;
    void prepare(const Real* weights, Real* prepared) const;

    void forward(const Forward<Real>& call) const;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const;

private:
    struct Place {
        Size weights = 0, prepared = 0, state = 0;  ///< where a layer's part begins; state: per sequence
    };

    /// What layer `index` is called with, when the whole stack is called with `call`; `dropout` is the layer's own
    /// stream, or null.
    Forward<Real> layer_call(const Forward<Real>& call, Size index, const RandomStream* dropout) const;
    void check_extent(Size T, Size B) const;  ///< throws Error for sizes that no memory has
    Size saved_begin(Size index, Size T, Size B) const;
    Size widest() const;

    std::vector<Layer> layers_;
    std::vector<Place> places_;
};

}  // namespace unroll::model
