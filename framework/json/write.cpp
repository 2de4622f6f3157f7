// Writing JSON.
#include "json/write.h"

#include <fmt/core.h>

#include <charconv>
#include <string_view>

#include "unroll/utf8.h"

namespace unroll::json {
namespace {

void write(const Value& value, std::string& out);

void write(const std::string& text, std::string& out) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\r':
                out += "\\r";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                else
                    out += c;
        }
    }
    out += '"';
}

void write(double value, std::string& out) {
    char digits[32];
    const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    if (text.find_first_of(".en") == text.npos) out += ".0";
}

void write(const Value& value, std::string& out) {
    if (const bool* flag = value.boolean()) {
        out += *flag ? "true" : "false";
    } else if (const auto* whole = value.integer()) {
        out += std::to_string(*whole);
    } else if (const auto* real = value.real()) {
        write(*real, out);
    } else if (const auto* text = value.text()) {
        write(*text, out);
    } else if (const auto* array = value.array()) {
        out += '[';
        for (const Value& item : *array) {
            if (&item != array->data()) out += ',';
            write(item, out);
        }
        out += ']';
    } else if (const auto* object = value.object()) {
        out += '{';
        for (const Member& member : *object) {
            if (&member != object->data()) out += ',';
            write(member.key, out);
            out += ':';
            write(member.value, out);
        }
        out += '}';
    } else {
        out += "null";
    }
}

}  // namespace

std::string dump(const Value& value) {
    std::string out;
    write(value, out);
    return out;
}

std::string excerpt(const Value& value) {
    std::string text = dump(value);
    if (text.size() <= 80) return text;
    return text.substr(0, code_point_begin(text, 77)) + "…";
}

}  // namespace unroll::json
