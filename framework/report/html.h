// A page as one HTML file that needs nothing else: description, drawing script, styles and chart library in one.
#pragma once

#include <string>

#include "report/page.h"

namespace unroll::report {

/// Whatever texts the page holds, they add no markup, and a Content-Security-Policy lets nothing be fetched and no
/// other script run.
std::string to_html(const Page& page);

}  // namespace unroll::report
