// The version of the result store that this program writes.
#include "store/version.h"

#include "store/schema.h"

namespace unroll::store {

std::int64_t current_version() {
    return static_cast<std::int64_t>(migration_steps().size());
}

}  // namespace unroll::store
