// A page as one HTML file that needs nothing else.
#include "report/html.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "report/assets.h"
#include "report/json.h"
#include "report/visible.h"
#include "unroll/sha256.h"

namespace unroll::report {

namespace {

/// What a Content-Security-Policy calls an inline element by: the hash of exactly these bytes.
std::string hash_of(std::string_view content) {
    const std::string digits = sha256(content);
    std::string bytes;
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        unsigned byte = 0;
        std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return fmt::format("'sha256-{}'", base64(bytes));
}

std::string policy() {
    return fmt::format(
        "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash_of(assets().library), hash_of(assets().script), hash_of(assets().style));
}

}  // namespace

std::string to_html(const Page& page) {
    const std::string data = for_script(to_json(page)), title = escaped_for_markup(page.title), allowed = policy();
    const std::array<std::pair<std::string_view, std::string_view>, 7> places{{{"@POLICY@", allowed},
                                                                               {"@TITLE@", title},
                                                                               {"@STYLE@", assets().style},
                                                                               {"@LICENCES@", assets().licences},
                                                                               {"@DATA@", data},
                                                                               {"@LIBRARY@", assets().library},
                                                                               {"@SCRIPT@", assets().script}}};
    std::string html;
    html.reserve(data.size() + assets().library.size() + assets().script.size() + (std::size_t{1} << 16));
    std::string_view rest = assets().document;
    for (const auto& [place, content] : places) {  // in the order in which they stand there
        const std::size_t at = rest.find(place);
        html += rest.substr(0, at);
        html += content;
        rest.remove_prefix(at + place.size());
    }
    html += rest;
    return html;
}

}  // namespace unroll::report
