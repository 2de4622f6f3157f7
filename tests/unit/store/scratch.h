// What the store's tests share: a folder that goes away, trials to plan, and short ways to ask.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"
#include "store/checkpoint_folder.h"
#include "store/query.h"
#include "store/store.h"
#include "temporary_folder.h"
#include "trial/splits.h"
#include "unroll/error.h"

namespace scratch {

namespace fs = std::filesystem;
using namespace unroll;
using store::Store;

using Folder = TemporaryFolder;

inline store::TrialRow a_trial(const std::string& fingerprint, const std::string& cell = "lstm", std::uint64_t seed = 1,
                               Size length = 64) {
    store::TrialRow row;
    row.fingerprint = fingerprint;
    row.config = R"({"seed":)" + std::to_string(seed) + R"(,"cell":{"plugin":")" + cell +
                 R"(","hidden":128,"heads":4},"training":{"sequence_length":)" + std::to_string(length) + "}}";
    row.seed = seed;
    row.task = "next token";
    row.topology = "single";
    row.dataset = "text";
    row.cell = cell;
    row.hidden = 128;
    row.layers = 1;
    row.sequence_length = length;
    row.batch = 32;
    row.steps = 100;
    row.optimizer = "adam";
    row.learning_rate = 0.002;
    row.parameters = 100'000;
    row.flops_per_step = 1e9;
    row.steps_per_epoch = 40;
    row.plugins = {"cell/" + cell + "@1", "dataset/text@2"};
    return row;
}

/// An experiment with these trials, each a member with the axes of its cell and seed.
inline void plan(Store& store, const std::string& name, const std::vector<store::TrialRow>& trials) {
    store::ExperimentRow experiment;
    experiment.name = name;
    experiment.manifest = "{}";
    std::vector<store::Membership> members;
    for (const auto& row : trials)
        members.push_back(
            {row.fingerprint, R"({"system":")" + row.cell + R"(","seed":)" + std::to_string(row.seed) + "}"});
    store.plan(experiment, trials, members);
}

inline store::AttemptStart attempt_start(const std::string& fingerprint, std::uint64_t from_step = 0) {
    return {fingerprint, "build 1", "host", ::getpid(), 2, from_step};
}

inline store::AttemptEnd end(const std::string& fingerprint, trial::TrialStatus outcome = trial::TrialStatus::finished,
                             std::uint64_t step = 100) {
    store::AttemptEnd attempt;
    attempt.fingerprint = fingerprint;
    attempt.outcome = outcome;
    attempt.step = step;
    attempt.tokens = 1000;
    attempt.seconds = 12.5;
    attempt.tokens_per_second = 80;
    return attempt;
}

inline training::Point point(std::uint64_t step, std::string_view split, std::string_view name, double value) {
    return {step,  static_cast<double>(step) / 40, trial::split_named(split).value(), std::string(name),
            value, static_cast<double>(step) / 10};
}

inline sampling::Sample sample(std::uint64_t step, double temperature, const std::string& text) {
    sampling::Sample made;
    made.key.step = step;
    made.key.sampler = "temperature";
    made.key.options = "{}";
    made.key.temperature = temperature;
    made.prompt = "KING:";
    made.key.prompt_key = "\"KING:\"";
    made.key.seed = 7;
    made.key.length = 20;
    made.key.memory = "carry";
    made.text = text;
    return made;
}

/// Writes all of them in one transaction.
template <class... Records>
void write(Store& store, const Records&... records) {
    store.begin();
    (records(store), ...);
    store.commit();
}

/// Values of the result, by rows, separated by ' '; NULL as '-'; rows separated by '|'.
inline std::string ask(Store& store, const std::string& sql) {
    std::string text;
    for (const auto& row : store::query(store, sql).rows) {
        if (!text.empty()) text += '|';
        bool first = true;
        for (const auto& value : row) {
            if (!first) text += ' ';
            first = false;
            if (std::holds_alternative<std::monostate>(value)) text += '-';
            if (const auto* whole = std::get_if<std::int64_t>(&value)) text += std::to_string(*whole);
            if (const auto* string = std::get_if<std::string>(&value)) text += *string;
            if (const auto* real = std::get_if<double>(&value)) {
                char digits[40];
                std::snprintf(digits, sizeof digits, "%g", *real);
                text += digits;
            }
        }
    }
    return text;
}

/// The message of the Error that this throws.
template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

inline auto contains(const std::string& text) {
#ifdef UNROLL_CATCH2_V2
    return Catch::Matchers::Contains(text);
#else
    return Catch::Matchers::ContainsSubstring(text);
#endif
}

/// A store with two planned trials, as a command that reads it opens it: a connection that has not run anything yet.
struct Queried {
    static Store planned(const fs::path& file) {
        Store writer(file, Store::Mode::write);
        plan(writer, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
        writer.close();
        return Store(file, Store::Mode::read);
    }

    Folder folder;
    Store reader = planned(folder / "a.db");

    std::string refused(const std::string& sql, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        return message_of([&] { store::query(reader, sql, {}, {timeout}); });
    }
};

inline std::vector<std::string> files_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace scratch
