// Generation: each text by itself, whatever is made beside it.
#include "sampling/generate.h"

#include <algorithm>

#include "catch.h"
#include "model/pass.h"
#include "sampling/token_mask.h"
#include "small_model.h"

using namespace unroll;
using sampling::Request;
using trial::StateMode;

namespace {

const small::Draw draw{Options{}};
const small::First first{Options{}};
const std::atomic<bool> go_on{false};

std::vector<Token> prompt(Size length, std::uint64_t number) {
    RandomStream stream(9, "prompt", {length, number});
    std::vector<Token> tokens;
    for (Size i = 0; i < length; ++i) tokens.push_back(Token(stream.below(5)));
    return tokens;
}

Request request(Size prompt_length, Size length, StateMode memory, double temperature = 1, std::uint64_t number = 0) {
    return {prompt(prompt_length, number), &draw, temperature, RandomStream(1, "text", {number}), length, memory};
}

std::vector<Token> alone(const SmallModel& small, Size window, const Request& one) {
    return sampling::generate(small.model, small.both(), window, {one}, go_on).front();
}

/// The last `most` tokens (0: all) read from zero state for each token.
std::vector<Token> reference(const SmallModel& small, Size most, Request one) {
    std::vector<Token> text = one.prompt;
    std::vector<double> scratch(5);
    for (Size i = 0; i < one.length; ++i) {
        const Size T = most ? std::min(most, text.size()) : text.size();
        model::Pass<float> pass(small.model, {{T, 1}}, model::Use::inference);
        const float* logits =
            pass.predict_last(small.both(), {.T = T, .B = 1, .x = {nullptr, text.data() + (text.size() - T)}});
        text.push_back(one.sampler->pick({{logits, 5}, one.temperature, text, one.stream, scratch}));
    }
    return {text.begin() + std::ptrdiff_t(one.prompt.size()), text.end()};
}

}  // namespace

TEST_CASE("a text is the same whatever else is made with it") {
    for (const Plugin* cell : {&small::gated_cell, &small::positions_cell, &small::token_positions_cell}) {
        const SmallModel small(small::trial(*cell, 8, 4, 12, 2));
        std::vector<Request> all;
        for (std::uint64_t number = 0; number < 80; ++number)
            all.push_back(request(1 + number % 3 * 5, number % 4 == 0 ? 0 : 3 + number % 11,
                                  number % 5 ? StateMode::carry : StateMode::window, 0.3 + 0.1 * double(number % 7),
                                  number));
        all[7].sampler = &first;
        const auto texts = sampling::generate(small.model, small.both(), 8, all, go_on);
        REQUIRE(texts.size() == all.size());
        for (Size i = 0; i < all.size(); ++i) {
            CHECK(texts[i].size() == all[i].length);
            CHECK(texts[i] == alone(small, 8, all[i]));
        }
        std::vector<Request> reversed(all.rbegin(), all.rend());
        auto texts_reversed = sampling::generate(small.model, small.both(), 8, reversed, go_on);
        std::reverse(texts_reversed.begin(), texts_reversed.end());
        CHECK(texts_reversed == texts);
    }
}

TEST_CASE("more texts than a batch holds are the same as each alone") {
    const SmallModel small(small::trial(small::gated_cell, 8, 4, 6));
    std::vector<Request> all;
    for (std::uint64_t number = 0; number < 131; ++number) all.push_back(request(4, 5, StateMode::carry, 1, number));
    const auto texts = sampling::generate(small.model, small.both(), 8, all, go_on);
    for (const Size i : {0, 63, 64, 127, 128, 130}) CHECK(texts[i] == alone(small, 8, all[i]));
}

TEST_CASE("prompts and texts of different lengths are made side by side") {
    struct Noting final : Sampler {
        mutable std::vector<Size> lengths;  ///< of the texts so far, pick by pick
        Token pick(const Choice& choice) const override {
            lengths.push_back(choice.history.size());
            return 1;
        }
    };
    const SmallModel gated(small::trial(small::gated_cell, 8, 4, 6)),
        limited(small::trial(small::positions_cell, 8, 4, 6));
    Noting sampler;
    const auto noted = [&](const SmallModel& small, std::vector<Request> requests) {
        for (Request& request : requests) request.sampler = &sampler;
        sampler.lengths.clear();
        sampling::generate(small.model, small.both(), 4, requests, go_on);
        return sampler.lengths;
    };
    const std::vector<Request> carried{request(5, 2, StateMode::carry), request(2, 4, StateMode::carry),
                                       request(5, 3, StateMode::carry)};
    const std::vector<Size> together{2, 5, 5, 3, 6, 6, 4, 7, 5};
    CHECK(noted(gated, carried) == together);
    CHECK(noted(limited, carried) == together);  // none of them passes the context, 8
    const std::vector<Request> past{request(9, 2, StateMode::carry), request(8, 3, StateMode::carry)};
    CHECK(noted(limited, past) == std::vector<Size>{8, 9, 9, 10, 10});
    const std::vector<Request> windows{request(5, 2, StateMode::window), request(4, 1, StateMode::window)};
    CHECK(noted(gated, windows) == std::vector<Size>{4, 5, 6});
}

