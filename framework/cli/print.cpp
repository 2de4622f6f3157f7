// What the program says on standard output.
#include "cli/print.h"

#include "base/utf8.h"

namespace unroll::cli {

std::string visible_json(std::string_view json) {
    std::string visible;
    base::for_each_character(json, [&](CodePoint code, std::string_view bytes) {
        if (code >= 0x7F && base::drives_terminal(code))
            visible += fmt::format("\\u{:04x}", code);
        else
            visible += bytes;
    });
    return visible;
}

}  // namespace unroll::cli
