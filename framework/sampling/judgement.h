// How good generated images are, as a classifier sees them.
#pragma once

#include "model/model.h"
#include "sampling/generate.h"
#include "unroll/random.h"

namespace unroll::sampling {

struct Judgement {
    Size images = 0;
    double confidence = 0;  ///< the mean probability of the likeliest class: from one over the classes to 1
    /// Effective number of classes: the exponential of the entropy of the mean distribution, from 1, all images of one
    /// class, to the number of classes. The store's column is `spread`.
    double effective_classes = 0;
};

/// Whether a model's inputs can be the images of a generator: a label for as many real numbers.
bool can_judge(const model::Model<float>& judge, const model::Model<float>& generator);

/// Makes `images` images of `noise` and shows them to `judge`, for which can_judge() is true. The two figures are the
/// parts of the inception score (Salimans et al. 2016): an image should be clearly something, all together everything.
/// Allocates; uses one thread and idle cores. Throws std::domain_error when a logit is not a number, or
/// is infinite.
Judgement judge(const model::Model<float>& generator, model::Weights<float> generator_weights,
                const model::Model<float>& judge, model::Weights<float> judge_weights, Size images,
                const RandomStream& noise);

}  // namespace unroll::sampling
