// What a plugin's maker has thrown.
#include "manifest/maker_problem.h"

#include <fmt/core.h>

#include "plugins/options_check.h"

namespace unroll::manifest {

Problem maker_problem(const Checker& checker, const Plugin& plugin, const json::Value& given, const std::string& path) {
    const std::string who = fmt::format("{} '{}'", plugins::to_string(plugin.kind), plugin.name);
    const json::Value* name = given.find("plugin");
    try {
        throw;
    } catch (const Error& error) {
        Problem problem = error.problem();
        if (plugins::find_option(plugin, problem.where) || given.find(problem.where)) {
            const json::Value* option = given.find(problem.where);
            problem.where = checker.where(option ? option->at : given.at, child(path, problem.where));
            problem.found = fmt::format("{}: {}", who, problem.found);
        } else {
            problem.found = problem.where.empty() || problem.where == who
                                ? fmt::format("{}: {}", who, problem.found)
                                : fmt::format("{}: {}: {}", who, problem.where, problem.found);
            problem.where = checker.where(name ? name->at : given.at, path);
        }
        return problem;
    } catch (const std::exception& error) {
        return {checker.where(name ? name->at : given.at, path), fmt::format("{} failed: {}", who, error.what()),
                "a plugin that reports errors by throwing unroll::Error",
                "change its options; if it still fails, report it to the plugin's author"};
    } catch (...) {
        return {checker.where(name ? name->at : given.at, path),
                fmt::format("{} failed with an unknown exception", who),
                "a plugin that reports errors by throwing unroll::Error",
                "change its options; if it still fails, report it to the plugin's author"};
    }
}

}  // namespace unroll::manifest
