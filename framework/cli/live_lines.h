// Lines on a terminal that are drawn over again and again, as a progress display is.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "unroll/types.h"

namespace unroll::cli {

/// A block of lines at the end of standard error, when that is a terminal. For one thread at a time.
class LiveLines {
public:
    /// Never draws when not `enabled`; nor sooner than `interval` after the last time, unless told to draw at once.
    LiveLines(bool enabled, std::chrono::milliseconds interval);
    ~LiveLines() { erase(); }
    LiveLines(const LiveLines&) = delete;
    LiveLines& operator=(const LiveLines&) = delete;

    bool live() const { return live_; }  ///< whether anything is ever drawn
    bool due() const;                    ///< whether it is time to draw again
    /// In place of what was drawn before; each line is cut to the terminal's width. More lines than fit on the terminal
    /// could not be erased again: see terminal().
    void draw(const std::vector<std::string>& lines);
    void erase();
    /// Writes a line that stays, above those that are drawn.
    void print(const std::string& line);

private:
    std::string erasure();  ///< what erases the lines that are drawn

    using Clock = std::chrono::steady_clock;

    const bool live_;
    const std::chrono::milliseconds interval_;
    Size drawn_lines_ = 0;
    Clock::time_point drawn_at_;
};

}  // namespace unroll::cli
