// Safetensors files: their bytes, what comes back, and every way of being damaged.
#include "training/safetensors.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "catch.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace fs = std::filesystem;
using unroll::Size;
using unroll::training::SafetensorsFile;
using unroll::training::Tensor;
using unroll::training::write_safetensors;

namespace {

/// A folder of its own that goes when the test ends.
class Folder {
public:
    Folder() : path_(fs::temp_directory_path() / ("unroll-checkpoint-" + std::to_string(::getpid()))) {
        fs::remove_all(path_);
        fs::create_directory(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

template <class T>
std::string bytes(std::initializer_list<T> values) {
    std::string text(values.size() * sizeof(T), '\0');
    std::memcpy(text.data(), std::data(values), text.size());
    return text;
}

/// A file with this header, as it stands, and so many zero bytes of data.
std::string file_of(const std::string& header, Size data) {
    return bytes<std::uint64_t>({header.size()}) + header + std::string(data, '\0');
}

unroll::Problem problem_of(const fs::path& path, std::string_view sha256 = {}) {
    try {
        SafetensorsFile checkpoint(path, sha256);
    } catch (const unroll::Error& error) {
        return error.problem();
    }
    FAIL("accepted");
    return {};
}

const std::vector<float> f = {1, 2.5f, -3, 4, 5, 6};
const std::vector<double> d = {0.1, -2};
const std::vector<std::int64_t> i = {1234567890123};

std::vector<Tensor> some_tensors() {
    return {{"cell.0.weight_ih", {2, 3}, std::span(f)}, {"state", {2, 1}, std::span(d)}, {"step", {}, std::span(i)}};
}

}  // namespace

TEST_CASE("the bytes are safetensors'") {
    const Folder folder;
    write_safetensors(folder / "a", {{"w", {2}, std::span(f).first(2)}, {"x\"", {1, 1}, std::span(d).first(1)}},
                      {{"step", "7"}});
    std::string header = R"({"__metadata__":{"step":"7"},)"
                         R"("x\"":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},)"
                         R"("w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})";
    while (header.size() % 8 != 0) header += ' ';
    const std::string wanted =
        bytes<std::uint64_t>({header.size()}) + header + bytes<double>({0.1}) + bytes<float>({1, 2.5f});
    CHECK(read(folder / "a") == wanted);
}

TEST_CASE("what was saved comes back") {
    const Folder folder;
    const fs::path path = folder / "deep/er/500.safetensors";
    const std::string digest = write_safetensors(path, some_tensors(), {{"a", "ü\n"}, {"b", ""}});
    CHECK(digest == unroll::sha256(read(path)));
    CHECK(std::distance(fs::directory_iterator(path.parent_path()), {}) == 1);

    const SafetensorsFile checkpoint(path, digest);
    CHECK(checkpoint.sha256() == digest);
    CHECK(checkpoint.metadata() == unroll::training::Metadata{{"a", "ü\n"}, {"b", ""}});
    CHECK(checkpoint.metadata("a") == "ü\n");
    REQUIRE(checkpoint.tensors().size() == 3);
    const auto floats = checkpoint.values<float>("cell.0.weight_ih", {2, 3});
    CHECK(std::vector(floats.begin(), floats.end()) == f);
    const auto doubles = checkpoint.values<double>("state", {2, 1});
    CHECK(std::vector(doubles.begin(), doubles.end()) == d);
    CHECK(checkpoint.values<std::int64_t>("step", {})[0] == i[0]);
}

TEST_CASE("the same arguments give the same bytes, and a file is replaced as a whole") {
    const Folder folder;
    const std::string first = write_safetensors(folder / "a", some_tensors(), {});
    CHECK(write_safetensors(folder / "b", {}, {}) != first);
    CHECK(write_safetensors(folder / "b", some_tensors(), {}) == first);
    CHECK(SafetensorsFile(folder / "b").tensors().size() == 3);
}

TEST_CASE("a checkpoint may be empty, and so may a tensor") {
    const Folder folder;
    write_safetensors(folder / "a", {}, {});
    CHECK(SafetensorsFile(folder / "a").tensors().empty());
    write_safetensors(folder / "b", {{"none", {0, 4}, std::span(f).first(0)}, {"w", {6}, std::span(f)}}, {});
    const SafetensorsFile checkpoint(folder / "b");
    CHECK(checkpoint.values<float>("none", {0, 4}).empty());
    CHECK(checkpoint.values<float>("w", {6}).size() == 6);
}

