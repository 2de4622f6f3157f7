// The longest common substrings of some texts and one long text.
#include "sampling/longest_copy.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>

namespace unroll::sampling {

namespace {

using State = std::uint32_t;
constexpr State none = ~State{0};
constexpr State root = 0;

/// Where a token leads from a state: one table for all states, with open addresses.
class Transitions {
public:
    explicit Transitions(Size most) : slots_(std::bit_ceil(most + most / 2 + 1)) {}

    State* find(State state, Token token) {
        Slot& slot = slots_[place(state, token)];
        return slot.state == none ? nullptr : &slot.target;
    }
    State target(State state, Token token) const {
        const Slot& slot = slots_[place(state, token)];
        return slot.state == none ? none : slot.target;
    }
    void add(State state, Token token, State target) { slots_[place(state, token)] = {state, token, target}; }

private:
    struct Slot {
        State state = none;
        Token token = 0;
        State target = none;
    };

    Size place(State state, Token token) const {
        const std::uint64_t key = std::uint64_t{state} << 32 | static_cast<std::uint32_t>(token);
        const Size mask = slots_.size() - 1;
        Size at = static_cast<Size>(key * 0x9E3779B97F4A7C15u >> 32) & mask;
        while (slots_[at].state != none && (slots_[at].state != state || slots_[at].token != token))
            at = (at + 1) & mask;
        return at;
    }

    std::vector<Slot> slots_;
};

/// The suffix automaton of one run of tokens: a state stands for all substrings that end at the same places.
class SuffixAutomaton {
public:
    explicit SuffixAutomaton(Size length) : transitions_(3 * length + 1) {
        states_.reserve(2 * length + 1);
        states_.push_back({});
    }

    /// Returns the state of everything so far.
    State append(Token token) {
        const State now = add_state({states_[last_].length + 1, root});
        State from = last_;
        last_ = now;
        for (; from != none; from = states_[from].link) {
            if (const State* target = transitions_.find(from, token)) {
                states_[now].link = split(from, token, *target);
                break;
            }
            add(from, token, now);
        }
        return now;
    }

    /// Reads `source` and notes at each state how long a run of its substrings was met.
    void read(std::span<const Token> source) {
        State state = root;
        std::uint32_t length = 0;
        for (const Token token : source) {
            State next = transitions_.target(state, token);
            while (next == none && state != root) {
                state = states_[state].link;
                length = states_[state].length;
                next = transitions_.target(state, token);
            }
            if (next == none) continue;
            state = next;
            std::uint32_t& met = states_[state].met;
            met = std::max(met, ++length);
        }
        spread();
    }

    /// The longest run met that ends where `state` was returned.
    Size met(State state) const { return states_[state].met; }

private:
    struct Node {
        std::uint32_t length = 0;  ///< of its longest substring
        State link = none;         ///< of the longest suffix that ends at more places
        std::uint32_t met = 0;
        std::vector<Token> tokens{};  ///< with a transition
    };

    State add_state(Node node) {
        states_.push_back(std::move(node));
        return static_cast<State>(states_.size() - 1);
    }
    void add(State state, Token token, State target) {
        transitions_.add(state, token, target);
        states_[state].tokens.push_back(token);
    }

    /// The state of what `token` makes of the longest substring of `from`, which `target` may share with longer ones.
    State split(State from, Token token, State target) {
        const std::uint32_t length = states_[from].length + 1;
        if (states_[target].length == length) return target;
        const State clone = add_state({length, states_[target].link});
        states_[target].link = clone;
        for (const Token each : std::vector(states_[target].tokens))
            add(clone, each, transitions_.target(target, each));
        for (; from != none; from = states_[from].link) {
            State* to = transitions_.find(from, token);
            if (*to != target) break;
            *to = clone;
        }
        return clone;
    }

    /// What is met at a state is met, whole, at its links; and their lengths end wherever the state's do.
    void spread() {
        std::vector<State> by_length(states_.size());
        std::iota(by_length.begin(), by_length.end(), State{0});
        std::sort(by_length.begin(), by_length.end(),
                  [&](State a, State b) { return states_[a].length < states_[b].length; });
        for (Size i = by_length.size(); i-- > 1;)
            if (const Node& node = states_[by_length[i]]; node.met) states_[node.link].met = states_[node.link].length;
        for (Size i = 1; i < by_length.size(); ++i) {
            Node& node = states_[by_length[i]];
            node.met = std::max(node.met, states_[node.link].met);
        }
    }

    std::vector<Node> states_;
    Transitions transitions_;
    State last_ = root;
};

constexpr Size most_at_once = 1 << 16;  // tokens in an automaton, which takes about 100 bytes for each

/// The same for few texts.
void find_copies(std::span<const std::vector<Token>> texts, std::span<const Token> source, std::span<Size> longest) {
    Size length = texts.size();
    for (const auto& text : texts) length += text.size();
    SuffixAutomaton automaton(length);
    std::vector<State> ends;
    Token separator = 0;
    for (const auto& text : texts) {
        for (const Token token : text) ends.push_back(automaton.append(token));
        automaton.append(--separator);  // which stands nowhere else
    }
    automaton.read(source);
    const State* end = ends.data();
    for (Size i = 0; i < texts.size(); ++i)
        for (Size t = 0; t < texts[i].size(); ++t) longest[i] = std::max(longest[i], automaton.met(*end++));
}

}  // namespace

std::vector<Size> longest_copies(std::span<const std::vector<Token>> texts, std::span<const Token> source) {
    std::vector<Size> longest(texts.size(), 0);
    for (Size first = 0, count = 0; first < texts.size(); first += count) {
        Size length = texts[first].size();
        for (count = 1; first + count < texts.size(); ++count) {
            length += texts[first + count].size();
            if (length > most_at_once) break;
        }
        find_copies(texts.subspan(first, count), source, std::span(longest).subspan(first, count));
    }
    return longest;
}

}  // namespace unroll::sampling
