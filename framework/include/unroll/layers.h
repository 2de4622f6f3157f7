// Layers: what cells written by hand are put together from. They are small classes over the flat arrays that a cell is
// given; each states its part of the weights, of what is prepared and saved, and of the workspace. Include a single
// header of unroll/layers/, or this one for all.
#pragma once

#include "unroll/layers/convolution.h"
#include "unroll/layers/dropout.h"
#include "unroll/layers/feed_forward.h"
#include "unroll/layers/input_projection.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/norm.h"
#include "unroll/layers/recurrent_state.h"
#include "unroll/layers/residual.h"
#include "unroll/layers/silu_gate.h"
#include "unroll/layers/slices.h"
