// The vocabulary of single ASCII characters.
#include <fmt/core.h>

#include <stdexcept>

#include "unroll/dataset.h"

namespace unroll {

Signs::Signs(std::string signs) : signs_(std::move(signs)) {
    for (Size i = 0; i < signs_.size(); ++i) {
        if (static_cast<unsigned char>(signs_[i]) > 127 || signs_.find(signs_[i]) != i) {
            throw std::invalid_argument(fmt::format("Signs: sign {} is not ASCII or was there before", i));
        }
    }
}

std::optional<std::vector<Token>> Signs::encode(std::string_view text, std::string& unknown) const {
    std::vector<Token> tokens;
    for (Size i = 0; i < text.size(); ++i) {
        const Size token = signs_.find(text[i]);
        if (token == std::string::npos) {
            Size end = i + 1;  // the whole of a symbol beyond ASCII
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
            unknown = text.substr(i, end - i);
            return std::nullopt;
        }
        tokens.push_back(static_cast<Token>(token));
    }
    return tokens;
}

std::string Signs::decode(std::span<const Token> tokens) const {
    std::string text;
    for (Token token : tokens) text += signs_.at(static_cast<Size>(token));
    return text;
}

}  // namespace unroll
