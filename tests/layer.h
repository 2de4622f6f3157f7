// One cell and every array that it is called with, for tests. Scratch begins as NaN, so that reading it shows.
#pragma once

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/loader.h"
#include "plugins/options_check.h"
#include "unroll/cell.h"
#include "unroll/plugin.h"

namespace unroll::tests {

/// The built plugin of that name: of cells, datasets or samplers.
inline const Plugin& built_plugin(const std::string& kind, const std::string& name) {
    const plugins::Catalog catalog = plugins::load_file(UNROLL_PLUGINS "/" + kind + "/" + name + ".so");
    if (catalog.found().empty())
        throw std::runtime_error(catalog.refused().empty() ? "no plugin " + name
                                                           : to_string(catalog.refused().front().problem));
    return *catalog.found().front().plugin;
}

/// The plugin's defaults, with `chosen` set over them.
inline Options with_defaults(const Plugin& plugin, const Options& chosen = {}) {
    Options options;
    plugins::set_defaults(options, plugin);
    for (const auto& [name, value] : chosen.values()) options.set(name, value);
    return options;
}

template <class Real>
class Layer {
public:
    Layer(const Plugin& plugin, const CellSpec& spec, const Options& chosen = {}) : input(spec.input) {
        const Options options = with_defaults(plugin, chosen);
        if constexpr (std::is_same_v<Real, float>)
            cell = plugin.make_cell_float(spec, options);
        else
            cell = plugin.make_cell_double(spec, options);
        weights.resize(layout().weight_count());
        dweights.resize(layout().weight_count());
    }

    const CellLayout& layout() const { return cell->layout(); }

    /// Runs `given`, which needs T, B and what goes in; this object brings the rest.
    void forward(const Forward<Real>& given) {
        constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
        call = given;
        prepared.assign(cell->prepared_size(), nan);
        cell->prepare(weights.data(), prepared.data());
        y.assign(call.T * call.B * layout().output, nan);
        next_state.assign(call.B * layout().state_size(), nan);
        saved.assign(cell->saved_size(call.T, call.B), nan);
        workspace.assign(cell->workspace_size(call.T, call.B), nan);
        call.weights = weights.data();
        call.prepared = prepared.data();
        call.y = y.data();
        call.next_state = next_state.data();
        call.saved = saved.data();
        call.workspace = workspace.data();
        cell->forward(call);
    }

    /// The backward of the last forward: dweights and dsource are added to, the others overwritten.
    void backward(const std::vector<Real>& dy, const std::vector<Real>& dnext_state) {
        constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
        workspace.assign(workspace.size(), nan);
        dx.assign(call.x.values ? call.T * call.B * input : 0, nan);
        dstate.assign(next_state.size(), nan);
        Backward<Real> gradients;
        gradients.dy = dy.data();
        gradients.dnext_state = dnext_state.empty() ? nullptr : dnext_state.data();
        gradients.dx = dx.empty() ? nullptr : dx.data();
        gradients.dstate = dstate.empty() ? nullptr : dstate.data();
        gradients.dsource = dsource.empty() ? nullptr : dsource.data();
        gradients.dweights = dweights.data();
        gradients.workspace = workspace.data();
        cell->backward(call, gradients);
    }

    Size input;
    std::unique_ptr<Cell<Real>> cell;
    std::vector<Real> weights, prepared, saved, workspace, y, next_state, dx, dstate, dsource, dweights;
    Forward<Real> call;
};

}  // namespace unroll::tests
