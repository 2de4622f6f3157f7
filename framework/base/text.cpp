// Small operations on texts that many places need.
#include "base/text.h"

#include <algorithm>

#include "base/utf8.h"

namespace unroll::base {

namespace {

bool is_vowel(char c) {
    return std::string_view("aeiou").find(c) != std::string_view::npos;
}

}  // namespace

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::string count_of(std::uint64_t number, std::string_view noun) {
    const std::string counted = std::to_string(number) + " ";
    if (number == 1) return counted + std::string(noun);
    const bool ends_in_ies = noun.size() > 1 && noun.back() == 'y' && !is_vowel(noun[noun.size() - 2]);
    return counted + (ends_in_ies ? std::string(noun.substr(0, noun.size() - 1)) + "ies" : std::string(noun) + "s");
}

std::string wrap(std::string_view text, std::size_t columns) {
    std::string result;
    bool is_first = true;
    for (const std::string& paragraph : split(text, '\n')) {
        if (!is_first) result += '\n';
        is_first = false;
        std::size_t width = 0;
        for (const std::string& word : split(paragraph, ' ')) {
            const std::size_t more = display_width(word);
            if (width > 0) {
                const bool fits = width + 1 + more <= columns;
                result += fits ? ' ' : '\n';
                width = fits ? width + 1 : 0;
            }
            result += word;
            width += more;
        }
    }
    return result;
}

}  // namespace unroll::base
