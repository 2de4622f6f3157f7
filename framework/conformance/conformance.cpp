// Conformance: what each kind of plugin is tested for.
//
//   options    options.cpp          declarations that can be used; every value out of range, of another type or unknown
//                                   is refused
//   cells      cells.cpp            weights and state declared; float equals double; T steps equal T single steps;
//   equal
//                                   bits from run to run, thread to thread and batch to batch; padding; sums added to;
//                                   null outputs; state in place; tokens; dropout; nothing written but the outputs
//              cell_gradients.cpp   finite differences for weights, x, state and source; a run cut in two
//              cell_call.cpp        the problems they are tested with
//   datasets   datasets.cpp         a task that makes sense; tokens, targets, weights and lengths in range; the same
//                                   from any thread, in any order and from a second instance; vocabularies
//   samplers   samplers.cpp         never an excluded token; fixed by the stream; a use of temperature as declared
//
// To add a check: write a function beside the others of its kind that tells the Recorder, and call it where they are
// called. tests/conformance holds a plugin that is wrong in each way, and the check that finds it.
#include "conformance/conformance.h"

#include <fmt/core.h>

#include "conformance/recorder.h"
#include "plugins/catalog.h"

namespace unroll::conformance {

Report check(const Plugin& plugin, const Options& given) {
    Report report{fmt::format("{} {}", plugins::to_string(plugin.kind), plugin.name), {}};
    Recorder recorder(report);
    check_options(plugin, recorder);
    if (recorder.failures() > 0) return report;  // options that cannot be trusted make nothing
    const std::vector<Variation> all = variations(plugin, given);
    switch (plugin.kind) {
        case Plugin::Kind::cell:
            check_cell(plugin, all, recorder);
            break;
        case Plugin::Kind::dataset:
            check_dataset(plugin, all, recorder);
            break;
        case Plugin::Kind::sampler:
            check_sampler(plugin, all, recorder);
            break;
    }
    return report;
}

}  // namespace unroll::conformance
