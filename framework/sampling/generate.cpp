// Generation, many texts at once.
#include "sampling/generate.h"

#include <algorithm>
#include <compare>
#include <map>

#include "model/pass.h"
#include "sampling/pick.h"
#include "unroll/parallel.h"

namespace unroll::sampling {

namespace {

constexpr Size most_at_once = 64;  // texts in a batch: from there on the products gain nothing more

/// What must be equal for texts to be made in one batch: the state mode, and how many tokens they read at once. Those
/// that carry their state past no limit read one each, wherever each of them is, so prompts of any length go together.
struct BatchKey {
    trial::StateMode memory;
    Size reads;  ///< of the prompt, where the last tokens are read again later; 0: nothing is read again

    auto operator<=>(const BatchKey&) const = default;
};

/// The most tokens that are read at once; 0: no limit.
Size limit(const model::Model<float>& model, Size window, trial::StateMode memory) {
    return memory == trial::StateMode::window ? window : model.predictor().context();
}

BatchKey key_of(const model::Model<float>& model, Size window, const Request& request) {
    const Size most = limit(model, window, request.memory), prompt = request.prompt.size();
    // The last token is picked and not read.
    const bool fits = most == 0 || prompt + request.length <= most + 1;
    if (request.memory == trial::StateMode::carry && fits) return {request.memory, 0};
    return {request.memory, most ? std::min(prompt, most) : prompt};
}

/// A text that is being made.
struct Text {
    const Request* request;
    RandomStream stream;
    std::vector<Token> tokens;  ///< prompt and what was generated
    std::vector<Token>* generated;

    bool ended() const { return tokens.size() >= request->prompt.size() + request->length; }
};

/// Texts of one key, in the order of their prompts' lengths. Whatever has ended leaves, so each step is of those alone
/// that need it.
class TextBatch {
public:
    TextBatch(const model::Model<float>& model, model::Weights<float> weights, Size window, std::vector<Text> texts)
        : model_(model),
          weights_(weights),
          key_(key_of(model, window, *texts.front().request)),
          limit_(limit(model, window, key_.memory)),
          texts_(std::move(texts)),
          state_(carries() ? model.predictor().state_size(texts_.size()) : 0),
          pass_(model, extents(), model::Use::inference),
          V_(model.head().outputs),
          scratch_(texts_.size() * V_) {
        for (Text& text : texts_) text.tokens.reserve(text.request->prompt.size() + text.request->length);
        tokens_.reserve(most_read_);
    }

    void run(const std::atomic<bool>& stop) {
        const auto stopped = [&] { return stop.load(std::memory_order_relaxed); };
        if (!stopped()) read_prompts();
        while (!stopped()) {
            leave();
            if (texts_.empty()) return;
            read_next();
        }
        for (Text& text : texts_) end(text);
    }

private:
    bool carries() const { return key_.memory == trial::StateMode::carry; }
    Size prompt_steps(const Text& text) const {
        const Size prompt = text.request->prompt.size();
        return limit_ ? std::min(prompt, limit_) : prompt;
    }
    /// Where the texts end whose prompts are read with that of text `first`.
    Size group_end(Size first) const {
        Size end = first + 1;
        while (end < texts_.size() && prompt_steps(texts_[end]) == prompt_steps(texts_[first])) ++end;
        return end;
    }

    std::vector<model::Extent> extents() {
        const Size B = texts_.size();
        std::vector<model::Extent> extents{{1, B}};
        for (Size first = 0, end = 0; first < B; first = end) {
            end = group_end(first);
            extents.push_back({prompt_steps(texts_[first]), end - first});
        }
        if (key_.reads) {
            Size longest = 0;
            for (const Text& text : texts_)
                longest = std::max(longest, text.request->prompt.size() + text.request->length);
            extents.push_back({limit_ ? std::min(limit_, longest) : longest, B});
        }
        for (const model::Extent& extent : extents) most_read_ = std::max(most_read_, extent.T * extent.B);
        return extents;
    }

    /// Texts draw from streams of their own, so idle cores may help.
    void pick(Size first, Size end, const float* logits) {
        parallel_for(end - first, 1 + 16384 / V_, [&](Size begin, Size last) {
            for (Size i = begin; i < last; ++i) {
                Text& text = texts_[first + i];
                const Choice choice{{logits + i * V_, V_},
                                    text.request->temperature,
                                    text.tokens,
                                    text.stream,
                                    {scratch_.data() + i * V_, V_}};
                text.tokens.push_back(sampling::pick(*text.request->sampler, choice));
            }
        });
    }

