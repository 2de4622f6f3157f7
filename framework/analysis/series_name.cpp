// The name of a series: a split and a metric.
#include "analysis/series_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "unroll/error.h"

namespace unroll::analysis {

SeriesName series_named(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == text.npos || slash == 0 || slash + 1 == text.size())
        throw Error({"--metric", fmt::format("'{}'", text), "SPLIT/NAME, as in validation/loss", ""});
    return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

void check_series(std::string_view series, const std::vector<std::string>& known, std::string_view experiment) {
    if (std::find(known.begin(), known.end(), series) != known.end()) return;
    const std::string near = base::nearest(series, known);
    throw Error({fmt::format("experiment '{}'", experiment), fmt::format("no metric '{}'", series),
                 known.empty() ? "one of: none yet" : fmt::format("one of: {}", fmt::join(known, ", ")),
                 near.empty() ? "name one in compare.metric, or with --metric" : base::did_you_mean(near)});
}

}  // namespace unroll::analysis
