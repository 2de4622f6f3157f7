// Several queries about one moment of a store.
#include "store/moment.h"

#include "store/database.h"

namespace unroll::store {

Moment::Moment(Store& store) : store_(store) {
    store.database().execute("BEGIN");
}

Moment::~Moment() {
    store_.database().rollback();
}

}  // namespace unroll::store
