// Which instruction sets the kernels are compiled for. To be included before any header of Highway.
//
// Each set costs compile time and size, so there are only those that differ much: with 512, 256 and 128 bits on x86,
// and 128 bits on Arm. Highway's generic one stays as the fallback that every processor can run.
#pragma once

// Expanded inside Highway, where the names are defined.
#define HWY_DISABLED_TARGETS (~(HWY_AVX3 | HWY_AVX2 | HWY_SSE4 | HWY_NEON | HWY_EMU128 | HWY_SCALAR))
