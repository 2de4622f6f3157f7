// Answers: a model of two parts reads an input and makes a target sequence of it.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "model/batch.h"
#include "model/model.h"
#include "sampling/generate.h"
#include "unroll/dataset.h"
#include "unroll/random.h"
#include "unroll/sampler.h"

namespace unroll::sampling {

/// One input, and what is known of it.
struct Question {
    model::Source<float> source;  ///< one sequence; T is its length
    std::string text;             ///< for people: as the vocabulary writes it, or which example it is
    std::vector<Token> target;    ///< without the end-of-sequence token; empty when nobody knows it
};

/// An example of a split.
Question question(const Dataset& dataset, Split split, Size index);

/// A text of the inputs' vocabulary. Throws Error when it holds other symbols, or is empty or too long.
Question question(const Dataset& dataset, const std::string& text);

/// One answer to be made. It depends on this and on the weights alone, not on what else is made with it.
struct AnswerRequest {
    Question question;
    const Sampler* sampler;
    double temperature;
    RandomStream stream;
};

/// The answers, without the end-of-sequence token. Returns early, with fewer, when `stop` is raised. Allocates; uses
/// one thread and idle cores.
std::vector<std::vector<Token>> answer(const model::Model<float>& model, model::Weights<float> weights,
                                       const std::vector<AnswerRequest>& requests, const std::atomic<bool>& stop);

/// Tokens of the targets' vocabulary as text.
std::string target_text(const Dataset& dataset, const std::vector<Token>& target);

}  // namespace unroll::sampling
