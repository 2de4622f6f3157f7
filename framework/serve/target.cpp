// What a request asks for: the path and the parameters of its target, and parts of a Cookie header.
#include "serve/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace unroll::serve {

namespace {

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '+' && plus_is_space) {
            plain += ' ';
        } else if (text[at] == '%') {
            unsigned byte = 0;
            const char *const digits = text.data() + at + 1, *const end = digits + 2;
            if (at + 2 >= text.size() || std::from_chars(digits, end, byte, 16).ptr != end) return std::nullopt;
            plain += static_cast<char>(byte);
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

}  // namespace

std::string Target::value(std::string_view name) const {
    for (const auto& [key, value] : parameters)
        if (key == name) return value;
    return "";
}

std::vector<std::string> Target::values(std::string_view name) const {
    std::vector<std::string> list;
    for (const auto& [key, value] : parameters)
        if (key == name) list.push_back(value);
    return list;
}

std::optional<Target> parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/') return std::nullopt;
    const std::size_t question = target.find('?');
    const std::optional<std::string> path = decoded(target.substr(0, question), false);
    if (!path) return std::nullopt;
    Target parsed{*path, {}};
    std::string_view rest = question == target.npos ? std::string_view() : target.substr(question + 1);
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (part.empty()) continue;
        const std::size_t equals = part.find('=');
        const auto name = decoded(part.substr(0, equals), true);
        const auto value = decoded(equals == part.npos ? std::string_view() : part.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        parsed.parameters.emplace_back(*name, *value);
    }
    return parsed;
}

std::string cookie_in(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        std::string_view part = header.substr(0, header.find(';'));
        header.remove_prefix(std::min(header.size(), part.size() + 1));
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return std::string(part.substr(name.size() + 1));
    }
    return "";
}

std::string encoded(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~')
            safe += c;
        else
            safe += fmt::format("%{:02X}", byte);
    }
    return safe;
}

}  // namespace unroll::serve
