// Loading libraries for trial, in a child process: whether this one would survive it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace unroll::plugins {

/// For each file what happened to a child process that called load(file): "" when it came back, otherwise in words, as
/// in "loading it was ended by signal 11 (Segmentation fault)". What a library prints meanwhile goes nowhere. One child
/// does for all files as long as they are sound. Where no process can be made, all are taken to be sound.
std::vector<std::string> probe(const std::vector<std::filesystem::path>& files,
                               const std::function<void(const std::filesystem::path&)>& load,
                               std::chrono::milliseconds patience = std::chrono::seconds(20));

}  // namespace unroll::plugins
