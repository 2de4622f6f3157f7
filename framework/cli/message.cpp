// Messages on standard error.
#include "cli/message.h"

#include <unistd.h>

#include <cerrno>

namespace unroll::cli {

void message(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace unroll::cli
