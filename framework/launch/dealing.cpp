// How trials are dealt to tasks.
#include "launch/dealing.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

#include "sweep/estimate.h"

namespace unroll::launch {

Deal deal(const std::vector<double>& costs, Size tasks) {
    std::vector<Size> order(costs.size());
    std::iota(order.begin(), order.end(), Size{0});
    std::stable_sort(order.begin(), order.end(), [&](Size a, Size b) { return costs[a] > costs[b]; });
    using Load = std::pair<double, Size>;
    std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
    for (Size task = 0; task < tasks; ++task) loads.emplace(0.0, task);
    Deal dealt{std::vector<Size>(costs.size()), std::vector<Size>(costs.size())};
    Size rank = 0;
    for (const Size trial : order) {
        const auto [load, task] = loads.top();
        loads.pop();
        dealt.task[trial] = task;
        dealt.rank[trial] = rank++;
        loads.emplace(load + costs[trial], task);
    }
    return dealt;
}

Size useful_tasks(const std::vector<double>& costs, Size at_once, Size most) {
    most = std::clamp<Size>((costs.size() + at_once - 1) / at_once, 1, std::max<Size>(1, most));
    const double enough = 1.02 * sweep::makespan(costs, most * at_once);
    Size fewest = 1, enough_at = most;
    while (fewest < enough_at) {
        const Size middle = (fewest + enough_at) / 2;
        if (sweep::makespan(costs, middle * at_once) <= enough)
            enough_at = middle;
        else
            fewest = middle + 1;
    }
    return enough_at;
}

}  // namespace unroll::launch
