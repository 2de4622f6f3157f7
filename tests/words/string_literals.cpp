// Finding string literals: a scanner of comments, characters and strings.
#include "string_literals.h"

#include <algorithm>
#include <cctype>

namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

class Scanner {
public:
    explicit Scanner(std::string_view source) : source_(source) {}

    std::vector<StringLiteral> run() {
        while (at_ < source_.size()) step();
        return std::move(literals_);
    }

private:
    void step() {
        if (rest().starts_with("//")) return skip_to("\n", 0);
        if (rest().starts_with("/*")) return skip_to("*/", 2);
        if (rest().starts_with("#include")) return skip_to("\n", 0);
        const char c = source_[at_];
        if (c == '"') return is_raw() ? read_raw() : read();
        if (c == '\'' && (at_ == 0 || !is_word(source_[at_ - 1]))) return skip_character();  // 1'000 has none
        if (!std::isspace(static_cast<unsigned char>(c)) && !(c == 'R' && rest().starts_with("R\""))) adjacent_ = false;
        advance(1);
    }

    std::string_view rest() const { return source_.substr(at_); }
    bool is_raw() const { return at_ > 0 && source_[at_ - 1] == 'R' && (at_ < 2 || !is_word(source_[at_ - 2])); }

    void advance(std::size_t count) {
        line_ += static_cast<std::size_t>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                     source_.begin() + static_cast<std::ptrdiff_t>(at_ + count), '\n'));
        at_ += count;
    }

    void skip_to(std::string_view end, std::size_t behind) {
        const std::size_t found = source_.find(end, at_ + 2);
        advance(found == source_.npos ? source_.size() - at_ : found + behind - at_);
    }

    void skip_character() {
        std::size_t length = 1;
        while (at_ + length < source_.size() && source_[at_ + length] != '\'')
            length += source_[at_ + length] == '\\' ? 2 : 1;
        advance(std::min(length + 1, source_.size() - at_));
        adjacent_ = false;
    }

    void read() {
        const std::size_t line = line_;
        std::string text;
        std::size_t length = 1;
        for (; at_ + length < source_.size() && source_[at_ + length] != '"'; ++length) {
            char c = source_[at_ + length];
            if (c == '\\' && at_ + length + 1 < source_.size()) {
                const char escaped = source_[at_ + ++length];
                if (escaped != 'n' && escaped != 't' && escaped != '"') text += '\\';
                c = escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
            }
            text += c;
        }
        advance(std::min(length + 1, source_.size() - at_));
        add(line, text);
    }

    void read_raw() {
        const std::size_t line = line_, open = std::min(source_.find('(', at_), source_.size());
        const std::string end = ")" + std::string(source_.substr(at_ + 1, open - at_ - 1)) + "\"";
        const std::size_t close = std::min(source_.find(end, open), source_.size());
        const std::string text(source_.substr(std::min(open + 1, close), close - std::min(open + 1, close)));
        advance(std::min(close + end.size(), source_.size()) - at_);
        add(line, text);
    }

    void add(std::size_t line, const std::string& text) {
        if (adjacent_)
            literals_.back().text += text;
        else
            literals_.push_back({line, text});
        adjacent_ = true;
    }

    std::string_view source_;
    std::size_t at_ = 0, line_ = 1;
    bool adjacent_ = false;  ///< whether nothing but space and comments stands since the last literal
    std::vector<StringLiteral> literals_;
};

}  // namespace

std::vector<StringLiteral> string_literals(std::string_view source) {
    return Scanner(source).run();
}
