// Stored samples as texts of a page.
#include "report/samples.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace unroll::report {

namespace {

using store::SampleRow;
using store::Value;

constexpr std::size_t most_characters = 4000;  ///< of a text

/// No more than a page can bear, cut between characters.
std::string cut(std::string text) {
    if (text.size() <= most_characters) return text;
    std::size_t end = most_characters;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "…";
}

template <class Number>
Value value_of(const std::optional<Number>& number) {
    return number ? Value(*number) : Value();
}

}  // namespace

Text text_of(const SampleRow& sample) {
    Text text;
    text.prompt = cut(sample.prompt);
    text.text = cut(sample.text);
    text.target = cut(sample.target);
    if (sample.correct) text.correct = *sample.correct ? 1 : 0;
    if (sample.kind != "text") return text;
    for (auto& [name, value] :
         std::vector<std::pair<std::string, Value>>{{"known words", value_of(sample.known_word_rate)},
                                                    {"distinct-3", value_of(sample.distinct_3)},
                                                    {"repetition", value_of(sample.repetition)},
                                                    {"longest copy", value_of(sample.longest_copy)}})
        if (!std::holds_alternative<std::monostate>(value)) text.measures.emplace_back(name, value);
    return text;
}

std::string column_of(const SampleRow& sample) {
    return sample.temperature ? fmt::format("{:g}", *sample.temperature) : sample.sampler;
}

}  // namespace unroll::report
