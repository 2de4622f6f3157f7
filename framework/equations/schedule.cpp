// Schedules: stages from the cycles of a graph, segments from its products, places from who uses what.
#include "equations/schedule.h"

#include <algorithm>
#include <map>

#include "unroll/kernels.h"

namespace unroll {

using Kind = Node::Kind;

bool stands_alone(const Node& node) {
    return node.kind == Kind::product || node.kind == Kind::state;
}

namespace {

constexpr Size matrix_interval = 16;

/// Is it computed again rather than kept, where that saves an array of all steps?
bool is_cheap(Kind kind) {
    switch (kind) {
        case Kind::broadcast:
        case Kind::add:
        case Kind::subtract:
        case Kind::multiply:
        case Kind::maximum:
        case Kind::minimum:
        case Kind::select:
        case Kind::shift:
        case Kind::scale:
        case Kind::at_least:
        case Kind::at_most:
        case Kind::relu:
        case Kind::repeat:
        case Kind::slice:
        case Kind::concatenate:
        case Kind::outer:
        case Kind::scale_rows:
        case Kind::scale_columns:
        case Kind::plus:
        case Kind::times:
            return true;
        default:
            return false;
    }
}

/// Does a user of this kind reach every element of its operand's gradient?
bool covers(Kind user) {
    return user != Kind::slice;
}

class Scheduler {
public:
    Scheduler(const Equations::Graph& graph, Schedule& to)
        : graph_(graph),
          nodes_(graph.nodes),
          to_(to),
          stage_(nodes_.size(), none),
          level_(nodes_.size(), none),
          state_of_(nodes_.size(), none),
          live_(nodes_.size()),
          users_(nodes_.size()),
          cyclic_(nodes_.size()) {
        for (Size s = 0; s < graph.states.size(); ++s) state_of_[graph.states[s].node] = s;
    }

    void run() {
        to_.plans.resize(nodes_.size());
        find_live();
        find_order();
        find_stages();
        sink_into_stages();
        find_levels();
        build_stages();
        place_values();
        place_gradients();
        order_users();
    }

private:
    static constexpr Size none = Node::none;

    bool once(Size n) const { return nodes_[n].from_weights_alone; }
    bool rows(Size n) const { return live_[n] && !once(n); }

    /// What a node is computed from, the step before included.
    template <class Visit>
    void for_each_source(Size n, Visit&& visit) const {
        for (const Size operand : nodes_[n].operands)
            if (!once(operand)) visit(operand);
        if (state_of_[n] != none) visit(graph_.states[state_of_[n]].next);
    }

    void find_live() {
        std::vector<Size> open{graph_.output};
        for (const StateNode& state : graph_.states) open.insert(open.end(), {state.node, state.next});
        while (!open.empty()) {
            const Size n = open.back();
            open.pop_back();
            if (live_[n]) continue;
            live_[n] = true;
            open.insert(open.end(), nodes_[n].operands.begin(), nodes_[n].operands.end());
        }
        for (Size n = 0; n < nodes_.size(); ++n) {
            if (!live_[n]) continue;
            if (once(n)) to_.once.push_back(n);
            for (const Size operand : nodes_[n].operands) users_[operand].push_back(n);
        }
    }

    // ---- Order and cycles: Tarjan's strongly connected components, sources first

    void find_order() {
        number_.assign(nodes_.size(), none);
        lowest_.assign(nodes_.size(), none);
        on_stack_.assign(nodes_.size(), false);
        for (Size n = 0; n < nodes_.size(); ++n)
            if (rows(n) && number_[n] == none) connect(n);
        for (const std::vector<Size>& component : components_)
            order_.insert(order_.end(), component.begin(), component.end());
    }

    void connect(Size n) {
        number_[n] = lowest_[n] = count_++;
        stack_.push_back(n);
        on_stack_[n] = true;
        bool itself = false;
        for_each_source(n, [&](Size source) {
            itself |= source == n;
            if (number_[source] == none) {
                connect(source);
                lowest_[n] = std::min(lowest_[n], lowest_[source]);
            } else if (on_stack_[source]) {
                lowest_[n] = std::min(lowest_[n], number_[source]);
            }
        });
        if (lowest_[n] != number_[n]) return;
        std::vector<Size> component;
        do {
            component.push_back(stack_.back());
            on_stack_[stack_.back()] = false;
            stack_.pop_back();
        } while (component.back() != n);
        if (component.size() > 1 || itself)
            for (const Size member : component) cyclic_[member] = true;
        std::sort(component.begin(), component.end());
        components_.push_back(std::move(component));
    }