TEST_CASE("a longer text begins as a shorter one") {
    const SmallModel small(small::trial(small::gated_cell, 8, 4, 6));
    for (const StateMode memory : {StateMode::carry, StateMode::window}) {
        auto shorter = alone(small, 8, request(3, 10, memory)), longer = alone(small, 8, request(3, 30, memory));
        longer.resize(10);
        CHECK(longer == shorter);
    }
}

TEST_CASE("carried and re-read texts are equal while the window holds everything") {
    const SmallModel small(small::trial(small::gated_cell, 4, 4, 8, 2));
    const Request carry = request(3, 40, StateMode::carry), window = request(3, 40, StateMode::window);
    const auto carried = alone(small, 4, carry);
    CHECK(carried == reference(small, 0, carry));
    CHECK(alone(small, 43, window) == carried);
    CHECK(alone(small, 4, window) == reference(small, 4, window));
    CHECK(alone(small, 4, window) != carried);  // a window of four forgets
}

TEST_CASE("past its context a model reads the last window again") {
    for (const Plugin* cell : {&small::positions_cell, &small::token_positions_cell}) {
        const SmallModel small(small::trial(*cell, 6, 4, 12));
        REQUIRE(small.model.predictor().context() == 6);
        for (const Size length : {1, 5, 6, 7, 13}) {
            const Request one = request(length, 20, StateMode::carry);
            CHECK(alone(small, 6, one) == reference(small, 6, one));
            const Request again = request(length, 20, StateMode::window);
            CHECK(alone(small, 4, again) == reference(small, 4, again));
        }
    }
}

TEST_CASE("a limited layer in a stack limits the stack") {
    auto trial = small::trial(small::gated_cell, 6, 4, 9);
    trial.cells.push_back({small::choice(small::positions_cell), 7, 1, 0, unroll::Initializer::uniform});
    const SmallModel small(trial);
    const Request one = request(3, 20, StateMode::carry);
    CHECK(alone(small, 6, one) == reference(small, 6, one));
}

TEST_CASE("a token that is withheld is never picked, however likely") {
    const SmallModel small(small::trial(small::gated_cell));
    for (const StateMode memory : {StateMode::carry, StateMode::window}) {
        Request likeliest = request(3, 40, memory);
        likeliest.sampler = &first;
        const Token favourite = alone(small, 6, likeliest).front();
        const sampling::TokenMask withheld_first(std::make_unique<small::First>(Options{}), {favourite}),
            withheld_draw(std::make_unique<small::Draw>(Options{}), {favourite});
        CHECK_FALSE(withheld_first.uses_temperature());
        CHECK(withheld_draw.uses_temperature());
        for (const bool draws : {false, true}) {
            Request free = draws ? request(3, 40, memory) : likeliest, bound = free;
            bound.sampler = draws ? &withheld_draw : &withheld_first;
            const auto texts = sampling::generate(small.model, small.both(), 6, {bound, free}, go_on);
            CHECK(texts[0].size() == 40);
            CHECK(std::count(texts[0].begin(), texts[0].end(), favourite) == 0);
            CHECK(std::count(texts[1].begin(), texts[1].end(), favourite) > 0);
            CHECK(texts[1] == alone(small, 6, free));
        }
    }
}

TEST_CASE("no tokens and no texts are fine") {
    const SmallModel small(small::trial(small::gated_cell));
    CHECK(alone(small, 6, request(3, 0, StateMode::carry)).empty());
    CHECK(alone(small, 6, request(30, 0, StateMode::window)).empty());
    CHECK(sampling::generate(small.model, small.both(), 6, {}, go_on).empty());
}

TEST_CASE("raising stop ends a text after the token in hand") {
    struct Stopping final : Sampler {
        mutable int left = 4;
        std::atomic<bool>* stop = nullptr;
        Token pick(const Choice&) const override {
            if (--left == 0) *stop = true;
            return 2;
        }
    };
    const SmallModel small(small::trial(small::gated_cell));
    std::atomic<bool> stop{false};
    Stopping sampler;
    sampler.stop = &stop;
    Request one = request(3, 10, StateMode::carry);
    one.sampler = &sampler;
    const auto texts = sampling::generate(
        small.model, small.both(), 6, {one, request(5, 10, StateMode::carry), request(5, 10, StateMode::window)}, stop);
    CHECK(texts[0] == std::vector<Token>{2, 2, 2, 2});
    CHECK(texts[1].size() == 4);  // made with it
    CHECK(texts[2].empty());
}
