// Writing JSON.
#include "json/write.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "unroll/utf8.h"

namespace unroll::json {
namespace {

/// Whether spaces stand behind commas and colons.
enum class Spaces { none, some };

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

void write(double value, Reals reals, Spaces spaces, std::string& out) {
    if (spaces == Spaces::some) {  // 0.0001, where the shortest is 1e-04
        out += fmt::format("{}", value);
        return;
    }
    char digits[32];
    const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out += text;
    if (reals == Reals::marked && text.find_first_of(".en") == text.npos) out += ".0";
}

void write(const Value& value, Reals reals, Spaces spaces, std::string& out) {
    const char* const space = spaces == Spaces::some ? " " : "";
    if (const bool* flag = value.boolean()) {
        out += *flag ? "true" : "false";
    } else if (const auto* whole = value.integer()) {
        out += std::to_string(*whole);
    } else if (const auto* real = value.real()) {
        write(*real, reals, spaces, out);
    } else if (const auto* text = value.text()) {
        write(*text, out);
    } else if (const auto* array = value.array()) {
        out += '[';
        for (const Value& item : *array) {
            if (&item != array->data()) out.append(",").append(space);
            write(item, reals, spaces, out);
        }
        out += ']';
    } else if (const auto* object = value.object()) {
        out += '{';
        for (const Member& member : *object) {
            if (&member != object->data()) out.append(",").append(space);
            write(member.key, out);
            out.append(":").append(space);
            write(member.value, reals, spaces, out);
        }
        out += '}';
    } else {
        out += "null";
    }
}

/// `line` is a line break and the indentation of the value.
void write_indented(const Value& value, const std::string& line, std::string& out) {
    const std::string inner = line + "  ";
    const Array* array = value.array();
    const auto scalar = [](const Value& item) { return !item.array() && !item.object(); };
    if (value.object() && !value.object()->empty()) {
        for (const Member& member : *value.object()) {
            out += &member == value.object()->data() ? "{" : ",";
            out += inner;
            write(member.key, out);
            out += ": ";
            write_indented(member.value, inner, out);
        }
        out += line + '}';
    } else if (array && !std::all_of(array->begin(), array->end(), scalar)) {
        for (const Value& item : *array) {
            out += &item == array->data() ? "[" : ",";
            out += inner;
            write_indented(item, inner, out);
        }
        out += line + ']';
    } else {
        write(value, Reals::marked, Spaces::none, out);
    }
}

}  // namespace

std::string dump(const Value& value, Reals reals) {
    std::string out;
    write(value, reals, Spaces::none, out);
    return out;
}

std::string dump_spaced(const Value& value) {
    std::string out;
    write(value, Reals::bare, Spaces::some, out);
    return out;
}

std::string dump_indented(const Value& value) {
    std::string out;
    write_indented(value, "\n", out);
    return out;
}

std::string excerpt(const Value& value) {
    std::string text = dump(value);
    if (text.size() <= 80) return text;
    return text.substr(0, code_point_begin(text, 77)) + "…";
}

}  // namespace unroll::json
