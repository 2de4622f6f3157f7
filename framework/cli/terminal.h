// The terminal behind standard error.
#pragma once

#include "unroll/types.h"

namespace unroll::cli {

struct Terminal {
    Size columns = 80, rows = 24;
};

/// Its size; the usual one when it does not tell.
Terminal terminal();

}  // namespace unroll::cli
