// The catalog: order, ambiguous names, and what is said about a plugin that is not there.
#include "plugins/catalog.h"

#include "catch.h"

using namespace unroll;
using plugins::Catalog;

namespace {

Plugin named(Plugin::Kind kind, const char* name) {
    return detail::describe(kind, name, 1, "a fixture", {});
}

}  // namespace

TEST_CASE("plugins are kept by kind, then by name") {
    const Plugin b = named(Plugin::Kind::cell, "b"), a = named(Plugin::Kind::cell, "a");
    const Plugin c = named(Plugin::Kind::sampler, "a"), d = named(Plugin::Kind::dataset, "z");
    Catalog catalog;
    for (const Plugin* plugin : {&c, &b, &d, &a}) CHECK(catalog.add({plugin, {}}));
    std::vector<const Plugin*> order;
    for (const auto& found : catalog.found()) order.push_back(found.plugin);
    CHECK(order == std::vector<const Plugin*>{&a, &b, &d, &c});
    CHECK(catalog.find(Plugin::Kind::sampler, "a") == &c);
    CHECK(catalog.find(Plugin::Kind::dataset, "a") == nullptr);
}

TEST_CASE("a name that two plugins have means neither") {
    const Plugin one = named(Plugin::Kind::cell, "same"), two = one, three = one;
    Catalog catalog;
    CHECK(catalog.add({&one, "/x/same.so"}));
    CHECK_FALSE(catalog.add({&two, "/y/same.so"}));
    CHECK_FALSE(catalog.add({&three, "/z/same.so"}));
    CHECK(catalog.find(Plugin::Kind::cell, "same") == nullptr);
    REQUIRE(catalog.refused().size() == 3);
    CHECK(to_string(catalog.refused()[0].problem) ==
          "/x/same.so: a cell named 'same', as in /y/same.so\n"
          "  expected: one plugin for each kind and name\n"
          "  help: remove one of the two files, or give one plugin another name");
    CHECK(catalog.refused()[2].problem.found == "a cell named 'same', as in /x/same.so");
    CHECK(catalog.missing(Plugin::Kind::cell, "same").found ==
          "cell 'same' was refused: a cell named 'same', as in /y/same.so");
}

TEST_CASE("a plugin that is not there: refused, or unknown with the nearest and all known names") {
    const Plugin one = named(Plugin::Kind::cell, "alpha"), two = named(Plugin::Kind::cell, "beta");
    Catalog catalog;
    catalog.add({&one, {}});
    catalog.add({&two, {}});
    catalog.refuse({"/x/gamma.so", std::nullopt, {"/x/gamma.so", "built for SDK 7", "SDK 1", "build it again"}});

    const Problem refused = catalog.missing(Plugin::Kind::cell, "gamma");
    CHECK(refused.where == "/x/gamma.so");
    CHECK(refused.found == "cell 'gamma' was refused: built for SDK 7");
    CHECK(refused.help == "build it again");

    const Problem unknown = catalog.missing(Plugin::Kind::cell, "alhpa");
    CHECK(unknown.found == "no cell is named 'alhpa'");
    CHECK(unknown.expected == "alpha, beta");
    CHECK(unknown.help ==
          "did you mean \"alpha\"? 'unroll plugins' shows where plugins are looked for, and "
          "--plugin-path adds a folder");
    CHECK(catalog.missing(Plugin::Kind::dataset, "alpha").expected == "a dataset, but none was found");
}
