// Catch2, whichever of its two generations is installed. Approx stands in Catch's namespace in both.
#pragma once

#ifdef UNROLL_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
