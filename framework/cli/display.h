// The progress of a sweep on standard error: on a terminal a block of lines that is drawn again and again, one for each
// running trial and one for the whole; elsewhere a line a minute for each of them; in every case a line when a trial
// ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/live_lines.h"
#include "cli/progress_text.h"
#include "sweep/observer.h"

namespace unroll::cli {

/// A thread of its own writes: no trial waits for a terminal.
class Display final : public sweep::Observer {
public:
    /// `labels` and `costs` are of the trials in the list that the sweep is given. `quiet` shows failures only.
    /// Where nothing is drawn over, in a file or a pipe, a running trial tells of itself after each `silence`.
    Display(const std::vector<std::string>& labels, std::vector<double> costs, bool quiet,
            std::chrono::milliseconds silence = std::chrono::minutes(1));
    ~Display() override;

    void planned(const std::vector<Size>& to_train, const std::vector<Size>& to_sample) override;
    void started(Size index, std::uint64_t from_step) override;
    void progress(Size index, const training::StepProgress& progress) override;
    void recorded(Size index, const training::Point& point) override;
    void ended(Size index, const training::Outcome& outcome) override;

    /// A line that stays, among those of the trials.
    void tell(std::string line);

private:
    using Clock = std::chrono::steady_clock;
    struct Running {
        std::uint64_t from_step = 0;
        training::StepProgress now;
        RecordedLosses losses;
        Clock::time_point told_at = Clock::now();  ///< when a line was last printed of it, or when it began
    };

    void show_repeatedly();
    // Under the mutex:
    void say(std::string line);              ///< a line that stays; the thread that shows writes it
    std::vector<std::string> drawn() const;  ///< what is to be drawn; none where nothing is
    void tell_if_silent();                   ///< a line for each trial that was not heard of for long
    std::string overall() const;
    double work_done() const;  ///< of the work of this run, 0 … 1

    std::vector<std::string> labels_;
    const std::vector<double> costs_;
    const bool quiet_;
    const std::chrono::milliseconds silence_;

    LiveLines lines_;   ///< of the thread that shows
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable wake_;
    bool closing_ = false;
    std::vector<std::string> said_;  ///< lines to be written
    std::map<Size, Running> running_;
    std::vector<double> shares_;  ///< of each trial in this run's work: nothing for steps that were done before
    double total_cost_ = 0, done_cost_ = 0;
    Size planned_ = 0, ended_ = 0;
    Clock::time_point begin_ = Clock::now();
    std::thread shower_;
};

}  // namespace unroll::cli
