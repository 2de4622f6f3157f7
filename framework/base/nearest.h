// The known name that a misspelled or longer one stands for, for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll::base {

/// Of `names`, the one nearest to `name` by edit distance, else one that has `name` in it, else the longest that
/// `name` has in it ("TableReader": "table"); letter case does not matter. "" when none is near enough to be meant.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

/// `did you mean "NAME"?`
std::string did_you_mean(std::string_view name);

}  // namespace unroll::base
