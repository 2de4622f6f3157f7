// Self-attention: a transformer's layer, as nanoGPT (norm: pre) and as PyTorch's encoder and decoder layers (post) have
// it.
//
//     x = W_in x + positions                       the first layer; W_in only when D ≠ H or x comes as tokens
//     pre:   x = x + attention(norm1(x))           post:   x = norm1(x + attention(x))
//            x = x + attention(norm2(x), source)           x = norm2(x + attention(x, source))     only with a source
//            x = x + feed_forward(norm3(x))                x = norm3(x + feed_forward(x))
//            y = norm(x)  after the last layer             y = x, or norm(x) after the last with final_norm: always
//
// x (T, B, D), y (T, B, H). As in PyTorch the norms are numbered without a gap, so without a source norm2 is the feed-
// forward network's. Weights: weight_in (H, D), positions (context, H), then PyTorch's names and shapes.
// A position attends to itself and all before it, or with a `window` W to the last W steps, itself among them (not
// causal: to those less than W steps away). `kv_heads` G < heads, w = H / heads wide, are shared by groups of heads of
// queries: grouped-query attention (Ainslie et al. 2023, arXiv 2305.13245), of its own steps, not of a source. With
// alibi, scores of head h lose m_h |t - s|, m_h = 2^(-8 h / heads) (Press et al. 2021, arXiv 2108.12409).
// State of a causal layer: position, keys, values, 1 + 2·min(context, W)·G·w elements; a source adds the keys and
// values that are made of it, 2·S·H, so a sequence's source must be the same at all of its steps. A layer that is not
// causal sees all steps of a call, later ones too: it has no state. With a window shorter than the context, and
// positions that need no table (alibi, none), a sequence may have any number of steps.
// Memory, F = feed_forward·H: what is saved takes, for each of T·B positions, up to 9H + 2F and heads·context weights
// (heads·T when not causal, heads·(W + 32) with a window); a source adds 4H + heads·S for each and 2H for each of its
// S·B. The workspace holds up to T·B·(3H + max(4H, F)) and scores of B·heads tiles.
#include <algorithm>
#include <string>

#include "cross_attention_branch.h"
#include "positions.h"
#include "self_attention_branch.h"
#include "shape.h"
#include "unroll/error.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;
using namespace unroll::self_attention;

/// What each random stream is for.
enum Use : Size {
    embedding,
    attention_weights,
    attention_branch,
    cross_attention_weights,
    cross_attention_branch,
    feed_forward_branch
};

template <class Real>
class SelfAttention final : public Cell<Real> {
public:
    SelfAttention(const CellSpec& spec, const Options& options)
        : spec_(spec),
          shape_(checked_shape(spec, options)),
          projects_(spec.input != spec.hidden || spec.tokens),
          begins_(projects_ || spec.layer == 0) {
        const Size H = spec.hidden, F = static_cast<Size>(options.integer("feed_forward")) * H;
        const NormPlacement placement = options.text("norm") == "pre" ? NormPlacement::pre : NormPlacement::post;
        CellLayout& layout = this->layout_;
        if (projects_)
            projection_ = {spec, H, layout.add({"weight_in", {H, spec.input}, Weight::Role::input, spec.input})};
        positions_ = {layout, spec, options.text("positions"), shape_.heads};
        attention_ = {layout, shape_, "self_attn."};
        if (spec.source > 0) cross_attention_ = {layout, shape_};
        if (F > 0)
            feed_forward_ = {layout,
                             {.width = H,
                              .hidden = F,
                              .activation = options.text("activation") == "relu" ? FeedForwardActivation::relu
                                                                                 : FeedForwardActivation::gelu,
                              .bias = shape_.bias}};
        cross_attends_ = spec.source > 0;
        feeds_forward_ = F > 0;

        Size norms = 0;
        const auto residual = [&] {
            return Residual<Real>({layout, "norm" + std::to_string(++norms), H, shape_.bias}, placement, H);
        };
        attention_residual_ = residual();
        if (cross_attends_) cross_attention_residual_ = residual();
        if (feeds_forward_) feed_forward_residual_ = residual();
        const std::string& final_norm = options.text("final_norm");
        final_norm_ = spec.layer + 1 == spec.layers &&
                      (final_norm == "always" || (final_norm == "pre" && placement == NormPlacement::pre));
        if (final_norm_) norm_ = {layout, "norm", H, shape_.bias};

        layout.output = H;
        layout.context = shape_.context;
        layout.causal = shape_.causal;
        layout.takes_tokens = begins_;
        layout.applies_dropout = true;
        layout.cross_attends = cross_attends_;
    }

