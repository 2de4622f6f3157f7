// How to repeat an experiment: manifest, versions, machines, fingerprints, and the command.
#include <fmt/format.h>

#include <string_view>

#include "report/comparison_table.h"
#include "report/sections.h"
#include "report/trial_label.h"

namespace unroll::report {

namespace {

Table versions(const Source& source) {
    Table table{"Plugins and their revisions", {{"kind", {}}, {"name", {}}, {"revision", {}}}, {}, {}, {}};
    table.rows = store::plugins_of(source.store, source.experiment.name).rows;
    return table;
}

Table machines(const Source& source) {
    Table table{"Where it was trained",
                {{"build", {}}, {"host", {}}, {"jobs", {}}, {"attempts", {}}, {"from", {}}, {"to", {}}},
                {},
                {},
                {}};
    for (const store::Place& place : store::places_of(source.store, source.experiment.name))
        table.rows.push_back({place.build, place.host, place.jobs, place.attempts, place.first, place.last});
    return table;
}

/// All trials, so that the figures above can be computed again, and each trial trained again.
Table trials(const Source& source) {
    Table table{
        "",
        {{"trial", {}}, {"settings", {}}, {"status", {}}, {source.comparison.metric, {-1, 17}}, {"fingerprint", {}}},
        {},
        {},
        {}};
    for (const analysis::Group& group : source.comparison.groups)
        for (const analysis::ComparedTrial& trial : group.trials)
            table.rows.push_back({trial.id, trial_label(trial.axes), std::string(trial::to_string(trial.status)),
                                  trial.value ? store::Value(*trial.value) : store::Value(), trial.fingerprint});
    return table;
}

/// As one word of a shell's command, whatever it holds: a store may come from anywhere.
std::string as_word(const std::string& text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,=@";
    if (!text.empty() && text.front() != '-' && text.find_first_not_of(plain) == text.npos) return text;
    std::string word = "'";
    for (const char c : text)
        if (c == '\'')
            word += "'\\''";
        else
            word += c;
    return word + "'";
}

std::string commands(const Source& source) {
    const std::string file =
        source.origin.manifest_path.empty() ? source.experiment.name + ".json" : source.origin.manifest_path;
    std::string text = fmt::format("unroll run {}", as_word(file));
    for (const analysis::Group& group : source.comparison.groups)
        if (const auto finished = finished_of(group); !finished.empty())
            return text + fmt::format("\nunroll verify {}", finished.front()->id);
    return text;
}

}  // namespace

Section how_to_repeat(const Source& source) {
    Section section{"repeat", "How to repeat it", {}};
    const std::string where =
        source.origin.manifest_path.empty()
            ? fmt::format("Save the manifest below as {}.json.", source.experiment.name)
            : "The manifest's path is relative to the folder of the result store; the manifest itself stands below.";
    section.blocks.push_back(
        {"", false, Paragraph{where + " To verify a trial is to train it again and compare its losses bit for bit."}});
    section.blocks.push_back({"", false, Code{commands(source)}});
    section.blocks.push_back({"Manifest", true, Code{source.origin.manifest}});
    if (Table table = machines(source); !table.rows.empty()) section.blocks.push_back({"", false, std::move(table)});
    if (Table table = versions(source); !table.rows.empty()) section.blocks.push_back({"", false, std::move(table)});
    section.blocks.push_back({"All trials and their fingerprints", true, trials(source)});
    return section;
}

}  // namespace unroll::report
