// Small plugins for tests of the floors above the plugins: two cells, datasets in memory, two samplers. They are
// constants in the test's own program; no shared library is loaded.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/schema.h"
#include "plugins/catalog.h"
#include "plugins/options_check.h"
#include "trial/trial.h"
#include "unroll/equations.h"
#include "unroll/error.h"
#include "unroll/kernels.h"
#include "unroll/plugin.h"

namespace small {

using unroll::Size;
using unroll::Split;
using unroll::Token;

// ---- Cells ------------------------------------------------------------------------------------------------------

/// A gated unit with two states, so that places in a state matter.
inline void gated(unroll::Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto slow = e.state("slow", H), fast = e.state("fast", H);
    auto gate = sigmoid(e.linear("gate", H, {x, fast}));
    auto candidate = tanh(e.linear("candidate", H, {x, slow}));
    e.next(slow, gate * slow + (1 - gate) * candidate);
    e.next(fast, tanh(e.linear("fast", H, {candidate, fast})));
    e.output(e.next_of(slow) + e.next_of(fast));
}

/// A cell of limited context: v_t = W x_t + p_t, where p is a table with a row for each position; y_t is the tanh of
/// the mean of v_0 … v_t. The state is their sum, and how many there were.
template <class Real, bool tokens>
class Positions : public unroll::Cell<Real> {
public:
    Positions(const unroll::CellSpec& spec, const unroll::Options&) : D_(spec.input), H_(spec.hidden) {
        unroll::CellLayout& layout = this->layout_;
        weight_ = layout.add({"weight", {H_, D_}, unroll::Weight::Role::input, D_});
        table_ = layout.add({"positions", {spec.context, H_}, unroll::Weight::Role::table});
        layout.add_state("sum", H_);
        layout.add_state("count", 1);
        layout.output = H_;
        layout.context = spec.context;
        layout.takes_tokens = tokens;
    }

    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return H_; }

    void forward(const unroll::Forward<Real>& call) const override {
        Real* sum = call.workspace;
        for (Size b = 0; b < call.B; ++b) {
            const Real* state = call.state ? call.state + b * (H_ + 1) : nullptr;
            for (Size i = 0; i < H_; ++i) sum[i] = state ? state[i] : Real{0};
            Size position = first(call, b);
            for (Size t = 0; t < call.T; ++t) {
                const bool valid = t < length(call, b);
                Real* y = call.y + (t * call.B + b) * H_;
                for (Size i = 0; i < H_; ++i) {
                    if (valid) sum[i] += product(call, t * call.B + b, i) + call.weights[table_ + position * H_ + i];
                    y[i] = valid ? std::tanh(sum[i] / Real(position + 1)) : Real{0};
                }
                position += valid;
            }
            if (!call.next_state) continue;
            for (Size i = 0; i < H_; ++i) call.next_state[b * (H_ + 1) + i] = sum[i];
            call.next_state[b * (H_ + 1) + H_] = Real(position);
        }
    }

