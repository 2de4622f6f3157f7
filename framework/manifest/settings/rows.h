// How the rows of the table of settings are written: one declares a setting and names the field that it fills, as in
// integer<&TrainingSettings::batch>("batch", "64", 1, million, "…").
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include "manifest/normal_form.h"
#include "manifest/schema.h"

namespace unroll::manifest::settings {

inline constexpr double million = 1e6, largest_count = 9007199254740991.0;  // 2^53 - 1

/// Conditions on the dataset's task.
inline constexpr const char *corpus = "corpus", *pairs = "pairs", *images = "images", *tokens = "corpus|pairs";

/// The place of a word among an option's choices.
inline std::size_t place_of(const Option& option, const std::string& word) {
    std::size_t place = 0;
    std::string_view rest = option.choices;
    while (rest.substr(0, rest.find('|')) != word) {
        rest.remove_prefix(rest.find('|') + 1);
        ++place;
    }
    return place;
}

/// A value in normal form as what a field holds. Enumerators, and the two values of a bool that a choice fills, stand
/// in the order of the choices.
template <class Type>
Type typed(const json::Value& value, const Option& option) {
    if constexpr (std::is_same_v<Type, trial::When>)
        return to_when(value);
    else if constexpr (std::is_same_v<Type, trial::Clip>)
        return to_clip(value);
    else if constexpr (std::is_same_v<Type, std::string>)
        return *value.text();
    else if constexpr (std::is_same_v<Type, double> || std::is_same_v<Type, std::optional<double>>)
        return *value.number();
    else if constexpr (std::is_same_v<Type, std::vector<std::string>>) {
        Type all;
        for (const json::Value& item : *value.array()) all.push_back(*item.text());
        return all;
    } else if constexpr (std::is_same_v<Type, bool> || std::is_enum_v<Type>)
        return value.boolean() ? Type(*value.boolean()) : Type(place_of(option, *value.text()));
    else
        return static_cast<Type>(*value.integer());
}

template <class Member>
struct MemberPointer;
template <class Struct, class Type>
struct MemberPointer<Type Struct::*> {
    using Owner = Struct;
    using Held = Type;
};

template <auto... Members>
constexpr Setting::Field field() {
    if constexpr (sizeof...(Members) == 0) {
        return {};
    } else if constexpr (sizeof...(Members) == 1) {
        using Member = MemberPointer<std::remove_const_t<decltype((Members, ...))>>;
        return {&owner_mark<typename Member::Owner>,
                [](void* settings, const json::Value& value, const Option& option) {
                    ((static_cast<typename Member::Owner*>(settings)->*Members =
                          typed<typename Member::Held>(value, option)),
                     ...);
                }};
    } else {  // a list of numbers, a field for each
        using Owner = typename MemberPointer<std::common_type_t<decltype(Members)...>>::Owner;
        return {&owner_mark<Owner>, [](void* settings, const json::Value& value, const Option&) {
                    std::size_t next = 0;
                    if (value.array()->size() == sizeof...(Members))
                        ((static_cast<Owner*>(settings)->*Members = *(*value.array())[next++].number()), ...);
                }};
    }
}

template <auto... Members>
constexpr Setting integer(const char* name, const char* standard, double minimum, double maximum, const char* help) {
    return {.option = Option::integer(name, standard, minimum, maximum, help), .field = field<Members...>()};
}
template <auto... Members>
constexpr Setting number(const char* name, const char* standard, double minimum, double maximum, const char* help) {
    return {.option = Option::number(name, standard, minimum, maximum, help), .field = field<Members...>()};
}
template <auto... Members>
constexpr Setting numbers(const char* name, const char* standard, double minimum, double maximum, const char* help) {
    return {.option = Option::numbers(name, standard, minimum, maximum, help),
            .field = field<Members...>(),
            .count = sizeof...(Members)};
}
template <auto... Members>
constexpr Setting boolean(const char* name, const char* standard, const char* help) {
    return {.option = Option::boolean(name, standard, help), .field = field<Members...>()};
}
template <auto... Members>
constexpr Setting choice(const char* name, const char* standard, const char* words, const char* help) {
    return {.option = Option::choice(name, standard, words, help), .field = field<Members...>()};
}
template <auto... Members>
constexpr Setting text(const char* name, const char* standard, const char* help) {
    return {.option = Option::text(name, standard, help), .field = field<Members...>()};
}
/// A setting that is not as plain as an option: its name, default and help.
template <auto... Members>
constexpr Setting shaped(const char* name, Setting::Shape shape, const char* standard, const char* help) {
    return {.option = Option::text(name, standard, help), .shape = shape, .field = field<Members...>()};
}

/// The words of a table of variants, as a choice has them.
template <const auto& variants>
struct Words {
    static constexpr std::size_t length = [] {
        std::size_t sum = 0;
        for (const Variant& variant : variants) sum += std::char_traits<char>::length(variant.name) + 1;
        return sum;
    }();
    static constexpr std::array<char, length> text = [] {
        std::array<char, length> joined{};
        std::size_t at = 0;
        for (const Variant& variant : variants) {
            if (at) joined[at++] = '|';
            for (const char* letter = variant.name; *letter; ++letter) joined[at++] = *letter;
        }
        return joined;
    }();
};

/// The settings that all variants have, and then those of each, conditioned on its name.
template <const auto& common, const auto& variants>
constexpr auto with_variants() {
    constexpr std::size_t size = [] {
        std::size_t sum = std::size(common);
        for (const Variant& variant : variants) sum += variant.settings.size();
        return sum;
    }();
    std::array<Setting, size> rows{};
    std::size_t at = 0;
    for (const Setting& row : common) rows[at++] = row;
    for (const Variant& variant : variants)
        for (const Setting& row : variant.settings) rows[at++] = row.only_for("name", variant.name);
    return rows;
}

// The sections' rows, one function a file or more.
std::span<const Setting> experiment();  ///< the manifest itself
std::span<const Setting> start();
std::span<const Setting> diagnostics();
std::span<const Setting> match();
std::span<const Setting> compare();
std::span<const Setting> dataset();
std::span<const Setting> model();
std::span<const Setting> cell();
std::span<const Setting> block();
std::span<const Setting> training();
std::span<const Setting> stop();
std::span<const Setting> optimizer();
std::span<const Variant> optimizers();
std::span<const Setting> schedule();
std::span<const Variant> schedules();
std::span<const Setting> sampling();
std::span<const Setting> sampler();

}  // namespace unroll::manifest::settings
