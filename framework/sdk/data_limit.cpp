// Reading the limit from the environment.
#include "unroll/data_limit.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "unroll/error.h"

namespace unroll {

Size data_limit() {
    constexpr Size usual = Size{1} << 30;
    const char* const given = std::getenv("UNROLL_DATA_LIMIT");
    if (!given || !*given) return usual;
    const std::string_view text = given;
    Size size = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
    std::string unit(read.ptr, text.data() + text.size());
    if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
    const std::size_t place = std::string_view("kKMGT").find(unit.empty() ? '-' : unit[0]);
    const unsigned bits = unit.empty() ? 0 : place < 2 ? 10 : static_cast<unsigned>(place) * 10;
    const bool is_size =
        read.ec == std::errc() && size > 0 && (unit.empty() || (unit.size() == 1 && place != std::string_view::npos));
    if (!is_size || size > (~Size{0} >> 8) >> bits)
        throw Error({"UNROLL_DATA_LIMIT", fmt::format("\"{}\"", given), "a size in bytes, or as in 8G",
                     fmt::format("correct it, or unset it for {}", usual)});
    return size << bits;
}

std::string within_data_limit() {
    return fmt::format("at most {} bytes, as UNROLL_DATA_LIMIT allows", data_limit());
}

}  // namespace unroll
