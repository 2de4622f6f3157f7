// Fitting parts together.
#include "manifest/fit.h"

#include <fmt/core.h>

#include <algorithm>

#include "manifest/path.h"
#include "plugins/options_check.h"

namespace unroll::manifest {

void Fit::check(const Json& manifest, const Resolved& resolved, Report& report) {
    check_splits(manifest, resolved, report);
    check_cells(manifest, resolved, report);
}

void Fit::check_splits(const Json& manifest, const Resolved& resolved, Report& report) {
    const Trial& trial = resolved.trial;
    const TrainingSettings& training = trial.training;
    const std::string who = fmt::format("dataset '{}'", trial.dataset.plugin);
    const auto wrong = [&](std::string_view path, std::string found, std::string wanted, std::string next) {
        report.add({checker_.where(nearest_at(manifest, path).at, path), std::move(found), std::move(wanted),
                    std::move(next)});
    };
    if (resolved.dataset->task().kind != Task::Kind::next_token) {
        if (resolved.dataset->examples(Split::train) == 0)
            wrong("dataset", who + " has no examples to train on", "at least one", "change the dataset's options");
        return;
    }
    // Streams cut a split into as many pieces as the batch has sequences, and each piece must hold a window.
    const bool streams = training.windows == Windows::streams;
    const Size pieces = streams ? training.batch : 1;
    const auto check_split = [&](Split split, std::string_view name, Size length, std::string_view setting) {
        const Size tokens = resolved.dataset->tokens(split).size(), needed = pieces * length + 1;
        if (tokens >= needed || (tokens == 0 && split != Split::train)) return;
        const std::string path = fmt::format("training.{}", setting);
        const std::string window = fmt::format("a window of {} and the token after it", length);
        const std::string wanted = streams
                                       ? fmt::format("at least {}: {} streams, each with {}", needed, pieces, window)
                                       : fmt::format("at least {}: {}", needed, window);
        const Size fits = tokens > pieces ? (tokens - 1) / pieces : 0;
        std::string next = fits ? fmt::format("set {} to at most {}, ", path, fits) : "";
        if (streams) next += "lower training.batch, ";
        next += fits ? "or use a longer text" : "use a longer text, or give this split a larger part of it";
        wrong(path, fmt::format("the {} split of {} has {} tokens", name, who, tokens), wanted, std::move(next));
    };
    check_split(Split::train, "train", training.sequence_length, "sequence_length");
    check_split(Split::validation, "validation", training.evaluate_length, "evaluate_length");
    check_split(Split::test, "test", training.evaluate_length, "evaluate_length");
}

void Fit::check_cells(const Json& manifest, const Resolved& resolved, Report& report) {
    const Trial& trial = resolved.trial;
    const Task task = resolved.dataset->task();
    const bool tokens = task.input_tokens && !trial.model.embedding;
    Size width = trial.model.embedding ? trial.model.embedding
                 : task.input_tokens   ? task.input_tokens
                                       : task.input_reals;
    const Json& cell = *manifest.find("cell");
    for (std::size_t i = 0; i < trial.cells.size(); ++i) {
        const CellSettings& settings = trial.cells[i];
        const Json& given = cell.array() ? (*cell.array())[i] : cell;
        const std::string path = cell.array() ? fmt::format("cell.{}", i) : "cell";
        for (Size layer = 0; layer < settings.layers; ++layer) {
            CellSpec spec;
            spec.input = width;
            spec.hidden = settings.hidden;
            spec.layer = layer;
            spec.layers = settings.layers;
            spec.context = std::max(trial.training.sequence_length, trial.training.evaluate_length);
            spec.dropout = settings.dropout;
            spec.tokens = tokens && i == 0 && layer == 0;
            const Made& made = make(*resolved.cells[i], spec, settings, given, path);
            if (made.problem) return report.add(*made.problem);
            if (made.context && trial.training.windows == Windows::streams)
                report.add(
                    {checker_.where(nearest_at(manifest, "training.windows").at, "training.windows"),
                     fmt::format("\"streams\" with cell '{}', which looks back over {} steps at most",
                                 settings.choice.plugin, made.context),
                     "\"random\" or \"strided\": a stream's state runs on without end",
                     fmt::format("change the windows, or set {}.plugin to a cell whose memory has no limit", path)});
            if (made.looks_ahead && task.kind == Task::Kind::next_token)
                report.add({checker_.where(given.at, path),
                            fmt::format("cell '{}' looks ahead with these options", settings.choice.plugin),
                            "a cell that sees the past only: the next token is what is to be predicted",
                            fmt::format("change the options of {} (unroll plugins {})", path, settings.choice.plugin)});
            width = made.output;
        }
    }
    if (trial.model.tied && trial.model.embedding != width)
        report.add({checker_.where(nearest_at(manifest, "model.tied").at, "model.tied"),
                    fmt::format("true, but the embedding is {} wide and the top cell's output {}",
                                trial.model.embedding, width),
                    "one width for both", fmt::format("set model.embedding to {}, or remove \"tied\"", width)});
    if (trial.model.tied && task.target_tokens != task.input_tokens)
        report.add(
            {checker_.where(nearest_at(manifest, "model.tied").at, "model.tied"),
             fmt::format("true, but inputs have {} tokens and targets {}", task.input_tokens, task.target_tokens),
             "one vocabulary for inputs and targets", "remove \"tied\""});
}

const Fit::Made& Fit::make(const Plugin& plugin, const CellSpec& spec, const CellSettings& settings, const Json& given,
                           const std::string& path) {
    const auto [entry, is_new] = made_.try_emplace(
        fmt::format("{} {} {} {} {} {} {} {} {}", plugin.name, spec.input, spec.hidden, spec.layer, spec.layers,
                    spec.context, spec.dropout, spec.tokens, plugins::to_json(settings.choice.options)));
    Made& made = entry->second;
    if (is_new) try {
            const auto cell = plugin.make_cell_float(spec, settings.choice.options);
            made.output = cell->layout().output;
            made.context = cell->layout().context;
            made.looks_ahead = cell->layout().looks_ahead;
        } catch (...) {
            made.problem = maker_problem(checker_, plugin, given, path);
        }
    return made;
}

}  // namespace unroll::manifest
