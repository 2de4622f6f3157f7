// The name of a series: a split and a metric.
#include "analysis/series_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "trial/metric.h"
#include "trial/splits.h"
#include "unroll/error.h"

namespace unroll::analysis {

namespace {

/// The split that other tools call so.
std::string split_of(std::string_view word) {
    for (const std::string_view alias : {"val", "valid", "dev", "eval"})
        if (word == alias) return std::string(trial::name_of(Split::validation));
    if (word == "training") return std::string(trial::name_of(Split::train));
    return word == "testing" ? std::string(trial::name_of(Split::test)) : std::string(word);
}

/// The series that a column of `result`, or the usual name of a metric, stands for: test_loss, val_loss, loss.
std::string series_meant(std::string_view text) {
    const std::size_t underscore = std::min(text.find('_'), text.size());
    const std::string split = split_of(text.substr(0, underscore));
    if (underscore + 1 < text.size() && trial::split_named(split))
        return fmt::format("{}/{}", split, trial::metric_meant(text.substr(underscore + 1)));
    return fmt::format("{}/{}", trial::name_of(Split::validation), trial::metric_meant(text));
}

/// A perplexity is asked for often enough to say where it is.
std::string why_loss(std::string_view name) {
    return name == "perplexity" || name == "ppl" ? "; the perplexity is its exponential" : "";
}

}  // namespace

SeriesName series_named(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == text.npos)
        throw Error({"--metric", fmt::format("'{}'", text), "SPLIT/NAME, as in validation/loss",
                     fmt::format("write {}{}", series_meant(text), why_loss(text.substr(text.find('_') + 1)))});
    if (slash == 0 || slash + 1 == text.size())
        throw Error({"--metric", fmt::format("'{}'", text), "SPLIT/NAME, as in validation/loss",
                     "give both the split and the name of the metric"});
    return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

void check_series(std::string_view series, const std::vector<std::string>& known, std::string_view experiment) {
    if (std::find(known.begin(), known.end(), series) != known.end()) return;
    const std::size_t slash = std::min(series.find('/'), series.size());
    const std::string_view name = series.substr(std::min(slash + 1, series.size()));
    std::string near = fmt::format("{}/{}", split_of(series.substr(0, slash)), trial::metric_meant(name));
    if (std::find(known.begin(), known.end(), near) == known.end()) near = base::nearest(series, known);
    throw Error(
        {fmt::format("experiment '{}'", experiment), fmt::format("no metric '{}'", series),
         known.empty() ? "one of: none yet" : fmt::format("one of: {}", fmt::join(known, ", ")),
         near.empty() ? "name one in compare.metric, or with --metric" : base::did_you_mean(near) + why_loss(name)});
}

}  // namespace unroll::analysis
