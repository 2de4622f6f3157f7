// The words of a text, as Unicode tells letters from other characters.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace unroll::sampling {

/// A word is a run of letters with the marks, digits and connectors ("_") among them, and with at least one letter; an
/// apostrophe between two of its characters belongs to it. These are the word boundaries of UAX #29 without its rules
/// for points and commas. What is written without blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
/// would need a dictionary, and has no words here.
///
/// Calls visit(word) for each: in small letters (Unicode's simple mapping), a typographic apostrophe as a straight one.
/// Bytes that are not UTF-8 are no letters.
void visit_words(std::string_view text, const std::function<void(const std::string&)>& visit);

/// `text` without what may be a part of a word only, because the text begins and ends within it: the run of characters
/// of words at each end.
std::string_view without_cut_words(std::string_view text);

}  // namespace unroll::sampling
