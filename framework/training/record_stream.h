// Records as bytes: what a trial reports, written to a stream by one process and read by another.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "training/record.h"

namespace unroll::training {

/// A record and the fingerprint of the trial that it is of.
struct TrialRecord {
    std::string trial;
    Record record;
};

/// Appends a record. What is read back is equal to the last bit, NaN and text that is not UTF-8 among it. Each is
/// written with its length and a checksum; numbers are little-endian. The stream must be binary; that it took the bytes
/// is for the caller to check.
void write_record(std::ostream& out, const std::string& trial, const Record& record);

/// Reads what write_record() wrote.
class RecordReader {
public:
    /// `source` names the stream in messages. The stream must outlive this.
    RecordReader(std::istream& in, std::string source);

    /// The next record; none at the end. Throws Error when the stream ends within a record, when a record is damaged,
    /// or when it is of a kind that this version does not know: with the record's number, from 1, and its first byte.
    std::optional<TrialRecord> next();

private:
    [[noreturn]] void fail(const std::string& found) const;
    std::string bytes(std::uint64_t count);

    std::istream& in_;
    std::string source_;
    std::uint64_t number_ = 0, begin_ = 0, position_ = 0;
};

}  // namespace unroll::training
