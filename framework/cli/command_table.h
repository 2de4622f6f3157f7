// Every command of `unroll`, in the order in which help lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/commands.h"

namespace unroll::cli {

struct CommandEntry {
    std::string_view name;
    std::string_view summary;  ///< one line, no full stop
    int (*run)(const Words&);
    Command (*describe)();
};

std::span<const CommandEntry> all_commands();

/// Throws Error, with the names that there are and the nearest one, when there is no such command.
const CommandEntry& command_named(const std::string& name);

}  // namespace unroll::cli