    // ---- Stages: even numbers at once, odd ones step by step

    void find_stages() {
        for (const std::vector<Size>& component : components_) {
            const bool recurrent = cyclic_[component.front()];
            Size stage = recurrent ? 1 : 0;
            for (const Size n : component)
                for_each_source(n, [&](Size source) {
                    const Size from = stage_[source];
                    if (from == none) return;  // of the same component
                    const bool stepwise = from % 2 == 1;
                    const bool in_step = state_of_[n] == none;
                    if (recurrent)
                        stage = std::max(stage, stepwise ? from : from + 1);
                    else
                        stage = std::max(stage, stepwise && !(in_step && follows_matrix(n, source)) ? from + 1 : from);
                });
            if (!recurrent && stage % 2 == 1 && !fits(component.front(), stage)) ++stage;
            for (const Size n : component) stage_[n] = stage;
        }
    }

    /// A matrix is not kept for all steps to be read: what reads it does so in the same step.
    bool follows_matrix(Size n, Size source) const { return !stands_alone(nodes_[n]) && nodes_[source].rows > 1; }
    /// Can a node of no cycle stand in this recurrent stage? All of its sources are known there.
    bool fits(Size n, Size stage) const {
        bool all = !stands_alone(nodes_[n]);
        for_each_source(n, [&](Size source) { all &= stage_[source] <= stage; });
        return all;
    }

    bool is_next(Size n) const {
        return std::any_of(graph_.states.begin(), graph_.states.end(),
                           [&](const StateNode& state) { return state.next == n; });
    }

    /// What is cheap and used in one recurrent stage alone is computed there, and a broadcast where it is used.
    void sink_into_stages() {
        for (Size i = components_.size(); i-- > 0;) {
            const Size n = components_[i].front();
            if (cyclic_[n] || stands_alone(nodes_[n]) || nodes_[n].kind == Kind::input || !is_cheap(nodes_[n].kind))
                continue;
            if (n == graph_.output || is_next(n) || users_[n].empty()) continue;
            const Size target = stage_[users_[n].front()];
            const bool one = std::all_of(users_[n].begin(), users_[n].end(), [&](Size user) {
                return stage_[user] == target && nodes_[user].kind != Kind::product;
            });
            if (one && target % 2 == 1) stage_[n] = target;
            if (one && nodes_[n].kind == Kind::broadcast) stage_[n] = target;
        }
    }

    // ---- Levels within a stage: even ones are groups, odd ones products and shifts

    bool is_source(Size n) const {  // it stands in no segment
        return nodes_[n].kind == Kind::input || (nodes_[n].kind == Kind::state && stage_[n] % 2 == 1);
    }

    void find_levels() {
        for (const Size n : order_) {
            if (is_source(n)) continue;
            Size level = stands_alone(nodes_[n]) ? 1 : 0;
            const auto follow = [&](Size source) {
                if (stage_[source] != stage_[n] || level_[source] == none) return;
                const Size from = level_[source];
                const bool alone = stands_alone(nodes_[n]);
                level = std::max(level, from % 2 == 0 ? from + alone : alone ? from + 2 : from + 1);
            };
            for (const Size operand : nodes_[n].operands) follow(operand);
            if (state_of_[n] != none) follow(graph_.states[state_of_[n]].next);
            level_[n] = level;
        }
        sink_into_levels();
    }

    void sink_into_levels() {
        for (Size i = order_.size(); i-- > 0;) {
            const Size n = order_[i];
            if (level_[n] == none || stands_alone(nodes_[n]) || !is_cheap(nodes_[n].kind)) continue;
            if (n == graph_.output || is_next(n) || users_[n].empty()) continue;
            Size least = none;
            for (const Size user : users_[n])
                least = std::min(least, stage_[user] == stage_[n] && level_[user] != none ? level_[user] : 0);
            if (least % 2 == 1) --least;
            level_[n] = std::max(level_[n], least);
        }
    }

