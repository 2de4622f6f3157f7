// Everything that is wrong with a manifest, found in one go.
#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "unroll/error.h"

namespace unroll::base {

/// Thrown when a manifest cannot be used. what() renders all problems, with their count when there are several.
class Problems : public std::runtime_error {
public:
    explicit Problems(std::vector<Problem> problems);

    const std::vector<Problem>& problems() const noexcept { return problems_; }

private:
    std::vector<Problem> problems_;
};

/// Collects problems in the order in which they are found; one that was reported before is dropped, so that what is
/// wrong in the base of a sweep is told once and not once per trial.
class Diagnostics {
public:
    /// Parts of more than some thousand bytes are cut. After a hundred problems there is no more to be learned from
    /// further ones: then it throws Problems.
    void add(Problem problem);
    void add(const Diagnostics& other);
    bool empty() const { return problems_.empty(); }

    /// Throws Problems unless empty.
    void raise();

private:
    std::vector<Problem> problems_;
    std::set<std::string> seen_;
};

}  // namespace unroll::base
