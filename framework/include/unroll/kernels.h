// Kernels: the arithmetic that cells are made of. libunroll picks the vector instructions at run time, so a plugin
// gains from a newer processor, or a newer libunroll, without being built again. This header includes them all.
//
// Every function exists for Real = float and double, never allocates, and may be called by any number of threads at
// once on different outputs. Unless a line says otherwise an output may be the same array as an input but must not
// overlap it partly. Results are the same bits for any number of threads.
#pragma once

#include "unroll/kernels/attention.h"
#include "unroll/kernels/elementwise.h"
#include "unroll/kernels/matrix.h"
#include "unroll/kernels/matrix_state.h"
#include "unroll/kernels/processor.h"
#include "unroll/kernels/recurrent.h"
#include "unroll/kernels/rows.h"
#include "unroll/kernels/scan.h"
