// Axes of an experiment, as its membership rows have them: JSON objects nested like config.
#include "store/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "json/parse.h"
#include "store/database.h"

namespace unroll::store {

namespace {

using Keys = std::vector<std::string>;

/// Axes that are everyday settings, and the columns of trial that hold them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> everyday{{
    {"seed", "seed"},
    {"dataset.plugin", "dataset"},
    {"cell.plugin", "cell"},
    {"cell.hidden", "hidden"},
    {"cell.layers", "layers"},
    {"training.sequence_length", "sequence_length"},
    {"training.batch", "batch"},
    {"training.steps", "steps"},
    {"training.optimizer.name", "optimizer"},
    {"training.optimizer.learning_rate", "learning_rate"},
}};

/// Adds the paths of all plain values that are not there yet.
void collect(const json::Object& object, Keys& keys, std::vector<Keys>& leaves) {
    for (const auto& [key, at, value] : object) {
        keys.push_back(key);
        if (const json::Object* inner = value.object(); inner && !inner->empty())
            collect(*inner, keys, leaves);
        else if (std::find(leaves.begin(), leaves.end(), keys) == leaves.end())
            leaves.push_back(keys);
        keys.pop_back();
    }
}

bool is_prefix(const Keys& prefix, const Keys& keys) {
    return prefix.size() < keys.size() && std::equal(prefix.begin(), prefix.end(), keys.begin());
}

Axis axis_of(Keys keys) {
    Axis axis;
    axis.name = fmt::format("{}", fmt::join(keys, "."));
    axis.keys = std::move(keys);
    for (const auto& [name, column] : everyday)
        if (axis.name == name) axis.column = column;
    return axis;
}

}  // namespace

std::string Axis::in(const std::string& json_column) const {
    const bool plain = std::all_of(keys.begin(), keys.end(), [](const std::string& key) {
        return key.find_first_of("\"\\") == std::string::npos;
    });
    if (plain) {
        std::string path = "$";
        for (const auto& key : keys) path += ".\"" + key + '"';
        return fmt::format("{} ->> {}", json_column, quoted_text(path));
    }
    // A path of SQLite has no way to write these characters.
    std::string value = json_column;
    for (const auto& key : keys)
        value = fmt::format("(SELECT value FROM json_each({}) WHERE key = {})", value, quoted_text(key));
    return value;
}

Axis axis_named(const std::string& name) {
    Keys keys;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        keys.push_back(name.substr(begin, end - begin));
        begin = end + 1;
    }
    return axis_of(std::move(keys));
}

std::vector<Axis> axes_in(const std::vector<std::string>& objects) {
    std::vector<Keys> leaves;
    for (const auto& object : objects) {
        Keys keys;
        const json::Value whole = json::parse(object, "axes");
        collect(*whole.object(), keys, leaves);
    }
    std::vector<Axis> axes;
    for (const auto& keys : leaves)
        if (std::none_of(leaves.begin(), leaves.end(), [&](const Keys& other) { return is_prefix(other, keys); }))
            axes.push_back(axis_of(keys));
    return axes;
}

}  // namespace unroll::store
