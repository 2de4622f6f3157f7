// Fitting parts together.
#include "manifest/compatibility.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "manifest/maker_problem.h"
#include "manifest/path.h"
#include "plugins/make.h"
#include "plugins/options_check.h"

namespace unroll::manifest {

void Compatibility::check(const json::Value& manifest, const Resolved& resolved, base::Diagnostics& diagnostics) {
    check_splits(manifest, resolved, diagnostics);
    check_model(manifest, resolved, diagnostics);
}

void Compatibility::check_splits(const json::Value& manifest, const Resolved& resolved,
                                 base::Diagnostics& diagnostics) {
    const trial::Trial& trial = resolved.trial;
    const trial::TrainingSettings& training = trial.training;
    const std::string who = fmt::format("dataset '{}'", trial.dataset.plugin);
    const auto wrong = [&](std::string_view path, std::string found, std::string wanted, std::string next) {
        diagnostics.add({checker_.where(nearest_at(manifest, path).at, path), std::move(found), std::move(wanted),
                         std::move(next)});
    };
    if (!trial::topology_of(resolved.dataset->task()).corpus) {
        if (resolved.dataset->examples(Split::train) == 0)
            wrong("dataset", who + " has no examples to train on", "at least one", "change the dataset's options");
        return;
    }
    // Streams cut a split into as many pieces as the batch has sequences, and each piece must hold a window.
    const bool streams = training.windows == trial::Windows::streams;
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

void Compatibility::check_model(const json::Value& manifest, const Resolved& resolved, base::Diagnostics& diagnostics) {
    const Task task = resolved.dataset->task();
    std::optional<Stack> upstream;
    if (trial::topology_of(task).has_upstream()) {
        upstream =
            check_part(manifest, resolved, trial::upstream_part(resolved.trial, task), resolved.upstream, diagnostics);
        if (!upstream) return;
    }
    const trial::Part part = trial::predictor_part(resolved.trial, task, upstream ? upstream->output : 0);
    const auto predictor = check_part(manifest, resolved, part, resolved.cells, diagnostics);
    if (!predictor) return;
    if (upstream) check_bridge(manifest, resolved, *upstream, *predictor, diagnostics);
    check_tied(manifest, resolved, predictor->output, diagnostics);
}

std::optional<Compatibility::Stack> Compatibility::check_part(const json::Value& manifest, const Resolved& resolved,
                                                              const trial::Part& part,
                                                              const std::vector<const Plugin*>& plugins,
                                                              base::Diagnostics& diagnostics) {
    const trial::Trial& trial = resolved.trial;
    const std::string own = child("model", part.name);
    const std::string name = !part.name.empty() && find_at(manifest, own) ? own : "cell";
    const json::Value& cells = *find_at(manifest, name);
    Stack stack;
    bool failed = false;
    stack.output = trial::for_each_layer(
        part, [&](Size entry, const trial::CellSettings& settings, const CellSpec& spec, trial::Below) -> Size {
            if (failed) return 0;
            const json::Value& given = cells.array() ? (*cells.array())[entry] : cells;
            const std::string path = cells.array() ? fmt::format("{}.{}", name, entry) : name;
            const CellFacts& made = make(*plugins[entry], spec, settings, given, path);
            if (made.problem) {
                diagnostics.add(*made.problem);
                failed = true;
                return 0;
            }
            if (made.context && trial.training.windows == trial::Windows::streams)
                diagnostics.add(
                    {checker_.where(nearest_at(manifest, "training.windows").at, "training.windows"),
                     fmt::format("\"streams\" with cell '{}', whose context is limited to {} steps",
                                 settings.choice.plugin, made.context),
                     "\"random\" or \"strided\": streams carry the state without a limit",
                     fmt::format("change the windows, or set {}.plugin to a cell with unlimited context", path)});
            if (!made.causal && part.autoregressive)
                diagnostics.add(
                    {checker_.where(given.at, path),
                     fmt::format("cell '{}' is not causal with these options", settings.choice.plugin),
                     "a causal cell: the next token is predicted from past tokens alone",
                     fmt::format("change the options of {} (unroll plugins {})", path, settings.choice.plugin)});
            if (spec.tokens && resolved.gradient.kind != trial::When::Kind::never)
                check_gradient(manifest, *plugins[entry], spec, settings, given, path, diagnostics);
            if (const Size state = made.state + settings.block_state())
                stack.states.push_back({plugins[entry]->name, state, made.context});
            stack.cross_attends = stack.cross_attends || made.cross_attends;
            return made.output;
        });
    return failed ? std::nullopt : std::optional(std::move(stack));
}

void Compatibility::check_gradient(const json::Value& manifest, const Plugin& plugin, CellSpec spec,
                                   const trial::CellSettings& settings, const json::Value& given,
                                   const std::string& path, base::Diagnostics& diagnostics) {
    const Size weights = make(plugin, spec, settings, given, path).weights;
    spec.tokens = false;
    const CellFacts& made = make(plugin, spec, settings, given, path);
    if (made.problem || made.weights != weights)
        diagnostics.add(
            {checker_.where(nearest_at(manifest, "diagnostics.gradient").at, "diagnostics.gradient"),
             fmt::format(
                 "a gradient by lag, but cell '{}' has different weights for {} tokens than for as many real inputs",
                 plugin.name, spec.input),
             "the same weights: the gradient is measured with respect to one-hot inputs",
             fmt::format("set {}.hidden to another number than {}, or give the model an embedding", path, spec.input)});
}

void Compatibility::check_bridge(const json::Value& manifest, const Resolved& resolved, const Stack& upstream,
                                 const Stack& predictor, base::Diagnostics& diagnostics) {
    const Task task = resolved.dataset->task();
    const auto wrong = [&](std::string_view path, std::string found, std::string wanted, std::string next) {
        diagnostics.add({checker_.where(nearest_at(manifest, path).at, path), std::move(found), std::move(wanted),
                         std::move(next)});
    };
    if (trial::topology_of(task).learning == trial::Learning::adversarial) {
        if (task.sequence_length != 1 || upstream.output != task.input_reals)
            wrong("model.generator", fmt::format("a generator with {} outputs", upstream.output),
                  fmt::format("{}, the values of an image of dataset '{}'", task.input_reals,
                              resolved.trial.dataset.plugin),
                  fmt::format("end it with a layer of \"hidden\": {}", task.input_reals));
        return;
    }
    const auto list = [](const std::vector<State>& states) {
        std::string text;
        for (const State& state : states)
            text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", state.size, state.plugin);
        return text.empty() ? "none" : text;
    };
    const auto limited = std::find_if(predictor.states.begin(), predictor.states.end(),
                                      [](const State& state) { return state.context > 0; });
    if (resolved.trial.model.bridge == trial::Bridge::state) {
        if (upstream.states.empty() || upstream.states != predictor.states)
            wrong("model.bridge",
                  fmt::format("\"state\" between an encoder and a decoder whose layers have different states: {}; {}",
                              list(upstream.states), list(predictor.states)),
                  "the same cells on both sides, with a state",
                  "use the same cells in both, or choose \"repeat\" or \"attention\"");
        else if (limited != predictor.states.end())
            wrong("model.bridge",
                  fmt::format("\"state\" between layers of cell '{}', whose context is limited to {} steps",
                              limited->plugin, limited->context),
                  "cells with unlimited context: the decoder continues from the encoder's final state",
                  "change the cells, or choose \"attention\"");
    }
    if (resolved.trial.model.bridge == trial::Bridge::attention && !predictor.cross_attends)
        wrong("model.bridge", "\"attention\", but no cell of the decoder supports cross-attention",
              "a decoder with a cell that attends to the encoder's outputs",
              "change the decoder's cell, or choose \"state\" or \"repeat\"");
}

void Compatibility::check_tied(const json::Value& manifest, const Resolved& resolved, Size output,
                               base::Diagnostics& diagnostics) {
    const trial::ModelSettings& model = resolved.trial.model;
    const Task task = resolved.dataset->task();
    if (!model.tied) return;
    const auto wrong = [&](std::string found, std::string wanted, std::string next) {
        diagnostics.add({checker_.where(nearest_at(manifest, "model.tied").at, "model.tied"), std::move(found),
                         std::move(wanted), std::move(next)});
    };
    if (trial::topology_of(task).has_upstream())
        return wrong("true, but the model has two parts", "false", "remove \"tied\"");
    if (model.embedding != output)
        wrong(fmt::format("true, but the embedding dimension is {} and the top cell's output width {}", model.embedding,
                          output),
              "equal widths", fmt::format("set model.embedding to {}, or remove \"tied\"", output));
    if (task.target_tokens != task.input_tokens)
        wrong(fmt::format("true, but the input vocabulary has {} tokens and the target vocabulary {}",
                          task.input_tokens, task.target_tokens),
              "one vocabulary for inputs and targets", "remove \"tied\"");
}

const Compatibility::CellFacts& Compatibility::make(const Plugin& plugin, const CellSpec& spec,
                                                    const trial::CellSettings& settings, const json::Value& given,
                                                    const std::string& path) {
    const auto [entry, is_new] = made_.try_emplace(fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {}", plugin.name, spec.input, spec.hidden, spec.layer, spec.layers, spec.context,
        spec.source, spec.source_context, spec.dropout, spec.tokens, plugins::to_json(settings.choice.options)));
    CellFacts& made = entry->second;
    if (is_new) try {
            const auto cell = plugins::make_cell<float>(plugin, spec, settings.choice.options);
            const CellLayout& layout = cell->layout();
            made.output = layout.output;
            made.context = layout.context;
            made.state = layout.state_size();
            made.weights = layout.weight_count();
            made.causal = layout.causal;
            made.cross_attends = layout.cross_attends;
        } catch (...) {
            made.problem = maker_problem(checker_, plugin, given, path);
        }
    return made;
}

}  // namespace unroll::manifest
