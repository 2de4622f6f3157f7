// A cell made in one way, and the checks that it is put through there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "conformance/cell_call.h"
#include "conformance/recorder.h"

namespace unroll::conformance {

/// Sizes of the problems. Odd, unequal, and no multiple of a vector.
constexpr Size small_input = 3, small_hidden = 5, large_input = 13, large_hidden = 19;
constexpr Size context = 10;  ///< steps that every cell is made for
constexpr Size warm_up = 4;   ///< of these, steps that make a state to start from
constexpr Size small_batch = 3, large_batch = 5;

struct Setting {
    CellSpec spec;
    std::string where;  ///< for failures: sizes and options
    std::shared_ptr<const Cell<double>> exact;
    std::shared_ptr<const Cell<float>> rough;

    const CellLayout& layout() const { return exact->layout(); }
    template <class Real>
    const Cell<Real>& cell() const {
        if constexpr (std::is_same_v<Real, float>)
            return *rough;
        else
            return *exact;
    }
};

/// A state that the cell itself made in `warm_up` steps: no other could be trusted to be one. Empty (null) for a cell
/// without state and for one that looks ahead, which begins with every call.
std::vector<double> warm_state(const Setting& setting, const Problem<double>& problem, std::uint64_t key);

/// run() that also records whether the call kept to its own arrays.
template <class Real>
Result<Real> watched_run(const Setting& setting, const Problem<Real>& problem, Recorder& recorder,
                         const Manner<Real>& manner = {}) {
    Result<Real> result = run(setting.cell<Real>(), problem, manner);
    recorder.require("writes to its outputs only", result.damage.empty(), result.damage, setting.where);
    return result;
}

/// Gradients against finite differences, and through runs that were cut in two.
void check_gradients(const Setting& setting, const Problem<double>& problem, Recorder& recorder);
void check_chunks(const Setting& setting, const Problem<double>& problem, Recorder& recorder);

}  // namespace unroll::conformance
