// What Hydra, Weights & Biases and Ray write for a sweep, as the axes of a manifest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "plugins/catalog.h"

namespace unroll::manifest {

/// The values that Hydra's text for an axis enumerates: "0.001,0.01", "choice(gru,lstm)", "range(1,4)" (without its
/// end, as in Python). None for a text that enumerates nothing.
std::optional<json::Value> enumerated(std::string_view text);

/// The list in another tool's object for an axis: {"values": […]}, {"grid_search": […]}, {"range": [1, 4]}, …; none
/// when it has none.
std::optional<json::Value> listed(const json::Value& axis);

/// For a whole sweep as Weights & Biases writes it, under "parameters": what to write instead; "" for any other.
std::string instead_of_sweep(const json::Value& sweep, const plugins::Catalog& catalog);

}  // namespace unroll::manifest