    void build_stages() {
        std::map<Size, std::map<Size, std::vector<Size>>> found;
        for (const Size n : order_) {
            if (nodes_[n].kind == Kind::input) continue;
            auto& levels = found[stage_[n]];
            if (!is_source(n)) levels[level_[n]].push_back(n);
        }
        segment_.assign(nodes_.size(), none);
        for (auto& [number, levels] : found) {
            Stage stage;
            stage.recurrent = number % 2 == 1;
            for (auto& [level, members] : levels) {
                if (level % 2 == 0) {
                    add_segment(stage, Segment::Kind::group, std::move(members));
                } else {
                    for (const Size n : members)
                        add_segment(stage,
                                    nodes_[n].kind == Kind::product ? Segment::Kind::product : Segment::Kind::shift,
                                    {n});
                }
            }
            if (stage.recurrent) find_states(stage, number);
            to_.stages.push_back(std::move(stage));
        }
    }

    void add_segment(Stage& stage, Segment::Kind kind, std::vector<Size> members) {
        for (const Size n : members) segment_[n] = segments_;
        ++segments_;
        Segment& segment = stage.segments.emplace_back();
        segment.kind = kind;
        segment.nodes = std::move(members);
    }

    void find_states(Stage& stage, Size number) {
        for (Size s = 0; s < graph_.states.size(); ++s) {
            const StateNode& state = graph_.states[s];
            if (stage_[state.node] != number) continue;
            stage.states.push_back(s);
            const auto group = std::find_if(stage.segments.begin(), stage.segments.end(), [&](const Segment& segment) {
                return segment.kind == Segment::Kind::group && segment_[state.next] == segment_[segment.nodes[0]];
            });
            if (group == stage.segments.end())
                stage.elsewhere.push_back(s);
            else
                group->states.push_back(s);
        }
        stage.by_sequences =
            stage.segments.size() == 1 && stage.segments[0].kind == Segment::Kind::group && stage.elsewhere.empty();
        if (!stage.by_sequences) return;
        bool matrices = false, inside = true;
        for (const Size s : stage.states) {
            const Size n = graph_.states[s].node;
            matrices |= nodes_[n].rows > 1;
            inside &= n != graph_.output;
            for (const Size user : users_[n]) inside &= segment_[user] == segment_[stage.segments[0].nodes[0]];
            for (const StateNode& other : graph_.states) inside &= other.next != n || stage_[other.node] == number;
        }
        if (matrices && inside) stage.interval = to_.interval_steps = matrix_interval;
    }

    // ---- Places

    bool used_outside(Size n) const {
        if (is_next_elsewhere(n)) return true;
        return std::any_of(users_[n].begin(), users_[n].end(),
                           [&](Size user) { return segment_[user] != segment_[n]; });
    }

    /// Is it the next value of a state that its own group does not hand on?
    bool is_next_elsewhere(Size n) const {
        return std::any_of(graph_.states.begin(), graph_.states.end(), [&](const StateNode& state) {
            return state.next == n && (stage_[state.node] != stage_[n] || stage_[n] % 2 == 0);
        });
    }

    void place_values() {
        for (const Size n : to_.once) place(n, Plan::Values::once, to_.once_columns);
        for (Stage& stage : to_.stages) {
            for (const Size s : stage.states) {
                const Size n = graph_.states[s].node;
                if (stage.interval > 1)
                    place(n, Plan::Values::interval, to_.interval);
                else
                    place(n, Plan::Values::all, to_.all);
            }
            for (Segment& segment : stage.segments) {
                if (segment.kind == Segment::Kind::group && stage.interval > 1)
                    for (const Size s : stage.states) take_local(graph_.states[s].node, segment);
                for (const Size n : segment.nodes) {
                    if (segment.kind == Segment::Kind::group) take_local(n, segment);
                    segment.output |= n == graph_.output && segment.kind == Segment::Kind::group;
                    const bool kept = segment.kind != Segment::Kind::group || used_outside(n) ||
                                      (stage.interval == 1 && !is_cheap(nodes_[n].kind));
                    if (kept)
                        place(n, Plan::Values::all, to_.all);
                    else
                        to_.plans[n].values = Plan::Values::local;
                }
                if (segment.kind == Segment::Kind::group && stage.by_sequences && stage.interval == 1)
                    for (const Size s : stage.states) take_local(graph_.states[s].node, segment);
                to_.output_in_group |= segment.output;
            }
        }
        if (graph_.input != none) to_.plans[graph_.input].values = Plan::Values::given;
        for (Size n = 0; n < nodes_.size(); ++n) {
            if (!live_[n]) continue;
            to_.widest = std::max(to_.widest, nodes_[n].width);
            if (nodes_[n].kind != Kind::product) continue;
            const Size inputs = nodes_[nodes_[n].operands[0]].width, outputs = nodes_[n].width;
            to_.plans[n].prepared = to_.prepared;
            to_.prepared += packed_size(inputs, outputs) + packed_size(outputs, inputs);
        }
    }

