// Several queries about one moment of a store.
#pragma once

#include "store/store.h"

namespace unroll::store {

/// Reads one moment of the file for as long as it lives, whatever others write meanwhile. It keeps nobody waiting; but
/// as long as it lasts, the WAL of a run grows: not for longer than the queries take.
class Moment {
public:
    explicit Moment(Store& store);
    ~Moment();
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;

private:
    Store& store_;
};

}  // namespace unroll::store
