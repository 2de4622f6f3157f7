// What is near enough to be meant.
#include "base/nearest.h"

#include "catch.h"

namespace unroll {
namespace {

TEST_CASE("the nearest name is one that a slip of the finger would lead to") {
    const std::vector<std::string> names{"hidden", "heads", "layers", "self-recurrent"};
    CHECK(base::nearest("hiden", names) == "hidden");
    CHECK(base::nearest("ihdden", names) == "hidden");
    CHECK(base::nearest("Layers", names) == "layers");
    CHECK(base::nearest("recurrent", names) == "self-recurrent");
    CHECK(base::nearest("hidden_layers", {"hidden", "lay"}) == "hidden");
    CHECK(base::nearest("LSTMCell", {"gru", "lstm"}) == "lstm");
    CHECK(base::nearest("dropout", names).empty());
    CHECK(base::nearest("dropout", {"do"}).empty());
    CHECK(base::nearest("a longer lstm", {"gru", "lstm"}).empty());
    CHECK(base::nearest("x", names).empty());
    CHECK(base::nearest("", names).empty());
    CHECK(base::nearest("heads", {}).empty());
}

}  // namespace
}  // namespace unroll
