// Reading JSON.
#include "json/parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace unroll::json {
namespace {

namespace boost_json = boost::json;

constexpr std::size_t deepest = 64;

Position position(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto newline = before.rfind('\n');
    return {static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
            static_cast<std::uint32_t>(newline == before.npos ? offset + 1 : offset - newline)};
}

/// The grammar's parser does not say where it is, so the places of keys and values are found beforehand. They come in
/// the order of the parser's events: one for each key, scalar and opening bracket. On malformed text they are right up
/// to the place where the parser stops.
class Tokens {
public:
    explicit Tokens(std::string_view text) : text_(text) {}

    /// The next key's or value's place; `token` is set to its text.
    Position next(std::string_view& token) {
        skip();
        const std::size_t begin = at_;
        const Position place{line_, static_cast<std::uint32_t>(begin - line_begin_ + 1)};
        if (at_ < text_.size() && text_[at_] == '"') {
            for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
                if (text_[at_] == '\\') ++at_;
            ++at_;
        } else if (at_ < text_.size() && (text_[at_] == '{' || text_[at_] == '[')) {
            ++at_;
        } else {
            at_ = std::min(text_.find_first_of(",:]}/ \t\r\n", at_), text_.size());
        }
        token = text_.substr(std::min(begin, text_.size()), at_ - begin);
        return place;
    }

private:
    /// To the next place where a key or value begins.
    void skip() {
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\n') {
                ++line_;
                line_begin_ = at_ + 1;
            } else if (c == '/' && text_.substr(at_, 2) == "//") {
                at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
            } else if (c == '/' && text_.substr(at_, 2) == "/*") {
                const std::size_t end = std::min(text_.find("*/", at_ + 2), text_.size());
                for (; at_ < end; ++at_)
                    if (text_[at_] == '\n') ++line_, line_begin_ = at_ + 1;
                ++at_;
            } else if (std::string_view(" \t\r,:]}").find(c) == std::string_view::npos) {
                return;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0, line_begin_ = 0;
    std::uint32_t line_ = 1;
};

/// Builds the tree from the parser's events.
class Builder {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;
    using Code = boost_json::error_code;
    using View = boost_json::string_view;

    Builder(std::string_view text, const std::string& source, base::Diagnostics& diagnostics)
        : tokens_(text), source_(source), diagnostics_(diagnostics) {}

    Value root;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return open(Value(Object{})); }
    bool on_object_end(std::size_t, Code&) { return close(); }
    bool on_array_begin(Code&) { return open(Value(Array{})); }
    bool on_array_end(std::size_t, Code&) { return close(); }
    bool on_key_part(View part, std::size_t, Code&) { return collect(part); }
    bool on_key(View part, std::size_t, Code&) {
        collect(part);
        std::string_view token;
        keys_.back().at = tokens_.next(token);
        keys_.back().key = std::exchange(text_, {});
        return true;
    }
    bool on_string_part(View part, std::size_t, Code&) { return collect(part); }
    bool on_string(View part, std::size_t, Code&) {
        collect(part);
        return scalar(Value(std::exchange(text_, {})));
    }
    bool on_number_part(View, Code&) { return true; }
    bool on_int64(std::int64_t, View, Code&) { return number(); }
    bool on_uint64(std::uint64_t, View, Code&) { return number(); }
    bool on_double(double, View, Code&) { return number(); }
    bool on_bool(bool value, Code&) { return scalar(Value(value)); }
    bool on_null(Code&) { return scalar(Value()); }
    bool on_comment_part(View, Code&) { return true; }
    bool on_comment(View, Code&) { return true; }

private:
    bool collect(View part) {
        text_.append(part.data(), part.size());
        return true;
    }

    bool open(Value value) {
        std::string_view token;
        value.at = tokens_.next(token);
        open_.push_back(std::move(value));
        keys_.emplace_back();
        return true;
    }

    bool close() {
        Value value = std::move(open_.back());
        open_.pop_back();
        keys_.pop_back();
        return add(std::move(value));
    }

    bool scalar(Value value) {
        std::string_view token;
        value.at = tokens_.next(token);
        return add(std::move(value));
    }

    /// Read from the text itself: Boost.JSON does not round every double correctly.
    bool number() {
        std::string_view token;
        const Position at = tokens_.next(token);
        const char* end = token.data() + token.size();
        std::int64_t whole = 0;
        Value value;
        if (const auto read = std::from_chars(token.data(), end, whole); read.ec == std::errc() && read.ptr == end) {
            value = Value(whole);
        } else {
            double real = 0;
            if (std::from_chars(token.data(), end, real).ec == std::errc::result_out_of_range)
                real = token.find("e-") != token.npos || token.find("E-") != token.npos ? 0.0 : HUGE_VAL;
            value = Value(real);
        }
        value.at = at;
        return add(std::move(value));
    }

