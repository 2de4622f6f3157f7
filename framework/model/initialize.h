// The values that weights start from.
#pragma once

#include "unroll/cell.h"
#include "unroll/random.h"
#include "unroll/types.h"

namespace unroll::model {

/// Overwrites `values`, weight.size() elements, with what the weight starts from: Weight::start where the cell gives
/// one, and what the initializer says elsewhere. Gains start at 1 in each of them.
///
/// - `uniform` (PyTorch's layers): matrices and biases uniform in ±1/√fan_in, and 0 where fan_in is 0; tables N(0, 1).
/// - `glorot` (Keras's layers): input and residual matrices (outputs, inputs) uniform in ±√(6/(inputs + outputs)),
///   stacked gates counted as one matrix; recurrent matrices orthogonal, the whole stack again (orthonormal columns, or
///   rows when it is wide), uniformly distributed; biases 0, and 1 in [ones_first, ones_last); tables uniform in ±0.05.
/// - `normal` (nanoGPT): matrices and tables N(0, 0.02²), residual matrices N(0, 0.02²/(2·layers)); biases 0.
///
/// `layers` is how many layers the part has that the weight stands in. The values depend on the weight and the stream
/// alone: give every weight a stream of its own, keyed by its name. In float they are the double values rounded.
/// Throws std::invalid_argument for a matrix or table whose rank is not 2.
template <class Real>
void initialize(const Weight& weight, Initializer initializer, Size layers, RandomStream stream, Real* values);

}  // namespace unroll::model
