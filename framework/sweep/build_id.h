// Which build made a result: the program, libunroll, the plugins that matter and the kernel set.
#pragma once

#include <map>
#include <string>

#include "plugins/catalog.h"
#include "trial/trial.h"

namespace unroll::sweep {

class Builds {
public:
    /// Looks at what is loaded now: after every plugin that will be used.
    explicit Builds(const plugins::Catalog& catalog);

    /// A short text that changes when anything does that could change a trial's bits: a digest of the linker's build
    /// ids of the program, libunroll, and the trial's dataset and cells, and the kernel set, as in "5f0c1a2b9d3e AVX3".
    std::string of(const trial::Trial& trial) const;

private:
    std::string host_;                            ///< build ids of program and libunroll
    std::map<std::string, std::string> plugins_;  ///< by "kind/name"
};

}  // namespace unroll::sweep
