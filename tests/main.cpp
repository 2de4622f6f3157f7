// main() of every test program, for Catch2 2 only: Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include "catch.h"
