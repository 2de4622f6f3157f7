// The page of one trial: how far it is, its curves, what it generated, its attempts, its settings.
#include "report/trial_page.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <map>

#include "json/parse.h"
#include "json/write.h"
#include "report/ending.h"
#include "report/samples.h"
#include "report/thinning.h"
#include "report/trial_label.h"
#include "store/attempts.h"
#include "store/outline.h"
#include "store/progress.h"
#include "store/trial_results.h"

namespace unroll::report {

namespace {

using store::Value;

constexpr std::size_t most_steps = 12;   ///< at which it was sampled, the last ones
constexpr std::size_t most_texts = 600;  ///< of a page
constexpr std::size_t most_images = 48;

Value time_of(const std::string& utc) {
    return utc.size() < 19 ? Value() : Value(utc.substr(0, 10) + ' ' + utc.substr(11, 8));
}

Table log_of(const std::vector<store::Attempt>& attempts) {
    Table table{"",
                {{"attempt", {}},
                 {"outcome", {}},
                 {"from step", {}},
                 {"to step", {}},
                 {"started (UTC)", {}},
                 {"ended (UTC)", {}},
                 {"last heartbeat (UTC)", {}},
                 {"cause", {}},
                 {"host", {}},
                 {"PID", {}},
                 {"jobs", {}},
                 {"build", {}}},
                {},
                {},
                {}};
    for (const store::Attempt& attempt : attempts)
        table.rows.push_back({attempt.number, std::string(trial::to_string(attempt.outcome)), attempt.from_step,
                              attempt.to_step ? Value(*attempt.to_step) : Value(), time_of(attempt.started_at),
                              time_of(attempt.ended_at), time_of(attempt.heartbeat_at),
                              cause_in_words({attempt.cause, attempt.bound}), attempt.host, attempt.pid, attempt.jobs,
                              attempt.build});
    return table;
}

Section state_of(store::Store& store, const store::FoundTrial& trial) {
    Section section{"state", "State", {}};
    const store::TrialMark mark = store::mark_of(store, trial.id);
    section.blocks.push_back({"", false,
                              Paragraph{fmt::format("{}: step {} of {}; seed {}.", trial::to_string(mark.status),
                                                    mark.step, mark.steps, trial.seed)}});
    const std::vector<store::Attempt> attempts = store::attempts_of(store, trial.id);
    if (!attempts.empty()) section.blocks.push_back({"Attempts", false, log_of(attempts)});
    for (const store::Attempt& attempt : attempts)
        if (!attempt.error.empty())
            section.blocks.push_back({fmt::format("Error message of attempt {}", attempt.number),
                                      &attempt != &attempts.back(), Code{attempt.error}});
    Table summary{"", {{"what", {}}, {"value", {-1, 17}}}, {}, {}, {}};
    for (const auto& [name, value] : store::summary_of(store, trial.id))
        if (!std::holds_alternative<std::monostate>(value) && name != "error") summary.rows.push_back({name, value});
    section.blocks.push_back({"Stored results", false, std::move(summary)});
    return section;
}

Figure curve_of(const store::Outline& outline, const std::string& metric) {
    Figure figure;
    figure.id = "curve-" + metric;
    std::replace_if(
        figure.id.begin(), figure.id.end(), [](unsigned char c) { return !std::isalnum(c); }, '-');
    figure.x = {{"step", {}, {}, false}, {"epoch", {}, {}, false}, {"seconds", {}, {}, false}};
    figure.y = {metric, {}, {}, false};
    figure.about = fmt::format("{} over training.", metric);
    if (!outline.is_whole) figure.about += " Downsampled: the minimum and maximum of each interval are shown";
    if (outline.is_partial) figure.about += ", among the first points of each";
    if (!outline.is_whole) figure.about += '.';
    Series series;
    series.name = metric;
    series.x.resize(figure.x.size());
    for (const store::SeriesPoint& point : outline.points) {
        series.x[0].push_back(static_cast<double>(point.step));
        series.x[1].push_back(point.epoch);
        series.x[2].push_back(point.seconds);
        series.y.push_back(point.value);
    }
    figure.charts.push_back({"", {std::move(series)}});
    return figure;
}

Section curves_of(store::Store& store, store::Id trial) {
    constexpr std::size_t open = 3;
    Section section{"curves", "Learning curves", {}};
    Table last{"", {{"metric", {}}, {"last value", {-1, 6}}, {"step", {}}}, {}, {}, {}};
    for (const auto& [split, name] : store::series_of(store, trial)) {
        const std::string metric = fmt::format("{}/{}", split, name);
        const store::Outline outline = store::outline_of(store, trial, split, name, points_of_a_curve);
        const store::SeriesPoint& end = outline.points.back();
        last.rows.push_back({metric, end.value, static_cast<std::int64_t>(end.step)});
        if (outline.points.size() > 1)
            section.blocks.push_back({metric, section.blocks.size() >= open, curve_of(outline, metric)});
    }
    if (!last.rows.empty()) section.blocks.push_back({"Last values", false, std::move(last)});
    return section;
}

Section generated_by(store::Store& store, store::Id trial) {
    Section section{"generated", "Generated", {}};
    Texts texts;
    Images images;
    texts.row_name = "step";
    texts.column_name = "temperature";
    std::map<std::pair<double, std::string>, std::string> columns;
    const std::vector<store::SampleRow> samples = store::last_samples_of(store, trial, most_steps);
    for (const store::SampleRow& sample : samples)
        if (sample.kind != "image") columns[{sample.temperature.value_or(1e300), sample.sampler}] = column_of(sample);
    for (const auto& [key, name] : columns)
        if (std::find(texts.columns.begin(), texts.columns.end(), name) == texts.columns.end())
            texts.columns.push_back(name);
    for (const store::SampleRow& sample : samples) {
        if (!sample.image.empty() && images.images.size() < most_images)
            images.images.push_back({fmt::format("step {}", sample.step), sample.image});
        if (sample.kind == "image" || texts.texts.size() == most_texts) continue;
        const std::string row = fmt::format("step {}", sample.step);
        if (texts.rows.empty() || texts.rows.back() != row) {
            texts.rows.push_back(row);
            texts.hues.push_back(0);
            texts.blocks.emplace_back();
        }
        Text& text = texts.texts.emplace_back(text_of(sample));
        text.row = texts.rows.size() - 1;
        const auto column = std::find(texts.columns.begin(), texts.columns.end(), column_of(sample));
        text.column = static_cast<std::size_t>(column - texts.columns.begin());
    }
    if (!texts.texts.empty()) section.blocks.push_back({"", false, std::move(texts)});
    if (!images.images.empty()) section.blocks.push_back({"", false, std::move(images)});
    return section;
}

Section settings_of(store::Store& store, const store::FoundTrial& trial) {
    Section section{"settings", "Settings", {}};
    section.blocks.push_back({"", false, Paragraph{"Fingerprint " + trial.fingerprint}});
    section.blocks.push_back({"", false, Code{fmt::format("unroll verify {}\nunroll sample {}", trial.id, trial.id)}});
    Table plugins{"", {{"kind", {}}, {"plugin", {}}, {"revision", {}}}, {}, {}, {}};
    for (const store::PluginRevision& plugin : store::plugins_of(store, trial.id))
        plugins.rows.push_back({plugin.kind, plugin.name, plugin.revision});
    if (!plugins.rows.empty()) section.blocks.push_back({"Plugins", false, std::move(plugins)});
    const json::Value config = json::parse(trial.config, "config");
    section.blocks.push_back({"Resolved manifest", false, Code{json::dump_indented(config)}});
    return section;
}

}  // namespace

Page trial_page(store::Store& store, store::Id id, const std::string& generator) {
    store::mark_of(store, id);  // which says what is wrong with it
    const store::FoundTrial trial = store::find_trial(store, std::to_string(id));
    Page page;
    page.title = fmt::format("trial {}", id);
    page.source = store.file().filename().string();
    page.generator = generator;
    page.made_at = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
    Chapter chapter{page.title, "", {}};
    if (const auto places = store::memberships_of(store, id); !places.empty())
        chapter.about = trial_label(places.front().axes);
    for (Section& section : std::vector<Section>{state_of(store, trial), curves_of(store, id), generated_by(store, id),
                                                 settings_of(store, trial)})
        if (!section.blocks.empty()) chapter.sections.push_back(std::move(section));
    page.chapters.push_back(std::move(chapter));
    return page;
}

}  // namespace unroll::report
