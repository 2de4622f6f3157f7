// UTF-8, encodings and words: any bytes as a text, and as a corpus of characters, bytes and words.
#include <algorithm>
#include <cstring>

#include "../target.h"
#include "base/text.h"
#include "base/utf8.h"
#include "datasets/common/word_tokens.h"
#include "datasets/text/corpus.h"
#include "sampling/quality.h"
#include "sampling/words.h"
#include "unroll/encoding.h"
#include "unroll/error.h"
#include "unroll/utf8.h"

namespace {

using namespace unroll;

void check_code_points(std::string_view text) {
    std::size_t at = 0, count = 0;
    std::string again;
    const std::size_t valid = first_invalid_utf8(text);
    while (at < valid) {
        const std::size_t before = at;
        const CodePoint code = next_code_point(text, at);
        fuzz::require(code >= 0 && at > before, "valid text is read to its end");
        fuzz::require(code_point_end(text.substr(0, valid), before) == at, "a code point ends where the next begins");
        append_code_point(again, code);
        ++count;
    }
    fuzz::require(again == text.substr(0, valid), "code points write the text again");
    fuzz::require(count_code_points(text.substr(0, valid)) == count, "they are counted");
    if (valid < text.size()) {
        std::size_t here = valid;
        fuzz::require(next_code_point(text, here) == -1 && here == valid, "reading stops where UTF-8 ends");
    }
}

void check_words(std::string_view text) {
    std::vector<std::string> tokens, again;
    WordJoiner joiner;
    visit_word_tokens(text, [&](std::string_view token) {
        fuzz::require(!token.empty(), "a token has characters");
        tokens.emplace_back(token);
    });
    for (const std::string& token : tokens) joiner.add(token);
    visit_word_tokens(joiner.text(), [&](std::string_view token) { again.emplace_back(token); });
    fuzz::require(tokens == again, "what is joined is cut into the same tokens");
}

void check_corpus(const Bytes& bytes, Corpus (*make)(const Bytes&, Normalizer), Normalizer normalizer) {
    Corpus corpus;
    try {
        corpus = make(bytes, normalizer);
    } catch (const Error&) {
        return;
    }
    for (const Token token : corpus.tokens)
        fuzz::require(token >= 0 && Size(token) < corpus.vocabulary->size(), "tokens are of the vocabulary");
    std::string unknown;
    const auto again = corpus.vocabulary->encode(corpus.vocabulary->decode(corpus.tokens), unknown);
    fuzz::require(again == corpus.tokens, "a vocabulary reads what it has written");
}

}  // namespace

void fuzz::run(std::string_view input) {
    check_code_points(input);
    likely_encoding(input);
    as_utf8_command(likely_encoding(input), input.substr(0, 50));
    base::wrap(input, 40);
    base::display_width(input);
    sampling::visit_words(sampling::without_cut_words(input),
                          [](const std::string& word) { require(!word.empty(), "a word has characters"); });
    if (input.size() < 512) sampling::repetition(input);  // it sorts all passages
    if (first_invalid_utf8(input) == input.size()) check_words(input);
    if (input.empty()) return;

    Bytes bytes;
    bytes.memory = std::make_unique<char[]>(input.size());
    std::memcpy(bytes.memory.get(), input.data(), input.size());
    bytes.all = {bytes.memory.get(), input.size()};
    bytes.files.push_back({"input", bytes.all});
    const Normalizer normalizer{.lower = input.size() % 2 == 0, .newlines_to_spaces = input.size() % 3 == 0};
    check_corpus(
        bytes, [](const Bytes& all, Normalizer n) { return corpus_of_bytes(all, n); }, normalizer);
    check_corpus(
        bytes, [](const Bytes& all, Normalizer n) { return corpus_of_characters(all, n, {}); }, normalizer);
    check_corpus(
        bytes, [](const Bytes& all, Normalizer n) { return corpus_of_words(all, n, {}); }, normalizer);
}
