// Every setting of a manifest, declared once: checks, defaults, typed settings, the stored config, the JSON Schema and
// docs/manifest.md derive from this table. The rows stand in settings/, a file for each section.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "trial/trial.h"
#include "unroll/options.h"

namespace unroll::manifest {

/// One setting. What a plain one may be is said by its `option`, as a plugin would declare it.
struct Setting {
    enum class Shape {
        plain,
        names,          ///< a list of texts
        when,           ///< steps, "epoch", {"epochs": N}, {"times": N} or "end"
        when_or_never,  ///< or false
        when_or_timed,  ///< or false, or {"minutes": N}
        clip,           ///< a number, {"element": X} or null
        duration,       ///< seconds, a text like "2h", or null
        memory,         ///< bytes, a text like "4GB", or null
        section,        ///< an object with settings of its own
        section_or_null,
        cells,        ///< `cell`: an object, or a list of objects
        part,         ///< of a model: an object or a list of objects, each merged over `cell`
        sampling,     ///< the section, or false
        sampler,      ///< a plugin with its options, or a list of these
        temperature,  ///< a number above 0, or a list of these
        prompt,       ///< a text, {"from": SPLIT, "length": N}, or a list of these
        axes,         ///< of the sweep
        partials,     ///< of combinations, to be skipped
        queries,      ///< over the results, by name
    };

    /// The field that a setting fills, in a struct of settings.
    struct Field {
        const void* owner = nullptr;  ///< &owner_mark<Struct>; null: none, its value is read where it is used
        /// `settings` is the Struct; `value` is in normal form and not null.
        void (*set)(void* settings, const json::Value& value, const Option& option) = nullptr;
    };

    /// When a setting exists: when its selector, a setting that stands before it in the section, has one of these
    /// values; or, with the selector "task", for datasets of these tasks (Topology::settings).
    struct Condition {
        const char* selector = "";  ///< "": always
        const char* values = "";    ///< separated by '|'
    };

    Option option{};  ///< name within its section, help, default; "" when there is none or it derives from others
    Shape shape = Shape::plain;
    Field field{};
    Condition condition{};
    const char* derived = "";  ///< what stands in when it is not given or null, in words; "": the default alone
    Size count = 0;            ///< of a list of numbers: how many; 0: any number of them
    bool required = false;
    bool decides = true;  ///< false: it can change neither weights nor losses, and stays out of a trial's identity
    const char* decides_with = "";  ///< but counts beside this setting of its section, when that one is not null

    // What a row of the table says beside its option.
    constexpr Setting only_for(const char* selector, const char* values) const {
        Setting changed = *this;
        changed.condition = {selector, values};
        return changed;
    }
    constexpr Setting must_be_given() const {
        Setting changed = *this;
        changed.required = true;
        return changed;
    }
    constexpr Setting unless_given(const char* in_words) const {
        Setting changed = *this;
        changed.derived = in_words;
        return changed;
    }
    constexpr Setting outside_identity() const {
        Setting changed = *this;
        changed.decides = false;
        return changed;
    }
    constexpr Setting outside_identity_without(const char* other) const {
        Setting changed = outside_identity();
        changed.decides_with = other;
        return changed;
    }
};

/// A word that a section's `name` may be, with the settings that exist for it alone: an optimizer, a schedule.
struct Variant {
    const char* name;
    const char* help;
    std::span<const Setting> settings;
    bool depends_on_length = false;  ///< what it does at a step depends on the number of steps of the training
};

/// The settings that stand together in one object. A name may come several times, with conditions that exclude one
/// another.
struct Section {
    const char* path;  ///< "" for the manifest itself
    std::span<const Setting> settings;
    bool plugin = false;                  ///< the options of the plugin that it names stand here too
    std::span<const Variant> variants{};  ///< of `name`; their settings stand among the settings, too
};

std::span<const Section> sections();
/// Of that path, which must be one of the table's.
const Section& section(std::string_view path);
/// The first setting of that name, which must be one of the section's.
const Setting& setting(const Section& section, std::string_view name);

/// Whether the setting's condition holds when its selector has this value.
bool holds(const Setting& setting, std::string_view selector, std::string_view value);
std::vector<std::string_view> condition_values(const Setting& setting);
/// Whether the setting exists beside the settings of its section that are known so far; `task` is a Topology::settings
/// or, when unknown, "". What is unknown, or has no value that could be read, rules nothing out.
bool applies(const Setting& setting, const json::Value& so_far, std::string_view task);

/// Names in a section, each once, in order.
std::vector<std::string> names(const Section& section);

/// What may stand there, in words.
std::string allowed(const Setting& setting);

/// The default in normal form; null when there is none.
json::Value default_value(const Setting& setting);

/// Tells the structs of settings from one another: Setting::Field::owner points here.
template <class Struct>
inline constexpr char owner_mark = 0;

void fill(const Section& section, const json::Value& checked, void* settings, const void* owner);

/// Sets the fields of `settings` that rows of the section name. `checked` has values in normal form; the field of one
/// that is missing or null stays as it is.
template <class Struct>
void fill(const Section& section, const json::Value& checked, Struct& settings) {
    fill(section, checked, &settings, &owner_mark<Struct>);
}

// The settings of a manifest that gives none of them. One without a default is left as in trial.h.
trial::OptimizerSettings default_optimizer(std::string_view name);
trial::ScheduleSettings default_schedule(std::string_view name);
/// Seed, model and training; dataset and cells are for the caller.
trial::Trial default_trial();

}  // namespace unroll::manifest
