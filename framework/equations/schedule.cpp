// Schedules: stages from the cycles of a graph, segments from its products.
#include "equations/schedule.h"

#include <algorithm>
#include <map>

#include "equations/kinds.h"
#include "equations/placing.h"

namespace unroll {

using Kind = Node::Kind;

namespace {

constexpr Size matrix_interval = 16;

class Scheduler {
public:
    Scheduler(const Equations::Graph& graph, Schedule& to)
        : graph_(graph),
          nodes_(graph.nodes),
          to_(to),
          found_(graph),
          level_(nodes_.size(), none),
          cyclic_(nodes_.size()) {}

    void run() {
        to_.plans.resize(nodes_.size());
        find_live();
        find_order();
        find_stages();
        sink_into_stages();
        find_levels();
        build_stages();
        place(found_, to_);
    }

private:
    static constexpr Size none = Node::none;

    bool once(Size n) const { return found_.once(n); }

    /// What a node is computed from, the step before included.
    template <class Visit>
    void for_each_source(Size n, Visit&& visit) const {
        for (const Size operand : nodes_[n].operands)
            if (!once(operand)) visit(operand);
        if (found_.state_of[n] != none) visit(graph_.states[found_.state_of[n]].next);
    }

    void find_live() {
        std::vector<Size> open{graph_.output};
        for (const StateNode& state : graph_.states) open.insert(open.end(), {state.node, state.next});
        while (!open.empty()) {
            const Size n = open.back();
            open.pop_back();
            if (found_.live[n]) continue;
            found_.live[n] = true;
            open.insert(open.end(), nodes_[n].operands.begin(), nodes_[n].operands.end());
        }
        for (Size n = 0; n < nodes_.size(); ++n) {
            if (!found_.live[n]) continue;
            if (once(n)) to_.once.push_back(n);
            for (const Size operand : nodes_[n].operands) found_.users[operand].push_back(n);
        }
    }

    // ---- Order and cycles: Tarjan's strongly connected components, sources first

    void find_order() {
        number_.assign(nodes_.size(), none);
        lowest_.assign(nodes_.size(), none);
        on_stack_.assign(nodes_.size(), false);
        for (Size n = 0; n < nodes_.size(); ++n)
            if (found_.rows(n) && number_[n] == none) connect(n);
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
            for (const Size member : component) {
                cyclic_[member] = true;
                refuse_memory(nodes_[member]);
            }
        std::sort(component.begin(), component.end());
        components_.push_back(std::move(component));
    }

    /// A memory is computed for all steps at once.
    static void refuse_memory(const Node& node) {
        if (node.kind == Kind::memory)
            refuse_equations(node.label, "operands that depend on what was read from it at the step before",
                             "operands of the input and of other states",
                             "write it with state(), outer() and contract()");
    }

    // ---- Stages: even numbers at once, odd ones step by step

    void find_stages() {
        for (const std::vector<Size>& component : components_) {
            const bool recurrent = cyclic_[component.front()];
            Size stage = recurrent ? 1 : 0;
            for (const Size n : component)
                for_each_source(n, [&](Size source) {
                    const Size from = found_.stage[source];
                    if (from == none) return;  // of the same component
                    const bool stepwise = from % 2 == 1;
                    const bool in_step = found_.state_of[n] == none;
                    if (recurrent)
                        stage = std::max(stage, stepwise ? from : from + 1);
                    else
                        stage = std::max(stage, stepwise && !(in_step && follows_matrix(n, source)) ? from + 1 : from);
                });
            if (!recurrent && stage % 2 == 1 && !fits(component.front(), stage)) ++stage;
            for (const Size n : component) found_.stage[n] = stage;
        }
    }

    /// A matrix is not kept for all steps to be read: what reads it does so in the same step.
    bool follows_matrix(Size n, Size source) const { return !stands_alone(nodes_[n]) && nodes_[source].rows > 1; }
    /// Can a node of no cycle stand in this recurrent stage? All of its sources are known there.
    bool fits(Size n, Size stage) const {
        bool all = !stands_alone(nodes_[n]);
        for_each_source(n, [&](Size source) { all &= found_.stage[source] <= stage; });
        return all;
    }

