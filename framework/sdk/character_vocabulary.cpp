// The vocabulary of single ASCII characters.
#include <fmt/core.h>

#include <stdexcept>

#include "unroll/dataset.h"
#include "unroll/utf8.h"

namespace unroll {

CharacterVocabulary::CharacterVocabulary(std::string characters) : characters_(std::move(characters)) {
    for (Size i = 0; i < characters_.size(); ++i) {
        if (static_cast<unsigned char>(characters_[i]) > 127 || characters_.find(characters_[i]) != i) {
            throw std::invalid_argument(
                fmt::format("CharacterVocabulary: character {} is not ASCII or comes twice", i));
        }
    }
}

std::optional<std::vector<Token>> CharacterVocabulary::encode(std::string_view text, std::string& unknown) const {
    std::vector<Token> tokens;
    for (Size i = 0; i < text.size(); ++i) {
        const Size token = characters_.find(text[i]);
        if (token == std::string::npos) {
            unknown = text.substr(i, code_point_end(text, i) - i);
            return std::nullopt;
        }
        tokens.push_back(static_cast<Token>(token));
    }
    return tokens;
}

std::string CharacterVocabulary::decode(std::span<const Token> tokens) const {
    std::string text;
    for (Token token : tokens) text += characters_.at(static_cast<Size>(token));
    return text;
}

}  // namespace unroll
