// Reading options: by name and declared type, and nothing else.
#include "unroll/options.h"

#include <stdexcept>

#include "catch.h"

using namespace unroll;

TEST_CASE("options give back what was set, by type") {
    Options options;
    options.set("heads", std::int64_t{4});
    options.set("rate", 0.5);
    options.set("bias", true);
    options.set("norm", std::string("pre"));
    options.set("split", std::vector<double>{0.9, 0.1});
    CHECK(options.integer("heads") == 4);
    CHECK(options.number("rate") == 0.5);
    CHECK(options.boolean("bias"));
    CHECK(options.text("norm") == "pre");
    CHECK(options.numbers("split") == std::vector<double>{0.9, 0.1});
    options.set("heads", std::int64_t{8});
    CHECK(options.integer("heads") == 8);
}

TEST_CASE("reading an option that was not declared, or as another type, is the plugin's mistake") {
    Options options;
    options.set("heads", std::int64_t{4});
    CHECK_THROWS_WITH(options.number("rate"), "option 'rate' is read but was never declared");
    CHECK_THROWS_WITH(options.number("heads"), "option 'heads' is read as a number but declared as another type");
    CHECK_THROWS_AS(options.text("heads"), std::logic_error);
}
