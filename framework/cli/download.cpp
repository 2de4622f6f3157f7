// The progress of a download on standard error.
#include "cli/download.h"

#include <fmt/core.h>
#include <algorithm>
#include <chrono>

#include "base/visible.h"
#include "cli/byte_size.h"
#include "cli/interrupt.h"
#include "cli/live_lines.h"
#include "fetch/cache.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using namespace std::chrono_literals;

class DownloadDisplay final : public fetch::DownloadMonitor {
public:
    DownloadDisplay(const manifest::Remote& remote, const std::filesystem::path& folder, bool quiet)
        : remote_(remote), folder_(folder), quiet_(quiet), lines_(!quiet, 100ms) {}

    void waiting() override {
        say(fmt::format("{}: waiting for another process that is downloading it", remote_.name));
    }

    void started() override {
        say(fmt::format("downloading {} from {}", remote_.name, remote_.url));
        begin_ = Clock::now();
    }

    void progress(std::uint64_t bytes, std::uint64_t total) override {
        if (!lines_.due()) return;
        std::string line = "  waiting for the server";
        if (bytes) line = "  " + byte_size(double(bytes));
        if (total)
            line += fmt::format(" of {}, {:.0f}%", byte_size(double(total)), 100.0 * double(bytes) / double(total));
        if (bytes) line += fmt::format(", {}/s", byte_size(double(bytes) / seconds()));
        lines_.draw({line});
    }

    void finished(std::uint64_t bytes) override {
        say(fmt::format("downloaded {} in {:.1f} s and verified; kept in {}", byte_size(double(bytes)), seconds(),
                        folder_.string()));
    }

    bool stop() override { return interruptible_.requested(); }

private:
    using Clock = std::chrono::steady_clock;

    double seconds() const { return std::max(std::chrono::duration<double>(Clock::now() - begin_).count(), 1e-3); }

    void say(const std::string& line) {
        if (!quiet_) lines_.print(base::visible_line(line));
    }

    const manifest::Remote& remote_;
    const std::filesystem::path& folder_;
    const bool quiet_;
    LiveLines lines_;
    const Interruptible interruptible_;
    Clock::time_point begin_ = Clock::now();
};

}  // namespace

std::filesystem::path download(const manifest::Remote& remote, bool quiet) {
    const std::filesystem::path folder = fetch::cache_folder();
    DownloadDisplay display(remote, folder, quiet);
    std::filesystem::path file = fetch::cached(remote, folder, fetch::usual_limits(), display);
    if (display.stop()) throw fetch::Interrupted();
    return file;
}

std::filesystem::path downloaded_before(const manifest::Remote& remote) {
    if (auto there = fetch::in_cache(remote, fetch::cache_folder())) return std::move(*there);
    throw Error({"", fmt::format("{}, which the store names, is not downloaded without --download", remote.url),
                 fmt::format("the file with the SHA-256 {}", remote.sha256),
                 "add --download if you trust who wrote the store"});
}

}  // namespace unroll::cli
