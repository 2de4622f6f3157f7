// Texts that may hold anything, with nothing hidden in them.
#include "report/visible.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"

namespace unroll::report {

namespace {

/// Characters of no width or of a direction: the same as `hidden` in page/text.js.
constexpr std::array<std::pair<CodePoint, CodePoint>, 7> hidden{{{0x80, 0x9F},
                                                                 {0xAD, 0xAD},
                                                                 {0x61C, 0x61C},
                                                                 {0x200B, 0x200F},
                                                                 {0x2028, 0x202E},
                                                                 {0x2060, 0x2069},
                                                                 {0xFEFF, 0xFEFF}}};

bool is_hidden(CodePoint code) {
    return std::any_of(hidden.begin(), hidden.end(),
                       [&](const auto& range) { return code >= range.first && code <= range.second; });
}

}  // namespace

std::string visible(std::string_view text) {
    std::string shown;
    base::for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        if (code < 0x20 || code == 0x7F)
            append_code_point(shown, code == 0x7F ? 0x2421 : 0x2400 + code);
        else if (is_hidden(code))
            shown += fmt::format("⟨U+{:04X}⟩", static_cast<unsigned>(code));
        else if (code != 0xFFFE && code != 0xFFFF)  // no characters of XML
            shown += bytes;
    });
    return shown;
}

std::string escaped_for_markup(std::string_view text) {
    std::string safe;
    for (const char c : visible(text)) switch (c) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    return safe;
}

}  // namespace unroll::report