    void backward(const unroll::Forward<Real>& call, const unroll::Backward<Real>& gradients) const override {
        Real* dsum = gradients.workspace;
        for (Size b = 0; b < call.B; ++b) {
            for (Size i = 0; i < H_; ++i)
                dsum[i] = gradients.dnext_state ? gradients.dnext_state[b * (H_ + 1) + i] : Real{0};
            for (Size t = call.T; t-- > 0;) {
                const Size row = t * call.B + b, position = first(call, b) + t;
                Real* dx = gradients.dx ? gradients.dx + row * D_ : nullptr;
                for (Size j = 0; dx && j < D_; ++j) dx[j] = 0;
                if (t >= length(call, b)) continue;
                for (Size i = 0; i < H_; ++i) {
                    const Real y = call.y[row * H_ + i];
                    dsum[i] += gradients.dy[row * H_ + i] * (1 - y * y) / Real(position + 1);
                    for (Size j = 0; j < D_; ++j) {
                        if (dx) dx[j] += call.weights[weight_ + i * D_ + j] * dsum[i];
                        if (gradients.dweights)
                            gradients.dweights[weight_ + i * D_ + j] += input(call, row, j) * dsum[i];
                    }
                    if (gradients.dweights) gradients.dweights[table_ + position * H_ + i] += dsum[i];
                }
            }
            if (!gradients.dstate) continue;
            for (Size i = 0; i < H_; ++i) gradients.dstate[b * (H_ + 1) + i] = dsum[i];
            gradients.dstate[b * (H_ + 1) + H_] = 0;
        }
    }

private:
    static Size length(const unroll::Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }
    Size first(const unroll::Forward<Real>& call, Size b) const {
        return call.state ? Size(call.state[b * (H_ + 1) + H_]) : 0;
    }
    Real input(const unroll::Forward<Real>& call, Size row, Size j) const {
        return call.x.tokens ? Real(Size(call.x.tokens[row]) == j) : call.x.values[row * D_ + j];
    }
    Real product(const unroll::Forward<Real>& call, Size row, Size i) const {
        const Real* W = call.weights + weight_ + i * D_;
        if (call.x.tokens) return W[call.x.tokens[row]];
        Real sum = 0;
        for (Size j = 0; j < D_; ++j) sum += W[j] * call.x.values[row * D_ + j];
        return sum;
    }

    Size D_, H_, weight_ = 0, table_ = 0;
};

template <class Real>
using ValuePositions = Positions<Real, false>;
template <class Real>
using TokenPositions = Positions<Real, true>;

/// A cell that is reminded of its source: y_t = tanh(W x_t + U m), m the mean over the source's valid steps.
template <class Real>
class Reminded final : public unroll::Cell<Real> {
public:
    Reminded(const unroll::CellSpec& spec, const unroll::Options&) : D_(spec.input), H_(spec.hidden), M_(spec.source) {
        unroll::CellLayout& layout = this->layout_;
        weight_ = layout.add({"weight", {H_, D_}, unroll::Weight::Role::input, D_});
        reminder_ = layout.add({"reminder", {H_, M_}, unroll::Weight::Role::input, M_ + 1});
        layout.output = H_;
        layout.cross_attends = M_ > 0;
    }

    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return M_; }

    void forward(const unroll::Forward<Real>& call) const override {
        for (Size b = 0; b < call.B; ++b) {
            const Real* mean = mean_of(call, b, call.workspace);
            for (Size t = 0; t < call.T; ++t)
                for (Size i = 0; i < H_; ++i) {
                    const Size row = t * call.B + b;
                    Real sum = 0;
                    for (Size j = 0; j < D_; ++j) sum += W(call, i)[j] * call.x.values[row * D_ + j];
                    for (Size j = 0; j < M_; ++j) sum += U(call, i)[j] * mean[j];
                    call.y[row * H_ + i] = !call.lengths || t < call.lengths[b] ? std::tanh(sum) : Real{0};
                }
        }
    }

    void backward(const unroll::Forward<Real>& call, const unroll::Backward<Real>& gradients) const override {
        if (gradients.dx) std::fill_n(gradients.dx, call.T * call.B * D_, Real{0});
        for (Size b = 0; b < call.B; ++b) {
            const Real* mean = mean_of(call, b, gradients.workspace);
            for (Size t = 0; t < (call.lengths ? call.lengths[b] : call.T); ++t)
                for (Size i = 0; i < H_; ++i) {
                    const Size row = t * call.B + b;
                    const Real y = call.y[row * H_ + i], d = gradients.dy[row * H_ + i] * (1 - y * y);
                    for (Size j = 0; j < D_; ++j) {
                        if (gradients.dx) gradients.dx[row * D_ + j] += W(call, i)[j] * d;
                        if (gradients.dweights)
                            gradients.dweights[weight_ + i * D_ + j] += call.x.values[row * D_ + j] * d;
                    }
                    for (Size j = 0; j < M_; ++j) {
                        if (gradients.dweights) gradients.dweights[reminder_ + i * M_ + j] += mean[j] * d;
                        for (Size s = 0; gradients.dsource && s < steps(call, b); ++s)
                            gradients.dsource[(s * call.B + b) * M_ + j] += U(call, i)[j] * d / Real(steps(call, b));
                    }
                }
        }
    }

