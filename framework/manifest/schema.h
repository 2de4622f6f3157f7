// Every setting of a manifest, declared once: checks, defaults, the stored config and documentation derive from this
// table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/options.h"

namespace unroll::manifest {

/// One setting. What a plain one may be is said by its `option`, as a plugin would declare it.
struct Setting {
    enum class Shape {
        plain,
        names,          ///< a list of texts
        when,           ///< steps, "epoch", {"epochs": N} or "end"
        when_or_never,  ///< or false
        clip,           ///< a number, {"element": X} or null
        section,        ///< an object with settings of its own; in `cell`, or a list of such objects
        section_or_null,
        part,         ///< of a model: an object or a list of objects, each merged over `cell`
        sampling,     ///< the section, or false
        sampler,      ///< a plugin with its options, or a list of these
        temperature,  ///< a number above 0, or a list of these
        prompt,       ///< a text, {"from": SPLIT, "length": N}, or a list of these
        axes,         ///< of the sweep
        partials,     ///< of combinations, to be skipped
        queries,      ///< over the results, by name
    };

    Option option;  ///< name within its section, help, default; "" when there is none or it derives from others
    Shape shape = Shape::plain;

    /// When the setting exists: "SELECTOR=VALUE|VALUE", SELECTOR being a setting that stands before it in the section,
    /// or "task=TASK" with TASK as Topology::settings has it. A name may come several times in a section, one after the
    /// other, with conditions that exclude one another.
    const char* only = "";
    bool required = false;
    bool decides = true;  ///< false: it can change neither weights nor losses, and stays out of a trial's identity
};

/// The settings that stand together in one object.
struct Section {
    const char* path;  ///< "" for the manifest itself
    std::span<const Setting> settings;
    bool plugin;  ///< the options of the plugin that it names stand here too
};

std::span<const Section> sections();
const Section& section(std::string_view path);

/// Whether `only` of a setting holds when its selector has this value.
bool holds(const Setting& setting, std::string_view selector, std::string_view value);
/// The selector's name, "" for a setting without a condition.
std::string_view selector(const Setting& setting);
std::vector<std::string_view> selector_values(const Setting& setting);

/// Names in a section, each once, in order.
std::vector<std::string> names(const Section& section);

/// What may stand there, in words.
std::string allowed(const Setting& setting);

}  // namespace unroll::manifest
