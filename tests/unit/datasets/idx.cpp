// The idx dataset: tiny files made here, what is made of them, and what is refused.
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "catch.h"
#include "example_dataset.h"
#include "temporary_folder.h"

using namespace unroll;

namespace {

using Bytes = std::string;
using Given = std::map<std::string, std::string>;

/// An IDX file of bytes.
Bytes idx(const std::vector<unsigned>& sizes, const std::vector<unsigned char>& values) {
    Bytes file{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
    for (const unsigned size : sizes)
        for (const int shift : {24, 16, 8, 0}) file += static_cast<char>(size >> shift & 255);
    return file.append(values.begin(), values.end());
}

/// `count` pictures of 2 x 3 points; the first point is the picture's number, the others are 10, 20, ….
Bytes pictures(unsigned count) {
    std::vector<unsigned char> values;
    for (unsigned i = 0; i < count; ++i)
        for (unsigned point = 0; point < 6; ++point)
            values.push_back(static_cast<unsigned char>(point == 0 ? i : 10 * point));
    return idx({count, 2, 3}, values);
}

/// Labels 0 1 2 … 9 0 1 ….
Bytes labels(unsigned count) {
    std::vector<unsigned char> values(count);
    for (unsigned i = 0; i < count; ++i) values[i] = static_cast<unsigned char>(i % 10);
    return idx({count}, values);
}

Bytes gzipped(const TemporaryFolder& folder, const Bytes& bytes) {
    const std::string path = (folder / "packed").string();
    const gzFile file = gzopen(path.c_str(), "wb");
    REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
    REQUIRE(gzclose(file) == Z_OK);
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::unique_ptr<Dataset> idx_of(const TemporaryFolder& folder, const Bytes& images, const Bytes& labels,
                                Given options = {}) {
    options["images"] = '"' + folder.write("images", images) + '"';
    if (!labels.empty()) options["labels"] = '"' + folder.write("labels", labels) + '"';
    return make("idx", options);
}

std::unique_ptr<Dataset> idx_of(unsigned count, const Given& options = {}) {
    return idx_of(TemporaryFolder(), pictures(count), labels(count), options);
}

/// What is said of two files, whose folder is left out.
std::string complaint(const Bytes& images, const Bytes& labels, const Given& options = {}) {
    const TemporaryFolder folder;
    std::string error = error_of([&] { idx_of(folder, images, labels, options); });
    const std::string path = folder.path().string() + "/";
    for (Size at; (at = error.find(path)) != std::string::npos;) error.erase(at, path.size());
    return error;
}

/// UNROLL_DATA_LIMIT, for the length of a test.
struct Limit {
    explicit Limit(const char* value) { setenv("UNROLL_DATA_LIMIT", value, 1); }
    ~Limit() { unsetenv("UNROLL_DATA_LIMIT"); }
};

/// The numbers of a split's pictures.
std::vector<int> numbers(const Dataset& dataset, Split split) {
    std::vector<int> all;
    for (Size i = 0; i < dataset.examples(split); ++i)
        all.push_back(static_cast<int>(Held(dataset, split, i).reals[0] * 255 + 0.5f));
    return all;
}

}  // namespace

TEST_CASE("a picture of an IDX file is one step, with its label") {
    const auto dataset = idx_of(20, {{"split", "[1, 0, 0]"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::label);
    CHECK(task.sequence_length == 1);
    CHECK(task.input_reals == 6);
    CHECK(task.target_tokens == 10);
    CHECK(dataset->vocabulary() == nullptr);
    CHECK(dataset->target_vocabulary()->decode(std::vector<Token>{0, 9}) == "0 9");
    REQUIRE(dataset->examples(Split::train) == 20);
    for (Size i = 0; i < 20; ++i) {
        const Held example(*dataset, Split::train, i);
        const int number = numbers(*dataset, Split::train)[i];
        for (Size point = 1; point < 6; ++point) CHECK(example.reals[point] == static_cast<float>(10 * point) / 255.0f);
        CHECK(example.target_tokens[0] == number % 10);
        CHECK(example.weights[0] == 1);
        CHECK(example.length == 1);
    }
}

TEST_CASE("a picture may be read row by row, with its label at the end") {
    const auto dataset = idx_of(3, {{"split", "[1, 0, 0]"}, {"step", R"("row")"}});
    CHECK(dataset->task().sequence_length == 2);
    CHECK(dataset->task().input_reals == 3);
    const Held example(*dataset, Split::train, 0);
    CHECK(example.reals[3] == 30.0f / 255.0f);
    CHECK(example.weights == std::vector<float>{0, 1});
    CHECK(example.length == 2);
}

TEST_CASE("a digit's name is told letter by letter") {
    const auto dataset = idx_of(10, {{"split", "[1, 0, 0]"}, {"target", R"("name")"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::target_sequence);
    CHECK(task.target_length == 6);
    CHECK(dataset->target_vocabulary()->decode(std::vector<Token>{task.target_end}) == ".");
    std::map<int, std::string> names;
    for (Size i = 0; i < 10; ++i) {
        Held example(*dataset, Split::train, i);
        const auto length = static_cast<Size>(std::count(example.weights.begin(), example.weights.end(), 1.0f));
        names[numbers(*dataset, Split::train)[i]] =
            dataset->target_vocabulary()->decode(std::span<const Token>(example.target_tokens).first(length));
    }
    CHECK(names == std::map<int, std::string>{{0, "zero."},
                                              {1, "one."},
                                              {2, "two."},
                                              {3, "three."},
                                              {4, "four."},
                                              {5, "five."},
                                              {6, "six."},
                                              {7, "seven."},
                                              {8, "eight."},
                                              {9, "nine."}});
}

TEST_CASE("pictures alone need no labels") {
    const TemporaryFolder folder;
    const auto dataset = idx_of(folder, pictures(4), "", {{"target", R"("none")"}, {"split", "[1, 0, 0]"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::image);
    CHECK(task.image_rows == 2);
    CHECK(task.image_columns == 3);
    CHECK(task.target_tokens == 0);
    CHECK(dataset->target_vocabulary() == nullptr);
    CHECK(dataset->examples(Split::train) == 4);
}

TEST_CASE("gzip or not, the same pictures are the same dataset") {
    const TemporaryFolder folder;
    const auto plain = idx_of(folder, pictures(20), labels(20));
    const auto packed = idx_of(folder, gzipped(folder, pictures(20)), gzipped(folder, labels(20)));
    CHECK(packed->digest() == plain->digest());
    CHECK(packed->digest().size() == 64);
    for (Size i = 0; i < plain->examples(Split::train); ++i)
        CHECK(Held(*packed, Split::train, i) == Held(*plain, Split::train, i));
    Bytes other = labels(20);
    other.back() = 3;
    CHECK(idx_of(folder, pictures(20), other)->digest() != plain->digest());
    CHECK(idx_of(folder, pictures(20), "", {{"target", R"("none")"}})->digest() != plain->digest());
}

TEST_CASE("pictures are split at random by the split's seed, by fractions or by counts") {
    const auto check = [](const Given& options, std::vector<Size> sizes, Size all) {
        const auto dataset = idx_of(100, options);
        std::vector<int> seen;
        for (const Split split : {Split::train, Split::validation, Split::test}) {
            CHECK(dataset->examples(split) == sizes[static_cast<Size>(split)]);
            const auto part = numbers(*dataset, split);
            CHECK_FALSE(std::is_sorted(part.begin(), part.end()));
            seen.insert(seen.end(), part.begin(), part.end());
        }
        std::sort(seen.begin(), seen.end());
        CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
        CHECK(seen.size() == all);
    };
    check({}, {80, 10, 10}, 100);
    check({{"split", "[50, 30, 10]"}}, {50, 30, 10}, 90);
    CHECK(numbers(*idx_of(100), Split::test) == numbers(*idx_of(100, {{"split", "[0.7, 0.2, 0.1]"}}), Split::test));
    CHECK(numbers(*idx_of(100), Split::test) != numbers(*idx_of(100, {{"split_seed", "2"}}), Split::test));
}

TEST_CASE("splits of pictures that make no sense are refused") {
    CHECK(complaint(pictures(10), labels(10), {{"split", "[8, 2, 1]"}}) ==
          "split: [8, 2, 1], which sum to 11\n  expected: at most 10, the number of images\n"
          "  help: change the counts, or give fractions that sum to 1");
    CHECK(complaint(pictures(10), labels(10), {{"split", "[8, 0.5, 0]"}}) ==
          "split: [8, 0.5, 0], a mixture of counts and fractions\n"
          "  expected: three whole numbers: train, validation, test\n  help: change the counts, or give fractions that "
          "sum to 1");
    CHECK(complaint(pictures(10), labels(10), {{"split", "[0.8, 0.1, 0]"}}).find("which sum to 0.9") != Bytes::npos);
    CHECK(complaint(pictures(10), labels(10), {{"split", "[8, 2]"}}).find("split: 2 numbers") == 0);
}

TEST_CASE("files that are no IDX files, or not whole, are refused") {
    CHECK(complaint("GIF89a", labels(3)) ==
          "images: \"images\" starts with the bytes 47 49 46 38\n"
          "  expected: 00 00 08 03, the magic number of an IDX file with 3 dimensions of bytes\n"
          "  help: check the path; images have three dimensions, labels one");
    CHECK(complaint(labels(3), labels(3)).find("images: \"images\" starts with the bytes 00 00 08 01\n") == 0);
    CHECK(complaint(pictures(3), pictures(3)) ==
          "labels: \"labels\" starts with the bytes 00 00 08 03\n"
          "  expected: 00 00 08 01, the magic number of an IDX file with 1 dimension of bytes\n"
          "  help: check the path; images have three dimensions, labels one");
    CHECK(complaint(Bytes("\0\0\x0D\x03", 4), labels(3)).find("starts with the bytes 00 00 0D 03") != Bytes::npos);
    CHECK(complaint("", labels(3)).find("images: \"images\" is empty\n") == 0);
    CHECK(complaint(pictures(3).substr(0, 9), labels(3))
              .find("\"images\" has 9 bytes\n  expected: at least the 16 bytes of its header") != Bytes::npos);
    CHECK(complaint(pictures(3).substr(0, 30), labels(3)) ==
          "images: \"images\" has 30 bytes\n  expected: 34, according to its header: 3 x 2 x 3 bytes of values\n"
          "  help: download it again: it is truncated or has extra bytes");
    CHECK(complaint(pictures(3) + "x", labels(3)).find("\"images\" has at least 35 bytes\n  expected: 34,") !=
          Bytes::npos);
    const unsigned most = ~0u;
    CHECK(complaint(idx({most, most, most}, {}), labels(3))
              .find("\"images\" has 9223372036854775823 bytes, according to its header\n  expected: at most 1073741824 "
                    "bytes, as UNROLL_DATA_LIMIT allows") != Bytes::npos);
    CHECK(complaint(idx({0, 2, 3}, {}), labels(3)) ==
          "images: \"images\" has 0 images of 2 x 3 pixels\n  expected: at least one image with at least one pixel\n  "
          "help: check the path");
}

TEST_CASE("gzip files that are damaged or cut off are refused") {
    const TemporaryFolder folder;
    Bytes packed = gzipped(folder, pictures(200));
    CHECK(complaint(packed.substr(0, packed.size() / 2), labels(200))
              .find("cannot be decompressed: unexpected end of file") != Bytes::npos);
    CHECK(complaint(packed.substr(0, packed.size() - 4), labels(200)).find("unexpected end of file") != Bytes::npos);
    packed[packed.size() - 6] ^= 1;  // in the checksum
    CHECK(complaint(packed, labels(200)) ==
          "images: \"images\" cannot be decompressed: incorrect data check\n"
          "  expected: a complete gzip file, or an uncompressed one\n  help: download it again");
}

TEST_CASE("labels that do not go with the pictures are refused") {
    CHECK(complaint(pictures(3), labels(4)) ==
          "labels: \"labels\" has 4 labels for 3 images\n  expected: one label per image\n"
          "  help: give the images and labels of one data set");
    CHECK(
        complaint(pictures(3), "") ==
        "labels: not given\n  expected: the file with the images' labels\n  help: give it or set \"target\": \"none\"");
    CHECK(complaint(pictures(1), labels(1)).find("labels: \"labels\" contains only the label 0") == 0);
    CHECK(complaint(pictures(1), idx({1}, {12}), {{"target", R"("name")"}}) ==
          "target: \"name\", but \"labels\" contains the label 12\n  expected: labels 0 to 9: only digits have names\n"
          "  help: set \"target\": \"label\"");
    CHECK_NOTHROW(idx_of(TemporaryFolder(), pictures(10), idx({10}, std::vector<unsigned char>(10, 61)), {}));
}

TEST_CASE("an IDX file that is not there is told") {
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK(error_of([&] {
              make("idx", {{"images", '"' + path + '"'}});
          }) ==
          "images: \"" + path +
              "\" is not a file\n  expected: an IDX file, gzip-compressed or not\n  help: give the path of a file");
}

TEST_CASE("a packed file is unpacked as far as its header says, within the data limit") {
    const TemporaryFolder folder;
    // 20 MB of zeros that say they are 3 bytes of labels.
    Bytes bomb = labels(3) + Bytes(20 << 20, '\0');
    CHECK(complaint(pictures(3), gzipped(folder, bomb)).find("\"labels\" has at least 12 bytes\n  expected: 11,") !=
          Bytes::npos);
    const Limit limit("1k");
    CHECK(complaint(gzipped(folder, idx({1000, 2, 3}, std::vector<unsigned char>(6000))), labels(3)) ==
          "images: \"images\" has 6016 bytes, according to its header\n"
          "  expected: at most 1024 bytes, as UNROLL_DATA_LIMIT allows\n"
          "  help: name fewer or smaller files or, when this is meant and there is room, set UNROLL_DATA_LIMIT, as in "
          "8G");
}
