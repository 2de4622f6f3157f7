// Edit distance, and what is near.
#include "base/nearest.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace unroll::base {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Edits that lead from a to b: a letter added, removed, replaced, or two neighbours swapped.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& names) {
    constexpr std::size_t longest = 100;  // of what could be a slip
    if (name.size() > longest) return {};
    const std::string wanted = lower(name);
    std::string best;
    std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;  // further away is not a slip but another word
    for (const std::string& candidate : names)
        if (const std::size_t distance = edit_distance(wanted, lower(candidate)); distance < least) {
            least = distance;
            best = candidate;
        }
    if (!best.empty() || name.size() < 3) return best;
    for (const std::string& candidate : names)  // a part of a longer name
        if (lower(candidate).find(wanted) != std::string::npos) return candidate;
    if (wanted.find(' ') != std::string::npos) return {};
    for (const std::string& candidate : names)  // a longer name around one that is known
        if (candidate.size() >= 3 && candidate.size() > best.size() &&
            wanted.find(lower(candidate)) != std::string::npos)
            best = candidate;
    return best;
}

std::string did_you_mean(std::string_view name) {
    return fmt::format("did you mean \"{}\"?", name);
}

}  // namespace unroll::base