private:
    const Real* W(const unroll::Forward<Real>& call, Size i) const { return call.weights + weight_ + i * D_; }
    const Real* U(const unroll::Forward<Real>& call, Size i) const { return call.weights + reminder_ + i * M_; }
    Size steps(const unroll::Forward<Real>& call, Size b) const {
        return call.source_lengths ? call.source_lengths[b] : call.source_steps;
    }
    const Real* mean_of(const unroll::Forward<Real>& call, Size b, Real* mean) const {
        std::fill_n(mean, M_, Real{0});
        for (Size s = 0; M_ && s < steps(call, b); ++s)
            for (Size j = 0; j < M_; ++j) mean[j] += call.source[(s * call.B + b) * M_ + j] / Real(steps(call, b));
        return mean;
    }

    Size D_, H_, M_, weight_ = 0, reminder_ = 0;
};

/// A cell whose forward call throws.
template <class Real>
class Broken final : public Positions<Real, false> {
public:
    using Positions<Real, false>::Positions;
    void forward(const unroll::Forward<Real>&) const override {
        throw unroll::Error({"small-broken", "a call", "no call at all", "use another cell"});
    }
};

inline constinit const unroll::Plugin gated_cell = unroll::equations_plugin<gated>("small-gated", 1, "gated unit");
inline constinit const unroll::Plugin positions_cell =
    unroll::cell_plugin<ValuePositions>("small-positions", 1, "mean over positions");
inline constinit const unroll::Plugin token_positions_cell =
    unroll::cell_plugin<TokenPositions>("small-token-positions", 1, "mean over positions, from tokens");
inline constinit const unroll::Plugin reminded_cell =
    unroll::cell_plugin<Reminded>("small-reminded", 1, "reminded of the mean of its source");
inline constinit const unroll::Plugin broken_cell = unroll::cell_plugin<Broken>("small-broken", 1, "throws");

// ---- Datasets ---------------------------------------------------------------------------------------------------

/// The first letters of the alphabet.
class Letters final : public unroll::Vocabulary {
public:
    explicit Letters(Size size) : size_(size) {}
    Size size() const override { return size_; }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        for (const char letter : text) {
            if (letter < 'a' || Size(letter - 'a') >= size_) {
                unknown = letter;
                return std::nullopt;
            }
            tokens.push_back(letter - 'a');
        }
        return tokens;
    }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) text += char('a' + token);
        return text;
    }

private:
    Size size_;
};

/// A corpus of letters, each of which follows from the two before it, mostly.
class Corpus final : public unroll::Dataset {
public:
    Corpus(Size symbols, Size train, Size validation, Size test) : letters_(symbols) {
        unroll::RandomStream stream(7, "small corpus");
        const Size sizes[] = {train, validation, test};
        for (Size split = 0; split < 3; ++split) {
            std::vector<Token>& tokens = tokens_[split];
            for (Size i = 0; i < sizes[split]; ++i) {
                const Size before = i > 1 ? Size(tokens[i - 1]) + 2 * Size(tokens[i - 2]) + 1 : i;
                tokens.push_back(Token(stream.below(4) == 0 ? stream.below(symbols) : before % symbols));
            }
        }
    }
    explicit Corpus(const unroll::Options& options)
        : Corpus(Size(options.integer("symbols")), Size(options.integer("train")), Size(options.integer("validation")),
                 Size(options.integer("test"))) {}