    static Size hidden_multiple(const Options& options) { return self_attention::hidden_multiple(options); }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        if (projects_) projection_.prepare(weights, prepared.projection);
        attention_.prepare(weights, prepared.attention);
        if (cross_attends_) cross_attention_.prepare(weights, prepared.cross_attention);
        if (feeds_forward_) feed_forward_.prepare(weights, prepared.feed_forward);
    }

    /// And 12 T H for each key that a step may see: two products of its width forward, four backward.
    double flops(Size T, Size B) const override {
        return this->layout_.product_flops(T, B) + shape_.attention_flops(T, B);
    }

    void forward(const Forward<Real>& call) const override {
        check(call);
        const Size rows = call.T * call.B, H = shape_.H;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Stream stream = stream_of(call, saved);
        const Dropout dropout(call, spec_.dropout);

        if (begins_) begin(call, prepared.projection, dropout, saved.input);
        attention_residual_.forward(call.weights, rows, stream.in, stream.attended, saved.attention_residual,
                                    dropout.part(Use::attention_branch), [&](const Real* in, Real* out) {
                                        attention_.forward(call, prepared.attention, positions_, saved.attention,
                                                           dropout.part(Use::attention_weights), in, out,
                                                           call.workspace);
                                    });
        if (cross_attends_)
            cross_attention_residual_.forward(
                call.weights, rows, stream.attended, stream.informed, saved.cross_attention_residual,
                dropout.part(Use::cross_attention_branch), [&](const Real* in, Real* out) {
                    cross_attention_.forward(call, prepared.cross_attention, saved.cross_attention,
                                             dropout.part(Use::cross_attention_weights), in, out, call.workspace);
                });
        if (feeds_forward_)
            feed_forward_residual_.forward(call.weights, rows, stream.informed, stream.fed, saved.feed_forward_residual,
                                           dropout.part(Use::feed_forward_branch), [&](const Real* in, Real* out) {
                                               feed_forward_.forward(call.weights, prepared.feed_forward, rows,
                                                                     saved.feed_forward, in, out);
                                           });
        if (final_norm_) norm_.forward(call.weights, stream.fed, call.y, saved.statistics, rows);
        clear_padding(call, call.y, H);
        if (cross_attends_)
            cross_attention_.leave_state(call, saved.cross_attention);  // first: it asks where the sequence stood
        attention_.leave_state(call, saved.attention);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size rows = call.T * call.B, H = shape_.H;
        const Saved saved(*this, call.T, call.B, call.saved);
        const Stream stream = stream_of(call, saved);
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        const Dropout dropout(call, spec_.dropout);
        Real *d = work.d, *dweights = gradients.dweights;  // d: the stream's gradient, from y down to x

        std::copy_n(gradients.dy, rows * H, d);
        clear_padding(call, d, H);
        if (final_norm_) norm_.backward(call.weights, stream.fed, saved.statistics, d, d, dweights, rows);
        if (feeds_forward_)
            feed_forward_residual_.backward(call.weights, dweights, rows, stream.informed, saved.feed_forward_residual,
                                            dropout.part(Use::feed_forward_branch), d, work.dout, work.din,
                                            [&](const Real* in, const Real* dout, Real* din) {
                                                feed_forward_.backward(call.weights, dweights, rows, saved.feed_forward,
                                                                       in, dout, din, work.branch);
                                            });
        if (cross_attends_)
            cross_attention_residual_.backward(
                call.weights, dweights, rows, stream.attended, saved.cross_attention_residual,
                dropout.part(Use::cross_attention_branch), d, work.dout, work.din,
                [&](const Real* in, const Real* dout, Real* din) {
                    cross_attention_.backward(call, gradients, saved.cross_attention,
                                              dropout.part(Use::cross_attention_weights), in, dout, din, work.branch);
                });
        attention_residual_.backward(
            call.weights, dweights, rows, stream.in, saved.attention_residual, dropout.part(Use::attention_branch), d,
            work.dout, work.din, [&](const Real* in, const Real* dout, Real* din) {
                attention_.backward(call, gradients, positions_, saved.attention, dropout.part(Use::attention_weights),
                                    in, dout, din, work.branch);
            });
        if (begins_)
            begin_backward(call, gradients, dropout, d, work.branch);
        else if (gradients.dx)
            std::copy_n(d, rows * H, gradients.dx);
    }

