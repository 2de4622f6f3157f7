// The question's answer: the comparison, its notes, and whether expectations hold.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/verdicts.h"
#include "base/digits.h"
#include "base/text.h"
#include "json/parse.h"
#include "report/comparison_table.h"
#include "report/sections.h"
#include "report/words.h"

namespace unroll::report {

namespace {

using analysis::Comparison;
using store::Value;

bool is_nothing(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole == 0;
    return std::holds_alternative<std::monostate>(value);
}

/// As the terminal shows it: columns in which nothing stands are left out, means have the digits of their deviations.
Table comparison_table(const Comparison& comparison) {
    static const std::vector<std::string> measured{"mean", "sd", "low", "high", "diff", "diff_low", "diff_high"};
    const store::Table whole = report::table_of(comparison);
    std::vector<double> means, deviations;
    for (const analysis::Group& group : comparison.groups) {
        if (group.of.mean) means.push_back(*group.of.mean);
        if (group.of.sd) deviations.push_back(*group.of.sd);
    }
    const base::Digits digits = base::digits_by_deviation(deviations, means);
    Table table{caption_of(comparison), {}, {}, {}, {}};
    table.rows.resize(whole.rows.size());
    const std::size_t settings = comparison.by.size() + comparison.best.size();
    for (std::size_t column = 0; column < whole.columns.size(); ++column) {
        const bool is_empty =
            std::all_of(whole.rows.begin(), whole.rows.end(), [&](const auto& row) { return is_nothing(row[column]); });
        if (is_empty && column >= settings) continue;
        const bool is_measured = std::find(measured.begin(), measured.end(), whole.columns[column]) != measured.end();
        table.columns.push_back({whole.columns[column], is_measured ? digits : base::Digits{}});
        for (std::size_t row = 0; row < whole.rows.size(); ++row) table.rows[row].push_back(whole.rows[row][column]);
    }
    for (std::size_t row = 0; row < comparison.groups.size(); ++row) {
        if (comparison.groups[row].is_best) table.best.push_back(row);
        if (row && comparison.groups[row].block != comparison.groups[row - 1].block) table.breaks.push_back(row);
    }
    return table;
}

/// The means and intervals of all groups, a chart for each block.
Figure comparison_figure(const Source& source) {
    Figure figure;
    figure.id = "comparison";
    figure.about = fmt::format("Mean {} of each group with its 95% confidence interval (Student's t), {} first.",
                               source.comparison.metric, source.comparison.goal == "max" ? "highest" : "lowest");
    figure.marks = Figure::Marks::intervals;
    figure.x = {{source.comparison.by.empty() ? "experiment" : source.comparison.by[0], source.systems, {}, false}};
    figure.y = {source.comparison.metric, {}, {}, false};
    std::size_t block = std::numeric_limits<std::size_t>::max();
    for (const analysis::Group& group : source.comparison.groups) {
        if (!group.of.mean) continue;
        if (group.block != block) figure.charts.push_back({block_title(source, group), {}});
        block = group.block;
        Series series = series_for(source, group);
        add_mean(series, {static_cast<double>(series.hue)}, group.of);
        figure.charts.back().series.push_back(std::move(series));
    }
    return figure;
}

/// The expectations of a stored manifest, which was checked when it was stored.
std::vector<manifest::Expectation> expectations_in(const std::string& manifest) {
    base::Diagnostics ignored;
    const auto parsed = json::parse(manifest, "manifest", ignored);
    const json::Value* expect = parsed ? parsed->find("expect") : nullptr;
    std::vector<manifest::Expectation> expectations;
    if (expect && expect->object())
        for (const json::Member& member : *expect->object())
            if (const std::string* query = member.value.text()) expectations.push_back({member.key, *query});
    return expectations;
}

/// The name in the manifest, which queries may use when the experiment runs under another.
std::string alias_in(const std::string& manifest, const std::string& experiment) {
    base::Diagnostics ignored;
    const auto parsed = json::parse(manifest, "manifest", ignored);
    const json::Value* name = parsed ? parsed->find("name") : nullptr;
    return name && name->text() && *name->text() != experiment ? *name->text() : "";
}

Claims claims_of(const Source& source) {
    Claims claims;
    for (const analysis::Verdict& verdict :
         analysis::verdicts(source.store.file(), source.experiment.name, expectations_in(source.origin.manifest), {},
                            alias_in(source.origin.manifest, source.experiment.name))) {
        std::string details;
        for (std::size_t i = 0; i < verdict.figures.columns.size(); ++i)
            details +=
                fmt::format("{}{} {}", i ? ", " : "", verdict.figures.columns[i], in_words(verdict.figures.rows[0][i]));
        if (!details.empty() && !verdict.remark.empty()) details += "; ";
        claims.claims.push_back({verdict.expectation, verdict.holds, details + verdict.remark});
    }
    return claims;
}

}  // namespace

Section answer(const Source& source) {
    Section section{"answer", "Comparison", {}};
    for (const std::string& sentence : answers_of(source.comparison))
        section.blocks.push_back({"", false, Paragraph{sentence}});
    if (Claims claims = claims_of(source); !claims.claims.empty())
        section.blocks.push_back({"What the manifest expects", false, std::move(claims)});
    section.blocks.push_back({"", false, comparison_table(source.comparison)});
    if (std::vector<std::string> notes = notes_of(source.comparison); !notes.empty())
        section.blocks.push_back({"", false, Notes{std::move(notes)}});
    if (Figure figure = comparison_figure(source); !figure.charts.empty())
        section.blocks.push_back({"", false, std::move(figure)});
    return section;
}

}  // namespace unroll::report
