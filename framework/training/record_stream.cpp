// Records as bytes. A record is framed as
//   length of what follows the checksum (4 bytes) | checksum of that (8) | version (1) | trial | kind (1) | its fields
// with numbers little-endian, doubles as their bits, and a text or a list after its length (8 bytes).
#include "training/record_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <istream>
#include <ostream>
#include <type_traits>

#include "trial/splits.h"
#include "unroll/error.h"
#include "unroll/random.h"

namespace unroll::training {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t header_size = 4 + 8;

template <class T, class Bare>
concept Is = std::same_as<std::remove_const_t<T>, Bare>;

// ---- The fields of each kind, in the order in which they are written ------------------------------------------------

void fields(auto& archive, Is<Point> auto& point) {
    archive(point.step, point.epoch, point.split, point.name, point.value, point.seconds);
}
void fields(auto& archive, Is<LossByPosition> auto& record) {
    archive(record.step, record.split, record.means.loss, record.means.accuracy);
}
void fields(auto& archive, Is<GradientByLag> auto& gradient) {
    archive(gradient.step, gradient.norms);
}
void fields(auto& archive, Is<sampling::Sample> auto& sample) {
    auto& key = sample.key;
    archive(key.step, key.sampler, key.options, key.temperature, key.prompt_key, key.seed, key.number, key.length,
            key.memory);
    archive(sample.epoch, sample.kind, sample.prompt, sample.text, sample.image, sample.target, sample.correct);
    auto& quality = sample.quality;
    archive(quality.known_word_rate, quality.distinct_3, quality.repetition, quality.longest_copy);
}
void fields(auto& archive, Is<Samples> auto& samples) {
    archive(samples);
}
void fields(auto& archive, Is<CheckpointSaved> auto& saved) {
    auto& checkpoint = saved.checkpoint;
    archive(checkpoint.step, checkpoint.path, checkpoint.sha256, checkpoint.is_last, checkpoint.is_best, saved.keep);
}
void fields(auto& archive, Is<ImageJudgement> auto& record) {
    archive(record.step, record.judge, record.judgement.images, record.judgement.confidence,
            record.judgement.effective_classes);
}

// ---- Values ---------------------------------------------------------------------------------------------------------

class Encoder {
public:
    std::string bytes;

    void operator()(const auto&... values) { (put(values), ...); }

    void whole(std::uint64_t value, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i);
    }

private:
    void put(bool value) { whole(value, 1); }
    void put(std::uint64_t value) { whole(value, 8); }
    void put(double value) { whole(std::bit_cast<std::uint64_t>(value), 8); }
    void put(Split split) { whole(static_cast<std::uint64_t>(split), 1); }
    void put(const std::string& text) {
        whole(text.size(), 8);
        bytes += text;
    }
    void put(const std::filesystem::path& path) { put(path.string()); }
    void put(const sampling::Sample& sample) { fields(*this, sample); }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class T>
    void put(const std::vector<T>& values) {
        whole(values.size(), 8);
        for (const T& value : values) put(value);
    }
};

/// What is wrong with a record's bytes.
struct Damage {
    std::string found;
};

class Decoder {
public:
    /// The bytes must outlive it.
    explicit Decoder(std::string_view bytes) : left_(bytes) {}
    explicit Decoder(std::string&&) = delete;

    void operator()(auto&... values) { (get(values), ...); }

