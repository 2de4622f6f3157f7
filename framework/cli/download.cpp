// What a person sees of a download.
#include "cli/download.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "fetch/cache.h"

namespace unroll::cli {

namespace {

/// "1.1 MB".
std::string size(double bytes) {
    if (bytes < 1e3) return fmt::format("{:.0f} bytes", bytes);
    if (bytes < 1e6) return fmt::format("{:.1f} kB", bytes / 1e3);
    if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
    return fmt::format("{:.2f} GB", bytes / 1e9);
}

class Progress final : public fetch::Observer {
public:
    Progress(const manifest::Remote& remote, const std::filesystem::path& folder, bool quiet)
        : remote_(remote), folder_(folder), quiet_(quiet), live_(!quiet && isatty(STDERR_FILENO)) {}
    ~Progress() override { erase(); }

    void waiting() override { say(fmt::format("{}: waiting for another process that downloads it", remote_.name)); }

    void started() override {
        say(fmt::format("downloading {} from {}", remote_.name, remote_.url));
        begin_ = Clock::now();
    }

    void progress(std::uint64_t bytes, std::uint64_t total) override {
        using namespace std::chrono_literals;
        if (!live_ || Clock::now() - drawn_ < 100ms) return;
        drawn_ = Clock::now();
        erase();
        std::string line = "  waiting for the server";
        if (bytes) line = "  " + size(double(bytes));
        if (total) line += fmt::format(" of {}, {:.0f}%", size(double(total)), 100.0 * double(bytes) / double(total));
        if (bytes) line += fmt::format(", {}/s", size(double(bytes) / seconds()));
        fmt::print(stderr, "{}", fitting(line, terminal().columns - 1));
        std::fflush(stderr);
        has_line_ = true;
    }

    void finished(std::uint64_t bytes) override {
        say(fmt::format("downloaded {} in {:.1f} s and verified; kept in {}", size(double(bytes)), seconds(),
                        folder_.string()));
    }

    bool stop() override { return interruptible_.requested(); }

private:
    using Clock = std::chrono::steady_clock;

    double seconds() const { return std::max(std::chrono::duration<double>(Clock::now() - begin_).count(), 1e-3); }

    void say(const std::string& line) {
        erase();
        if (!quiet_) fmt::print(stderr, "{}\n", line);
    }

    void erase() {
        if (std::exchange(has_line_, false)) fmt::print(stderr, "\r\033[K");
    }

    const manifest::Remote& remote_;
    const std::filesystem::path& folder_;
    const bool quiet_, live_;
    const Interruptible interruptible_;
    Clock::time_point begin_ = Clock::now(), drawn_;
    bool has_line_ = false;
};

}  // namespace

std::filesystem::path download(const manifest::Remote& remote, bool quiet) {
    const std::filesystem::path folder = fetch::cache_folder();
    Progress progress(remote, folder, quiet);
    std::filesystem::path file = fetch::cached(remote, folder, {}, progress);
    if (progress.stop()) throw fetch::Interrupted();
    return file;
}

}  // namespace unroll::cli
