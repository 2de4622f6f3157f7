// Generation: a model reads a prompt and goes on, token by token.
#pragma once

#include <atomic>
#include <vector>

#include "model/model.h"
#include "trial/trial.h"
#include "unroll/random.h"
#include "unroll/sampler.h"

namespace unroll::sampling {

/// One text to be made. Its tokens depend on this and on the weights alone, not on what else is made with it.
struct Request {
    std::vector<Token> prompt;  ///< at least one token
    const Sampler* sampler;
    double temperature;
    RandomStream stream;
    Size length;  ///< tokens to generate
    trial::StateMode memory;
};

/// The tokens that follow each prompt, in the order of the requests. Texts that carry their state within the model's
/// context are made as one batch, whatever their prompts, temperatures, samplers and lengths; others with those that
/// read as many tokens at once.
///
/// StateMode::carry hands the state on from token to token; past the context of a model whose state is limited it reads
/// the last window again for each token. StateMode::window reads the last `window` tokens again from zero state.
/// Returns early, with shorter texts, when `stop` is raised. Allocates; uses one thread and idle cores.
std::vector<std::vector<Token>> generate(const model::Model<float>& model, model::Weights<float> weights, Size window,
                                         const std::vector<Request>& requests, const std::atomic<bool>& stop);

}  // namespace unroll::sampling
