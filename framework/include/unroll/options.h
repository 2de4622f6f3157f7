// Options: a plugin declares each of its settings once; checking, help, defaults and the stored config derive from that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unroll/export.h"

namespace unroll {

/// One declared setting of a plugin. Constant data only, so that a library's options can be read before any of its
/// code has run. Make one with the functions below; strings must be literals.
struct Option {
    enum class Type {
        integer,  ///< a whole number in [minimum, maximum]
        number,   ///< a real number in [minimum, maximum]
        boolean,
        choice,   ///< one of the words in `choices`
        text,     ///< any string
        path,     ///< a file, folder or glob; the host looks it up before the plugin sees it (see docs of `path` below)
        numbers,  ///< a list of real numbers, each in [minimum, maximum]
    };

    const char* name;
    Type type;
    const char* help;                ///< one line, lower case, no full stop
    double minimum = 0, maximum = 0; ///< integer, number, numbers
    const char* choices = "";        ///< choice: words separated by '|'
    const char* default_json = "";   ///< the default as JSON text; "" means that the option must be given
};

/// A whole number. `default_json` is the default written as JSON, for example "4"; "" makes the option required.
constexpr Option integer(const char* name, const char* default_json, double minimum, double maximum, const char* help) {
    return {name, Option::Type::integer, help, minimum, maximum, "", default_json};
}
/// A real number, both bounds allowed.
constexpr Option number(const char* name, const char* default_json, double minimum, double maximum, const char* help) {
    return {name, Option::Type::number, help, minimum, maximum, "", default_json};
}
constexpr Option boolean(const char* name, const char* default_json, const char* help) {
    return {name, Option::Type::boolean, help, 0, 0, "", default_json};
}
/// One of several words: `choices` as in "pre|post"; the default with its quotes, as in "\"pre\"".
constexpr Option choice(const char* name, const char* default_json, const char* choices, const char* help) {
    return {name, Option::Type::choice, help, 0, 0, choices, default_json};
}
constexpr Option text(const char* name, const char* default_json, const char* help) {
    return {name, Option::Type::text, help, 0, 0, "", default_json};
}
/// A file, folder or glob (`*`, `?`, `[…]`, and `**` for any number of folders). The host looks a relative one up beside
/// the manifest, in the working directory and in the folders of `UNROLL_DATA`; the plugin receives an absolute one.
constexpr Option path(const char* name, const char* default_json, const char* help) {
    return {name, Option::Type::path, help, 0, 0, "", default_json};
}
/// A list of real numbers, as in "[0.9, 0.1, 0]".
constexpr Option numbers(const char* name, const char* default_json, double minimum, double maximum, const char* help) {
    return {name, Option::Type::numbers, help, minimum, maximum, "", default_json};
}

/// The checked values of a plugin's options: each declared option is present, with its declared type and in range.
/// Asking for a name that was not declared, or as another type, is a mistake in the plugin and throws std::logic_error.
class UNROLL_EXPORT Options {
public:
    using Value = std::variant<std::int64_t, double, bool, std::string, std::vector<double>>;

    void set(std::string name, Value value) { values_[std::move(name)] = std::move(value); }

    std::int64_t integer(std::string_view name) const;
    double number(std::string_view name) const;
    bool boolean(std::string_view name) const;
    const std::string& text(std::string_view name) const;  ///< choice, text and path
    const std::vector<double>& numbers(std::string_view name) const;

    const std::map<std::string, Value, std::less<>>& values() const { return values_; }

private:
    std::map<std::string, Value, std::less<>> values_;
};

}  // namespace unroll
