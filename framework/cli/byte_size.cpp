// Sizes of files for people.
#include "cli/byte_size.h"

#include <fmt/core.h>

namespace unroll::cli {

std::string byte_size(double bytes) {
    if (bytes < 1e3) return fmt::format("{:.0f} bytes", bytes);
    if (bytes < 1e6) return fmt::format("{:.1f} kB", bytes / 1e3);
    if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
    return fmt::format("{:.2f} GB", bytes / 1e9);
}

}  // namespace unroll::cli