    bool add(Value value) {
        if (open_.empty()) {
            root = std::move(value);
        } else if (Array* array = open_.back().array()) {
            array->push_back(std::move(value));
        } else {
            Object& object = *open_.back().object();
            Member& key = keys_.back();
            const auto twin =
                std::find_if(object.begin(), object.end(), [&](const auto& m) { return m.key == key.key; });
            if (twin == object.end())
                object.push_back({std::move(key.key), key.at, std::move(value)});
            else
                diagnostics_.add({fmt::format("{}:{}", source_, key.at.line),
                                  fmt::format("duplicate key \"{}\"", key.key),
                                  fmt::format("each key once per object; it is on line {} already", twin->at.line),
                                  "remove one of the two"});
        }
        return true;
    }

    Tokens tokens_;
    const std::string& source_;
    base::Diagnostics& diagnostics_;
    std::vector<Value> open_;   // objects and arrays that are not closed yet, the outermost first
    std::vector<Member> keys_;  // for each of them the key that was read last
    std::string text_;          // of a string or key that comes in parts
};

/// What is meant by text at which the parser has stopped; "" when nothing is known to be.
std::string instead_of(std::string_view before, std::string_view rest) {
    for (const auto& [python, json] : {std::pair("True", "true"), {"False", "false"}, {"None", "null"}})
        if (rest.starts_with(python)) return fmt::format("write {}", json);
    for (const char* number : {"nan", "NaN", "inf", "Infinity", "-inf", "-Infinity"})
        if (rest.starts_with(number)) return "write a number; JSON has neither NaN nor infinity";
    const bool digits = !before.empty() && before.back() >= '0' && before.back() <= '9';
    if (rest.starts_with('\'')) return "write strings in double quotes";
    if (rest.starts_with('#')) return "begin comments with //";
    if (rest.starts_with('_') && digits) return "write numbers without _";
    if (rest.starts_with('.')) return "write a digit before the point, as in 0.5";
    if (rest.starts_with('(')) return "write lists in brackets, as in [0.9, 0.999]";
    if (rest.starts_with('*')) return "write the product as one number";
    return "";
}

Problem malformed(std::string_view text, std::size_t offset, const std::string& source, boost_json::error_code error) {
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    const bool ended = error == boost_json::error::incomplete;
    if (ended) offset = last == text.npos ? 0 : last + 1;
    const Position at = position(text, offset);
    std::string found = "the end of the file";
    if (!ended && offset < text.size()) {
        const std::string_view rest = text.substr(offset);
        std::size_t length = std::min<std::size_t>(rest.find_first_of(" \t\r\n,:]}\""), 20);
        if (length == 0) length = 1;
        found = fmt::format("'{}'", rest.substr(0, std::min(length, rest.size())));
    }
    Problem problem{fmt::format("{}:{}:{}", source, at.line, at.column), "unexpected " + found,
                    "JSON; comments and trailing commas are allowed",
                    "check here and just before for a missing or extra comma, quote or bracket"};
    const unsigned char byte = offset < text.size() ? static_cast<unsigned char>(text[offset]) : 0;
    if (byte >= 0x80) {
        problem.found = fmt::format("the byte 0x{:02X}, which is not valid UTF-8", byte);
        problem.help = "save the file as UTF-8";
    } else if (std::string help = instead_of(text.substr(0, offset), text.substr(offset)); !help.empty()) {
        problem.help = std::move(help);
    }
    if (ended) {
        problem.found = last == text.npos ? "nothing" : "the end of the file inside a value";
        problem.help = "close every bracket and quote that was opened";
    } else if (error == boost_json::error::extra_data) {
        problem.found = found + " after the end of the JSON value";
        problem.help = "remove what follows, or look for a bracket that closes too early";
    } else if (error == boost_json::error::too_deep) {
        problem.found = fmt::format("more than {} nested brackets", deepest);
    }
    return problem;
}

}  // namespace

std::optional<Value> parse(std::string_view text, const std::string& source, base::Diagnostics& diagnostics) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    boost_json::parse_options options;
    options.allow_comments = options.allow_trailing_commas = true;
    options.max_depth = deepest;
    boost_json::basic_parser<Builder> parser(options, text, source, diagnostics);
    boost_json::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = boost_json::error::extra_data;
    if (error) {
        diagnostics.add(malformed(text, read, source, error));
        return std::nullopt;
    }
    return std::move(parser.handler().root);
}

std::optional<Value> try_parse(std::string_view text) {
    base::Diagnostics diagnostics;
    std::optional<Value> value = parse(text, "", diagnostics);
    return diagnostics.empty() ? std::move(value) : std::nullopt;
}

Value parse(std::string_view text, const std::string& source) {
    base::Diagnostics diagnostics;
    std::optional<Value> value = parse(text, source, diagnostics);
    diagnostics.raise();
    return std::move(*value);
}

}  // namespace unroll::json
