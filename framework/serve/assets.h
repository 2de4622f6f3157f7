// The parts of the served pages, embedded when the program was built; what they share with `unroll report` is in
// report/assets.h.
#pragma once

#include <string_view>

namespace unroll::serve {

struct Assets {
    std::string_view document;  ///< of every page
    std::string_view style, script;
};
const Assets& assets();

}  // namespace unroll::serve
