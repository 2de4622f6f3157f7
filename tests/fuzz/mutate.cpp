// Structured mutants: what random bytes hardly ever come to.
#include <algorithm>
#include <array>

#include "target.h"

namespace fuzz {

namespace {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {  // splitmix64
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return n ? static_cast<std::size_t>(next() % n) : 0; }

    template <class List>
    const auto& one_of(const List& list) {
        return list[below(std::size(list))];
    }

private:
    std::uint64_t state_;
};

constexpr std::array<std::string_view, 20> numbers{"0",
                                                   "-1",
                                                   "1",
                                                   "2147483647",
                                                   "2147483648",
                                                   "4294967296",
                                                   "9007199254740993",
                                                   "1e3",
                                                   "1e999",
                                                   "-0",
                                                   "1e-999",
                                                   "9223372036854775807",
                                                   "-9223372036854775808",
                                                   "18446744073709551616",
                                                   "0.1",
                                                   "1000000000",
                                                   "1000000000000",
                                                   "1e18",
                                                   "NaN",
                                                   "00"};

constexpr std::array<std::string_view, 24> texts{"\\u0000",
                                                 "\\ud800",
                                                 "\"",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "//",
                                                 "/*",
                                                 "null",
                                                 "true",
                                                 "'",
                                                 "\xC3",
                                                 "\xEF\xBB\xBF",
                                                 "\xE2\x80\x9C",
                                                 "\xF4\x90\x80\x80",
                                                 "\t",
                                                 "\r\n",
                                                 ";",
                                                 "\x1b[2J",
                                                 "**"};

constexpr std::array<std::uint64_t, 9> words_of_bytes{
    0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};

/// A range of the text, most of the time a short one.
std::pair<std::size_t, std::size_t> range(const std::string& text, Random& random) {
    const std::size_t begin = random.below(text.size() + 1);
    const std::size_t longest = random.below(4) ? 16 : text.size();
    return {begin, std::min(text.size() - begin, random.below(longest + 1))};
}

void replace_number(std::string& text, Random& random) {
    const std::size_t at = text.find_first_of("0123456789", random.below(text.size() + 1));
    if (at == text.npos) return;
    const std::size_t end = std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
    text.replace(at, end - at, random.one_of(numbers));
}

/// From a quote to behind the next comma: a member or an item, once more.
void double_member(std::string& text, Random& random) {
    const std::size_t begin = text.find('"', random.below(text.size() + 1));
    const std::size_t end = begin == text.npos ? begin : text.find(',', begin);
    if (end != text.npos) text.insert(end + 1, text.substr(begin, end + 1 - begin));
}

void nest(std::string& text, Random& random) {
    constexpr std::array<std::string_view, 6> openings{
        "[", "{\"a\":", "(", "[[", "{\"sweep\":{\"s\":{\"x\":", "SELECT("};
    const std::string_view opening = random.one_of(openings);
    const std::size_t times = std::size_t{1} << random.below(12);
    std::string many;
    for (std::size_t i = 0; i < times; ++i) many += opening;
    text.insert(random.below(text.size() + 1), many);
}

void repeat(std::string& text, Random& random) {
    const auto [begin, size] = range(text, random);
    const std::string part = text.substr(begin, size);
    const std::size_t times = std::size_t{1} << random.below(8);
    std::string many;
    for (std::size_t i = 0; i < times; ++i) many += part;
    text.insert(begin, many);
}

void overwrite_word(std::string& text, Random& random) {
    const std::size_t width = std::array<std::size_t, 4>{1, 2, 4, 8}[random.below(4)];
    if (text.size() < width) return;
    const std::size_t at = random.below(text.size() - width + 1);
    const std::uint64_t value = random.one_of(words_of_bytes) + random.below(3) - 1;
    const bool big_endian = random.below(2);
    for (std::size_t i = 0; i < width; ++i)
        text[at + (big_endian ? width - 1 - i : i)] = static_cast<char>(value >> (8 * i));
}

void mutate_once(std::string& text, std::string_view other, std::span<const std::string> words, Random& random) {
    const std::size_t at = random.below(text.size() + 1);
    const auto [begin, size] = range(text, random);
    switch (random.below(13)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(random.below(256));
            break;
        case 2:
            text.erase(begin, size);
            break;
        case 3:
            text.insert(at, text.substr(begin, size));
            break;
        case 4:
            if (!words.empty()) text.insert(at, random.one_of(words));
            break;
        case 5:
            replace_number(text, random);
            break;
        case 6:
            text.insert(at, random.one_of(texts));
            break;
        case 7:
            text.insert(at, 1 + random.below(3), '\0');
            break;
        case 8:
            nest(text, random);
            break;
        case 9:
            repeat(text, random);
            break;
        case 10:
            text = text.substr(0, at) + std::string(other.substr(random.below(other.size() + 1)));
            break;
        case 11:
            double_member(text, random);
            break;
        default:
            overwrite_word(text, random);
    }
}

}  // namespace

std::string mutated(std::string_view input, std::string_view other, std::span<const std::string> words,
                    std::uint64_t seed, std::size_t longest) {
    Random random(seed);
    std::string text(input);
    for (std::size_t times = 1 + random.below(4); times > 0; --times) {
        mutate_once(text, other, words, random);
        if (text.size() > longest) text.resize(longest);
    }
    return text;
}

}  // namespace fuzz
