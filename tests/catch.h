// Catch2, whichever of its two generations is installed. Catch::Approx exists with both.
#pragma once

#ifdef UNROLL_CATCH2_V2
#include <catch2/catch.hpp>
namespace Catch {
using Detail::Approx;
}
#else
#include <catch2/catch_all.hpp>
#endif
