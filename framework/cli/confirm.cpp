// Asking before something is lost.
#include "cli/confirm.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/text.h"
#include "cli/message.h"
#include "cli/output.h"
#include "unroll/error.h"

namespace unroll::cli {

bool can_ask() {
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool confirmed(const Arguments& arguments, const std::string& question) {
    if (arguments.get<bool>("yes")) return true;
    if (!can_ask())
        throw Error({"command line", "no terminal to ask for confirmation", "--yes where no question can be answered",
                     "read what would be done above, then repeat the command with --yes"});
    deliver();
    message("{} [y/N] ", question);
    std::string answer;
    std::getline(std::cin, answer);
    answer = base::lower(answer);
    return answer == "y" || answer == "yes";
}

}  // namespace unroll::cli
