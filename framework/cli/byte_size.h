// Sizes of files for people.
#pragma once

#include <string>

namespace unroll::cli {

/// "700 bytes", "1.1 MB": decimal units, as disks are sold and as `ls --si` prints them.
std::string byte_size(double bytes);

}  // namespace unroll::cli