    /// What is cheap and used in one recurrent stage alone is computed there, and a broadcast where it is used.
    void sink_into_stages() {
        for (Size i = components_.size(); i-- > 0;) {
            const Size n = components_[i].front();
            if (cyclic_[n] || stands_alone(nodes_[n]) || nodes_[n].kind == Kind::input || !is_cheap(nodes_[n].kind))
                continue;
            if (n == graph_.output || found_.is_next(n) || found_.users[n].empty()) continue;
            const Size target = found_.stage[found_.users[n].front()];
            const bool one = std::all_of(found_.users[n].begin(), found_.users[n].end(), [&](Size user) {
                return found_.stage[user] == target && nodes_[user].kind != Kind::product;
            });
            if (one && target % 2 == 1) found_.stage[n] = target;
            if (one && nodes_[n].kind == Kind::broadcast) found_.stage[n] = target;
        }
    }

    // ---- Levels within a stage: even ones are groups, odd ones products and shifts

    bool is_source(Size n) const {  // it stands in no segment
        return nodes_[n].kind == Kind::input || (nodes_[n].kind == Kind::state && found_.stage[n] % 2 == 1);
    }

    void find_levels() {
        for (const Size n : order_) {
            if (is_source(n)) continue;
            Size level = stands_alone(nodes_[n]) ? 1 : 0;
            const auto follow = [&](Size source) {
                if (found_.stage[source] != found_.stage[n] || level_[source] == none) return;
                const Size from = level_[source];
                const bool alone = stands_alone(nodes_[n]);
                level = std::max(level, from % 2 == 0 ? from + alone : alone ? from + 2 : from + 1);
            };
            for (const Size operand : nodes_[n].operands) follow(operand);
            if (found_.state_of[n] != none) follow(graph_.states[found_.state_of[n]].next);
            level_[n] = level;
        }
        sink_into_levels();
    }

    void sink_into_levels() {
        for (Size i = order_.size(); i-- > 0;) {
            const Size n = order_[i];
            if (level_[n] == none || stands_alone(nodes_[n]) || !is_cheap(nodes_[n].kind)) continue;
            if (n == graph_.output || found_.is_next(n) || found_.users[n].empty()) continue;
            Size least = none;
            for (const Size user : found_.users[n])
                least =
                    std::min(least, found_.stage[user] == found_.stage[n] && level_[user] != none ? level_[user] : 0);
            if (least % 2 == 1) --least;
            level_[n] = std::max(level_[n], least);
        }
    }

    void build_stages() {
        std::map<Size, std::map<Size, std::vector<Size>>> found;
        for (const Size n : order_) {
            if (nodes_[n].kind == Kind::input) continue;
            auto& levels = found[found_.stage[n]];
            if (!is_source(n)) levels[level_[n]].push_back(n);
        }
        found_.segment.assign(nodes_.size(), none);
        for (auto& [number, levels] : found) {
            Stage stage;
            stage.recurrent = number % 2 == 1;
            for (auto& [level, members] : levels) {
                if (level % 2 == 0) {
                    add_segment(stage, Segment::Kind::group, std::move(members));
                } else {
                    for (const Size n : members)
                        add_segment(stage, nodes_[n].kind == Kind::state ? Segment::Kind::shift : Segment::Kind::single,
                                    {n});
                }
            }
            if (stage.recurrent) find_states(stage, number);
            to_.stages.push_back(std::move(stage));
        }
    }

    void add_segment(Stage& stage, Segment::Kind kind, std::vector<Size> members) {
        for (const Size n : members) found_.segment[n] = segments_;
        ++segments_;
        Segment& segment = stage.segments.emplace_back();
        segment.kind = kind;
        segment.nodes = std::move(members);
    }

    void find_states(Stage& stage, Size number) {
        for (Size s = 0; s < graph_.states.size(); ++s) {
            const StateNode& state = graph_.states[s];
            if (found_.stage[state.node] != number) continue;
            stage.states.push_back(s);
            const auto group = std::find_if(stage.segments.begin(), stage.segments.end(), [&](const Segment& segment) {
                return segment.kind == Segment::Kind::group &&
                       found_.segment[state.next] == found_.segment[segment.nodes[0]];
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
            for (const Size user : found_.users[n])
                inside &= found_.segment[user] == found_.segment[stage.segments[0].nodes[0]];
            for (const StateNode& other : graph_.states)
                inside &= other.next != n || found_.stage[other.node] == number;
        }
        if (matrices && inside) stage.interval = to_.interval_steps = matrix_interval;
    }

    const Equations::Graph& graph_;
    const std::vector<Node>& nodes_;
    Schedule& to_;
    Structure found_;
    std::vector<Size> level_;
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
