// Reading JSON.
#include "json/parse.h"
#include "json/write.h"
#include "unroll/encoding.h"
#include "unroll/utf8.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

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

/// Who has written a text, and so what may be in it.
enum class Author { person, program };

/// Keys of an object, for finding one that comes twice. Small objects are looked through; the others have an index.
class Keys {
public:
    /// Where the key is in the object already; null when it is not.
    const Member* find(const Object& object, const std::string& key) const {
        if (index_.empty()) {
            const auto twin = std::find_if(object.begin(), object.end(), [&](const auto& m) { return m.key == key; });
            return twin == object.end() ? nullptr : &*twin;
        }
        const auto twin = index_.find(key);
        return twin == index_.end() ? nullptr : &object[twin->second];
    }

    /// After the last member of the object was added.
    void added(const Object& object) {
        constexpr std::size_t many = 32;
        if (object.size() == many)
            for (std::size_t i = 0; i < many; ++i) index_.emplace(object[i].key, i);
        if (object.size() > many) index_.emplace(object.back().key, object.size() - 1);
    }

private:
    std::unordered_map<std::string, std::size_t> index_;
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

    Builder(std::string_view text, const std::string& source, base::Diagnostics& diagnostics, Author author)
        : tokens_(text), source_(source), diagnostics_(diagnostics), author_(author) {}

    Value root;
    std::optional<Problem> refused;  ///< what a text of its author must not have; set when a handler has returned false

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return open(Value(Object{})); }
    bool on_object_end(std::size_t, Code& code) { return close(code); }
    bool on_array_begin(Code&) { return open(Value(Array{})); }
    bool on_array_end(std::size_t, Code& code) { return close(code); }
    bool on_key_part(View part, std::size_t, Code&) { return collect(part); }
    bool on_key(View part, std::size_t, Code& code) {
        collect(part);
        std::string_view token;
        open_.back().key.at = tokens_.next(token);
        open_.back().key.key = std::exchange(text_, {});
        const auto& [key, at, none] = open_.back().key;
        if (author_ == Author::person && key.size() > longest_key)
            return refuse(code, at, fmt::format("a key of {} bytes", key.size()),
                          fmt::format("keys of at most {} bytes", longest_key),
                          "look for a quote that is missing or too many");
        return accept(key, at, code);
    }
    bool on_string_part(View part, std::size_t, Code&) { return collect(part); }
    bool on_string(View part, std::size_t, Code& code) {
        collect(part);
        std::string_view token;
        const Position at = tokens_.next(token);
        if (!accept(text_, at, code)) return false;
        Value value(std::exchange(text_, {}));
        value.at = at;
        return add(std::move(value), code);
    }
    bool on_number_part(View, Code&) { return true; }
    bool on_int64(std::int64_t, View, Code& code) { return number(code); }
    bool on_uint64(std::uint64_t, View, Code& code) { return number(code); }
    bool on_double(double, View, Code& code) { return number(code); }
    bool on_bool(bool value, Code& code) { return scalar(Value(value), code); }
    bool on_null(Code& code) { return scalar(Value(), code); }
    bool on_comment_part(View, Code&) { return true; }
    bool on_comment(View, Code&) { return true; }

