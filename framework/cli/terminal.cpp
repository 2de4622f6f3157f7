// Asking for the terminal's size.
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace unroll::cli {

Terminal terminal() {
    Terminal standard;
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return standard;
    return {size.ws_col > 20 ? size.ws_col : standard.columns, size.ws_row > 3 ? size.ws_row : standard.rows};
}

}  // namespace unroll::cli