TEST_CASE("tensors that make no sense are refused") {
    const Folder folder;
    CHECK_THROWS_AS(write_safetensors(folder / "a", {{"w", {5}, std::span(f)}}, {}), std::invalid_argument);
    CHECK_THROWS_AS(write_safetensors(folder / "a", {{"w", {6}, std::span(f)}, {"w", {2}, std::span(d)}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(write_safetensors(folder / "a", {{"__metadata__", {6}, std::span(f)}}, {}), std::invalid_argument);
    CHECK_FALSE(fs::exists(folder / "a"));
}

TEST_CASE("a place that cannot be written to is named, and nothing is left there") {
    const Folder folder;
    write(folder / "file", "");
    const fs::path path = folder / "file/500.safetensors";
    try {
        write_safetensors(path, some_tensors(), {});
        FAIL("accepted");
    } catch (const unroll::Error& error) {
        CHECK(error.problem().where == path.string());
        CHECK(error.problem().found == "cannot write the checkpoint: Not a directory");
        CHECK(error.problem().expected == "a folder that can be written to, on a disk with room");
    }
    fs::create_directory(folder / "taken");  // the rename fails
    write(folder / "taken/file", "");
    CHECK_THROWS_AS(write_safetensors(folder / "taken", some_tensors(), {}), unroll::Error);
    CHECK_FALSE(fs::exists(folder / "taken.partial"));
}

TEST_CASE("a file cut off anywhere is refused") {
    const Folder folder;
    write_safetensors(folder / "whole", some_tensors(), {{"step", "7"}});
    const std::string whole = read(folder / "whole");
    for (Size length = 0; length < whole.size(); ++length) {
        write(folder / "cut", whole.substr(0, length));
        CHECK_THROWS_AS(SafetensorsFile(folder / "cut"), unroll::Error);
    }
    write(folder / "cut", whole.substr(0, 5));
    CHECK(problem_of(folder / "cut").found == "5 bytes that do not begin with the length of a header");
    write(folder / "cut", whole.substr(0, whole.size() - 1));
    CHECK_THAT(problem_of(folder / "cut").found, Catch::Contains("tensor \"cell.0.weight_ih\" at (24, 48)"));
    write(folder / "cut", whole + '\0');
    const unroll::Problem problem = problem_of(folder / "cut");
    CHECK(problem.where == (folder / "cut").string());
    CHECK(problem.found == "49 bytes of data");
    CHECK(problem.expected == "48, as the header says");
    CHECK(problem.help == "remove this file, or put back an intact copy of it");
}

TEST_CASE("a flipped bit is seen by the digest") {
    const Folder folder;
    const std::string digest = write_safetensors(folder / "a", some_tensors(), {});
    std::string damaged = read(folder / "a");
    damaged.back() ^= 1;
    write(folder / "a", damaged);
    CHECK(problem_of(folder / "a", digest).expected == digest + ", as it was written");
}

TEST_CASE("a missing file is named") {
    const Folder folder;
    const unroll::Problem problem = problem_of(folder / "nowhere");
    CHECK(problem.where == (folder / "nowhere").string());
    CHECK(problem.found == "No such file or directory");
    CHECK(problem.expected == "a checkpoint");
}

TEST_CASE("headers that do not fit their data are refused") {
    struct Bad {
        const char* header;
        Size data;
        const char* found;
    };
    const Bad bad = GENERATE(
        Bad{"[1]     ", 0, "a header that is not JSON"}, Bad{"{\"w\":   ", 0, "a header that is not JSON"},
        Bad{R"({"w":1})", 0, R"(tensor "w" that is no object)"},
        Bad{R"({"__metadata__":1})", 0, "metadata that is no object"},
        Bad{R"({"__metadata__":{"step":7}})", 0, R"(metadata "step" that is no text)"},
        Bad{R"({"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", 2, R"(tensor "w" of type F16)"},
        Bad{R"({"w":{"shape":[1],"data_offsets":[0,2]}})", 2, R"(tensor "w" of type none)"},
        Bad{R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4, R"(tensor "w": no sound "shape")"},
        Bad{R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, R"(tensor "w": no sound "shape")"},
        Bad{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, R"(tensor "w" at (0))"},
        Bad{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, R"(tensor "w" at (4, 0))"},
        Bad{R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, R"(tensor "w" at (0, 8))"},
        Bad{R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, R"(tensor "w" of shape (2) in 4 bytes)"},
        Bad{R"({"w":{"dtype":"F32","shape":[9223372036854775808,2],"data_offsets":[0,0]}})", 0,
            R"(tensor "w" of shape (9223372036854775808, 2) in 0 bytes)"},
        Bad{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, R"(tensor "w" at byte 4 of the data)"},
        Bad{R"({"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
            12, R"(tensor "w" at byte 4 of the data)"},
        Bad{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8, "8 bytes of data"});
    const Folder folder;
    write(folder / "bad", file_of(bad.header, bad.data));
    CHECK(problem_of(folder / "bad").found == bad.found);
}

TEST_CASE("asking for what is not there says what is") {
    const Folder folder;
    write_safetensors(folder / "a", some_tensors(), {});
    const SafetensorsFile checkpoint(folder / "a");
    const auto found = [&](auto&& ask) -> std::string {
        try {
            ask();
        } catch (const unroll::Error& error) {
            return error.problem().found + " / " + error.problem().expected;
        }
        return "nothing wrong";
    };
    CHECK(found([&] { checkpoint.values<float>("w", {1}); }) == R"(no tensor "w" / tensor "w", F32 (1))");
    CHECK(found([&] { checkpoint.values<float>("state", {2}); }) ==
          R"(tensor "state", F64 (2, 1) / tensor "state", F32 (2))");
    CHECK(found([&] { checkpoint.metadata("step"); }) ==
          R"(no metadata "step" / a checkpoint written by this program)");
}
