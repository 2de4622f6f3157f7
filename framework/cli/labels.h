// What a trial is called on a line: the values of its axes.
#pragma once

#include <string>

namespace unroll::cli {

/// {"system":"wide","training":{"sequence_length":64},"seed":1} becomes "system=wide sequence_length=64 seed=1"; a trial
/// without axes becomes "trial".
std::string label_of(const std::string& axes_json);

}  // namespace unroll::cli
