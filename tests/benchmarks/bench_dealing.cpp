// How long a large sweep takes on many workers that fail and lag, beside the shortest time that it could take: trials
// are dealt as a launcher does it, and taken as workers do it (launch/dealing.h, launch/claims.h), on a simulated
// clock.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <queue>
#include <random>
#include <vector>

#include "launch/dealing.h"

namespace {

using unroll::Size;

struct Setting {
    Size trials = 100'000, workers = 1'000;
    double spread = 1.0;            ///< sd of the logarithm of a trial's cost; its median is 10 minutes
    double estimate_error = 0.2;    ///< sd of the logarithm of what a trial takes over what it was estimated to
    double slow = 0.05, lag = 0.5;  ///< part of the workers that is slower, and their speed
    double failures = 0.1;          ///< of workers, once each, at any time
    double away = 180;              ///< seconds until a failed one is back
    double checkpoint = 300;        ///< seconds between checkpoints: at most this is done again
    double waits = 600;             ///< the last worker begins so many seconds after the first
    bool is_goal = false;           ///< within 5% of the bound
};

struct Worker {
    double speed = 1, begins = 0, fails = INFINITY, free = 0;
    std::deque<Size> dealt;  ///< the first is the next
};

/// Seconds of work that all workers together could have done until `end`, had none ever been idle.
double capacity(const std::vector<Worker>& workers, double end, const Setting& setting) {
    double sum = 0;
    for (const Worker& worker : workers) {
        double there = std::max(0.0, end - worker.begins);
        if (worker.fails < end) there -= std::min(setting.away, end - worker.fails);
        sum += std::max(0.0, there) * worker.speed;
    }
    return sum;
}

/// No schedule is over before: the work has to be done, and so has the longest trial.
double bound(const std::vector<Worker>& workers, double work, double longest, const Setting& setting) {
    double low = 0, high = 1e9;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (capacity(workers, middle, setting) < work ? low : high) = middle;
    }
    return std::max(high, longest);
}

/// The next trial of a worker: its own, or the first of whoever has most left.
bool take(std::vector<Worker>& workers, Size own, Size& trial) {
    Worker* from = &workers[own];
    if (from->dealt.empty())
        from = &*std::max_element(workers.begin(), workers.end(),
                                  [](const Worker& a, const Worker& b) { return a.dealt.size() < b.dealt.size(); });
    if (from->dealt.empty()) return false;
    trial = from->dealt.front();
    from->dealt.pop_front();
    return true;
}

/// When a worker that starts a trial of so much work at `now` is done: a failure costs what came after the last
/// checkpoint, and the time that it is away.
double done_at(const Worker& worker, double now, double work, const Setting& setting) {
    double end = now + work / worker.speed;
    if (worker.fails >= now && worker.fails < end) {
        const double lost = std::fmod(worker.fails - now, setting.checkpoint);
        end += lost + setting.away;
    }
    return end;
}

void simulate(const char* name, const Setting& setting, bool stealing, unsigned seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> cost(std::log(600.0), setting.spread), error(0, setting.estimate_error);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::vector<double> estimated(setting.trials), actual(setting.trials);
    double work = 0, longest = 0;
    for (Size i = 0; i < setting.trials; ++i) {
        estimated[i] = cost(random);
        actual[i] = estimated[i] * error(random);
        work += actual[i];
        longest = std::max(longest, actual[i]);
    }
    const double expected = work / double(setting.workers);
    std::vector<Worker> workers(setting.workers);
    for (Worker& worker : workers) {
        worker.speed = uniform(random) < setting.slow ? setting.lag : 1;
        worker.begins = worker.free = uniform(random) * setting.waits;
        if (uniform(random) < setting.failures) worker.fails = uniform(random) * expected;
    }
    const unroll::launch::Deal dealt = unroll::launch::deal(estimated, setting.workers);
    std::vector<Size> order(setting.trials);
    for (Size i = 0; i < setting.trials; ++i) order[dealt.rank[i]] = i;
    for (const Size trial : order) workers[dealt.task[trial]].dealt.push_back(trial);

    using Event = std::pair<double, Size>;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
    for (Size i = 0; i < setting.workers; ++i) events.emplace(workers[i].free, i);
    double end = 0;
    while (!events.empty()) {
        const auto [now, own] = events.top();
        events.pop();
        Size trial = 0;
        if (workers[own].dealt.empty() && !stealing) continue;
        if (!take(workers, own, trial)) continue;
        const double done = done_at(workers[own], now, actual[trial], setting);
        end = std::max(end, done);
        events.emplace(done, own);
    }
    const double least = bound(workers, work, longest, setting);
    fmt::print("{:<44} {:>8.0f} s {:>8.0f} s {:>7.2f}%{}\n", name, end, least, 100 * (end / least - 1),
               setting.is_goal && end > 1.05 * least ? "  MISSED: at most 5% above" : "");
}

}  // namespace

int main() {
    fmt::print("{:<44} {:>10} {:>10} {:>8}\n", "100,000 trials, 1,000 workers", "makespan", "bound", "above");
    for (const unsigned seed : {1U, 2U, 3U}) {
        Setting usual;
        usual.is_goal = true;
        simulate(fmt::format("failures, stragglers, errors; seed {}", seed).c_str(), usual, true, seed);
    }
    Setting worse;
    worse.failures = 0.5;
    worse.slow = 0.2;
    worse.lag = 0.25;
    worse.estimate_error = 0.5;
    simulate("half fail, a fifth is four times slower", worse, true, 1);
    simulate("the same, without taking from others", worse, false, 1);
    simulate("as usual, without taking from others", Setting{}, false, 1);
    Setting few;
    few.trials = 5'000;
    simulate("5,000 trials only", few, true, 1);
    return EXIT_SUCCESS;
}
