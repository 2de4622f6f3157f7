// A text as Unicode code points.
#include <algorithm>
#include <array>
#include <memory>

#include "corpus.h"

using unroll::Size;
using unroll::Token;

namespace {

constexpr unroll::CodePoint unknown_code_point = 0x2047;  ///< of unknown_symbol

/// A token for each code point that occurs. In pages, so that a text of few symbols does not pay for all of Unicode.
class TokenTable {
public:
    /// -1 for a code point that has none yet.
    Token& operator[](unroll::CodePoint code_point) {
        std::unique_ptr<Page>& page = pages_[static_cast<Size>(code_point) / page_size];
        if (!page) {
            page = std::make_unique<Page>();
            page->fill(-1);
        }
        return (*page)[static_cast<Size>(code_point) % page_size];
    }

    /// Calls visit(code point, token) for all that have one, in ascending order; the token may be changed.
    void visit(auto&& visit) {
        for (Size i = 0; i < pages_.size(); ++i) {
            if (!pages_[i]) continue;
            for (Size j = 0; j < page_size; ++j)
                if (Token& token = (*pages_[i])[j]; token >= 0)
                    visit(static_cast<unroll::CodePoint>(i * page_size + j), token);
        }
    }

private:
    static constexpr Size code_points = 0x110000, page_size = 256;
    using Page = std::array<Token, page_size>;
    std::array<std::unique_ptr<Page>, code_points / page_size> pages_;
};

class Characters final : public unroll::Vocabulary {
public:
    Characters(std::vector<unroll::CodePoint> symbols, bool limited, Normalizer normalizer)
        : symbols_(std::move(symbols)), limited_(limited), normalizer_(normalizer) {}

    Size size() const override { return symbols_.size() + limited_; }
    bool can_generate(Token token) const override { return static_cast<Size>(token) < symbols_.size(); }

    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        bool known = true;
        const Size end = visit_code_points(text, [&](unroll::CodePoint code_point) {
            if (!known) return;
            const auto symbol = std::lower_bound(symbols_.begin(), symbols_.end(), normalizer_(code_point));
            const bool has_token = symbol != symbols_.end() && *symbol == normalizer_(code_point);
            known = has_token || limited_;
            if (known) {
                tokens.push_back(static_cast<Token>(has_token ? symbol - symbols_.begin() : std::ssize(symbols_)));
            } else {
                unroll::append_code_point(unknown = {}, code_point);
            }
        });
        if (known && end < text.size()) unknown = text[end];
        if (!known || end < text.size()) return std::nullopt;
        return tokens;
    }

    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (Token token : tokens) {
            unroll::append_code_point(
                text, limited_ && !can_generate(token) ? unknown_code_point : symbols_.at(static_cast<Size>(token)));
        }
        return text;
    }

private:
    std::vector<unroll::CodePoint> symbols_;  ///< sorted
    bool limited_;                            ///< any other symbol is the token symbols_.size()
    Normalizer normalizer_;
};

}  // namespace

Corpus corpus_of_characters(const Bytes& bytes, Normalizer normalizer, const CorpusLimit& limit) {
    // First which symbols there are and how many, then the tokens, in one array of just the right size.
    TokenTable token_of;
    Size count = 0;
    for (const Bytes::File& file : bytes.files) {
        const std::string_view text = text_of(file);
        const Size end = visit_code_points(text, [&](unroll::CodePoint code_point) {
            token_of[code_point] = 0;
            ++count;
        });
        if (end < text.size()) fail_not_utf8(file, text, end);
    }
    std::vector<unroll::CodePoint> symbols;
    token_of.visit([&](unroll::CodePoint code_point, Token) { symbols.push_back(normalizer(code_point)); });
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    token_of.visit([&](unroll::CodePoint code_point, Token& token) {
        token = static_cast<Token>(std::lower_bound(symbols.begin(), symbols.end(), normalizer(code_point)) -
                                   symbols.begin());
    });

    Corpus corpus;
    corpus.tokens.resize(count);
    Token* out = corpus.tokens.data();
    for (const Bytes::File& file : bytes.files)
        visit_code_points(text_of(file), [&](unroll::CodePoint code_point) { *out++ = token_of[code_point]; });
    if (limit) keep_frequent(limit, unknown_code_point, symbols, corpus.tokens);
    corpus.vocabulary = std::make_unique<Characters>(std::move(symbols), bool(limit), normalizer);
    return corpus;
}
