// A block: what stands around a cell, the same for every cell, as transformers and today's recurrent models have it.
//
//     x₁ = residual(mixer, x)    mixer(u) = W_out (cell(c) ∘ silu(W_gate u)),  c = silu(convolution(W_in u))
//     y  = residual(feed_forward, x₁)
//
// A residual connection normalises before its branch, after its sum or nowhere (unroll/layers/residual.h), and may do
// without the sum. With `pre` the last layer's y is normalised, too. Each piece is there only when it is asked for:
// W_in and W_out when the cell is widened or gated, W_out also when the cell's output is not as wide as the block.
#pragma once

#include <memory>
#include <optional>

#include "trial/trial.h"
#include "unroll/cell.h"
#include "unroll/layers.h"

namespace unroll::model {

/// x and y (T, B, H). W_in, W_gate and W_out have no bias, as in Mamba; the convolution, the feed-forward network and
/// LayerNorm have one.
/// Weights: norm1, in_proj, conv1d, gate_proj, then the cell's under "cell.", out_proj, norm2, linear1, linear_gate,
/// linear2 and norm, as far as they are there. State: the convolution's, then the cell's.
/// Memory, I and O being the widths of the cell and of its output, F the feed-forward network's: saved takes, beside
/// what the cell saves, up to T·B·(5H + 3I + 4O + 3F) elements.
template <class Real>
class Block final : public Cell<Real> {
public:
    /// `width` is H; `spec` is what the cell was made for.
    Block(const trial::BlockSettings& settings, Size width, const CellSpec& spec, std::unique_ptr<Cell<Real>> cell);

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override;
    void prepare(const Real* weights, Real* to) const override;
    /// The cell's own, and the products around it.
    double flops(Size T, Size B) const override;
    void forward(const Forward<Real>& call) const override;
    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override;

private:
    /// What each random stream is for.
    enum Use : Size { in_cell, cell_output, mixer_branch, feed_forward_branch };

    template <class Element>
    struct Prepared : layers::Slices<Element> {
        Element *in, *convolution, *gate, *cell, *out, *feed_forward;
        explicit Prepared(const Block& block, Element* base = nullptr);
    };

    struct Saved : layers::Slices<Real> {
        Real *projected, *convolved, *active;  ///< (T, B, I): W_in u, the convolution, c
        Real* gate;                            ///< (T, B, O): W_gate u
        Real *output, *dropped, *gated;        ///< (T, B, O): of the cell, after its dropout, after the gate
        Real *state, *next_state;              ///< the cell's, when the convolution has one too
        Real *mixed, *fed;                     ///< (T, B, H): x₁, and y before the last norm
        Real* statistics;                      ///< of the last norm
        Real* cell;
        typename layers::Residual<Real>::Saved mixer_residual, feed_forward_residual;
        typename layers::FeedForward<Real>::Saved feed_forward;
        Saved(const Block& block, Size T, Size B, Real* base = nullptr);
    };

    struct Workspace : layers::Slices<Real> {
        Real *d, *dout, *din;        ///< (T, B, H)
        Real *doutput, *dgate;       ///< (T, B, O)
        Real *dactive, *dprojected;  ///< (T, B, I)
        Real *dstate, *dnext_state;  ///< the cell's, when the convolution has one too
        Real* inner;                 ///< the cell's or the feed-forward network's
        Workspace(const Block& block, Size T, Size B, Real* base = nullptr);
    };

    /// Arrays that one of several pieces leaves, and what is read from them, given the mixer's input `u`.
    const Real* cell_input(const Saved& saved, const Real* u) const;
    /// What W_out is applied to.
    const Real* mixer_end(const Saved& saved) const { return gates_ ? saved.gated : output_of_cell(saved); }
    /// The cell's output as dropout leaves it.
    Real* output_of_cell(const Saved& saved) const { return drops_ ? saved.dropped : saved.output; }
    bool keeps_states() const { return cell_state_ > 0 && cell_->layout().state_size() > 0; }

    Forward<Real> cell_call(const Forward<Real>& call, const Saved& saved, const Real* u,
                            const std::optional<RandomStream>& dropout) const;
    void mix(const Forward<Real>& call, const Saved& saved, const Real* u, Real* out) const;
    void mix_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved, const Real* u,
                      const Real* dout, Real* du, const Workspace& work) const;
    /// The stream before the feed-forward network, and before the last norm: y itself where nothing follows.
    Real* mixed(const Forward<Real>& call, const Saved& saved) const { return feeds_ ? saved.mixed : fed(call, saved); }
    Real* fed(const Forward<Real>& call, const Saved& saved) const { return ends_ ? saved.fed : call.y; }
    /// The cell's part of all sequences' states: from the block's rows into an array of its own, and back.
    void gather_state(const Real* rows, Real* own, Size B) const;
    void scatter_state(const Real* own, Real* rows, Size B) const;

    Size H_, I_, O_;
    double cell_dropout_, dropout_;
    bool projects_in_, projects_out_, convolves_, gates_, drops_, feeds_, ends_;
    std::unique_ptr<Cell<Real>> cell_;
    Size cell_weights_ = 0, cell_state_ = 0;  ///< where its part begins
    layers::Linear<Real> in_, gate_, out_;
    layers::CausalConvolution<Real> convolution_;
    layers::FeedForward<Real> feed_forward_;
    layers::Residual<Real> mixer_residual_, feed_forward_residual_;
    layers::Norm<Real> norm_;
};

}  // namespace unroll::model
