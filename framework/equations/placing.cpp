// Where values and gradients stand: what backward needs, who shares an array, who reaches a gradient first.
#include "equations/placing.h"

#include <algorithm>

#include "equations/kinds.h"

namespace unroll {

using Kind = Node::Kind;

Structure::Structure(const Equations::Graph& recorded)
    : graph(recorded),
      live(graph.nodes.size()),
      users(graph.nodes.size()),
      state_of(graph.nodes.size(), none),
      stage(graph.nodes.size(), none),
      segment(graph.nodes.size(), none) {
    for (Size s = 0; s < graph.states.size(); ++s) state_of[graph.states[s].node] = s;
}

bool Structure::is_next(Size n) const {
    return std::any_of(graph.states.begin(), graph.states.end(),
                       [&](const StateNode& state) { return state.next == n; });
}

namespace {

constexpr Size none = Node::none;

class Placing {
public:
    Placing(const Structure& found, Schedule& to) : found_(found), graph_(found.graph), nodes_(graph_.nodes), to_(to) {}

    void run() {
        find_needed();
        place_values();
        place_gradients();
        order_users();
    }

private:
    bool used_outside(Size n) const {
        if (is_next_elsewhere(n)) return true;
        return std::any_of(found_.users[n].begin(), found_.users[n].end(),
                           [&](Size user) { return found_.segment[user] != found_.segment[n]; });
    }

    /// Is it the next value of a state that its own group does not hand on?
    bool is_next_elsewhere(Size n) const {
        return std::any_of(graph_.states.begin(), graph_.states.end(), [&](const StateNode& state) {
            return state.next == n && (found_.stage[state.node] != found_.stage[n] || found_.stage[n] % 2 == 0);
        });
    }

    /// Is it computed where the state will have it in the next step?
    bool stands_in_state(Size n, const Stage& stage) const {
        return stage.interval == 1 && std::any_of(stage.states.begin(), stage.states.end(), [&](Size s) {
                   return graph_.states[s].next == n && found_.state_of[n] == none && !next_of_several(n);
               });
    }
    bool next_of_several(Size n) const {
        return std::count_if(graph_.states.begin(), graph_.states.end(),
                             [n](const StateNode& state) { return state.next == n; }) > 1;
    }

    /// Is it no array of all steps of its own, but computed by its group?
    bool is_local(Size n, const Stage& stage, const Segment& segment) const {
        return segment.kind == Segment::Kind::group && !used_outside(n) && !stands_in_state(n, stage) &&
               (stage.interval > 1 || is_cheap(nodes_[n].kind));
    }

    /// Which values backward needs: those that it reads, and what others are computed from that it computes again.
    void find_needed() {
        needed_.assign(nodes_.size(), false);
        std::vector<bool> local(nodes_.size());
        for (const Stage& stage : to_.stages) {
            for (const Segment& segment : stage.segments)
                for (const Size n : segment.nodes) local[n] = is_local(n, stage, segment);
            if (stage.interval > 1)
                for (const Size s : stage.states) needed_[graph_.states[s].next] = true;
        }
        for (Size n = nodes_.size(); n-- > 0;) {
            bool needed = needed_[n] || reads(nodes_[n].kind).value;
            for (const Size user : found_.users[n])
                needed |= reads(nodes_[user].kind).operands || (local[user] && needed_[user]);
            needed_[n] = needed;
        }
    }

    /// Need its values be there in one step only?
    bool is_of_a_step(Size n, const Stage& stage) const {
        return stage.recurrent && !stage.by_sequences && !needed_[n] && !leaves(n) && !found_.is_next(n) &&
               n != graph_.output;
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
                    to_.plans[n].again = needed_[n];
                    if (stands_in_state(n, stage))
                        place_in_state(n);
                    else if (is_local(n, stage, segment))
                        to_.plans[n].values = Plan::Values::local;
                    else if (is_of_a_step(n, stage))
                        place(n, Plan::Values::step, to_.step);
                    else
                        place(n, Plan::Values::all, to_.all);
                }
                if (segment.kind == Segment::Kind::group && stage.by_sequences && stage.interval == 1)
                    for (const Size s : stage.states) take_local(graph_.states[s].node, segment);
                to_.output_in_group |= segment.output;
            }
        }
        if (graph_.input != none) to_.plans[graph_.input].values = Plan::Values::given;
        for (Size n = 0; n < nodes_.size(); ++n)
            if (found_.live[n]) to_.widest = std::max(to_.widest, nodes_[n].width);
    }

    void place_in_state(Size n) {
        to_.plans[n].values = Plan::Values::next;
        for (const StateNode& state : graph_.states)
            if (state.next == n) to_.plans[n].next_of = state.node;
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

    /// A term whose only use is a sum has the sum's gradient: one array serves both.
    void share_gradients() {
        for (Size n = nodes_.size(); n-- > 0;) {
            to_.plans[n].gradient_of = n;
            if (!found_.rows(n) || n == graph_.input || n == graph_.output || found_.state_of[n] != none ||
                found_.is_next(n))
                continue;
            if (found_.users[n].size() != 1) continue;
            const Size user = found_.users[n].front();
            const std::vector<Size>& terms = nodes_[user].operands;
            const auto k = static_cast<Size>(std::find(terms.begin(), terms.end(), n) - terms.begin());
            if (hands_on(nodes_[user], k)) to_.plans[n].gradient_of = to_.plans[user].gradient_of;
        }
    }

    void place_gradients() {
        share_gradients();
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
                for (const Size n : segment.nodes) widen_gradient(n, segment);
        }
        for (Size n = 0; n < nodes_.size(); ++n)
            if (found_.segment[n] != none && to_.plans[n].gradient_of == n) place_gradient(n, to_.plans[n].gradient);
    }

    /// Where the gradient of a segment's node must stand at least: in an array of all steps, or of one.
    void widen_gradient(Size n, const Segment& segment) {
        Plan::Gradient& gradient = to_.plans[to_.plans[n].gradient_of].gradient;
        if (segment.kind != Segment::Kind::group || leaves(n))
            gradient = Plan::Gradient::all;
        else if (used_outside(n) && gradient == Plan::Gradient::local)
            gradient = Plan::Gradient::step;
    }

    /// Do steps of another stage, or all steps at once, use it?
    bool leaves(Size n) const {
        if (nodes_[n].kind == Kind::lookup) return true;  // its weights' gradient is made of all steps
        if (found_.stage[n] % 2 == 0) return used_outside(n);
        if (n == graph_.output && nodes_[n].kind == Kind::state) return true;
        for (const StateNode& state : graph_.states)
            if (state.next == n && found_.stage[state.node] != found_.stage[n]) return true;
        return std::any_of(found_.users[n].begin(), found_.users[n].end(),
                           [&](Size user) { return found_.stage[user] != found_.stage[n]; });
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
                        if (found_.once(operand) || nodes_[operand].kind == Kind::input) continue;
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

    const Structure& found_;
    const Equations::Graph& graph_;
    const std::vector<Node>& nodes_;
    Schedule& to_;
    std::vector<bool> needed_;
};

}  // namespace

void place(const Structure& structure, Schedule& schedule) {
    Placing(structure, schedule).run();
}

}  // namespace unroll
