// A dataset of examples, from its library.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugin.h"

/// `options` are JSON values.
inline std::unique_ptr<unroll::Dataset> make(const std::string& name,
                                             const std::map<std::string, std::string>& options = {}) {
    const unroll::Plugin& plugin = load_plugin("datasets", name);
    return plugin.make_dataset(plugin_options(plugin, options));
}

/// One example with room of its own.
struct Held {
    std::vector<unroll::Token> tokens, target_tokens;
    std::vector<float> reals, target_reals, weights;
    unroll::Size length;

    Held(const unroll::Dataset& dataset, unroll::Split split, unroll::Size index) {
        const unroll::Task task = dataset.task();
        const unroll::Size T = task.sequence_length;
        if (task.input_tokens) tokens.resize(T);
        const unroll::Size positions = task.target_positions();
        if (task.target_tokens) target_tokens.resize(positions);
        reals.resize(T * task.input_reals);
        target_reals.resize(positions * task.target_reals);
        if (task.kind != unroll::Task::Kind::image) weights.resize(positions);
        unroll::Example example{tokens.data(),       reals.data(),   target_tokens.data(),
                                target_reals.data(), weights.data(), 0};
        dataset.example(split, index, example);
        length = example.length;
    }

    /// The symbols of a target sequence, with the end-of-sequence token.
    std::vector<unroll::Token> target() const {
        std::vector<unroll::Token> symbols;
        for (unroll::Size t = 0; t < weights.size() && weights[t] == 1; ++t) symbols.push_back(target_tokens[t]);
        return symbols;
    }
    bool operator==(const Held&) const = default;
};
