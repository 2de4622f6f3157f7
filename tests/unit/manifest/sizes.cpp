// Manifests of absurd sizes: refused with a reason before time or memory is spent on them.
#include <fmt/format.h>

#include <ctime>

#include "catch.h"
#include "fixtures.h"

namespace unroll::manifest::test {
namespace {

/// What is told of a manifest, which must not take long: of the processor, however busy the machine is.
std::string told(const std::string& text) {
    const std::clock_t begin = std::clock();
    std::string all = problems(text);
    CHECK((std::clock() - begin) / CLOCKS_PER_SEC < 20);  // seconds even where nothing is optimized
    CHECK(all.size() < 100'000);
    return all;
}

/// `count` items made by item(i), separated by commas.
template <class Item>
std::string list(int count, Item item) {
    std::string all;
    for (int i = 0; i < count; ++i) all += (i ? "," : "") + std::string(item(i));
    return all;
}

std::string numbers(int count) {
    return "[" + list(count, [](int i) { return std::to_string(i + 1); }) + "]";
}

const std::string sampling = R"("sampling": {"sampler": {"plugin": "pick"}, "prompt": "a"})";

TEST_CASE("A hundred thousand unknown keys are told as a hundred") {
    const std::string all = told("{" + list(100'000, [](int i) { return fmt::format("\"k{}\": 1", i); }) + "}");
    CHECK(all.starts_with("101 problems\n"));
    CHECK(all.find("the rest was not checked") != all.npos);
}

TEST_CASE("Trials are counted before there are any") {
    std::string axes = list(12, [](int i) { return fmt::format("\"training.optimizer.k{}\": {}", i, numbers(10)); });
    CHECK(told(with("\"sweep\": {" + axes + "}")).find("1000000 combinations so far") != std::string::npos);
    axes = list(10'000, [](int i) { return fmt::format(R"("a{}": {{"x": {{"seed": 1}}}})", i); });
    CHECK(told(with("\"sweep\": {" + axes + "}")).find("10000 axes\n  expected: at most 200") != std::string::npos);
    // As many as there may be, with as much as they may set.
    axes = "\"seed\": " + numbers(1000) + ", \"training.batch\": " + numbers(100) + "," +
           list(150, [](int i) { return fmt::format("\"training.k{}\": [1]", i); });
    CHECK(told(with("\"sweep\": {" + axes + "}")).find("values so far") != std::string::npos);
    const std::string many = list(300, [](int i) {
        return fmt::format(R"("c{}": {{"cell.gain": {}, "sweep": {{"seed": {}}}}})", i, i, numbers(1000));
    });
    CHECK(told(with("\"sweep\": {\"system\": {" + many + "}}")).find("combinations so far") != std::string::npos);
    const std::string paths = list(2'000, [](int i) { return fmt::format(R"("c{}": {{"training.k{}": 1}})", i, i); });
    CHECK(told(with("\"sweep\": {\"system\": {" + paths + "}}")).find("more than 1000 different paths") !=
          std::string::npos);
}

TEST_CASE("Sampling settings are counted before there are any") {
    const std::string square =
        "\"sweep\": {\"sampling.length\": " + numbers(1'000) + ", \"sampling.count\": " + numbers(1'000) + "}";
    CHECK(told(with(sampling + "," + square)).find("more than 10000 sampling settings of one trial") !=
          std::string::npos);
    const auto with_temperatures = [](int count) {
        return with(R"("sampling": {"sampler": {"plugin": "pick"}, "prompt": "a", "temperature": )" + numbers(count) +
                    "}");
    };
    CHECK(told(with_temperatures(100'000)).find("100000 entries\n  expected: at most 10000") != std::string::npos);
    CHECK(told(with_temperatures(10'000)) == "");
    CHECK(told(with(R"("sampling": {"sampler": {"plugin": "pick"}, "prompt": [)" +
                    list(200, [](int) { return "\"a\""; }) + R"(], "temperature": )" + numbers(200) + "}"))
              .find("1 samplers x 200 temperatures x 200 prompts") != std::string::npos);
    CHECK(told(with(R"("sampling": {"sampler": {"plugin": "pick"}, "prompt": "a", "count": 1000000, )"
                    R"("temperature": [1, 2]})"))
              .find("1000000 texts of one trial") != std::string::npos);
}

TEST_CASE("Lists whose entries each cost something are bounded") {
    const std::string entries = list(1'001, [](int i) { return fmt::format("\"e{}\": \"SELECT {}\"", i, i); });
    CHECK(told(with("\"expect\": {" + entries + "}")).find("1001 entries\n  expected: at most 1000") !=
          std::string::npos);
    CHECK(told(with("\"skip\": [" + list(1'001, [](int i) { return fmt::format("{{\"seed\": {}}}", i); }) + "]"))
              .find("1001 entries") != std::string::npos);
    CHECK(told(with("\"cell\": [" + list(1'001, [](int) { return R"({"plugin": "echo", "hidden": 1})"; }) + "]"))
              .find("1001 entries") != std::string::npos);
}

TEST_CASE("Long words are cut in messages, and not compared with others") {
    const std::string word(3'000'000, 'x');
    CHECK(told(with("\"cell\": {\"plugin\": \"" + word + "\", \"hidden\": 1}")).find("no cell is named 'xxx") !=
          std::string::npos);
    CHECK(told(with("\"name\": \"" + word + "\", \"sewep\": 1")).find("unknown key") != std::string::npos);
}

TEST_CASE("A billion steps are a plan like any other") {
    CHECK(told(with(R"("training": {"sequence_length": 8, "batch": 4, "steps": 1000000000})")) == "");
}

TEST_CASE("NUL in any text of a manifest is refused at once") {
    for (const char* members :
         {R"("name": "a\u0000b")", R"("about": "\u0000")", R"("expect": {"x": "\u0000"})",
          R"("expect": {"\u0000": "SELECT 1"})", R"("sweep": {"cell.plugin": ["\u0000"]})",
          R"("dataset": {"plugin": "file", "path": "\u0000"})", R"("cell": {"plugin": "\u0000"})"}) {
        CAPTURE(members);
        CHECK(told("{" + std::string(members) + "}").find("with the character \\u0000 (NUL)") != std::string::npos);
    }
    CHECK(problems(with(""), {{"dataset.plugin", R"("\u0000")"}}).find("which is not JSON") != std::string::npos);
}

}  // namespace
}  // namespace unroll::manifest::test
