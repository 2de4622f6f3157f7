// What a plugin exports: one constant, `unroll_plugin`. Nothing of the library runs before the host has read it.
//
//     // With a constructor Mine(const CellSpec&, const Options&).
//     template <class Real> class Mine final : public unroll::Cell<Real> { … };
//     constexpr unroll::Option options[] = {
//         unroll::Option::number("leak", "0.1", 0, 1, "how much is forgotten at each step")};
//     constinit const unroll::Plugin unroll_plugin = unroll::cell_plugin<Mine>("mine", 1, "a leaky cell", options);
//
// and in CMake: unroll_plugin(cell mine). Name, file stem, CMake target and manifest value are one word, for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "unroll/build_hash.h"
#include "unroll/cell.h"
#include "unroll/dataset.h"
#include "unroll/export.h"
#include "unroll/options.h"
#include "unroll/sampler.h"

namespace unroll {

/// Raised by hand when the meaning of the SDK changes; a plugin of another version is refused. What the compiler can
/// see (headers, compiler, standard library, sanitizers) is in the build hash, which nobody has to remember.
inline constexpr std::uint32_t sdk_version = 4;

struct Plugin {
    enum class Kind : std::uint32_t { cell, dataset, sampler };

    // These two stay first for ever: the host compares them before it believes anything that follows.
    std::uint32_t sdk_version;
    char build_hash[sizeof(UNROLL_BUILD_HASH)];

    Kind kind;
    const char* name;
    std::int32_t revision;  ///< raise it when results change: trials of another revision are other trials
    const char* summary;    ///< one line, lower case, no full stop
    std::span<const Option> options;

    // Makers; those of another kind are null. They may throw Error, which names the option that is wrong in `where`.
    std::unique_ptr<Cell<float>> (*make_cell_float)(const CellSpec&, const Options&) = nullptr;
    std::unique_ptr<Cell<double>> (*make_cell_double)(const CellSpec&, const Options&) = nullptr;
    std::unique_ptr<Dataset> (*make_dataset)(const Options&) = nullptr;
    std::unique_ptr<Sampler> (*make_sampler)(const Options&) = nullptr;

    /// A cell that does not take every H: with these options its maker takes each multiple of this (>= 1) and no other.
    /// Null: it takes every H. Any thread. The host asks only where it chooses H itself, for a manifest's `match`;
    /// where a manifest states H, the maker has to refuse one that is no multiple, with an Error that names the option
    /// behind it.
    Size (*hidden_multiple)(const Options&) = nullptr;

    /// How a cell's weights start where a manifest says nothing: as in the implementation that the cell follows. The
    /// embedding below it and the head above it start the same way.
    Initializer initializer = Initializer::uniform;
};

namespace detail {
constexpr Plugin describe(Plugin::Kind kind, const char* name, int revision, const char* summary,
                          std::span<const Option> options) {
    return {sdk_version, UNROLL_BUILD_HASH, kind, name, revision, summary, options};
}
}  // namespace detail

/// A cell written once for float and double: CellTemplate<Real>(const CellSpec&, const Options&). One that does not
/// take every H has, too, `static Size hidden_multiple(const Options&)`.
template <template <class> class CellTemplate>
constexpr Plugin cell_plugin(const char* name, int revision, const char* summary, std::span<const Option> options = {},
                             Initializer initializer = Initializer::uniform) {
    Plugin plugin = detail::describe(Plugin::Kind::cell, name, revision, summary, options);
    plugin.initializer = initializer;
    plugin.make_cell_float = [](const CellSpec& spec, const Options& chosen) -> std::unique_ptr<Cell<float>> {
        return std::make_unique<CellTemplate<float>>(spec, chosen);
    };
    plugin.make_cell_double = [](const CellSpec& spec, const Options& chosen) -> std::unique_ptr<Cell<double>> {
        return std::make_unique<CellTemplate<double>>(spec, chosen);
    };
    if constexpr (requires(const Options& chosen) { CellTemplate<float>::hidden_multiple(chosen); })
        plugin.hidden_multiple = CellTemplate<float>::hidden_multiple;
    return plugin;
}

/// A dataset: DatasetClass(const Options&).
template <class DatasetClass>
constexpr Plugin dataset_plugin(const char* name, int revision, const char* summary,
                                std::span<const Option> options = {}) {
    Plugin plugin = detail::describe(Plugin::Kind::dataset, name, revision, summary, options);
    plugin.make_dataset = [](const Options& chosen) -> std::unique_ptr<Dataset> {
        return std::make_unique<DatasetClass>(chosen);
    };
    return plugin;
}

/// A sampler: SamplerClass(const Options&).
template <class SamplerClass>
constexpr Plugin sampler_plugin(const char* name, int revision, const char* summary,
                                std::span<const Option> options = {}) {
    Plugin plugin = detail::describe(Plugin::Kind::sampler, name, revision, summary, options);
    plugin.make_sampler = [](const Options& chosen) -> std::unique_ptr<Sampler> {
        return std::make_unique<SamplerClass>(chosen);
    };
    return plugin;
}

}  // namespace unroll

extern "C" UNROLL_EXPORT const unroll::Plugin unroll_plugin;