private:
    /// Throws when a sequence would pass the context or the source is longer than was said.
    void check(const Forward<Real>& call) const {
        check_context(call, shape_);
        if (cross_attends_ && call.source_steps > shape_.source_steps)
            throw Error({"self-attention", "a source of " + std::to_string(call.source_steps) + " steps",
                         "at most " + std::to_string(shape_.source_steps) + " steps",
                         "raise CellSpec::source_context"});
    }

    /// The input into the stream (T, B, H): projected, with positions, dropped.
    void begin(const Forward<Real>& call, const Real* prepared, const Dropout& dropout, Real* to) const {
        const Size rows = call.T * call.B, H = shape_.H;
        if (projects_) {
            projection_.project(call, prepared, 0, call.T, to);
        } else if (call.x.values) {
            std::copy_n(call.x.values, rows * H, to);
        } else {
            std::fill_n(to, rows * H, Real{0});
            for (Size row = 0; row < rows; ++row) to[row * H + static_cast<Size>(call.x.tokens[row])] = 1;
        }
        if (spec_.layer > 0) return;
        if (positions_.added())
            for (Size row = 0; row < rows; ++row) positions_.add(call.weights, position(call, row), to + row * H);
        if (const Dropout use = dropout.part(Use::embedding)) use.apply(to, to, rows * H);
    }

    void begin_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Dropout& dropout, Real* d,
                        Real* workspace) const {
        const Size rows = call.T * call.B, H = shape_.H;
        if (spec_.layer == 0) {
            if (const Dropout use = dropout.part(Use::embedding)) use.apply(d, d, rows * H);
            if (positions_.added() && gradients.dweights)
                for (Size row = 0; row < rows; ++row)
                    positions_.add_backward(d + row * H, position(call, row), gradients.dweights);
        }
        if (projects_)
            projection_.backward(call, gradients, d, nullptr, workspace);
        else if (gradients.dx)
            std::copy_n(d, rows * H, gradients.dx);
    }

    Size position(const Forward<Real>& call, Size row) const { return shape_.past(call, row % call.B) + row / call.B; }

    template <class Element>
    struct Prepared : Slices<Element> {
        Element *projection, *attention, *cross_attention, *feed_forward;

        explicit Prepared(const SelfAttention& cell, Element* base = nullptr)
            : Slices<Element>(base),
              projection(this->take(cell.projects_ ? cell.projection_.prepared_size() : 0)),
              attention(this->take(cell.attention_.prepared_size())),
              cross_attention(this->take(cell.cross_attends_ ? cell.cross_attention_.prepared_size() : 0)),
              feed_forward(this->take(cell.feeds_forward_ ? cell.feed_forward_.prepared_size() : 0)) {}
    };

    struct Saved : Slices<Real> {
        typename SelfAttentionBranch<Real>::Saved attention;
        typename CrossAttentionBranch<Real>::Saved cross_attention;
        typename FeedForward<Real>::Saved feed_forward;
        typename Residual<Real>::Saved attention_residual, cross_attention_residual, feed_forward_residual;
        Real *input, *attended, *informed, *fed;  ///< the stream (T, B, H) after each part, where it is not x or y
        Real* statistics;                         ///< of the final norm

        Saved(const SelfAttention& cell, Size T, Size B, Real* base = nullptr) : Slices<Real>(base) {
            const Size rows = T * B, n = rows * cell.shape_.H;
            attention = cell.attention_.take(*this, T, B);
            attention_residual = cell.attention_residual_.take(*this, rows);
            if (cell.cross_attends_) {
                cross_attention = cell.cross_attention_.take(*this, T, B);
                cross_attention_residual = cell.cross_attention_residual_.take(*this, rows);
            }
            if (cell.feeds_forward_) {
                feed_forward = cell.feed_forward_.take(*this, rows);
                feed_forward_residual = cell.feed_forward_residual_.take(*this, rows);
            }
            input = this->take(cell.begins_ ? n : 0);
            attended = this->take(n);
            informed = this->take(cell.cross_attends_ ? n : 0);
            fed = this->take(cell.feeds_forward_ ? n : 0);
            statistics = this->take(cell.final_norm_ ? rows * 2 : 0);
        }
    };

    /// The residual stream before the first branch and after each.
    struct Stream {
        const Real* in;
        Real *attended, *informed, *fed;
    };
    Stream stream_of(const Forward<Real>& call, const Saved& saved) const {
        Stream stream{begins_ ? saved.input : call.x.values, saved.attended, saved.informed, saved.fed};
        if (!cross_attends_) stream.informed = stream.attended;
        if (!feeds_forward_) stream.fed = stream.informed;
        if (final_norm_) return stream;
        // The last branch's sum is y itself.
        (feeds_forward_ ? stream.fed : cross_attends_ ? stream.informed : stream.attended) = call.y;
        return stream;
    }

    struct Workspace : Slices<Real> {
        Real *d, *dout, *din, *branch;

        Workspace(const SelfAttention& cell, Size T, Size B, Real* base = nullptr) : Slices<Real>(base) {
            const Size n = T * B * cell.shape_.H;
            d = this->take(n);
            dout = this->take(cell.shape_.dropping ? n : 0);
            din = this->take(n);
            branch = this->take(
                std::max({cell.projects_ ? cell.projection_.workspace_size() : 0, cell.attention_.workspace_size(T, B),
                          cell.cross_attends_ ? cell.cross_attention_.workspace_size(T, B) : 0,
                          cell.feeds_forward_ ? cell.feed_forward_.workspace_size(T * B) : 0}));
        }
    };

    CellSpec spec_;
    Shape shape_;
    bool projects_;  ///< there is a weight_in
    bool begins_;    ///< the stream begins here: x is projected, gets positions, or may be tokens
    bool cross_attends_ = false, feeds_forward_ = false, final_norm_ = false;
    InputProjection<Real> projection_;
    Positions<Real> positions_;
    SelfAttentionBranch<Real> attention_;
    CrossAttentionBranch<Real> cross_attention_;
    FeedForward<Real> feed_forward_;
    Residual<Real> attention_residual_, cross_attention_residual_, feed_forward_residual_;
    Norm<Real> norm_;
};

