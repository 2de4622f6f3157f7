// A text as words.
#include "../common/word_tokens.h"

#include <algorithm>
#include <unordered_map>

#include "corpus.h"

using unroll::Size;
using unroll::Token;

namespace {

class Words final : public unroll::Vocabulary {
public:
    Words(std::vector<std::string> words, bool limited, Normalizer normalizer)
        : words_(std::move(words)), limited_(limited), normalizer_(normalizer) {}

    Size size() const override { return words_.size() + limited_; }
    bool can_generate(Token token) const override { return static_cast<Size>(token) < words_.size(); }

    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::string normalized;
        const Size end = visit_code_points(text, [&](unroll::CodePoint code_point) {
            unroll::append_code_point(normalized, normalizer_(code_point));
        });
        if (end < text.size()) {
            unknown = text[end];
            return std::nullopt;
        }
        std::vector<Token> tokens;
        bool known = true;
        visit_word_tokens(normalized, [&](std::string_view word) {
            if (!known) return;
            const auto found = std::lower_bound(words_.begin(), words_.end(), word);
            const bool has_token = found != words_.end() && *found == word;
            known = has_token || limited_;
            if (known) {
                tokens.push_back(static_cast<Token>(has_token ? found - words_.begin() : std::ssize(words_)));
            } else {
                unknown = word;
            }
        });
        if (!known) return std::nullopt;
        return tokens;
    }

    std::string decode(std::span<const Token> tokens) const override {
        WordJoiner joiner;
        for (Token token : tokens)
            joiner.add(limited_ && !can_generate(token) ? unknown_symbol : words_.at(static_cast<Size>(token)));
        return joiner.text();
    }

private:
    std::vector<std::string> words_;  ///< sorted by bytes, which for UTF-8 is by code points
    bool limited_;                    ///< any other word is the token words_.size()
    Normalizer normalizer_;
};

std::string normalize(const Bytes& bytes, Normalizer normalizer) {
    std::string text;
    text.reserve(bytes.all.size());
    for (const Bytes::File& file : bytes.files) {
        const std::string_view part = text_of(file);
        const Size end = visit_code_points(
            part, [&](unroll::CodePoint code_point) { unroll::append_code_point(text, normalizer(code_point)); });
        if (end < part.size()) fail_not_utf8(file, part, end);
    }
    return text;
}

}  // namespace

Corpus corpus_of_words(const Bytes& bytes, Normalizer normalizer, const CorpusLimit& limit) {
    Corpus corpus;
    const std::string text = normalize(bytes, normalizer);
    // Words are numbered as they come, then renumbered in the vocabulary's order.
    std::unordered_map<std::string_view, Token> number_of;
    visit_word_tokens(text, [&](std::string_view word) {
        corpus.tokens.push_back(number_of.try_emplace(word, static_cast<Token>(number_of.size())).first->second);
    });
    std::vector<std::pair<std::string_view, Token>> sorted(number_of.begin(), number_of.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<Token> token_of(sorted.size());
    std::vector<std::string> words;
    for (const auto& [word, number] : sorted) {
        token_of[static_cast<Size>(number)] = static_cast<Token>(words.size());
        words.emplace_back(word);
    }
    for (Token& token : corpus.tokens) token = token_of[static_cast<Size>(token)];
    if (limit) keep_frequent(limit, std::string(unknown_symbol), words, corpus.tokens);
    corpus.vocabulary = std::make_unique<Words>(std::move(words), bool(limit), normalizer);
    return corpus;
}
