// The figures of an experiment by their ids, and those of a query.
#include "report/figures.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "report/query_figure.h"
#include "report/sections.h"
#include "store/query.h"
#include "unroll/error.h"

namespace unroll::report {

std::vector<Figure> figures_of(store::Store& store, const analysis::ComparisonRequest& request) {
    const Source source = source_of(store, request);
    std::vector<Figure> figures;
    for (const auto section : {answer, learning_curves, by_axis, within_sequences, generated})
        for (Block& block : section(source).blocks)
            if (Figure* figure = std::get_if<Figure>(&block.content)) figures.push_back(std::move(*figure));
    return figures;
}

Figure figure_named(const std::vector<Figure>& figures, const std::string& id, const std::string& experiment) {
    if (figures.empty())
        throw Error({fmt::format("experiment '{}'", experiment), "no values yet", "at least one value to draw",
                     "wait for the first evaluation, or run its manifest"});
    std::vector<std::string> ids;
    for (const Figure& figure : figures) {
        if (figure.id == id || (id.empty() && figure.id.starts_with("curve-"))) return figure;
        ids.push_back(figure.id);
    }
    if (id.empty()) return figures.front();
    const std::string near = base::nearest(id, ids);
    throw Error({"--chart", fmt::format("no chart '{}' of experiment '{}'", id, experiment),
                 fmt::format("one of: {}", fmt::join(ids, ", ")),
                 near.empty() ? "name one of these" : base::did_you_mean(near)});
}

Figure figure_of_query(store::Store& store, const std::string& query, std::chrono::milliseconds timeout) {
    return figure_of(store::query(store, query, {}, {timeout}));
}

}  // namespace unroll::report
