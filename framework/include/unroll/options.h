// Options: a plugin declares each of its settings once; checking, help, defaults and the stored config derive from
// that.
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
/// code has run. Make one with the functions below, as in Option::integer("heads", "4", 1, 64, "attention heads"); all
/// strings must be literals. `default_json` is the default as JSON text; "" makes the option required.
struct Option {
    enum class Type {
        integer,  ///< a whole number in [minimum, maximum]
        number,   ///< a real number in [minimum, maximum]
        boolean,  ///< true or false
        choice,   ///< one of the words in `choices`
        text,     ///< any string
        path,     ///< a file, folder or glob; the host looks it up before the plugin sees it (see Option::path)
        numbers,  ///< a list of real numbers, each in [minimum, maximum]
    };

    const char* name;
    Type type;
    const char* help;                 ///< one line, lower case, no full stop
    double minimum = 0, maximum = 0;  ///< integer, number, numbers
    const char* choices = "";         ///< choice: words separated by '|'
    const char* default_json = "";    ///< as JSON text; "": the option must be given
    bool implied = false;             ///< left out of a trial's settings at its default (see implied_default)

    /// The same option, not written into a trial's settings where it has its default. It is for an option that a plugin
    /// gets after trials were stored: at the default the results are what they were, so their fingerprints must be too.
    constexpr Option implied_default() const {
        Option option = *this;
        option.implied = true;
        return option;
    }

    /// A whole number, as in Option::integer("heads", "4", 1, 64, …).
    static constexpr Option integer(const char* name, const char* default_json, double minimum, double maximum,
                                    const char* help) {
        return {name, Type::integer, help, minimum, maximum, "", default_json};
    }
    /// A real number; both bounds are allowed.
    static constexpr Option number(const char* name, const char* default_json, double minimum, double maximum,
                                   const char* help) {
        return {name, Type::number, help, minimum, maximum, "", default_json};
    }
    /// True or false, as in Option::boolean("bias", "true", …).
    static constexpr Option boolean(const char* name, const char* default_json, const char* help) {
        return {name, Type::boolean, help, 0, 0, "", default_json};
    }
    /// One of several words: `choices` as in "pre|post"; the default with its quotes, as in "\"pre\"".
    static constexpr Option choice(const char* name, const char* default_json, const char* choices, const char* help) {
        return {name, Type::choice, help, 0, 0, choices, default_json};
    }
    /// Any string, the empty one too; the default with its quotes, as in "\"\"". For a file's name, use `path`.
    static constexpr Option text(const char* name, const char* default_json, const char* help) {
        return {name, Type::text, help, 0, 0, "", default_json};
    }
    /// A file, folder or glob (`*`, `?`, `[…]`, and `**` for any number of folders). The host looks a relative one up
    /// beside the manifest, in the working directory and in the folders of `UNROLL_DATA`; the plugin receives an
    /// absolute one.
    static constexpr Option path(const char* name, const char* default_json, const char* help) {
        return {name, Type::path, help, 0, 0, "", default_json};
    }
    /// A list of real numbers, as in "[0.9, 0.1, 0]".
    static constexpr Option numbers(const char* name, const char* default_json, double minimum, double maximum,
                                    const char* help) {
        return {name, Type::numbers, help, minimum, maximum, "", default_json};
    }
};

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
