// Answers, many at once.
#include "sampling/answers.h"

#include <fmt/core.h>

#include <algorithm>

#include "model/pass.h"
#include "sampling/pick.h"
#include "trial/splits.h"
#include "unroll/error.h"

namespace unroll::sampling {

namespace {

constexpr Size most_at_once = 64;

/// Answers in step with each other: what has ended waits for the others.
class AnswerBatch {
public:
    AnswerBatch(const model::Model<float>& model, model::Weights<float> weights,
                std::span<const AnswerRequest> requests)
        : model_(model),
          weights_(weights),
          requests_(requests),
          B_(requests.size()),
          source_(joined(requests)),
          pass_(model, {{model.task().target_length, B_, source_.T}}, model::Use::inference),
          scratch_(model.head().outputs),
          answers_(B_),
          ended_(B_, false) {
        for (const AnswerRequest& request : requests) streams_.push_back(request.stream);
    }

    std::vector<std::vector<Token>> run(const std::atomic<bool>& stop) {
        pass_.encode(weights_, source_, B_);
        if (model_.feeds_back())
            feed_back(stop);
        else
            read_off();
        return std::move(answers_);
    }

private:
    static model::Source<float> joined(std::span<const AnswerRequest> requests) {
        model::Source<float> all;
        const Size B = requests.size();
        for (const AnswerRequest& request : requests) {
            all.lengths.push_back(request.question.source.T);
            all.T = std::max(all.T, request.question.source.T);
        }
        const model::Source<float>& first = requests.front().question.source;
        const Size width = first.reals.size() / first.T;
        all.tokens.resize(first.tokens.empty() ? 0 : all.T * B);
        all.reals.resize(all.T * B * width);
        for (Size b = 0; b < B; ++b) {
            const model::Source<float>& own = requests[b].question.source;
            for (Size t = 0; t < own.T; ++t) {
                if (!own.tokens.empty()) all.tokens[t * B + b] = own.tokens[t];
                std::copy_n(own.reals.data() + t * width, width, all.reals.data() + (t * B + b) * width);
            }
        }
        return all;
    }

    /// Each symbol is what the decoder reads next.
    void feed_back(const std::atomic<bool>& stop) {
        model::Buffer<float> own(model_.predictor().state_size(B_));
        std::vector<Token> last(B_, model_.start());
        const float* state = nullptr;  // at first what the encoder hands on
        for (Size t = 0; t < model_.task().target_length && !all_ended(); ++t) {
            if (stop.load(std::memory_order_relaxed)) return give_up();
            const float* logits = pass_.predict_last(
                weights_, {.T = 1, .B = B_, .x = {nullptr, last.data()}, .state = state, .next_state = own.data()});
            state = own.data();
            for (Size b = 0; b < B_; ++b)
                if (const auto token = pick(b, logits + b * model_.head().outputs)) last[b] = *token;
        }
    }

    /// All symbols at once, each by itself.
    void read_off() {
        const Size T = model_.task().target_length;
        const float* logits = pass_.predict_every(weights_, {.T = T, .B = B_});
        for (Size t = 0; t < T; ++t)
            for (Size b = 0; b < B_; ++b) pick(b, logits + (t * B_ + b) * model_.head().outputs);
    }

    /// The next symbol of answer b; none when it has ended.
    std::optional<Token> pick(Size b, const float* logits) {
        if (ended_[b]) return std::nullopt;
        const Choice choice{
            {logits, model_.head().outputs}, requests_[b].temperature, answers_[b], streams_[b], scratch_};
        const Token token = sampling::pick(*requests_[b].sampler, choice);
        ended_[b] = token == model_.task().target_end;
        if (!ended_[b]) answers_[b].push_back(token);
        return token;
    }

    bool all_ended() const {
        return std::all_of(ended_.begin(), ended_.end(), [](bool ended) { return ended; });
    }
    void give_up() { answers_.clear(); }

    const model::Model<float>& model_;
    const model::Weights<float> weights_;
    const std::span<const AnswerRequest> requests_;
    const Size B_;
    const model::Source<float> source_;
    model::Pass<float> pass_;
    std::vector<double> scratch_;
    std::vector<RandomStream> streams_;
    std::vector<std::vector<Token>> answers_;
    std::vector<bool> ended_;
};

}  // namespace

Question question(const Dataset& dataset, Split split, Size index) {
    const Task task = dataset.task();
    std::vector<Token> tokens(task.input_tokens ? task.sequence_length : 0), target(task.target_length);
    std::vector<float> reals(task.sequence_length * task.input_reals), weights(task.target_length);
    Example example{tokens.data(), reals.data(), target.data(), nullptr, weights.data(), 0};
    dataset.example(split, index, example);

    Question question;
    question.source.T = example.length;
    tokens.resize(task.input_tokens ? example.length : 0);
    reals.resize(example.length * task.input_reals);
    question.text = dataset.vocabulary() ? dataset.vocabulary()->decode(tokens)
                                         : fmt::format("example {} of {}", index, trial::name_of(split));
    question.source.tokens = std::move(tokens);
    question.source.reals = std::move(reals);
    for (Size t = 0; t < target.size() && weights[t] != 0 && target[t] != task.target_end; ++t)
        question.target.push_back(target[t]);
    return question;
}

Question question(const Dataset& dataset, const std::string& text) {
    const Task task = dataset.task();
    if (!dataset.vocabulary())
        throw Error({"sampling.prompt", fmt::format("the text '{}'", text), "an example, because inputs are numbers",
                     R"(give {"from": "validation"}, or to `unroll sample` --from validation)"});
    std::string unknown;
    const auto tokens = dataset.vocabulary()->encode(text, unknown);
    if (!tokens)
        throw Error({"sampling.prompt", fmt::format("'{}' in the prompt '{}'", unknown, text),
                     "symbols that occur in the dataset", "choose a prompt of the dataset's own symbols"});
    if (tokens->empty() || tokens->size() > task.sequence_length)
        throw Error({"sampling.prompt", fmt::format("a prompt of {} symbols", tokens->size()),
                     fmt::format("1 to {}, as the dataset's inputs have", task.sequence_length),
                     "choose another prompt, or change the dataset's options"});
    return {{tokens->size(), *tokens, {}, {}}, text, {}};
}

std::vector<std::vector<Token>> answer(const model::Model<float>& model, model::Weights<float> weights,
                                       const std::vector<AnswerRequest>& requests, const std::atomic<bool>& stop) {
    std::vector<std::vector<Token>> answers;
    for (Size first = 0; first < requests.size() && !stop.load(std::memory_order_relaxed); first += most_at_once) {
        const Size count = std::min(most_at_once, requests.size() - first);
        for (auto& made : AnswerBatch(model, weights, std::span(requests).subspan(first, count)).run(stop))
            answers.push_back(std::move(made));
    }
    return answers;
}

std::string target_text(const Dataset& dataset, const std::vector<Token>& target) {
    return dataset.target_vocabulary()->decode(target);
}

}  // namespace unroll::sampling
