// An independent judge of JSON Schemas: Debian's python3-jsonschema, run as a program.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "json/write.h"
#include "temporary_folder.h"

/// What a shell's command prints, standard error included, and its exit code.
inline std::pair<std::string, int> output_of(const std::string& command) {
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe) throw std::runtime_error("no shell to run a command in");
    std::string output;
    for (int c; (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
    return {output, WEXITSTATUS(pclose(pipe))};
}

/// For each manifest "ok" or what is wrong with it; nothing when this machine has no such Python.
inline std::optional<std::map<std::string, std::string>> validate(
    const std::string& schema, const std::map<std::string, unroll::json::Value>& manifests) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "schema") << schema;
    std::string command = "python3 " UNROLL_SOURCE "/tests/validate.py '" + (folder.path() / "schema").string() + "'";
    for (const auto& [name, manifest] : manifests) {
        std::ofstream(folder.path() / name) << unroll::json::dump(manifest);
        command += " '" + (folder.path() / name).string() + "'";
    }
    const auto [output, code] = output_of(command);
    if (code == 77 || code == 127) return std::nullopt;
    if (code != 0) throw std::runtime_error("validate.py: " + output);
    std::map<std::string, std::string> verdicts;
    for (std::size_t begin = 0; begin < output.size();) {
        const std::size_t end = output.find('\n', begin), tab = output.find('\t', begin);
        verdicts[output.substr(begin, tab - begin)] = output.substr(tab + 1, end - tab - 1);
        begin = end + 1;
    }
    return verdicts;
}

inline constexpr const char* no_validator =
    "skipped: python3 has no jsonschema that knows draft 2020-12 (Debian's package: python3-jsonschema)";
