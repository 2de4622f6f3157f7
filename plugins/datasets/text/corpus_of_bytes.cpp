// Any file as bytes.
#include <array>

#include "corpus.h"

using unroll::Size;
using unroll::Token;

namespace {

unsigned char normalize(Normalizer normalizer, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0x80 ? static_cast<unsigned char>(normalizer(value)) : value;
}

class ByteValues final : public unroll::Vocabulary {
public:
    ByteValues(std::array<Token, 256> token_of, std::string symbols, Normalizer normalizer)
        : token_of_(token_of), symbols_(std::move(symbols)), normalizer_(normalizer) {}

    Size size() const override { return symbols_.size(); }

    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        for (char byte : text) {
            const Token token = token_of_[normalize(normalizer_, byte)];
            if (token < 0) {
                unknown = byte;
                return std::nullopt;
            }
            tokens.push_back(token);
        }
        return tokens;
    }

    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (Token token : tokens) text += symbols_.at(static_cast<Size>(token));
        return text;
    }

private:
    std::array<Token, 256> token_of_;  ///< -1: does not occur
    std::string symbols_;
    Normalizer normalizer_;
};

}  // namespace

Corpus corpus_of_bytes(const Bytes& bytes, Normalizer normalizer) {
    std::array<bool, 256> occurs{};
    for (char byte : bytes.all) occurs[normalize(normalizer, byte)] = true;
    std::array<Token, 256> token_of;
    std::string symbols;
    for (Size value = 0; value < 256; ++value) {
        token_of[value] = occurs[value] ? static_cast<Token>(symbols.size()) : -1;
        if (occurs[value]) symbols += static_cast<char>(value);
    }
    Corpus corpus;
    corpus.tokens.resize(bytes.all.size());
    for (Size i = 0; i < bytes.all.size(); ++i) corpus.tokens[i] = token_of[normalize(normalizer, bytes.all[i])];
    corpus.vocabulary = std::make_unique<ByteValues>(token_of, std::move(symbols), normalizer);
    return corpus;
}
