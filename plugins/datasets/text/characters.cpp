// A text as Unicode code points.
#include <algorithm>

#include "units.h"

using unroll::Size;
using unroll::Token;

namespace {

constexpr Size code_points = 0x110000;
constexpr utf8proc_int32_t unknown_code_point = 0x2047;  ///< of unknown_symbol

class Characters final : public unroll::Vocabulary {
public:
    Characters(std::vector<utf8proc_int32_t> symbols, bool limited, Spelling spelling)
        : symbols_(std::move(symbols)), limited_(limited), spelling_(spelling) {}

    Size size() const override { return symbols_.size() + limited_; }
    bool can_generate(Token token) const override { return static_cast<Size>(token) < symbols_.size(); }

    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        bool known = true;
        const Size end = visit_code_points(text, [&](utf8proc_int32_t code_point) {
            if (!known) return;
            const auto symbol = std::lower_bound(symbols_.begin(), symbols_.end(), spelling_(code_point));
            const bool has_token = symbol != symbols_.end() && *symbol == spelling_(code_point);
            known = has_token || limited_;
            if (known) {
                tokens.push_back(static_cast<Token>(has_token ? symbol - symbols_.begin() : std::ssize(symbols_)));
            } else {
                append_code_point(unknown = {}, code_point);
            }
        });
        if (known && end < text.size()) unknown = text[end];
        if (!known || end < text.size()) return std::nullopt;
        return tokens;
    }

    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (Token token : tokens) {
            append_code_point(
                text, limited_ && !can_generate(token) ? unknown_code_point : symbols_.at(static_cast<Size>(token)));
        }
        return text;
    }

private:
    std::vector<utf8proc_int32_t> symbols_;  ///< sorted
    bool limited_;                           ///< any other symbol is the token symbols_.size()
    Spelling spelling_;
};

}  // namespace

Corpus cut_into_characters(const Bytes& bytes, Spelling spelling, const Limit& limit) {
    // First which symbols there are and how many, then the tokens, in one array of just the right size.
    std::vector<Token> token_of(code_points, -1);
    Size count = 0;
    for (const Bytes::File& file : bytes.files) {
        const std::string_view text = text_of(file);
        const Size end = visit_code_points(text, [&](utf8proc_int32_t code_point) {
            token_of[static_cast<Size>(code_point)] = 0;
            ++count;
        });
        if (end < text.size()) fail_not_utf8(file, text, end);
    }
    std::vector<utf8proc_int32_t> symbols;
    for (Size i = 0; i < code_points; ++i) {
        if (token_of[i] == 0) symbols.push_back(spelling(static_cast<utf8proc_int32_t>(i)));
    }
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    for (Size i = 0; i < code_points; ++i) {
        if (token_of[i] < 0) continue;
        const auto symbol =
            std::lower_bound(symbols.begin(), symbols.end(), spelling(static_cast<utf8proc_int32_t>(i)));
        token_of[i] = static_cast<Token>(symbol - symbols.begin());
    }

    Corpus corpus;
    corpus.tokens.resize(count);
    Token* out = corpus.tokens.data();
    for (const Bytes::File& file : bytes.files) {
        visit_code_points(text_of(file),
                          [&](utf8proc_int32_t code_point) { *out++ = token_of[static_cast<Size>(code_point)]; });
    }
    if (limit) keep_frequent(limit, unknown_code_point, symbols, corpus.tokens);
    corpus.vocabulary = std::make_unique<Characters>(std::move(symbols), bool(limit), spelling);
    return corpus;
}
