// The text dataset, from its library.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugin.h"
#include "temporary_folder.h"

/// `options` are JSON values.
inline std::unique_ptr<unroll::Dataset> text_at(const std::string& path,
                                                std::map<std::string, std::string> options = {}) {
    const unroll::Plugin& plugin = load_plugin("datasets", "text");
    options["path"] = '"' + path + '"';
    return plugin.make_dataset(plugin_options(plugin, options));
}

/// The dataset of one file with these bytes.
inline std::unique_ptr<unroll::Dataset> text_of_bytes(std::string_view bytes,
                                                      const std::map<std::string, std::string>& options = {}) {
    const TemporaryFolder folder;
    return text_at(folder.write("text.txt", bytes), options);
}

inline std::vector<unroll::Token> all_tokens(const unroll::Dataset& dataset) {
    std::vector<unroll::Token> tokens;
    for (auto split : {unroll::Split::train, unroll::Split::validation, unroll::Split::test}) {
        const auto part = dataset.tokens(split);
        tokens.insert(tokens.end(), part.begin(), part.end());
    }
    return tokens;
}

/// The whole corpus as it would be written.
inline std::string decoded(const unroll::Dataset& dataset) {
    return dataset.vocabulary()->decode(all_tokens(dataset));
}

/// All symbols, in the vocabulary's order.
inline std::vector<std::string> symbols(const unroll::Dataset& dataset) {
    std::vector<std::string> result;
    for (unroll::Token token = 0; token < static_cast<unroll::Token>(dataset.vocabulary()->size()); ++token) {
        result.push_back(dataset.vocabulary()->decode({&token, 1}));
    }
    return result;
}
