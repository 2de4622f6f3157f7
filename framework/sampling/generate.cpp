// Generation, many texts at once.
#include "sampling/generate.h"

#include <algorithm>
#include <map>

#include "model/pass.h"

namespace unroll::sampling {

namespace {

constexpr Size most_at_once = 64;  // texts in a batch: from there on the products gain nothing more

/// Texts in step with each other: their prompts have the same length and their memory is of the same kind.
class Batch {
public:
    Batch(const model::Model<float>& model, Weights weights, Size window, std::vector<const Request*> requests)
        : model_(model),
          weights_(weights),
          window_(requests.front()->memory == manifest::Memory::window ? window : model.stack().context()),
          carries_(requests.front()->memory == manifest::Memory::carry),
          requests_(std::move(requests)),
          B_(requests_.size()),
          state_(carries_ ? model.stack().state_size(B_) : 0),
          pass_(model, extents(), false),
          scratch_(model.head().outputs) {
        for (const Request* request : requests_) {
            texts_.push_back(request->prompt);
            streams_.push_back(request->stream);
        }
    }

    std::vector<std::vector<Token>> run(const std::atomic<bool>& stop) {
        const Size prompt = texts_.front().size();
        Size longest = 0;
        for (const Request* request : requests_) longest = std::max(longest, request->length);
        const float* logits = longest && !stop.load(std::memory_order_relaxed) ? read_prompt() : nullptr;
        for (Size i = 0; i < longest && !stop.load(std::memory_order_relaxed); ++i) {
            for (Size b = 0; b < B_; ++b) pick(b, logits + b * model_.head().outputs);
            if (i + 1 < longest) logits = read_next();
        }
        std::vector<std::vector<Token>> generated;
        for (Size b = 0; b < B_; ++b) {
            const Size end = std::min(texts_[b].size(), prompt + requests_[b]->length);
            generated.emplace_back(texts_[b].begin() + std::ptrdiff_t(prompt), texts_[b].begin() + std::ptrdiff_t(end));
        }
        return generated;
    }

private:
    std::vector<model::Extent> extents() const {
        Size longest = 1, total = 0;
        for (const Request* request : requests_) {
            longest = std::max(longest, request->prompt.size());
            total = std::max(total, request->prompt.size() + request->length);
        }
        if (window_) longest = std::min(longest, window_);
        // The last token is picked and not read.
        const bool again = !carries_ || (window_ && total > window_ + 1);
        return {{longest, B_}, {1, B_}, {again ? std::min(window_, total) : 1, B_}};
    }

    void pick(Size b, const float* logits) {
        const Choice choice{
            {logits, model_.head().outputs}, requests_[b]->temperature, texts_[b], streams_[b], scratch_};
        texts_[b].push_back(requests_[b]->sampler->pick(choice));
    }

    /// Runs the last `T` tokens of every text.
    const float* read(Size T, const float* state, float* next_state) {
        tokens_.resize(T * B_);
        for (Size b = 0; b < B_; ++b)
            for (Size t = 0; t < T; ++t) tokens_[t * B_ + b] = texts_[b][texts_[b].size() - T + t];
        return pass_.predict(weights_.values, weights_.prepared, T, B_, tokens_.data(), state, next_state);
    }

    const float* read_prompt() {
        const Size prompt = texts_.front().size();
        if (!carries_ || (window_ && prompt > window_)) return read_window();
        return read(prompt, nullptr, state_.data());
    }

    const float* read_next() {
        if (!carries_ || (window_ && texts_.front().size() > window_)) return read_window();
        return read(1, state_.data(), state_.data());
    }

    const float* read_window() { return read(std::min(window_, texts_.front().size()), nullptr, nullptr); }

    const model::Model<float>& model_;
    const Weights weights_;
    const Size window_;  ///< tokens read at once from zero state; 0: no limit
    const bool carries_;
    const std::vector<const Request*> requests_;
    const Size B_;
    model::Buffer<float> state_;
    model::Pass<float> pass_;
    std::vector<double> scratch_;
    std::vector<std::vector<Token>> texts_;  ///< prompt and what was generated
    std::vector<RandomStream> streams_;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<std::vector<Token>> generate(const model::Model<float>& model, Weights weights, Size window,
                                         const std::vector<Request>& requests, const std::atomic<bool>& stop) {
    std::map<std::pair<Size, manifest::Memory>, std::vector<Size>> groups;
    for (Size i = 0; i < requests.size(); ++i) groups[{requests[i].prompt.size(), requests[i].memory}].push_back(i);

    std::vector<std::vector<Token>> generated(requests.size());
    for (const auto& [key, members] : groups)
        for (Size first = 0; first < members.size(); first += most_at_once) {
            const Size count = std::min(most_at_once, members.size() - first);
            std::vector<const Request*> chosen;
            for (Size i = 0; i < count; ++i) chosen.push_back(&requests[members[first + i]]);
            auto texts = Batch(model, weights, window, chosen).run(stop);
            for (Size i = 0; i < count; ++i) generated[members[first + i]] = std::move(texts[i]);
        }
    return generated;
}

}  // namespace unroll::sampling
