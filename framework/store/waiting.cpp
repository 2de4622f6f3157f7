// Waiting for others that hold a database.
#include "store/waiting.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/file_lock.h"

namespace unroll::store {

namespace {

using namespace std::chrono_literals;

constexpr auto until_told = 2s, until_told_again = 60s;
constexpr auto shortest_pause = 1ms, longest_pause = 25ms;

WaitMonitor& monitor() {
    static WaitMonitor set;
    return set;
}

}  // namespace

void set_wait_monitor(WaitMonitor set) {
    monitor() = std::move(set);
}

void Wait::begin() {
    began_ = Clock::now();
    told_ = {};
}

bool Wait::go_on() {
    const auto now = Clock::now();
    const auto waited = now - began_;
    const WaitMonitor& set = monitor();
    if (waited >= bound_ || (set.stop && *set.stop)) return false;
    if (set.tell && waited >= until_told && (told_ == Clock::time_point{} || now - told_ >= until_told_again)) {
        told_ = now;
        set.tell(fmt::format("waiting for {}, which {} has locked; giving up in {} s", file_.string(), holder(),
                             std::chrono::ceil<std::chrono::seconds>(bound_ - waited).count()));
    }
    std::this_thread::sleep_for(std::clamp<Clock::duration>(waited / 4, shortest_pause, longest_pause));
    return true;
}

std::string Wait::holder() const {
    std::filesystem::path shared = file_;
    shared += "-shm";
    for (const auto& file : {shared, file_})  // what a writer in WAL mode locks is the shared memory
        if (std::string lockers = base::lockers_of(file); !lockers.empty()) return lockers;
    return "another program";
}

}  // namespace unroll::store
