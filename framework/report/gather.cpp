// The page of one or several experiments.
#include "report/gather.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "report/sections.h"

namespace unroll::report {

namespace {

Chapter chapter_of(const Source& source) {
    Chapter chapter{source.experiment.name, source.origin.about, {}};
    for (const auto section :
         {answer, learning_curves, by_axis, within_sequences, generated, state_and_cost, how_to_repeat})
        if (Section made = section(source); !made.blocks.empty()) chapter.sections.push_back(std::move(made));
    return chapter;
}

}  // namespace

Page gather(store::Store& store, const PageRequest& request) {
    Page page;
    page.title = fmt::format("{}", fmt::join(request.experiments, ", "));
    page.source = store.file().filename().string();
    page.generator = request.generator;
    page.made_at = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
    for (const std::string& experiment : request.experiments) {
        Source source = source_of(store, {experiment, request.by, request.metric, "", request.where});
        source.most_read = request.most_read;
        Chapter& chapter = page.chapters.emplace_back(chapter_of(source));
        for (const analysis::Condition& condition : request.where)
            chapter.about += fmt::format("{}Only trials with {} = {}.", chapter.about.empty() ? "" : " ",
                                         condition.name, condition.value);
    }
    return page;
}

}  // namespace unroll::report
