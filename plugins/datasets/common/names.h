// A vocabulary of names: token i is written as names[i].
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "unroll/dataset.h"

/// Several names in a row stand with `separator` between them, which no name contains; names are all different.
class Names final : public unroll::Vocabulary {
public:
    Names() = default;
    Names(std::vector<std::string> names, char separator) : names_(std::move(names)), separator_(separator) {}

    unroll::Size size() const override { return names_.size(); }

    std::optional<std::vector<unroll::Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<unroll::Token> tokens;
        for (unroll::Size begin = 0; begin < text.size();) {
            const unroll::Size end = std::min(text.find(separator_, begin), text.size());
            const std::string_view name = text.substr(begin, end - begin);
            const auto found = std::find(names_.begin(), names_.end(), name);
            if (found == names_.end()) {
                unknown = name;
                return std::nullopt;
            }
            tokens.push_back(static_cast<unroll::Token>(found - names_.begin()));
            begin = end + 1;
        }
        return tokens;
    }

    std::string decode(std::span<const unroll::Token> tokens) const override {
        std::string text;
        for (unroll::Size i = 0; i < tokens.size(); ++i) {
            if (i > 0) text += separator_;
            text += names_.at(static_cast<unroll::Size>(tokens[i]));
        }
        return text;
    }

    const std::string& operator[](unroll::Size token) const { return names_[token]; }

private:
    std::vector<std::string> names_;
    char separator_ = ' ';
};
