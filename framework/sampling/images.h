// Images: what a generator makes of noise, as a grid in a PNG file.
#pragma once

#include <string>

#include "model/model.h"
#include "sampling/generate.h"
#include "unroll/random.h"

namespace unroll::sampling {

/// The bytes of a PNG file: side x side images of an adversarial model, a pixel of black between them. It depends on
/// the weights and the noise alone. Allocates; uses one thread and idle cores. Throws NotFinite (pick.h) when a number
/// of an image is not finite.
std::string image_grid(const model::Model<float>& model, model::Weights<float> weights, Size side,
                       const RandomStream& noise);

}  // namespace unroll::sampling
