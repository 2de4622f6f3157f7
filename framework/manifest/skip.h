// `skip`: partial matches of combinations that are left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifest/sweep.h"

namespace unroll::manifest {

/// The entries of `skip`. A term names an axis, or any setting by its path, and the value that it must have; a list of
/// values means any of them.
class Skips {
public:
    /// `skip` (null: none) must outlive this.
    Skips(const json::Value* skip, const Sweep& sweep, const Checker& checker, base::Diagnostics& diagnostics);

    /// The line of the first entry that leaves out the whole trial.
    std::optional<std::uint32_t> trial(const std::vector<Label>& labels, const json::Value& settings);
    /// The line of the first entry that leaves out this sampling point of the trial.
    std::optional<std::uint32_t> sampling(const std::vector<Label>& labels, const json::Value& settings,
                                          const std::vector<Label>& sampling_labels, const json::Value& point);
    bool any_sampling() const;

    /// An entry that has never matched is a mistake.
    void report_unused(base::Diagnostics& diagnostics) const;

private:
    struct Term {
        std::string name;  ///< in normal form
        const json::Value* value;
        bool sampling;
    };
    struct Entry {
        const json::Value* json;
        std::vector<Term> terms;
        bool sampling = false, used = false;
    };

    const Checker& checker_;
    std::vector<Entry> entries_;
};

}  // namespace unroll::manifest
