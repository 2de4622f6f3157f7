// A result store that is looked at again and again while others write to it, replace it, or have yet to make it.
#include "store/followed.h"

#include <sys/stat.h>

#include "store/database.h"

namespace unroll::store {

Store* Followed::now() {
    struct stat own {};
    if (::stat(file_.c_str(), &own) != 0 || own.st_size == 0) {
        store_.reset();
        return nullptr;
    }
    const Identity identity{own.st_dev, own.st_ino};
    if (store_ && identity == opened_) return &*store_;
    store_.reset();
    store_.emplace(file_, Store::Mode::read);
    opened_ = identity;
    ++openings_;
    return &*store_;
}

std::uint64_t Followed::revision() {
    Store* const store = now();
    if (!store) return openings_ << 32;
    const auto version = store->database().prepared("PRAGMA data_version").integer().value_or(0);
    return (openings_ << 32) + static_cast<std::uint64_t>(version) + 1;
}

}  // namespace unroll::store
