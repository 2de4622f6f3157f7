// What a trial reports, from a stream. An input that begins with 'r' is a record without its frame, which gets the
// right length and checksum, so that mutants reach the fields.
#include <sstream>

#include "../target.h"
#include "training/record_stream.h"
#include "unroll/error.h"
#include "unroll/random.h"

namespace {

using namespace unroll;

std::string framed(std::string_view content) {
    std::string bytes;
    const std::uint64_t checksum = content_hash(content);
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(content.size() >> 8 * i);
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(checksum >> 8 * i);
    return bytes.append(content);
}

}  // namespace

void fuzz::run(std::string_view input) {
    std::istringstream in(input.starts_with('r') ? framed(input.substr(1)) : std::string(input));
    training::RecordReader reader(in, "input");
    try {
        while (const auto record = reader.next()) {
            std::ostringstream out;
            training::write_record(out, record->trial, record->record);
            std::istringstream back(out.str());
            const auto again = training::RecordReader(back, "again").next();
            require(again.has_value(), "what is written is read");
            std::ostringstream twice;
            training::write_record(twice, again->trial, again->record);
            require(twice.str() == out.str(), "it is read to the last bit");
        }
    } catch (const Error&) {
    }
}