constexpr Option options[] = {
    Option::integer("heads", "4", 1, 1024, "attention heads; hidden must be a multiple of it"),
    Option::choice("norm", "\"pre\"", "pre|post",
                   "layer normalization: before each sublayer (pre-norm) or after each residual sum (post-norm)"),
    Option::choice(
        "final_norm", "\"pre\"", "pre|always|never",
        "final normalization after the last layer: with pre-norm only, always (torch.nn.Transformer) or never"),
    Option::choice("activation", "\"gelu\"", "gelu|relu", "activation function of the feed-forward network"),
    Option::boolean("bias", "true", "whether linear layers and normalization have a bias"),
    Option::boolean("causal", "true", "causal mask: a position attends only to itself and earlier ones"),
    Option::integer("feed_forward", "4", 0, 64, "width of the feed-forward network as a multiple of hidden; 0: none"),
    Option::choice("positions", "\"learned\"", "learned|sinusoidal|rotary|alibi|none",
                   "positional encoding; alibi: scores fall with distance"),
    Option::integer("window", "0", 0, 1 << 20, "steps that a position attends to, itself and those just before; 0: all")
        .implied_default(),
    Option::integer("kv_heads", "0", 0, 1024,
                    "heads of keys and values, each shared by several of queries (grouped-query attention); 0: as many")
        .implied_default(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<SelfAttention>(
    "self-attention", 2, "a transformer layer with multi-head attention", options, unroll::Initializer::normal);
