// Texts, answers and images: those of one trial of each group side by side, and the measures of all texts.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "report/samples.h"
#include "report/sections.h"
#include "report/words.h"

namespace unroll::report {

namespace {

using analysis::Group;
using store::SampleRow;
using store::Value;

constexpr std::size_t most_texts = 600;  ///< of a chapter
constexpr std::size_t most_images = 48;  ///< of a chapter

/// The samples of a group's trials of the best choice.
struct GroupSamples {
    const Group* group;
    std::string label, block;
    std::vector<SampleRow> of_first;  ///< of the first trial that has any
    std::uint64_t seed = 0;           ///< of that trial
    std::vector<SampleRow> all;       ///< texts of all trials, without the texts themselves
};

std::vector<GroupSamples> samples_of(const Source& source) {
    std::vector<GroupSamples> list;
    for (const Group& group : source.comparison.groups) {
        GroupSamples samples{&group, system_of(source, group), block_title(source, group), {}, 0, {}};
        for (const analysis::ComparedTrial* trial : finished_of(group)) {
            std::vector<SampleRow> rows = store::last_samples_of(source.store, trial->id);
            if (rows.empty()) continue;
            if (samples.of_first.empty()) {
                samples.of_first = rows;
                samples.seed = trial->seed;
            }
            for (SampleRow& row : rows) {
                row.text.clear();
                row.image.clear();
                if (row.kind == "text") samples.all.push_back(std::move(row));
            }
        }
        if (!samples.of_first.empty()) list.push_back(std::move(samples));
    }
    return list;
}

/// Columns by temperature, then samplers by name.
std::vector<std::string> columns_of(const std::vector<GroupSamples>& list) {
    std::map<std::pair<double, std::string>, std::string> ordered;
    for (const GroupSamples& samples : list)
        for (const SampleRow& row : samples.of_first)
            if (row.kind != "image")
                ordered[{row.temperature.value_or(std::numeric_limits<double>::infinity()), row.sampler}] =
                    column_of(row);
    std::vector<std::string> columns;
    for (const auto& [key, name] : ordered)
        if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    return columns;
}

/// The group of the best mean; the first where none has one.
const Group* best_group(const Source& source, const std::vector<GroupSamples>& list) {
    const bool is_higher = source.comparison.goal == "max";
    const Group* best = list.empty() ? nullptr : list.front().group;
    for (const GroupSamples& samples : list) {
        const std::optional<double> mean = samples.group->of.mean;
        if (mean && (!best->of.mean || (is_higher ? *mean > *best->of.mean : *mean < *best->of.mean)))
            best = samples.group;
    }
    return best;
}

Texts texts_of(const Source& source, const std::vector<GroupSamples>& list, std::size_t& left_out) {
    Texts texts;
    texts.row_name = source.comparison.by.empty() ? "experiment" : source.comparison.by[0];
    texts.column_name = "temperature";
    texts.columns = columns_of(list);
    const Group* const best = best_group(source, list);
    for (const GroupSamples& samples : list) {
        const std::size_t row = texts.rows.size();
        texts.rows.push_back(fmt::format("{} (seed {})", samples.label, samples.seed));
        texts.hues.push_back(hue_of(source, *samples.group));
        texts.blocks.push_back(samples.block);
        if (samples.group == best) texts.first_block = samples.block;
        for (const SampleRow& sample : samples.of_first) {
            if (sample.kind == "image") continue;
            if (texts.texts.size() == most_texts) {
                ++left_out;
                continue;
            }
            Text text = text_of(sample);
            text.row = row;
            const auto column = std::find(texts.columns.begin(), texts.columns.end(), column_of(sample));
            text.column = static_cast<std::size_t>(column - texts.columns.begin());
            texts.texts.push_back(std::move(text));
        }
    }
    return texts;
}

Images images_of(const std::vector<GroupSamples>& list, std::size_t& left_out) {
    Images images;
    for (const GroupSamples& samples : list)
        for (const SampleRow& sample : samples.of_first) {
            if (sample.image.empty()) continue;
            if (images.images.size() == most_images) {
                ++left_out;
                continue;
            }
            images.images.push_back({fmt::format("{}{}{}, step {}", samples.label, samples.block.empty() ? "" : ", ",
                                                 samples.block, sample.step),
                                     sample.image});
        }
    return images;
}

/// A measure of all texts of the groups over temperature: a chart for each block.
std::optional<Figure> over_temperature(const Source& source, const std::vector<GroupSamples>& list,
                                       const std::string& name, std::optional<double> SampleRow::*measure) {
    Figure figure;
    std::size_t block = std::numeric_limits<std::size_t>::max();
    std::map<double, int> temperatures;
    for (const GroupSamples& samples : list) {
        std::map<double, std::vector<double>> values;
        for (const SampleRow& row : samples.all)
            if (row.temperature && row.*measure) values[*row.temperature].push_back(*(row.*measure));
        if (values.empty()) continue;
        Series series = series_for(source, *samples.group);
        for (const auto& [temperature, list_of] : values) {
            add_mean(series, {temperature}, analysis::statistics(list_of));
            ++temperatures[temperature];
        }
        if (samples.group->block != block) figure.charts.push_back({block_title(source, *samples.group), {}});
        block = samples.group->block;
        figure.charts.back().series.push_back(std::move(series));
    }
    if (temperatures.size() < 2) return std::nullopt;
    figure.id = "temperature-" + name.substr(0, name.find(' '));
    figure.about =
        fmt::format("{} over temperature: the mean over all texts of a group, with its 95% confidence interval.", name);
    figure.marks = Figure::Marks::lines_and_points;
    figure.x = {{"temperature", {}, {}, false}};
    for (const auto& [temperature, count] : temperatures) figure.x[0].ticks.push_back(temperature);
    figure.y = {name, {}, {}, false};
    return figure;
}

}  // namespace

Section generated(const Source& source) {
    Section section{"generated", "Generated", {}};
    const std::vector<GroupSamples> list = samples_of(source);
    std::size_t left_out = 0;
    if (Texts texts = texts_of(source, list, left_out); !texts.texts.empty())
        section.blocks.push_back({"", false, std::move(texts)});
    if (Images images = images_of(list, left_out); !images.images.empty())
        section.blocks.push_back({"", false, std::move(images)});
    if (left_out > 0)
        section.blocks.push_back(
            {"", false, Notes{{fmt::format("{} more are in the result store, table sample", left_out)}}});
    const auto add = [&](const std::string& name, bool folded, std::optional<double> SampleRow::*measure) {
        if (auto figure = over_temperature(source, list, name, measure))
            section.blocks.push_back({name + " over temperature", folded, std::move(*figure)});
    };
    add("Known words (share)", false, &SampleRow::known_word_rate);
    add("Distinct trigrams (share)", true, &SampleRow::distinct_3);
    add("Repetition (share of characters)", true, &SampleRow::repetition);
    return section;
}

}  // namespace unroll::report
