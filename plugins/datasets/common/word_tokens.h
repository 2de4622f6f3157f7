// The word tokenizer of datasets: a text as words and punctuation, and these as a text again.
#pragma once

#include <string>
#include <string_view>

#include "normalizer.h"

// Tokens are
//   words        runs of letters, digits, marks and "_". An apostrophe before a letter belongs to the word (don't,
//                'tis), so does a hyphen between letters (well-known), and a point or comma between digits (3.14)
//   ideographs   each Chinese or Japanese character, and their punctuation
//   marks        any other character, or a run of the same one (..., --, ==)
//   newlines     "\n", each
// Blanks only separate. Joining puts one blank between tokens, but none beside a newline or an ideograph, before a
// closing mark, behind an opening one; a straight " opens and closes by turns within a line. So what is joined is cut
// into the same tokens again, but other blanks (indentation) are lost.

enum class CharacterKind { blank, newline, letter, ideograph, mark };

CharacterKind kind_of(unroll::CodePoint code_point);
/// Where the token ends that begins at text[begin], which is not blank. `text` is UTF-8.
std::size_t token_end(std::string_view text, std::size_t begin);

/// Calls visit(token) for each token of `text`, which is UTF-8.
template <class Visit>
void visit_word_tokens(std::string_view text, Visit&& visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = at;
        if (kind_of(unroll::next_code_point(text, at)) == CharacterKind::blank) continue;
        at = token_end(text, begin);
        visit(text.substr(begin, at - begin));
    }
}

/// Joins tokens, one at a time.
class WordJoiner {
public:
    void add(std::string_view token);
    const std::string& text() const { return text_; }

private:
    bool blank_before(std::string_view token) const;

    std::string text_;
    std::string_view previous_;
    bool quoted_ = false;  ///< behind an opening straight quotation mark
};