    unroll::Task task() const override {
        unroll::Task task;
        task.input_tokens = task.target_tokens = letters_.size();
        return task;
    }
    const unroll::Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split split) const override { return tokens_[Size(split)]; }

private:
    Letters letters_;
    std::vector<Token> tokens_[3];
};

inline constexpr unroll::Option corpus_options[] = {
    unroll::Option::integer("symbols", "5", 2, 26, "letters in the alphabet"),
    unroll::Option::integer("train", "600", 0, 100000, "tokens of the training split"),
    unroll::Option::integer("validation", "120", 0, 100000, "tokens of the validation split"),
    unroll::Option::integer("test", "60", 0, 100000, "tokens of the test split"),
};
inline constinit const unroll::Plugin corpus_dataset =
    unroll::dataset_plugin<Corpus>("small-corpus", 1, "letters by a rule", corpus_options);

/// Examples of all three kinds, of lengths from 1 to T. Inputs of reals are two wide.
class Examples final : public unroll::Dataset {
public:
    Examples(unroll::Task::Kind kind, Size T, Size count) : T_(T), count_(count) {
        task_.kind = kind;
        task_.sequence_length = T;
        if (kind == unroll::Task::Kind::reals) {
            task_.input_reals = 2;
            task_.target_reals = 3;
        } else {
            task_.input_tokens = 5;
            task_.target_tokens = 4;
        }
    }

    unroll::Task task() const override { return task_; }
    Size examples(Split split) const override { return split == Split::test ? 0 : count_; }

    static Size length_of(Size index, Size T) { return T - index % T; }

    void example(Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream(3, "small example", {std::uint64_t(split), index});
        out.length = length_of(index, T_);
        for (Size t = 0; t < out.length; ++t) {
            if (task_.input_tokens) out.tokens[t] = Token(stream.below(5));
            for (Size d = 0; d < task_.input_reals; ++d) out.reals[t * task_.input_reals + d] = float(stream.normal());
            const bool counts = task_.kind == unroll::Task::Kind::label ? t + 1 == out.length : t % 3 != 1;
            out.weights[t] = counts ? 1.0f : 0.0f;
            if (!counts) continue;
            if (task_.target_tokens) out.target_tokens[t] = Token(stream.below(4));
            for (Size d = 0; d < task_.target_reals; ++d)
                out.target_reals[t * task_.target_reals + d] = float(stream.normal());
        }
    }

private:
    unroll::Task task_;
    Size T_, count_;
};

/// Letters to be said backwards, each twice, ended by the letter after the last: targets of 3 to 2 T + 1 symbols.
class Backwards final : public unroll::Dataset {
public:
    Backwards(Size symbols, Size T, Size count, bool reals = false)
        : letters_(symbols), targets_(symbols + 1), T_(T), count_(count), reals_(reals) {}
    explicit Backwards(const unroll::Options& options)
        : Backwards(Size(options.integer("symbols")), Size(options.integer("length")), 60) {}

    unroll::Task task() const override {
        unroll::Task task;
        task.kind = unroll::Task::Kind::target_sequence;
        (reals_ ? task.input_reals : task.input_tokens) = letters_.size();
        task.target_tokens = targets_.size();
        task.sequence_length = T_;
        task.target_length = 2 * T_ + 1;
        task.target_end = Token(letters_.size());
        return task;
    }
    const unroll::Vocabulary* vocabulary() const override { return reals_ ? nullptr : &letters_; }
    const unroll::Vocabulary* target_vocabulary() const override { return &targets_; }
    Size examples(Split split) const override { return split == Split::test ? 0 : count_; }

    void example(Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream(5, "small backwards", {std::uint64_t(split), index});
        out.length = T_ - index % T_;
        for (Size t = 0; t < out.length; ++t) {
            const Size letter = stream.below(letters_.size()), place = 2 * (out.length - 1 - t);
            if (reals_)
                out.reals[t * letters_.size() + letter] = 1;
            else
                out.tokens[t] = Token(letter);
            out.target_tokens[place] = out.target_tokens[place + 1] = Token(letter);
        }
        out.target_tokens[2 * out.length] = Token(letters_.size());
        std::fill_n(out.weights, 2 * out.length + 1, 1.0f);
    }

private:
    Letters letters_, targets_;
    Size T_, count_;
    bool reals_;
};

