// What this build is.
#include "cli/version.h"

#include <fmt/core.h>

#include "store/version.h"
#include "unroll/kernels/processor.h"
#include "unroll/plugin.h"

namespace unroll::cli {

std::string version_text() {
    return fmt::format(
        "unroll {}\n"
        "store version {}, SDK version {}\n"
        "{} build, {}, {} kernels\n",
        UNROLL_VERSION, store::current_version(), sdk_version, UNROLL_BUILD_TYPE, UNROLL_COMPILER, kernel_set());
}

}  // namespace unroll::cli
