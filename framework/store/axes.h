// Axes of an experiment, as its membership rows have them: JSON objects nested like config.
#pragma once

#include <string>
#include <vector>

namespace unroll::store {

struct Axis {
    std::vector<std::string> keys;
    std::string name;    ///< keys joined by '.', as in "cell.heads"
    std::string column;  ///< of trial, when the axis is an everyday setting; otherwise empty

    /// SQL for the axis' value in a column of JSON text.
    std::string in(const std::string& json_column) const;
};

/// The axis of this name, as it stands in a config: keys are what is between the dots.
Axis axis_named(const std::string& name);

/// The axes in these JSON objects, in order of appearance. An object that stands where another has a plain value is a
/// value too.
std::vector<Axis> axes_in(const std::vector<std::string>& objects);

}  // namespace unroll::store
