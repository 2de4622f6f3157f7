// Samplers: every promise of unroll/sampler.h.
#include <fmt/core.h>

#include <thread>

#include "conformance/guarded.h"
#include "conformance/recorder.h"

namespace unroll::conformance {

namespace {

constexpr float minus_infinity = -INFINITY;

/// A vocabulary's logits, and what they are, for failures.
struct Logits {
    std::string name;
    std::vector<float> values;
};

std::vector<Logits> some_logits() {
    std::vector<Logits> all{{"one token", {0.5f}},
                            {"equal logits", std::vector<float>(33, -2.0f)},
                            {"huge logits", {3e38f, -3e38f, 2e38f, 0, 3e38f}},
                            {"one token allowed", {minus_infinity, minus_infinity, -50, minus_infinity}},
                            {"the first and the last token excluded", {minus_infinity, 1, 0, 2, minus_infinity}}};
    RandomStream stream(1, "conformance logits");
    Logits many{"100 tokens, every third excluded", {}};
    for (int i = 0; i < 100; ++i)
        many.values.push_back(i % 3 == 1 ? minus_infinity : static_cast<float>(3 * stream.normal()));
    all.push_back(std::move(many));
    return all;
}

/// `count` picks from one stream, each checked. On a failure: what was wrong.
std::vector<Token> picks(const Sampler& sampler, const Logits& logits, double temperature, std::uint64_t key, int count,
                         std::string& wrong) {
    const Guarded<float> input(logits.values);
    Guarded<double> scratch(logits.values.size(), NAN);
    std::vector<Token> history{0}, picked;
    RandomStream stream(key, "conformance picks");
    for (int i = 0; i < count; ++i) {
        const Token token = sampler.pick({.logits = {input.data(), input.size()},
                                          .temperature = temperature,
                                          .history = history,
                                          .stream = stream,
                                          .scratch = {scratch.data(), scratch.size()}});
        picked.push_back(token);
        if (token < 0 || static_cast<Size>(token) >= logits.values.size()) {
            wrong = fmt::format("token {} of {}", token, logits.values.size());
            return picked;
        }
        if (logits.values[static_cast<Size>(token)] == minus_infinity)
            wrong = fmt::format("token {}, whose logit is -infinity", token);
        if (!input.holds(logits.values) || !input.intact()) wrong = "the logits were changed";
        if (!scratch.intact()) wrong = "written beside the scratch";
        if (history.size() < 20) history.push_back(token);
    }
    return picked;
}

/// How often the most probable of some spread-out logits is picked.
double share_of_best(const Sampler& sampler, double temperature) {
    const Logits logits{"spread-out logits", {0, 1, 2, 3, 4, 3.5f, 2.5f, 1.5f}};
    std::string wrong;
    int best = 0;
    for (const Token token : picks(sampler, logits, temperature, 9, 2000, wrong)) best += token == 4;
    return best / 2000.0;
}

void check_one(const Sampler& sampler, const std::string& where, Recorder& recorder) {
    for (const Logits& logits : some_logits()) {
        for (const double temperature : {0.01, 0.5, 1.0, 20.0}) {
            if (!sampler.uses_temperature() && temperature != 1) continue;
            const std::string here = fmt::format("from {} at temperature {}{}{}", logits.name, temperature,
                                                 where.empty() ? "" : ", ", where);
            std::string wrong, ignored;
            const std::vector<Token> picked = picks(sampler, logits, temperature, 1, 200, wrong);
            recorder.require("picks an allowed token and writes to its scratch only", wrong.empty(), wrong, here);
            recorder.require("picks the same from equal streams",
                             picked == picks(sampler, logits, temperature, 1, 200, ignored), "picks differ", here);
            std::vector<Token> others[3];
            {
                std::vector<std::jthread> threads;
                for (auto& other : others)
                    threads.emplace_back([&] {
                        std::string unused;
                        other = picks(sampler, logits, temperature, 1, 200, unused);
                    });
            }
            for (const auto& other : others)
                recorder.require("may be shared by several threads", picked == other, "picks differ", here);
        }
    }
    if (sampler.uses_temperature()) {
        const double cold = share_of_best(sampler, 0.05), hot = share_of_best(sampler, 50);
        recorder.require("a low temperature prefers the most probable token", cold > 0.95 && cold > hot,
                         fmt::format("its share is {} at temperature 0.05 and {} at 50", cold, hot), where);
    } else {
        recorder.require("temperature changes nothing, as declared",
                         share_of_best(sampler, 0.05) == share_of_best(sampler, 50), "picks differ", where);
    }
}

}  // namespace

void check_sampler(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder) {
    for (const Variation& variation : variations) {
        try {
            const std::unique_ptr<Sampler> sampler = plugin.make_sampler(variation.options);
            recorder.require("can be made", sampler != nullptr, "the maker returned nothing", variation.label);
            if (sampler) check_one(*sampler, variation.label, recorder);
        } catch (const std::exception& error) {
            recorder.require("throws nothing", false, error.what(), variation.label);
        } catch (...) {
            recorder.require("throws nothing", false, "an exception that is no std::exception", variation.label);
        }
    }
}

}  // namespace unroll::conformance
