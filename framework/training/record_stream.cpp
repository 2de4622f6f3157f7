// Records as bytes. A record is framed as
//   length of what follows the checksum (4 bytes) | checksum of that (8) | version (1) | trial | kind (1) | its fields
// with values as binary.h writes them.
#include "training/record_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <ostream>

#include "training/record_fields.h"
#include "unroll/error.h"
#include "unroll/random.h"

namespace unroll::training {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t header_size = 4 + 8;

TrialRecord decode(std::string_view bytes) {
    Decoder decoder(bytes);
    if (const std::uint64_t found = decoder.whole(1); found != version)
        throw Damage{fmt::format("a record of version {}", found)};
    std::string trial = decoder.text();
    const std::uint64_t kind = decoder.whole(1);
    auto record = alternative<Record>(kind);
    if (!record) throw Damage{fmt::format("a record of kind {}, which this version does not know", kind)};
    std::visit([&](auto& held) { fields(decoder, held); }, *record);
    if (!decoder.is_at_end()) throw Damage{"a record with something after its last value"};
    return {std::move(trial), std::move(*record)};
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
