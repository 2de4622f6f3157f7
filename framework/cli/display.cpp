// The progress of a sweep on standard error.
#include "cli/display.h"

#include <fmt/core.h>
#include <algorithm>

#include "cli/table.h"
#include "cli/terminal.h"

namespace unroll::cli {

namespace {

using namespace std::chrono_literals;

std::string duration(double seconds) {
    const long whole = long(seconds + 0.5);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string rate(double tokens_per_second) {
    return tokens_per_second >= 1e6 ? fmt::format("{:.2f}M", tokens_per_second / 1e6)
                                    : fmt::format("{:.1f}k", tokens_per_second / 1e3);
}

std::string bar(double fraction) {
    constexpr int width = 20;
    const int full = std::clamp(int(fraction * width + 0.5), 0, width);
    return std::string(Size(full), '=') + std::string(Size(width - full), ' ');
}

}  // namespace

Display::Display(const std::vector<std::string>& labels, std::vector<double> costs, bool quiet)
    : costs_(std::move(costs)), quiet_(quiet), lines_(!quiet, 200ms), shares_(costs_.size(), 0) {
    for (const std::string& label : labels) labels_.push_back(fitting(label, std::string::npos));
    if (lines_.live()) drawer_ = std::thread([this] { draw_repeatedly(); });
}

Display::~Display() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    if (drawer_.joinable()) drawer_.join();
}

void Display::planned(const std::vector<Size>& to_train, const std::vector<Size>& to_sample) {
    const std::lock_guard lock(mutex_);
    planned_ = to_train.size() + to_sample.size();
    for (const Size index : to_train) total_cost_ += shares_[index] = costs_[index];
    begin_ = Clock::now();
    if (planned_ && !quiet_)
        lines_.print(fmt::format("{} to train, {} more to sample, {} already done", to_train.size(), to_sample.size(),
                                 labels_.size() - planned_));
}

void Display::started(Size index, std::uint64_t from_step) {
    const std::lock_guard lock(mutex_);
    running_[index] = {from_step, {.step = from_step}};
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

void Display::ended(Size index, const training::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const training::StepProgress last = running_[index].now;
    running_.erase(index);
    ++ended_;
    done_cost_ += shares_[index];
    std::string line = fmt::format("[{}/{}] {} {}", ended_, planned_, labels_[index], trial::to_string(outcome.status));
    if (last.steps)
        line += fmt::format(", step {}, loss {:.4f}, {} tokens/s", last.step, last.loss, rate(last.tokens_per_second));
    if (!outcome.error.empty()) line += "\n    " + outcome.error;
    if (!quiet_ || outcome.status == trial::TrialStatus::failed) lines_.print(line);
    draw();
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
    std::string text = fmt::format("[{}] {} of {} done", bar(done), ended_, planned_);
    if (done > 0.01 && seconds > 2) text += fmt::format(", {} left", duration(seconds * (1 - done) / done));
    return text;
}

void Display::draw() {
    if (!planned_ || !lines_.live()) return;
    // What scrolls off the top could not be drawn over again.
    const Size most = terminal().rows - 2, shown = running_.size() <= most ? most : most - 1;
    std::vector<std::string> lines;
    for (const auto& [index, running] : running_) {
        if (lines.size() == shown) {
            lines.push_back(fmt::format("  and {} more", running_.size() - shown));
            break;
        }
        if (!running.now.steps)
            lines.push_back(fmt::format("  {}  starting or sampling", labels_[index]));
        else
            lines.push_back(fmt::format("  {}  step {}/{}  loss {:.4f}  {} tokens/s", labels_[index], running.now.step,
                                        running.now.steps, running.now.loss, rate(running.now.tokens_per_second)));
    }
    lines.push_back(overall());
    lines_.draw(lines);
}

void Display::draw_repeatedly() {
    std::unique_lock lock(mutex_);
    while (!closing_) {
        draw();
        wake_.wait_for(lock, 200ms, [&] { return closing_; });
    }
}

}  // namespace unroll::cli
