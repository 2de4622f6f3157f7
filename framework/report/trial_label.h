// How a trial is labelled in tables and progress lines: by the values of its axes.
#pragma once

#include <string>

namespace unroll::report {

/// {"system":"wide","training":{"sequence_length":64},"seed":1} becomes "system=wide sequence_length=64 seed=1"; a
/// trial without axes, or with axes that are not a JSON object, becomes "trial".
std::string trial_label(const std::string& axes_json);

}  // namespace unroll::report
