// Other programs, run for what they say.
#include "launch/command.h"

#include <unistd.h>

#include <cstdlib>

#include "catch.h"

using namespace unroll::launch;
using namespace std::chrono_literals;

TEST_CASE("what a program says and how it ends") {
    const CommandResult result = run_command({"sh", "-c", "echo out; echo err >&2; exit 3"}, 20s);
    CHECK(result.code == 3);
    CHECK(result.out == "out\n");
    CHECK(result.err == "err\n");
    CHECK(result.found);
    CHECK_FALSE(run_command({"a-program-that-is-not-there"}, 20s).found);
    CHECK(run_command({"sh", "-c", "kill -9 $$"}, 20s).code == -1);
    CHECK(run_command({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"}, 20s).err.size() ==
          300000);
}

TEST_CASE("one that hangs is ended") {
    const CommandResult result = run_command({"sleep", "60"}, 1s);
    CHECK(result.overdue);
    CHECK(result.code == -1);
}

TEST_CASE("variables of an enclosing job are left out, but the cluster's configuration") {
    ::setenv("SLURM_JOB_ID", "7", 1);
    ::setenv("SLURM_CONF", "/etc/slurm.conf", 1);
    const std::string script = "echo ${SLURM_JOB_ID:-none} $SLURM_CONF";
    CHECK(run_command({"sh", "-c", script}, 20s, {"SLURM_*"}).out == "none /etc/slurm.conf\n");
    CHECK(run_command({"sh", "-c", script}, 20s).out == "7 /etc/slurm.conf\n");
    ::unsetenv("SLURM_JOB_ID");
    ::unsetenv("SLURM_CONF");
}

TEST_CASE("a process is known by when it started") {
    CHECK(start_tick(::getpid()) > 0);
    CHECK(start_tick(::getpid()) == start_tick(::getpid()));
    CHECK(start_tick(0x3fffffff) == 0);
}
