// Numbers among the options of attention, convolutions and stacks, which the conformance suite does not vary by itself.
#include "catch.h"
#include "conformance/conformance.h"
#include "layer.h"

using namespace unroll;

namespace {

void check(const char* cell, std::initializer_list<std::pair<const char*, Options::Value>> given) {
    Options options;
    for (const auto& [name, value] : given) options.set(name, value);
    const conformance::Report report = conformance::check(tests::built_plugin("cells", cell), options);
    INFO(cell << '\n' << to_string(report));
    CHECK(report.passed());
}

std::int64_t whole(std::int64_t number) {
    return number;
}

}  // namespace

TEST_CASE("Attention in a window, and with shared keys and values, conforms") {
    const char* cell = GENERATE("self-attention", "multihead-attention");
    check(cell, {{"heads", whole(2)}, {"window", whole(3)}});
    check(cell, {{"heads", whole(2)}, {"window", whole(1)}, {"positions", std::string("alibi")}});
    check(cell, {{"heads", whole(4)}, {"kv_heads", whole(2)}});
    check(cell, {{"heads", whole(3)}, {"kv_heads", whole(1)}, {"window", whole(4)}});
}

TEST_CASE("Convolutions of any size and dilation conform") {
    check("tcn", {{"kernel_size", whole(1)}});
    check("tcn", {{"kernel_size", whole(3)}, {"dilation", whole(1)}});
    check("tcn", {{"kernel_size", whole(4)}, {"dilation", whole(5)}});
}

TEST_CASE("Stacks of any number and depth conform") {
    check("stack-rnn", {{"stacks", whole(2)}, {"stack_size", whole(3)}, {"cell_size", whole(2)}, {"top", whole(2)}});
    check("stack-rnn", {{"stack_size", whole(1)}, {"cell_size", whole(1)}});
}
