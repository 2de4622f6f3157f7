// Records as bytes: every kind comes back as it was, and damage is told with its place.
#include "training/record_stream.h"

#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "catch.h"
#include "unroll/error.h"

using namespace unroll;
using namespace unroll::training;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
const std::string bytes("nul \0, no UTF-8: \xff\xfe, line\n", 26);

sampling::Sample a_sample() {
    sampling::Sample sample;
    sample.key = {40, "temperature", R"({"k":3})", 0.1, R"({"from":"validation","length":7})", 1ull << 53,
                  2,  400,           "carry"};
    sample.epoch = 1.0 / 3;
    sample.kind = "answer";
    sample.prompt = "Über\n";
    sample.text = bytes;
    sample.image = std::string("\x89PNG\r\n\x1a\n\0\0", 10);
    sample.target = "";
    sample.correct = false;
    sample.quality = {0.75, {}, 0.0, 12};
    return sample;
}

/// One of each kind, in the order of the variant.
std::vector<Record> one_of_each() {
    sampling::Sample bare;
    return {
        Point{7, 0.1 + 0.2, Split::test, "loss", std::numeric_limits<double>::denorm_min(), -0.0},
        LossByPosition{20, Split::validation, {{nan_value, 0.5, 1e300}, {}}},
        GradientByLag{30, {3, nan_value, std::numeric_limits<double>::infinity()}},
        Samples{a_sample(), bare},
        CheckpointSaved{{50, std::filesystem::path("/a folder/\xff/50.safetensors"), "00ff", true, false, false}, 3},
        ImageJudgement{60, "fingerprint of a classifier", {1000, 0.875, 4.5}},
    };
}

std::string written(const std::vector<Record>& records) {
    std::ostringstream out;
    for (std::size_t i = 0; i < records.size(); ++i) write_record(out, "trial " + std::to_string(i), records[i]);
    return out.str();
}

std::vector<TrialRecord> read(const std::string& text) {
    std::istringstream in(text);
    RecordReader reader(in, "stream");
    std::vector<TrialRecord> all;
    while (auto record = reader.next()) all.push_back(std::move(*record));
    return all;
}

std::string error_in(const std::string& text) {
    try {
        read(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool same(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return same(x, y); });
}

}  // namespace

TEST_CASE("a record of every kind comes back as it was, to the last bit") {
    const std::vector<Record> records = one_of_each();
    REQUIRE(records.size() == std::variant_size_v<Record>);
    const auto back = read(written(records));
    REQUIRE(back.size() == records.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        CHECK(back[i].record.index() == i);
        CHECK(back[i].trial == "trial " + std::to_string(i));
    }

    const Point& point = std::get<Point>(back[0].record);
    CHECK(point.step == 7);
    CHECK(same(point.epoch, 0.1 + 0.2));
    CHECK(point.split == Split::test);
    CHECK(point.name == "loss");
    CHECK(same(point.value, std::numeric_limits<double>::denorm_min()));
    CHECK(same(point.seconds, -0.0));

    const auto& positions = std::get<LossByPosition>(back[1].record);
    CHECK(positions.step == 20);
    CHECK(positions.split == Split::validation);
    CHECK(same(positions.means.loss, {nan_value, 0.5, 1e300}));
    CHECK(positions.means.accuracy.empty());

    const auto& gradient = std::get<GradientByLag>(back[2].record);
    CHECK(gradient.step == 30);
    CHECK(same(gradient.norms, {3, nan_value, std::numeric_limits<double>::infinity()}));

    const auto& samples = std::get<Samples>(back[3].record);
    REQUIRE(samples.size() == 2);
    const sampling::Sample expected = a_sample(), bare;
    for (const auto& [found, wanted] : {std::pair(samples[0], expected), std::pair(samples[1], bare)}) {
        CHECK(found.key == wanted.key);
        CHECK(same(found.epoch, wanted.epoch));
        CHECK(found.kind == wanted.kind);
        CHECK(found.prompt == wanted.prompt);
        CHECK(found.text == wanted.text);
        CHECK(found.image == wanted.image);
        CHECK(found.target == wanted.target);
        CHECK(found.correct == wanted.correct);
        CHECK(found.quality == wanted.quality);
    }

    const auto& saved = std::get<CheckpointSaved>(back[4].record);
    CHECK(saved.checkpoint.step == 50);
    CHECK(saved.checkpoint.path == std::filesystem::path("/a folder/\xff/50.safetensors"));
    CHECK(saved.checkpoint.sha256 == "00ff");
    CHECK(saved.checkpoint.is_last);
    CHECK_FALSE(saved.checkpoint.is_best);
    CHECK_FALSE(saved.checkpoint.is_scheduled);
    CHECK(saved.keep == 3);

    const auto& judged = std::get<ImageJudgement>(back[5].record);
    CHECK(judged.step == 60);
    CHECK(judged.judge == "fingerprint of a classifier");
    CHECK(judged.judgement.images == 1000);
    CHECK(judged.judgement.confidence == 0.875);
    CHECK(judged.judgement.effective_classes == 4.5);
}

TEST_CASE("a stream without records ends at once") {
    CHECK(read("").empty());
}

TEST_CASE("a stream that is cut off anywhere but between records is an error that tells where") {
    const std::string all = written(one_of_each());
    std::set<std::size_t> ends{0};
    std::string so_far;
    for (std::size_t i = 0; i < one_of_each().size(); ++i) {
        std::ostringstream out;
        write_record(out, "trial " + std::to_string(i), one_of_each()[i]);
        ends.insert((so_far += out.str()).size());
    }
    REQUIRE(so_far == all);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        const std::string error = error_in(all.substr(0, size));
        CHECK(error.empty() == ends.contains(size));
    }
    const std::size_t second = *ends.upper_bound(1);
    CHECK(error_in(all.substr(0, second + 5))
              .starts_with("stream: record 2, at byte " + std::to_string(second) + ": the end, 5 bytes into it\n"));
}

TEST_CASE("a bit that is not as it was written is an error") {
    const std::string all = written(one_of_each());
    for (std::size_t i = 0; i < all.size() * 8; ++i) {
        std::string damaged = all;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        if (error_in(damaged).empty()) FAIL("bit " << i << " was not noticed");
    }
}

TEST_CASE("a length that cannot be asks for no more memory than there are bytes") {
    const std::string error = error_in(std::string(12, '\xff'));
    CHECK(error.starts_with("stream: record 1, at byte 0: the end, 12 bytes into it\n"));
}