    void take_local(Size n, Segment& segment) {
        to_.plans[n].local = segment.local;
        segment.local += nodes_[n].width;
    }

    void place(Size n, Plan::Values values, Size& columns) {
        Plan& plan = to_.plans[n];
        plan.values = values;
        plan.value = columns;
        plan.states = to_.all_states;
        columns += nodes_[n].width;
        if (values == Plan::Values::all && nodes_[n].kind == Kind::state) to_.all_states += nodes_[n].width;
    }

    void place_gradients() {
        for (const Size n : to_.once) place_gradient(n, Plan::Gradient::once);
        if (graph_.input != none) to_.plans[graph_.input].gradient = Plan::Gradient::given;
        for (const Stage& stage : to_.stages) {
            for (const Size s : stage.states) {
                const Size n = graph_.states[s].node;
                place_gradient(n, leaves(n)            ? Plan::Gradient::all
                                  : stage.by_sequences ? Plan::Gradient::local
                                                       : Plan::Gradient::step);
            }
            for (const Segment& segment : stage.segments)
                for (const Size n : segment.nodes) {
                    if (segment.kind != Segment::Kind::group || leaves(n))
                        place_gradient(n, Plan::Gradient::all);
                    else
                        place_gradient(n, used_outside(n) ? Plan::Gradient::step : Plan::Gradient::local);
                }
        }
    }

    /// Do steps of another stage, or all steps at once, use it?
    bool leaves(Size n) const {
        if (stage_[n] % 2 == 0) return used_outside(n);
        if (n == graph_.output && nodes_[n].kind == Kind::state) return true;
        for (const StateNode& state : graph_.states)
            if (state.next == n && stage_[state.node] != stage_[n]) return true;
        return std::any_of(users_[n].begin(), users_[n].end(), [&](Size user) { return stage_[user] != stage_[n]; });
    }

    void place_gradient(Size n, Plan::Gradient gradient) {
        Plan& plan = to_.plans[n];
        plan.gradient = gradient;
        Size* const columns = gradient == Plan::Gradient::all    ? &to_.gradients
                              : gradient == Plan::Gradient::step ? &to_.step_gradients
                                                                 : nullptr;
        if (gradient == Plan::Gradient::once) plan.gradient_at = plan.value;
        if (!columns) return;
        plan.gradient_at = *columns;
        *columns += nodes_[n].width;
    }

    // ---- Who is the first, on the way back, to reach a gradient

    void order_users() {
        std::vector<bool> reached(nodes_.size());
        for (Size n = 0; n < nodes_.size(); ++n) to_.plans[n].into.assign(nodes_[n].operands.size(), Into::add);
        const auto given = [&](Size n) { reached[n] = true; };
        for (const StateNode& state : graph_.states) given(state.next);
        given(graph_.output);
        for (Size s = to_.stages.size(); s-- > 0;)
            for (Size g = to_.stages[s].segments.size(); g-- > 0;) {
                const std::vector<Size>& members = to_.stages[s].segments[g].nodes;
                for (Size i = members.size(); i-- > 0;) {
                    const Node& node = nodes_[members[i]];
                    for (Size k = 0; k < node.operands.size(); ++k) {
                        const Size operand = node.operands[k];
                        if (once(operand) || nodes_[operand].kind == Kind::input) continue;
                        if (node.kind == Kind::select && k == 0) continue;  // no gradient
                        if (!reached[operand] && covers(node.kind)) {
                            to_.plans[members[i]].into[k] = Into::overwrite;
                            to_.plans[operand].cleared = false;
                        }
                        reached[operand] = true;
                    }
                }
            }
    }

    const Equations::Graph& graph_;
    const std::vector<Node>& nodes_;
    Schedule& to_;
    std::vector<Size> stage_, level_, segment_;
    std::vector<Size> state_of_;  ///< place in Graph::states, or none
    std::vector<bool> live_;
    std::vector<std::vector<Size>> users_;
    std::vector<bool> cyclic_;
    std::vector<std::vector<Size>> components_;
    std::vector<Size> order_;  ///< sources before users; within a cycle as recorded, so operands come first
    Size segments_ = 0;

    std::vector<Size> number_, lowest_, stack_;
    std::vector<bool> on_stack_;
    Size count_ = 0;
};

}  // namespace

Schedule::Schedule(const Equations::Graph& graph) {
    Scheduler(graph, *this).run();
}

}  // namespace unroll
