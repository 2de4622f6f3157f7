// The parts of an HTML page, embedded when the program was built.
#pragma once

#include <string_view>

namespace unroll::report {

struct Assets {
    std::string_view document;  ///< HTML with @POLICY@, @TITLE@, @STYLE@, …, in the order of to_html()
    std::string_view style, script;
    std::string_view library;   ///< Chart.js
    std::string_view licences;  ///< of the library, to go along with it
};
const Assets& assets();

}  // namespace unroll::report
