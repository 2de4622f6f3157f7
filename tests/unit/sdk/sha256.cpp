// SHA-256, as it stands in fingerprints, datasets' digests and checkpoints.
#include "unroll/sha256.h"

#include "catch.h"
#include "temporary_folder.h"
#include "unroll/error.h"

using namespace unroll;

namespace {

const std::string of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, B.1

}  // namespace

TEST_CASE("SHA-256 of known bytes") {
    CHECK(sha256("abc") == of_abc);
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256(std::string(1, '\0')) != sha256(""));
}

TEST_CASE("SHA-256 does not depend on how bytes are cut into pieces") {
    Sha256 hash;
    hash.update("a");
    hash.update("");
    hash.update("bc");
    CHECK(hash.digest() == of_abc);
    CHECK(Sha256().digest() == sha256(""));
}

TEST_CASE("SHA-256 of a file is that of its bytes, however long it is") {
    const TemporaryFolder folder;
    const std::string bytes(200000, 'x');
    CHECK(sha256_of(folder.write("long", bytes)) == sha256(bytes));
    CHECK(sha256_of(folder.write("empty", "")) == sha256(""));
    CHECK_THROWS_AS(sha256_of(folder.path() / "missing"), Error);
}