private:
    bool collect(View part) {
        text_.append(part.data(), part.size());
        return true;
    }

    /// Ends the parsing.
    bool refuse(Code& code, Position at, std::string found, std::string wanted, std::string help) {
        refused = Problem{fmt::format("{}:{}:{}", source_, at.line, at.column), std::move(found), std::move(wanted),
                          std::move(help)};
        code = boost_json::error::exception;
        return false;
    }

    bool accept(const std::string& text, Position at, Code& code) {
        if (author_ == Author::program || text.find('\0') == text.npos) return true;
        return refuse(code, at, fmt::format("{}, with the character \\u0000 (NUL)", excerpt(Value(text))),
                      "texts without NUL", "remove it");
    }

    bool open(Value value) {
        std::string_view token;
        value.at = tokens_.next(token);
        open_.push_back({std::move(value), {}, {}});
        return true;
    }

    bool close(Code& code) {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        return add(std::move(value), code);
    }

    bool scalar(Value value, Code& code) {
        std::string_view token;
        value.at = tokens_.next(token);
        return add(std::move(value), code);
    }

    /// Read from the text itself: Boost.JSON does not round every double correctly.
    bool number(Code& code) {
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
        return add(std::move(value), code);
    }

    bool add(Value value, Code& code) {
        if (++values_ > most_values && author_ == Author::person)
            return refuse(code, value.at, fmt::format("more than {} values", most_values),
                          fmt::format("at most {} in one text", most_values),
                          "write several manifests, or give the values in a file of the dataset");
        if (open_.empty()) {
            root = std::move(value);
            return true;
        }
        Open& inner = open_.back();
        if (Array* array = inner.value.array()) {
            array->push_back(std::move(value));
            return true;
        }
        Object& object = *inner.value.object();
        Member& key = inner.key;
        if (const Member* twin = inner.keys.find(object, key.key)) {
            diagnostics_.add({fmt::format("{}:{}", source_, key.at.line), fmt::format("duplicate key \"{}\"", key.key),
                              fmt::format("each key once per object; it is on line {} already", twin->at.line),
                              "remove one of the two"});
            return true;
        }
        object.push_back({std::move(key.key), key.at, std::move(value)});
        inner.keys.added(object);
        return true;
    }

    /// An object or array that is not closed yet.
    struct Open {
        Value value;
        Member key;  ///< of an object: the key that was read last
        Keys keys;
    };

    Tokens tokens_;
    const std::string& source_;
    base::Diagnostics& diagnostics_;
    Author author_;
    std::vector<Open> open_;  // the outermost first
    std::string text_;        // of a string or key that comes in parts
    std::size_t values_ = 0;
};

/// Where a slash stands, outside of strings, that begins no comment; the end when there is none.
std::size_t lone_slash(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at)
                if (text[at] == '\\') ++at;
        } else if (text[at] == '/') {
            const std::string_view two = text.substr(at, 2);
            if (two != "//" && two != "/*") return at;
            at = std::min(text.find(two == "//" ? "\n" : "*/", at + 2), text.size());
        }
    }
    return text.size();
}

/// Whether a text begins as YAML or TOML does: with a bare key, after comments and the mark of a document.
bool is_yaml(std::string_view text) {
    while (!text.empty() &&
           (std::isspace(static_cast<unsigned char>(text[0])) || text[0] == '#' || text.starts_with("---"))) {
        const bool is_line = !std::isspace(static_cast<unsigned char>(text[0]));
        text.remove_prefix(is_line ? std::min(text.find('\n'), text.size()) : 1);
    }
    std::size_t end = 0;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    const std::size_t next = text.find_first_not_of(' ', end);
    return end > 0 && std::isalpha(static_cast<unsigned char>(text[0])) && next != text.npos &&
           (text[next] == ':' || text[next] == '=');
}

/// What is meant by text at which the parser has stopped, which stands behind `before`; "" when nothing is known to be.
std::string instead_of(std::string_view before, std::string_view rest) {
    if (before.find_first_not_of(" \t\r\n-") == before.npos && is_yaml({before.data(), before.size() + rest.size()}))
        return "write it as JSON, as in {\"KEY\": VALUE, …}: this looks like YAML or TOML";
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
    if (rest.starts_with('/')) return "begin comments with //";
    if (rest.starts_with('*')) return "write the product as one number";
    return "";
}

/// A character that looks like one of JSON's, or like a space, and what is to be written instead.
struct LookAlike {
    CodePoint first, last;
    std::string_view name, instead;
};
constexpr LookAlike look_alikes[] = {
    {0x00A0, 0x00A0, "the no-break space", "write a plain space"},
    {0x00AB, 0x00AB, "the quotation mark", "write straight quotes: \""},
    {0x00BB, 0x00BB, "the quotation mark", "write straight quotes: \""},
    {0x00B4, 0x00B4, "the acute accent", "write straight quotes: \""},
    {0x2000, 0x200A, "a space of another width", "write a plain space"},
    {0x200B, 0x200F, "an invisible character", "remove it"},
    {0x2010, 0x2015, "the dash", "write a minus sign: -"},
    {0x2018, 0x201B, "the typographic quotation mark", "write straight quotes: \""},
    {0x201C, 0x201F, "the typographic quotation mark", "write straight quotes: \""},
    {0x2026, 0x2026, "the ellipsis", "write the values out"},
    {0x2028, 0x2029, "a line separator", "write a plain line break"},
    {0x202A, 0x202E, "an invisible character", "remove it"},
    {0x202F, 0x202F, "the no-break space", "write a plain space"},
    {0x2032, 0x2036, "the prime", "write straight quotes: \""},
    {0x2039, 0x203A, "the quotation mark", "write straight quotes: \""},
    {0x205F, 0x205F, "a space of another width", "write a plain space"},
    {0x2060, 0x2064, "an invisible character", "remove it"},
    {0x2212, 0x2212, "the minus sign of typography", "write a minus sign: -"},
    {0x3000, 0x3000, "the full-width space", "write a plain space"},
    {0x3001, 0x3001, "the ideographic comma", "write a plain comma: ,"},
    {0xFE13, 0xFE13, "the vertical colon", "write a plain colon: :"},
    {0xFEFF, 0xFEFF, "a byte order mark", "remove it"},
    {0xFF02, 0xFF02, "the full-width quotation mark", "write straight quotes: \""},
    {0xFF0C, 0xFF0C, "the full-width comma", "write a plain comma: ,"},
    {0xFF1A, 0xFF1A, "the full-width colon", "write a plain colon: :"},
    {0xFF3B, 0xFF3B, "the full-width bracket", "write a plain bracket: ["},
    {0xFF3D, 0xFF3D, "the full-width bracket", "write a plain bracket: ]"},
    {0xFF5B, 0xFF5B, "the full-width brace", "write a plain brace: {"},
    {0xFF5D, 0xFF5D, "the full-width brace", "write a plain brace: }"},
};