/// Pictures of 2 x 3 numbers between 0 and 1, of which the first row is bright.
class Dots final : public unroll::Dataset {
public:
    explicit Dots(Size count) : count_(count) {}
    unroll::Task task() const override {
        unroll::Task task;
        task.kind = unroll::Task::Kind::image;
        task.input_reals = 6;
        task.sequence_length = 1;
        task.image_rows = 2;
        task.image_columns = 3;
        return task;
    }
    Size examples(Split split) const override { return split == Split::test ? 0 : count_; }
    void example(Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream(6, "small dots", {std::uint64_t(split), index});
        for (Size i = 0; i < 6; ++i) out.reals[i] = float(stream.uniform(i < 3 ? 0.7 : 0.0, i < 3 ? 1.0 : 0.3));
        out.length = 1;
    }

private:
    Size count_;
};

inline constexpr unroll::Option backwards_options[] = {
    unroll::Option::integer("symbols", "4", 2, 20, "letters in the alphabet"),
    unroll::Option::integer("length", "3", 1, 50, "letters of the longest input"),
};
inline constinit const unroll::Plugin backwards_dataset =
    unroll::dataset_plugin<Backwards>("small-backwards", 1, "letters to be said backwards", backwards_options);

// ---- Samplers ---------------------------------------------------------------------------------------------------

class Draw final : public unroll::Sampler {
public:
    explicit Draw(const unroll::Options&) {}
    Token pick(const unroll::Choice& choice) const override {
        unroll::softmax(choice.logits, choice.temperature, choice.scratch);
        return unroll::draw(choice.scratch, choice.stream);
    }
};

class First final : public unroll::Sampler {
public:
    explicit First(const unroll::Options&) {}
    bool uses_temperature() const override { return false; }
    Token pick(const unroll::Choice& choice) const override {
        return Token(std::max_element(choice.logits.begin(), choice.logits.end()) - choice.logits.begin());
    }
};

inline constinit const unroll::Plugin draw_sampler = unroll::sampler_plugin<Draw>("small-draw", 1, "draws");
inline constinit const unroll::Plugin first_sampler = unroll::sampler_plugin<First>("small-first", 1, "the likeliest");

// ---- All of them ------------------------------------------------------------------------------------------------

inline unroll::plugins::Catalog catalog() {
    unroll::plugins::Catalog all;
    for (const unroll::Plugin* plugin :
         {&gated_cell, &positions_cell, &token_positions_cell, &reminded_cell, &broken_cell, &corpus_dataset,
          &backwards_dataset, &draw_sampler, &first_sampler})
        all.add({plugin, {}});
    return all;
}

/// A plugin's choice with the defaults of its options.
inline unroll::trial::PluginChoice choice(const unroll::Plugin& plugin) {
    unroll::trial::PluginChoice chosen{plugin.name, {}};
    unroll::plugins::set_defaults(chosen.options, plugin);
    return chosen;
}

/// A trial of one part: `layers` layers of a cell, H hidden units, on sequences of T steps.
inline unroll::trial::Trial trial(const unroll::Plugin& cell, Size T = 6, Size B = 4, Size H = 5, Size layers = 1) {
    unroll::trial::Trial all = unroll::manifest::default_trial();
    all.dataset = choice(corpus_dataset);
    all.cells = {{choice(cell), H, layers, 0, unroll::Initializer::uniform}};
    all.training.sequence_length = all.training.evaluate_length = T;
    all.training.batch = B;
    all.training.steps = 10;
    all.config = "{}";
    return all;
}

}  // namespace small
