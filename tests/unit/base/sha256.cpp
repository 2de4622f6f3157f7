// Digests of known texts.
#include "base/sha256.h"

#include <fstream>

#include "catch.h"
#include "temporary_folder.h"

namespace unroll::base {
namespace {

TEST_CASE("SHA-256 is that of FIPS 180-4") {
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 pieces;
    pieces.update("a");
    pieces.update("bc");
    CHECK(pieces.digest() == sha256("abc"));
}

}  // namespace
}  // namespace unroll::base