    std::uint64_t whole(std::size_t width) {
        const std::string_view digits = take(width);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << 8 * i;
        return value;
    }
    std::string text() { return std::string(take(whole(8))); }
    bool is_at_end() const { return left_.empty(); }

private:
    std::string_view take(std::uint64_t count) {
        if (count > left_.size()) throw Damage{"a value that is longer than the record"};
        const std::string_view taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }
    void get(bool& value) { value = whole(1) != 0; }
    void get(std::uint64_t& value) { value = whole(8); }
    void get(double& value) { value = std::bit_cast<double>(whole(8)); }
    void get(Split& split) {
        const std::uint64_t index = whole(1);
        if (index >= trial::split_names.size()) throw Damage{fmt::format("split {}, which there is not", index)};
        split = static_cast<Split>(index);
    }
    void get(std::string& value) { value = text(); }
    void get(std::filesystem::path& path) { path = text(); }
    void get(sampling::Sample& sample) { fields(*this, sample); }
    template <class T>
    void get(std::optional<T>& value) {
        bool is_there = false;
        get(is_there);
        if (is_there) get(value.emplace());
    }
    template <class T>
    void get(std::vector<T>& values) {
        const std::uint64_t count = whole(8);
        if (count > left_.size()) throw Damage{"a list that is longer than the record"};
        values.resize(count);
        for (T& value : values) get(value);
    }

    std::string_view left_;
};

/// The record of the kind with this place in the variant, its fields not yet read. Throws Damage when there is none.
template <std::size_t place = 0>
Record empty_record(std::uint64_t kind) {
    if constexpr (place < std::variant_size_v<Record>)
        return kind == place ? Record(std::in_place_index<place>) : empty_record<place + 1>(kind);
    else
        throw Damage{fmt::format("a record of kind {}, which this version does not know", kind)};
}

TrialRecord decode(std::string_view bytes) {
    Decoder decoder(bytes);
    if (const std::uint64_t found = decoder.whole(1); found != version)
        throw Damage{fmt::format("a record of version {}", found)};
    std::string trial = decoder.text();
    Record record = empty_record(decoder.whole(1));
    std::visit([&](auto& kind) { fields(decoder, kind); }, record);
    if (!decoder.is_at_end()) throw Damage{"a record with something after its last value"};
    return {std::move(trial), std::move(record)};
}

}  // namespace

void write_record(std::ostream& out, const std::string& trial, const Record& record) {
    Encoder content, header;
    content.whole(version, 1);
    content(trial);
    content.whole(record.index(), 1);
    std::visit([&](const auto& kind) { fields(content, kind); }, record);
    if (content.bytes.size() > 0xFFFF'FFFF)
        throw Error({fmt::format("trial {}", trial), fmt::format("a record of {} bytes", content.bytes.size()),
                     "less than 4 GiB in one record", "ask for fewer samples at once"});
    header.whole(content.bytes.size(), 4);
    header.whole(content_hash(content.bytes), 8);
    out << header.bytes << content.bytes;
}

RecordReader::RecordReader(std::istream& in, std::string source) : in_(in), source_(std::move(source)) {}

std::optional<TrialRecord> RecordReader::next() {
    begin_ = position_;
    ++number_;
    if (in_.peek() == std::istream::traits_type::eof()) return std::nullopt;
    const std::string prefix = bytes(header_size);
    Decoder header(prefix);
    const std::uint64_t length = header.whole(4), checksum = header.whole(8);
    const std::string content = bytes(length);
    if (content_hash(content) != checksum) fail("bytes that are not those that were written");
    try {
        return decode(content);
    } catch (const Damage& damage) {
        fail(damage.found);
    }
}

/// In pieces, since a damaged length may be anything.
std::string RecordReader::bytes(std::uint64_t count) {
    constexpr std::uint64_t piece = 1 << 16;
    std::string read;
    while (read.size() < count) {
        const std::size_t before = read.size();
        const auto wanted = static_cast<std::size_t>(std::min(piece, count - before));
        read.resize(before + wanted);
        in_.read(read.data() + before, static_cast<std::streamsize>(wanted));
        if (static_cast<std::size_t>(in_.gcount()) < wanted)
            fail(fmt::format("the end, {} bytes into it", position_ + before + std::size_t(in_.gcount()) - begin_));
    }
    position_ += count;
    return read;
}

void RecordReader::fail(const std::string& found) const {
    throw Error({fmt::format("{}: record {}, at byte {}", source_, number_, begin_), found,
                 "a whole record, as this version of unroll writes it",
                 "write the stream again with the same version of unroll; the records before this one are good"});
}

}  // namespace unroll::training