    /// Runs the last `T` tokens of texts [first, end) and picks their next ones.
    void read(Size first, Size end, Size T, const float* state, float* next_state) {
        const Size B = end - first;
        tokens_.resize(T * B);
        for (Size b = 0; b < B; ++b)
            for (Size t = 0; t < T; ++t)
                tokens_[t * B + b] = texts_[first + b].tokens.end()[std::ptrdiff_t(t) - std::ptrdiff_t(T)];
        pick(first, end,
             pass_.predict_last(
                 weights_, {.T = T, .B = B, .x = {nullptr, tokens_.data()}, .state = state, .next_state = next_state}));
    }

    /// Prompts of one length are read at once, and each length by itself: with how many others a prompt is read changes
    /// nothing about its text, but how many steps are read might.
    void read_prompts() {
        const Size B = texts_.size();
        for (Size first = 0, end = 0; first < B; first = end) {
            end = group_end(first);
            const Size steps = prompt_steps(texts_[first]);
            if (!carries() || (first == 0 && end == B)) {
                read(first, end, steps, nullptr, carries() ? state_.data() : nullptr);
                continue;
            }
            model::Buffer<float> own(model_.predictor().state_size(end - first));
            read(first, end, steps, nullptr, own.data());
            for_each_layer([&](Size begin, Size size) {
                std::copy_n(own.data() + (end - first) * begin, (end - first) * size,
                            state_.data() + B * begin + first * size);
            });
        }
    }

    void read_next() {
        const Size B = texts_.size(), longest = texts_.front().tokens.size();
        if (key_.reads && (!carries() || longest > limit_))
            read(0, B, limit_ ? std::min(limit_, longest) : longest, nullptr, nullptr);
        else
            read(0, B, 1, state_.data(), state_.data());
    }

    void end(Text& text) {
        const auto prompt = std::ptrdiff_t(text.request->prompt.size());
        text.generated->assign(text.tokens.begin() + prompt, text.tokens.end());
    }

    /// Texts that have ended go, and the states of the others close up.
    void leave() {
        const Size B = texts_.size();
        const Size left = Size(std::count_if(texts_.begin(), texts_.end(), [](const Text& t) { return !t.ended(); }));
        if (left == B) return;
        if (carries())
            for_each_layer([&](Size begin, Size size) {
                float* to = state_.data() + left * begin;  // never beyond where it is copied from
                for (Size b = 0; b < B; ++b)
                    if (!texts_[b].ended()) to = std::copy_n(state_.data() + B * begin + b * size, size, to);
            });
        for (Text& text : texts_)
            if (text.ended()) end(text);
        std::erase_if(texts_, [](const Text& text) { return text.ended(); });
    }

    /// Calls body(where one sequence's state of the layer begins, its size).
    template <class Body>
    void for_each_layer(Body&& body) const {
        Size begin = 0;
        for (const auto& layer : model_.predictor().layers()) {
            const Size size = layer.cell->layout().state_size();
            body(begin, size);
            begin += size;
        }
    }

    const model::Model<float>& model_;
    const model::Weights<float> weights_;
    const BatchKey key_;
    const Size limit_;
    std::vector<Text> texts_;
    Size most_read_ = 0;
    model::Buffer<float> state_;
    model::Pass<float> pass_;
    const Size V_;
    std::vector<double> scratch_;
    std::vector<Token> tokens_;  ///< (T, B)
};

}  // namespace

std::vector<std::vector<Token>> generate(const model::Model<float>& model, model::Weights<float> weights, Size window,
                                         const std::vector<Request>& requests, const std::atomic<bool>& stop) {
    std::vector<std::vector<Token>> generated(requests.size());
    std::map<BatchKey, std::vector<Text>> batches;
    for (Size i = 0; i < requests.size(); ++i) {
        const Request& request = requests[i];
        if (request.length > 0)
            batches[key_of(model, window, request)].push_back(
                {&request, request.stream, request.prompt, &generated[i]});
    }
    for (auto& [key, texts] : batches) {
        std::stable_sort(texts.begin(), texts.end(),
                         [](const Text& a, const Text& b) { return a.tokens.size() < b.tokens.size(); });
        for (Size first = 0; first < texts.size(); first += most_at_once) {
            const auto begin = texts.begin() + std::ptrdiff_t(first);
            const auto end = begin + std::ptrdiff_t(std::min(most_at_once, texts.size() - first));
            TextBatch(model, weights, window, {begin, end}).run(stop);
        }
    }
    return generated;
}

}  // namespace unroll::sampling
