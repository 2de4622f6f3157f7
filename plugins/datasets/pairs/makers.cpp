// Pairs that are made by a rule: sums, dates, reversed words.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "makers.h"

namespace {

using unroll::Options;
using unroll::RandomStream;
using unroll::Size;

std::string padded(std::string text, Size width) {
    text.resize(width, ' ');
    return text;
}

Size chosen(const Options& options) {
    return static_cast<Size>(options.integer("length"));
}

/// "12+305 " and "317 ", as Keras's example has it: a number has 1 to `length` digits, blanks fill up, and the question
/// may be read from its end, which puts the digits that matter first nearer to each other. 305+12 asks the same.
Pair addition(const Options& options, RandomStream& stream) {
    const Size digits = chosen(options);
    const auto number = [&] {
        std::uint64_t value = 0;
        for (Size count = 1 + stream.below(digits); count > 0; --count) value = 10 * value + stream.below(10);
        return value;
    };
    const std::uint64_t a = number(), b = number();
    std::string question = padded(std::to_string(a) + "+" + std::to_string(b), 2 * digits + 1);
    if (options.boolean("reversed")) question.assign(question.rbegin(), question.rend());
    return {question, padded(std::to_string(a + b), digits + 1), fmt::format("{}+{}", std::min(a, b), std::max(a, b))};
}

constexpr std::array<std::string_view, 12> months = {"january",   "february", "march",    "april",
                                                     "may",       "june",     "july",     "august",
                                                     "september", "october",  "november", "december"};

std::string two_digits(Size number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
}

Size days_of(Size month, Size year) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// A day from 1900 to 2099 in one of many ways of writing, and as ISO 8601 has it: "3 mar 1987" and "1987-03-03".
Pair dates(const Options& options, RandomStream& stream) {
    const Size year = 1900 + stream.below(200), month = 1 + stream.below(12),
               day = 1 + stream.below(days_of(month, year));
    const std::string name(months[month - 1]), number = std::to_string(day), years = std::to_string(year);
    const auto written = [&]() -> std::string {
        switch (stream.below(8)) {
            case 0:
                return number + " " + name + " " + years;
            case 1:
                return number + " " + name.substr(0, 3) + " " + years;
            case 2:
                return name + " " + number + ", " + years;
            case 3:
                return name.substr(0, 3) + " " + number + ", " + years;
            case 4:
                return two_digits(day) + "." + two_digits(month) + "." + years;
            case 5:
                return two_digits(month) + "/" + two_digits(day) + "/" + years;
            case 6:
                return years + " " + name + " " + number;
            default:
                return "the " + number + ". of " + name + " " + years;
        }
    };
    std::string question = written();
    if (options.boolean("reversed")) question.assign(question.rbegin(), question.rend());
    return {question, years + "-" + two_digits(month) + "-" + two_digits(day)};
}

/// 1 to `length` letters, and the same from the last to the first.
Pair reversal(const Options& options, RandomStream& stream) {
    std::string word;
    for (Size count = 1 + stream.below(chosen(options)); count > 0; --count)
        word += static_cast<char>('a' + stream.below(26));
    return {word, {word.rbegin(), word.rend()}};
}

constexpr Maker adds{addition, true}, writes_dates{dates, true}, reverses{reversal, false};

}  // namespace

const Maker& maker(const std::string& kind) {
    if (kind == "addition") return adds;
    if (kind == "dates") return writes_dates;
    if (kind == "reversal") return reverses;
    throw std::logic_error("unknown kind of pairs: " + kind);
}
