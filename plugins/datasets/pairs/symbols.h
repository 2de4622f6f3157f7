// A vocabulary of the code points that occur in some texts, in ascending order, and perhaps an end-of-sequence token.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../common/normalizer.h"
#include "unroll/dataset.h"

class Symbols final : public unroll::Vocabulary {
public:
    /// Adds what occurs in `text`, which is UTF-8. Before the first other call.
    void see(std::string_view text) {
        visit_code_points(text, [&](unroll::CodePoint symbol) { symbols_.push_back(symbol); });
        std::sort(symbols_.begin(), symbols_.end());
        symbols_.erase(std::unique(symbols_.begin(), symbols_.end()), symbols_.end());
    }
    /// Adds the end-of-sequence token, behind all others: it decodes to nothing, and no text encodes to it.
    void add_end() { ends_ = true; }
    unroll::Token end() const { return ends_ ? static_cast<unroll::Token>(symbols_.size()) : unroll::Token{-1}; }

    unroll::Size size() const override { return symbols_.size() + (ends_ ? 1 : 0); }

    std::optional<std::vector<unroll::Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<unroll::Token> tokens;
        bool known = true;
        const auto end = visit_code_points(text, [&](unroll::CodePoint symbol) {
            const auto found = std::lower_bound(symbols_.begin(), symbols_.end(), symbol);
            if (known && (found == symbols_.end() || *found != symbol)) {
                known = false;
                unknown.clear();
                unroll::append_code_point(unknown, symbol);
            }
            tokens.push_back(static_cast<unroll::Token>(found - symbols_.begin()));
        });
        if (known && end < text.size()) {  // no UTF-8
            known = false;
            unknown = text[end];
        }
        if (!known) return std::nullopt;
        return tokens;
    }

    std::string decode(std::span<const unroll::Token> tokens) const override {
        std::string text;
        for (const unroll::Token token : tokens)
            if (token != end()) unroll::append_code_point(text, symbols_.at(static_cast<unroll::Size>(token)));
        return text;
    }

private:
    std::vector<unroll::CodePoint> symbols_;
    bool ends_ = false;
};
