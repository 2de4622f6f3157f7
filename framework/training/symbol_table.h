// A vocabulary without its dataset: a table of the symbols that its tokens are written as.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unroll/dataset.h"

namespace unroll::training {

/// Symbols are written one after the other or, as words, with a blank between those that want one; a text is read as
/// the longest symbol at each place, words up to where they end. Upper case and line breaks are read as the dataset
/// reads them. What is not in the table is the one token that is never generated, where there is one, and
/// otherwise unknown.
class SymbolTable final : public Vocabulary {
public:
    /// The table of a vocabulary; exact when it writes and reads `probe`, tokens of the data, and its own symbols in
    /// order, just as the vocabulary does.
    static SymbolTable of(const Vocabulary& vocabulary, std::span<const Token> probe);
    bool is_exact() const { return exact_; }

    /// A text of all symbols that are generated, each many times: a dataset of it has a vocabulary of the same symbols.
    std::string text_of_all() const;
    bool has_symbols_of(const Vocabulary& vocabulary) const;

    /// As ASCII text, and back. Throws std::invalid_argument for a text that is none.
    std::string save() const;
    static SymbolTable load(std::string_view text);

    Size size() const override { return symbols_.size(); }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override;
    std::string decode(std::span<const Token> tokens) const override;
    bool can_generate(Token token) const override { return symbols_.at(Size(token)).is_generated; }

private:
    struct Symbol {
        std::string text;
        bool is_generated = true;
        bool blank_before = false, blank_after = false;  ///< beside another symbol that wants one, too
    };

    void index();
    bool writes_as(const Vocabulary& vocabulary, std::span<const Token> tokens) const;
    std::string normalized(std::string_view text) const;
    Size match(std::string_view text, Size at) const;

    std::vector<Symbol> symbols_;
    bool exact_ = false;
    bool joined_ = false;             ///< with blanks
    bool lower_ = false;              ///< capital letters are read as small ones
    bool newlines_as_blank_ = false;  ///< line breaks are read as blanks

    std::unordered_map<std::string, Token> tokens_;  ///< by symbol
    Size longest_ = 0;
    std::optional<Token> unknown_;
};

}  // namespace unroll::training
