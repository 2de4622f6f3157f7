// A page as JSON: what the script of the HTML page draws, and what a server sends.
#pragma once

#include <string>

#include "json/value.h"
#include "report/page.h"

namespace unroll::report {

/// Members are named as in page.h; a block's "kind" is its type in lower case. Numbers that are none are null, bytes
/// that are not UTF-8 become U+FFFD, images are base64.
json::Value to_json(const Page& page);

/// Numbers that are not finite are null; texts become valid UTF-8.
json::Value to_json(const store::Value& value);
json::Value to_json(const Figure& figure);

/// JSON that can stand within a <script> element and within JavaScript: <, >, &, U+2028 and U+2029 are escaped.
std::string for_script(const json::Value& value);

std::string base64(std::string_view bytes);

}  // namespace unroll::report
