// What a manifest comes to: its trials, and how they are compared. Plain data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "trial/trial.h"

namespace unroll::manifest {

/// A trial as one experiment sees it.
struct PlannedTrial {
    trial::Trial trial;
    std::string axes;  ///< JSON object nested like config; labelled axes by their name: {"system":"small",…}
    /// Every point of the sampling axes, without repetition; empty: none.
    std::vector<trial::SamplingSettings> sampling;
    std::vector<trial::When> gradient;  ///< when the gradient is measured by lag (training/gradient.h); empty: never
    std::string matched;  ///< the setting that `match` has solved, as in "cell.hidden=57"; "" when there is none
};

struct Compare {
    std::string metric;
    std::string goal;                   ///< min | max
    std::vector<std::string> by, best;  ///< axes; `by` is every axis but `seed` unless given
};

/// A query over the results; its first column is the verdict, the others are figures.
struct Expectation {
    std::string name, query;
};

/// What a manifest asks for.
struct Plan {
    std::string name, about;
    std::string source;          ///< the manifest's text, as stored
    std::filesystem::path file;  ///< where it is from, absolute; empty when from no file
    std::string alias;  ///< the name in the manifest when the experiment runs under another one: queries may use it
    std::vector<PlannedTrial> trials;  ///< in the order of the axes
    std::vector<std::string> dropped;  ///< one line for each combination that `skip` or equality removed
    Compare compare;
    std::vector<Expectation> expectations;
};

}  // namespace unroll::manifest
