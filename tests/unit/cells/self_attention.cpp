// Self-attention's own promises: its options, its cache of keys and values, and the dropout inside.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"
#include "unroll/error.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

namespace {

const Plugin& plugin() {
    return tests::built_plugin("cells", "self-attention");
}

constexpr Size T = 70, B = 3, D = 5, H = 8;  // more steps than a tile of queries has

Options options_of(const char* norm, const char* positions, bool causal = true) {
    Options options;
    options.set("heads", std::int64_t{2});
    options.set("norm", std::string(norm));
    options.set("positions", std::string(positions));
    options.set("causal", causal);
    return options;
}

CellSpec spec_of(Size context = T) {
    CellSpec spec;
    spec.input = D;
    spec.hidden = H;
    spec.context = context;
    return spec;
}

std::vector<double> random_numbers(RandomStream& stream, Size n) {
    std::vector<double> numbers(n);
    for (double& number : numbers) number = stream.uniform(-0.5, 0.5);
    return numbers;
}

Forward<double> call_of(Size steps, const double* x) {
    Forward<double> call;
    call.T = steps;
    call.B = B;
    call.x.values = x;
    return call;
}

double distance(const std::vector<double>& a, const std::vector<double>& b, Size first_of_a = 0) {
    REQUIRE(a.size() >= first_of_a + b.size());
    double worst = 0;
    for (Size i = 0; i < b.size(); ++i) {
        const double off = std::abs(a[first_of_a + i] - b[i]);
        worst = std::isnan(off) ? off : std::max(worst, off);
        if (std::isnan(worst)) return worst;
    }
    return worst;
}

std::string message(const CellSpec& spec, const Options& options) {
    try {
        const Layer<double> layer(plugin(), spec, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("Heads that do not fit hidden are refused by name") {
    CellSpec spec = spec_of();
    Options options = options_of("pre", "learned");
    options.set("heads", std::int64_t{3});
    CHECK(message(spec, options) ==
          "heads: 3 heads for hidden 8\n  expected: a number of heads that divides hidden\n"
          "  help: change heads, or make hidden a multiple of 3");
    options = options_of("pre", "rotary");
    options.set("heads", std::int64_t{8});
    CHECK(message(spec, options) ==
          "heads: 8 heads for hidden 8, 1 each\n"
          "  expected: an even width of each head, because rotary positions turn pairs\n"
          "  help: change heads, hidden or positions");
    CHECK(message(spec_of(0), options_of("pre", "none")).find("context: 0") == 0);
    CHECK(message(spec_of(0), options_of("pre", "none", false)).empty());
    options = options_of("pre", "none");
    options.set("heads", std::int64_t{4});
    options.set("kv_heads", std::int64_t{3});
    CHECK(message(spec_of(), options) ==
          "kv_heads: 3 for 4 heads\n"
          "  expected: a number that divides heads: each head of keys and values serves as many heads of queries\n"
          "  help: set kv_heads to 1, 2 or 4, or 0 for as many as heads");
}

TEST_CASE("A state keeps as many steps as the window has, of as many heads as keys have") {
    const auto sizes = [](std::int64_t window, std::int64_t kv_heads, const char* positions) {
        Options options = options_of("pre", positions);
        options.set("window", window);
        options.set("kv_heads", kv_heads);
        const Layer<double> layer(plugin(), spec_of(), options);
        return std::pair(layer.layout().state_size(), layer.layout().context);
    };
    CHECK(sizes(0, 0, "learned") == std::pair(1 + 2 * T * H, T));
    CHECK(sizes(0, 1, "learned") == std::pair(1 + 2 * T * H / 2, T));
    CHECK(sizes(9, 0, "rotary") == std::pair(1 + 2 * 9 * H, T));
    CHECK(sizes(9, 1, "alibi") == std::pair(1 + 2 * 9 * H / 2, Size{0}));  // of any length
    CHECK(sizes(std::int64_t{T}, 0, "none") == std::pair(1 + 2 * T * H, T));
    CHECK(sizes(1000, 0, "none") == std::pair(1 + 2 * T * H, T));
}

TEST_CASE("A window goes on past the context where positions need no table") {
    Options options = options_of("post", "alibi");
    options.set("window", std::int64_t{7});
    RandomStream stream(9, "window");
    Layer<double> whole(plugin(), spec_of(16), options), step(plugin(), spec_of(16), options);
    whole.weights = step.weights = random_numbers(stream, whole.weights.size());
    const auto x = random_numbers(stream, T * B * D);
    whole.forward(call_of(T, x.data()));
    std::vector<double> state(B * whole.layout().state_size());
    for (Size t = 0; t < T; ++t) {
        Forward<double> call = call_of(1, x.data() + t * B * D);
        call.state = state.data();
        step.forward(call);
        CHECK(distance(whole.y, step.y, t * B * H) < 1e-12);
        state = step.next_state;
    }
    CHECK(distance(whole.next_state, state) < 1e-12);
    // A step that no later one sees any more has no say in them.
    std::vector<double> other = x;
    other[0] += 1;
    const std::vector<double> before = whole.y;
    whole.forward(call_of(T, other.data()));
    CHECK(before[0] != whole.y[0]);
    CHECK(distance(before, {whole.y.begin() + 7 * B * H, whole.y.end()}, 7 * B * H) == 0);
}

TEST_CASE("Its weights are nanoGPT's") {
    // Four layers of width 128 and block 64 with a projection from 65 symbols, without biases: the published 0.80M less
    // the head, which is not the cell's.
    Size total = 0;
    Options options;
    options.set("bias", false);
    for (Size layer = 0; layer < 4; ++layer) {
        CellSpec spec;
        spec.input = layer == 0 ? 65 : 128;
        spec.hidden = 128;
        spec.layer = layer;
        spec.layers = 4;
        spec.context = 64;
        total += Layer<float>(plugin(), spec, options).layout().weight_count();
    }
    CHECK(total == 65 * 128 + 64 * 128 + 4 * (12 * 128 * 128 + 2 * 128) + 128);
}

TEST_CASE("A sequence in two calls is the sequence in one, values and gradients") {
    const std::string norm = GENERATE(as<std::string>(), "pre", "post");
    const std::string positions = GENERATE(as<std::string>(), "learned", "sinusoidal", "rotary", "alibi", "none");
    const Size split = GENERATE(1, 33, 69);
    using Reach = std::pair<std::int64_t, std::int64_t>;
    const auto [window, kv_heads] = GENERATE(Reach(0, 0), Reach(0, 1), Reach(1, 0), Reach(5, 1), Reach(40, 0));
    INFO(norm << ", " << positions << ", " << split << ", " << window << ", " << kv_heads);
    Options options = options_of(norm.c_str(), positions.c_str());
    options.set("window", window);
    options.set("kv_heads", kv_heads);
    RandomStream stream(1, positions);
    Layer<double> whole(plugin(), spec_of(), options), first(plugin(), spec_of(), options),
        second(plugin(), spec_of(), options);
    first.weights = second.weights = whole.weights = random_numbers(stream, whole.weights.size());
    const auto x = random_numbers(stream, T * B * D), dy = random_numbers(stream, T * B * H);
    const auto dlast = random_numbers(stream, B * whole.layout().state_size());
    whole.forward(call_of(T, x.data()));
    whole.backward(dy, dlast);

    first.forward(call_of(split, x.data()));
    Forward<double> rest = call_of(T - split, x.data() + split * B * D);
    rest.state = first.next_state.data();
    second.forward(rest);
    CHECK(distance(whole.y, first.y) < 1e-12);
    CHECK(distance(whole.y, second.y, split * B * H) < 1e-12);
    CHECK(distance(whole.next_state, second.next_state) < 1e-12);

    const auto middle = dy.begin() + static_cast<std::ptrdiff_t>(split * B * H);
    second.backward({middle, dy.end()}, dlast);
    first.dweights = second.dweights;
    first.backward({dy.begin(), middle}, second.dstate);
    CHECK(distance(whole.dx, first.dx) < 1e-12);
    CHECK(distance(whole.dx, second.dx, split * B * D) < 1e-12);
    CHECK(distance(whole.dweights, first.dweights) < 1e-11);
    for (Size b = 0; b < B; ++b) CHECK(second.dstate[b * whole.layout().state_size()] == 0);  // the position
}

TEST_CASE("Generation appends to the cache in place, each sequence at its own position") {
    RandomStream stream(2, "generation");
    Layer<double> layer(plugin(), spec_of(), options_of("pre", "learned"));
    layer.weights = random_numbers(stream, layer.weights.size());
    const auto x = random_numbers(stream, T * B * D);
    layer.forward(call_of(T, x.data()));
    const std::vector<double> wanted = layer.y;

    // A prompt of different lengths, then single steps, each with the sequence's own next input.
    const std::vector<Size> lengths{9, 1, 40};
    Forward<double> prompt = call_of(40, x.data());
    prompt.lengths = lengths.data();
    layer.forward(prompt);
    std::vector<double> state = layer.next_state, next_x(B * D);
    for (Size step = 0; step < 30; ++step) {
        for (Size b = 0; b < B; ++b)
            std::copy_n(x.data() + ((lengths[b] + step) * B + b) * D, D, next_x.data() + b * D);
        layer.forward(call_of(1, next_x.data()));  // lays the arrays out for one step
        Forward<double> call = layer.call;
        call.state = call.next_state = state.data();
        layer.cell->forward(call);
        for (Size b = 0; b < B; ++b)
            for (Size j = 0; j < H; ++j)
                REQUIRE(std::abs(layer.y[b * H + j] - wanted[((lengths[b] + step) * B + b) * H + j]) < 1e-10);
    }
    for (Size b = 0; b < B; ++b) CHECK(state[b * layer.layout().state_size()] == static_cast<double>(lengths[b] + 30));
}

TEST_CASE("What a source's keys and values are is decided at a sequence's first step") {
    constexpr Size S = 5, M = 4, steps = 3;
    CellSpec spec = spec_of();
    spec.source = M, spec.source_context = S + 1;
    RandomStream stream(4, "memory");
    Layer<double> first(plugin(), spec, options_of("pre", "learned"));
    first.weights = random_numbers(stream, first.weights.size());
    const Size state_size = first.layout().state_size();
    CHECK(state_size == 1 + 2 * T * H + 2 * (S + 1) * H);

    const auto memory = random_numbers(stream, S * B * M), other = random_numbers(stream, S * B * M);
    const std::vector<Size> lengths{5, 1, 3};
    const auto x = random_numbers(stream, steps * B * D), dy = random_numbers(stream, steps * B * H);
    Forward<double> call = call_of(steps, x.data());
    call.source = memory.data(), call.source_steps = S, call.source_lengths = lengths.data();
    first.forward(call);

    // Sequence 1 begins anew and reads the other source; 0 and 2 go on, and have no use for it.
    std::vector<double> state = first.next_state;
    std::fill_n(state.data() + state_size, state_size, 0.0);
    const auto run = [&](const double* state_given, const double* memory_given) {
        Layer<double> layer(plugin(), spec, options_of("pre", "learned"));
        layer.weights = first.weights;
        layer.dsource.assign(S * B * M, 0.0);
        Forward<double> own = call;
        own.state = state_given, own.source = memory_given;
        layer.forward(own);
        layer.backward(dy, {});
        return layer;
    };
    const Layer<double> mixed = run(state.data(), other.data()), going_on = run(first.next_state.data(), memory.data()),
                        anew = run(nullptr, other.data());
    const auto of_sequence = [&](const std::vector<double>& array, Size b) {  // of (…, B, width)
        const Size width = array.size() == B * state_size ? state_size : array.size() == S * B * M ? M : H;
        std::vector<double> part;
        for (Size i = b * width; i < array.size(); i += B * width)
            part.insert(part.end(), array.begin() + std::ptrdiff_t(i), array.begin() + std::ptrdiff_t(i + width));
        return part;
    };
    for (Size b = 0; b < B; ++b) {
        const Layer<double>& alike = b == 1 ? anew : going_on;
        CHECK(of_sequence(mixed.y, b) == of_sequence(alike.y, b));
        CHECK(of_sequence(mixed.next_state, b) == of_sequence(alike.next_state, b));
        CHECK(of_sequence(mixed.dstate, b) == of_sequence(alike.dstate, b));
        CHECK(of_sequence(mixed.dsource, b) == of_sequence(alike.dsource, b));
    }
    CHECK(of_sequence(mixed.dsource, 0) == std::vector<double>(S * M, 0.0));
    CHECK(of_sequence(mixed.dsource, 1) != std::vector<double>(S * M, 0.0));
}

TEST_CASE("A step past the context is refused, not written") {
    Layer<double> layer(plugin(), spec_of(16), options_of("pre", "none"));
    std::fill(layer.weights.begin(), layer.weights.end(), 0.1);
    const std::vector<double> x(17 * B * D, 0.1);
    CHECK_THROWS_WITH(layer.forward(call_of(17, x.data())),
                      "self-attention: a sequence of 17 steps\n"
                      "  expected: at most 16 steps, the context that the layer was made for\n"
                      "  help: read the last 16 steps again from no state");
    layer.forward(call_of(16, x.data()));
    const std::vector<double> full = layer.next_state;
    Forward<double> more = call_of(1, x.data());
    more.state = full.data();
    CHECK_THROWS_AS(layer.forward(more), Error);
}

TEST_CASE("A causal layer has a state and sees no later step; another looks ahead") {
    const Layer<double> causal(plugin(), spec_of(), options_of("pre", "learned"));
    CHECK(causal.layout().state_size() == 1 + 2 * T * H);
    CHECK(causal.layout().causal);
    Layer<double> all(plugin(), spec_of(), options_of("pre", "learned", false));
    CHECK(all.layout().state_size() == 0);
    CHECK_FALSE(all.layout().causal);

    RandomStream stream(5, "later");
    all.weights = random_numbers(stream, all.weights.size());
    auto x = random_numbers(stream, T * B * D);
    all.forward(call_of(T, x.data()));
    const std::vector<double> before = all.y;
    x.back() += 1;  // of the last sequence
    all.forward(call_of(T, x.data()));
    CHECK(before[0] == all.y[0]);
    CHECK(before[(B - 1) * H] != all.y[(B - 1) * H]);
}

TEST_CASE("Dropout draws the same masks forward and backward, and none in evaluation") {
    constexpr Size steps = 6;
    for (const char* norm : {"pre", "post"}) {
        INFO(norm);
        RandomStream stream(6, "weights");
        CellSpec spec = spec_of(steps);
        spec.dropout = 0.4;
        Layer<double> layer(plugin(), spec, options_of(norm, "learned"));
        layer.weights = random_numbers(stream, layer.weights.size());
        const auto x = random_numbers(stream, steps * B * D), dy = random_numbers(stream, steps * B * H);
        const RandomStream masks(7, "dropout");
        Forward<double> call = call_of(steps, x.data());
        call.dropout = &masks;
        layer.forward(call);
        layer.backward(dy, {});
        const std::vector<double> analytic = layer.dweights;

        const auto loss = [&] {
            layer.forward(call);
            double sum = 0;
            for (Size i = 0; i < dy.size(); ++i) sum += layer.y[i] * dy[i];
            return sum;
        };
        for (Size i = 0; i < layer.weights.size(); i += 7) {
            const double weight = layer.weights[i], step = 1e-5;
            layer.weights[i] = weight + step;
            const double above = loss();
            layer.weights[i] = weight - step;
            const double below = loss();
            layer.weights[i] = weight;
            REQUIRE(std::abs((above - below) / (2 * step) - analytic[i]) < 1e-6 * (1 + std::abs(analytic[i])));
        }

        layer.forward(call_of(steps, x.data()));
        const std::vector<double> evaluated = layer.y;
        spec.dropout = 0;
        Layer<double> plain(plugin(), spec, options_of(norm, "learned"));
        plain.weights = layer.weights;
        plain.forward(call_of(steps, x.data()));
        CHECK(plain.y == evaluated);
    }
}
