// Records of a TFRecord file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace unroll::exports {

/// CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

/// The record with its frame, to be appended to a file: length and data, each behind it its masked CRC-32C, as
/// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details has it. All numbers little-endian.
std::string framed(std::string_view data);

}  // namespace unroll::exports
