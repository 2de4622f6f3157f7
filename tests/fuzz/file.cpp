// A file in memory for readers that take a path.
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

namespace fuzz {

std::string file_with(std::string_view bytes) {
    static const int file = ::memfd_create("input", MFD_CLOEXEC);
    const bool written = file >= 0 && ::ftruncate(file, 0) == 0 &&
                         ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    require(written, "the input is in a file");
    return "/proc/self/fd/" + std::to_string(file);
}

}  // namespace fuzz
