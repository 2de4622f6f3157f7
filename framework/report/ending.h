// Why an attempt ended before its time, in words.
#pragma once

#include "store/attempts.h"
#include "store/result_table.h"

namespace unroll::report {

/// "memory_limit, 4 GB": the store's word for the cause, with the limit that was met; NULL for none.
store::Value cause_in_words(const store::Ending& ending);

}  // namespace unroll::report
