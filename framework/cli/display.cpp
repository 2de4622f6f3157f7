// The progress of a sweep on standard error.
#include "cli/display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "base/visible.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace unroll::cli {

namespace {

using namespace std::chrono_literals;

std::string bar(double fraction) {
    constexpr int width = 20;
    const int full = std::clamp(int(std::lround(fraction * width)), 0, width);
    return std::string(Size(full), '=') + std::string(Size(width - full), ' ');
}

/// The lines behind the first as far in as that one: what an error says is no line of ours.
std::string indented(const std::string& text) {
    return fmt::format("{}", fmt::join(base::split(text, '\n'), "\n    "));
}

}  // namespace

Display::Display(const std::vector<std::string>& labels, std::vector<double> costs, bool quiet,
                 std::chrono::milliseconds silence)
    : costs_(std::move(costs)), quiet_(quiet), silence_(silence), lines_(!quiet, 200ms), shares_(costs_.size(), 0) {
    for (const std::string& label : labels) labels_.push_back(fitting(label, std::string::npos));
    shower_ = std::thread([this] { show_repeatedly(); });
}

Display::~Display() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    if (shower_.joinable()) shower_.join();
}

void Display::planned(const std::vector<Size>& to_train, const std::vector<Size>& to_sample) {
    const std::lock_guard lock(mutex_);
    planned_ = to_train.size() + to_sample.size();
    for (const Size index : to_train) total_cost_ += shares_[index] = costs_[index];
    begin_ = Clock::now();
    if (planned_ && !quiet_)
        say(fmt::format("{} to train, {} more to sample, {} already done", to_train.size(), to_sample.size(),
                        labels_.size() - planned_));
}

void Display::started(Size index, std::uint64_t from_step) {
    const std::lock_guard lock(mutex_);
    running_[index] = {from_step, {.step = from_step}, {}, Clock::now()};
}

void Display::progress(Size index, const training::StepProgress& progress) {
    const std::lock_guard lock(mutex_);
    Running& running = running_[index];
    if (!running.now.steps && progress.steps) {
        const double before = shares_[index] * double(running.from_step) / double(progress.steps);
        shares_[index] -= before;
        total_cost_ -= before;
    }
    running.now = progress;
}

void Display::recorded(Size index, const training::Point& point) {
    if (point.name != "loss" || point.split == Split::test) return;
    const std::lock_guard lock(mutex_);
    RecordedLosses& losses = running_[index].losses;
    (point.split == Split::train ? losses.train : losses.validation) = point.value;
}

void Display::ended(Size index, const training::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const Running last = running_[index];
    running_.erase(index);
    ++ended_;
    done_cost_ += shares_[index];
    const std::optional<double> last_loss = last.now.steps ? std::optional(last.now.loss) : std::nullopt;
    std::string line =
        fmt::format("[{}/{}] {}", ended_, planned_, ended_line(labels_[index], outcome, last.losses, last_loss));
    const bool color = takes_color(STDERR_FILENO);
    const bool is_trouble = outcome.status == trial::TrialStatus::failed || !outcome.error.empty();
    if (is_trouble) line = colored(line, Color::red, color);
    if (outcome.status == trial::TrialStatus::diverged) line = colored(line, Color::yellow, color);
    if (!outcome.error.empty()) line += "\n    " + indented(base::visible_lines(outcome.error));
    if (outcome.status == trial::TrialStatus::interrupted && !outcome.error.empty())
        line += "\n    the next run goes on with it";
    if (outcome.status == trial::TrialStatus::finished && !outcome.error.empty())
        line += "\n    it is trained; the next run makes what is missing";
    if (!quiet_ || is_trouble) say(std::move(line));
}

void Display::tell(std::string line) {
    const std::lock_guard lock(mutex_);
    say(std::move(line));
}

void Display::say(std::string line) {
    said_.push_back(std::move(line));
    wake_.notify_all();
}

double Display::work_done() const {
    double done = done_cost_;
    for (const auto& [index, running] : running_)
        if (running.now.steps > running.from_step)
            done += shares_[index] * double(running.now.step - running.from_step) /
                    double(running.now.steps - running.from_step);
    return total_cost_ > 0 ? std::min(done / total_cost_, 1.0) : 1.0;
}

std::string Display::overall() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count(), done = work_done();
    std::string text =
        fmt::format("{}{} of {} done", lines_.live() ? fmt::format("[{}] ", bar(done)) : "", ended_, planned_);
    if (done > 0.01 && seconds > 2) text += fmt::format(", {} left", duration(seconds * (1 - done) / done));
    return text;
}

std::vector<std::string> Display::drawn() const {
    if (!planned_ || !lines_.live()) return {};
    // What scrolls off the top could not be drawn over again.
    const Terminal size = terminal();
    const Size most = size.rows - 2, shown = running_.size() <= most ? most : most - 1;
    constexpr std::string_view margin = "  ";
    std::vector<std::string> lines;
    for (const auto& [index, running] : running_) {
        if (lines.size() == shown) {
            lines.push_back(fmt::format("{}and {} more", margin, running_.size() - shown));
            break;
        }
        lines.push_back(fmt::format("{}{}", margin,
                                    running.now.steps
                                        ? running_line(labels_[index], running.now, size.columns - 1 - margin.size())
                                        : labels_[index] + "  starting or sampling"));
    }
    lines.push_back(overall());
    return lines;
}

void Display::tell_if_silent() {
    if (quiet_) return;
    bool told = false;
    const Clock::time_point now = Clock::now();
    for (auto& [index, running] : running_) {
        if (now - running.told_at < silence_ || !running.now.steps) continue;
        running.told_at = now;
        told = true;
        std::string line = running_line(labels_[index], running.now, std::string::npos);
        if (running.losses.validation) line += fmt::format("  validation {:#.4g}", *running.losses.validation);
        said_.push_back(std::move(line));
    }
    if (told) said_.push_back(overall());
}

/// Writes without the mutex: a terminal that is stopped (Ctrl-S) or a pipe that nobody reads holds up nobody else.
void Display::show_repeatedly() {
    std::unique_lock lock(mutex_);
    const auto interval = lines_.live() ? 200ms : std::min<std::chrono::milliseconds>(silence_, 1s);
    for (bool last = false; !last;) {
        last = closing_;
        if (!lines_.live()) tell_if_silent();
        const std::vector<std::string> said = std::exchange(said_, {}), block = drawn();
        lock.unlock();
        for (const std::string& line : said) lines_.print(line);
        if (!block.empty()) lines_.draw(block);
        lock.lock();
        if (!last) wake_.wait_for(lock, interval, [&] { return closing_ || !said_.empty(); });
    }
}

}  // namespace unroll::cli
