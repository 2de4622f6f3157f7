// The plugins at hand: what was found, and what was refused and why. Plain data; loader.h fills it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/error.h"
#include "unroll/plugin.h"

namespace unroll::plugins {

struct Found {
    const Plugin* plugin;        ///< lives until the process ends: libraries are never unloaded
    std::filesystem::path file;  ///< empty for one that is linked in, as in tests
};

struct Refused {
    std::filesystem::path file;
    std::optional<Plugin::Kind> kind;  ///< none when the file could not be believed so far
    Problem problem;
};

class Catalog {
public:
    /// False when another of the same kind and name was added before: a name that could mean two plugins means none, so
    /// both go to refused(), each with the other's file.
    bool add(Found found);
    void refuse(Refused refused) { refused_.push_back(std::move(refused)); }

    const Plugin* find(Plugin::Kind kind, std::string_view name) const;
    const std::vector<Found>& found() const { return found_; }  ///< by kind, then by name
    const std::vector<Refused>& refused() const { return refused_; }

    /// Why there is no such plugin: refused (then its reason) or unknown (then the nearest known name and all of them).
    Problem missing(Plugin::Kind kind, std::string_view name) const;

private:
    std::vector<Found> found_;
    std::vector<Refused> refused_;
    std::vector<Found> ambiguous_;  ///< the first of each name that came twice
};

/// "cell", "dataset", "sampler".
std::string_view to_string(Plugin::Kind kind);

}  // namespace unroll::plugins