/// What to do about the character at `offset`, of which `found` then tells the name; "" when it needs none.
std::string name_character(std::string_view text, std::size_t offset, std::string& found) {
    const std::size_t begin = code_point_begin(text, offset);
    std::size_t end = begin;
    const CodePoint code = next_code_point(text, end);
    if (code >= 0 && code < 0x80) {
        if (code >= ' ' && code != 0x7F) return "";
        if (code == '\n' || code == '\r' || code == '\t') return "";
        found = fmt::format("the control character U+{:04X}", code);
        return "remove it; in a string, write it as in \"\\n\"";
    }
    const std::string shown(text.substr(begin, end - begin));
    for (const LookAlike& each : look_alikes)
        if (each.first <= code && code <= each.last) {
            const bool is_visible = each.name.find("quotation") != each.name.npos || code > 0xFEFF || code == 0x2212;
            found = fmt::format("{}{} (U+{:04X})", each.name, is_visible ? " " + shown : "", code);
            return std::string(each.instead);
        }
    found = fmt::format("'{}' (U+{:04X})", shown, code);
    return "write text in double quotes";
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
    const std::size_t invalid = first_invalid_utf8(text);
    if (const std::string_view encoding = likely_encoding(text);
        !ended && offset < text.size() && ((invalid < text.size() && invalid <= offset + 4) || is_wide(encoding))) {
        problem.found = what_is_wrong(text, std::min(invalid, offset));
        problem.help = as_utf8_command(encoding, source);
        return problem;
    }
    if (std::string advice = offset < text.size() ? name_character(text, offset, problem.found) : ""; !advice.empty()) {
        problem.help = std::move(advice);
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

namespace {

std::optional<Value> parse_as(Author author, std::string_view text, const std::string& source,
                              base::Diagnostics& diagnostics) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    boost_json::parse_options options;
    options.allow_comments = options.allow_trailing_commas = true;
    options.max_depth = deepest;
    boost_json::basic_parser<Builder> parser(options, text, source, diagnostics, author);
    boost_json::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = boost_json::error::extra_data;
    if (std::optional<Problem>& refused = parser.handler().refused) {
        diagnostics.add(std::move(*refused));
        return std::nullopt;
    }
    if (error) {
        // Of a slash that begins no comment the parser gives a place outside of the text.
        diagnostics.add(malformed(text, read <= text.size() ? read : lone_slash(text), source, error));
        return std::nullopt;
    }
    return std::move(parser.handler().root);
}

}  // namespace

std::optional<Value> parse(std::string_view text, const std::string& source, base::Diagnostics& diagnostics) {
    return parse_as(Author::person, text, source, diagnostics);
}

std::optional<Value> try_parse(std::string_view text) {
    base::Diagnostics diagnostics;
    std::optional<Value> value = parse(text, "", diagnostics);
    return diagnostics.empty() ? std::move(value) : std::nullopt;
}

Value parse(std::string_view text, const std::string& source) {
    base::Diagnostics diagnostics;
    std::optional<Value> value = parse_as(Author::program, text, source, diagnostics);
    diagnostics.raise();
    return std::move(*value);
}

}  // namespace unroll::json
