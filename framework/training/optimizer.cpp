// One formula an optimiser, and the table that names them.
#include "training/optimizer.h"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "unroll/error.h"
#include "unroll/parallel.h"

namespace unroll::training {
namespace {

/// What is the same for all weights of a run in one step. Constants are computed in double and rounded once.
struct Moment {
    const trial::OptimizerSettings& settings;
    double learning_rate;
    double step;   ///< from 1
    double decay;  ///< weight decay
};

// w, g: weights and gradients; the further arrays are the slots. A formula is passed a null pointer for a slot that its
// optimiser does not have.

template <class Real>
void sgd(const Moment& at, Real* __restrict w, const Real* __restrict g, Real* __restrict m, Real*, Size n) {
    const Real rate = Real(at.learning_rate), decay = Real(at.decay), momentum = Real(at.settings.momentum);
    if (m == nullptr) {
        for (Size i = 0; i < n; ++i) w[i] -= rate * (g[i] + decay * w[i]);
        return;
    }
    for (Size i = 0; i < n; ++i) {
        m[i] = momentum * m[i] + (g[i] + decay * w[i]);
        w[i] -= rate * m[i];
    }
}

template <class Real>
void adagrad(const Moment& at, Real* __restrict w, const Real* __restrict g, Real* __restrict s, Real*, Size n) {
    const Real rate = Real(at.learning_rate), decay = Real(at.decay), epsilon = Real(at.settings.epsilon);
    for (Size i = 0; i < n; ++i) {
        const Real gradient = g[i] + decay * w[i];
        s[i] += gradient * gradient;
        w[i] -= rate * gradient / (std::sqrt(s[i]) + epsilon);
    }
}

template <class Real>
void rmsprop(const Moment& at, Real* __restrict w, const Real* __restrict g, Real* __restrict s, Real*, Size n) {
    const Real rate = Real(at.learning_rate), decay = Real(at.decay), epsilon = Real(at.settings.epsilon);
    const Real under = at.settings.epsilon_in_root ? epsilon : 0, outside = epsilon - under;
    const Real keep = Real(at.settings.decay), take = Real(1 - at.settings.decay);
    for (Size i = 0; i < n; ++i) {
        const Real gradient = g[i] + decay * w[i];
        s[i] = keep * s[i] + take * gradient * gradient;
        w[i] -= rate * gradient / (std::sqrt(s[i] + under) + outside);
    }
}

/// Adam and AdamW: `l2` is added to the gradient, `shrink` scales the weights first.
template <class Real>
void adam_with(const Moment& at, double l2, double shrink, Real* __restrict w, const Real* __restrict g,
               Real* __restrict m, Real* __restrict v, Size n) {
    const double beta1 = at.settings.beta1, beta2 = at.settings.beta2;
    const Real rate = Real(at.learning_rate / (1 - std::pow(beta1, at.step)));
    const Real correction = Real(1 / std::sqrt(1 - std::pow(beta2, at.step)));
    const Real keep1 = Real(beta1), take1 = Real(1 - beta1), keep2 = Real(beta2), take2 = Real(1 - beta2);
    const Real epsilon = Real(at.settings.epsilon), add = Real(l2), scale = Real(shrink);
    for (Size i = 0; i < n; ++i) {
        const Real gradient = g[i] + add * w[i];
        m[i] = keep1 * m[i] + take1 * gradient;
        v[i] = keep2 * v[i] + take2 * gradient * gradient;
        w[i] = scale * w[i] - rate * m[i] / (std::sqrt(v[i]) * correction + epsilon);
    }
}

template <class Real>
void adam(const Moment& at, Real* w, const Real* g, Real* m, Real* v, Size n) {
    adam_with(at, at.decay, 1, w, g, m, v, n);
}

template <class Real>
void adamw(const Moment& at, Real* w, const Real* g, Real* m, Real* v, Size n) {
    adam_with(at, 0, 1 - at.learning_rate * at.decay, w, g, m, v, n);
}

constexpr Size part_weights = 65536;  // that are worth handing to another core

using Slots = std::vector<std::string_view>;
using Settings = trial::OptimizerSettings;

template <class Real>
using Formula = void (*)(const Moment&, Real* w, const Real* g, Real* slot0, Real* slot1, Size n);

struct Rule {
    std::string_view name;
    Slots (*slots)(const Settings&);
    Formula<float> in_float;
    Formula<double> in_double;

    Formula<float> formula(float) const { return in_float; }
    Formula<double> formula(double) const { return in_double; }
};

Slots squares(const Settings&) {
    return {"squares"};
}
Slots moments(const Settings&) {
    return {"mean", "squares"};
}

/// To add an optimiser: its formula above, its line here, its settings in manifest/settings/optimizers.cpp.
constexpr Rule rules[] = {
    {"sgd", [](const Settings& s) { return s.momentum == 0 ? Slots{} : Slots{"momentum"}; }, sgd<float>, sgd<double>},
    {"adagrad", squares, adagrad<float>, adagrad<double>},
    {"rmsprop", squares, rmsprop<float>, rmsprop<double>},
    {"adam", moments, adam<float>, adam<double>},
    {"adamw", moments, adamw<float>, adamw<double>},
};

Size find(const std::string& name) {
    for (Size i = 0; i < std::size(rules); ++i) {
        if (rules[i].name == name) return i;
    }
    std::string known;
    for (const Rule& rule : rules) known.append(known.empty() ? "one of " : ", ").append(rule.name);
    throw Error({"training.optimizer.name", fmt::format("\"{}\"", name), known, "choose one of these"});
}

}  // namespace

const std::vector<std::string>& optimizers() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Rule& rule : rules) all.emplace_back(rule.name);
        return all;
    }();
    return names;
}

std::vector<Treatment> treatments(std::span<const Weight> weights, bool decay_all) {
    std::vector<Treatment> all;
    Size first = 0;
    for (const Weight& weight : weights) {
        const Size last = first + weight.size();
        const bool decays = weight.decays && (decay_all || weight.shape.size() >= 2);
        if (!all.empty() && all.back().decays == decays &&
            all.back().learning_rate_factor == weight.learning_rate_factor) {
            all.back().range.last = last;
        } else {
            all.push_back({{first, last}, decays, weight.learning_rate_factor});
        }
        first = last;
    }
    return all;
}

Optimizer::Optimizer(const trial::OptimizerSettings& settings, Size weights, const std::vector<Treatment>& treatments)
    : settings_(settings), weights_(weights), rule_(find(settings.name)), slots_(rules[rule_].slots(settings)) {
    Size done = 0;
    const auto add = [&](Size last, bool decays, double factor) {
        if (last > done) treatments_.push_back({{done, last}, decays, factor});
        done = last;
    };
    for (const Treatment& treatment : treatments) {
        const auto [first, last] = treatment.range;
        if (first < done || last < first || last > weights) {
            throw std::invalid_argument(
                fmt::format("treatment of [{}, {}) after {} of {} weights", first, last, done, weights));
        }
        add(first, settings.decay_all, 1);
        add(last, treatment.decays, treatment.learning_rate_factor);
    }
    add(weights, settings.decay_all, 1);
}

template <class Real>
void Optimizer::step(std::uint64_t step, double learning_rate, Real* weights, const Real* gradients,
                     Real* state) const {
    const Formula<Real> formula = rules[rule_].formula(Real());
    for (const Treatment& treatment : treatments_) {
        const auto [first, last] = treatment.range;
        const Moment moment{settings_, learning_rate * treatment.learning_rate_factor, static_cast<double>(step),
                            treatment.decays ? settings_.weight_decay : 0};
        parallel_for(last - first, part_weights, [&, first = first](Size begin, Size end) {
            const Size from = first + begin;
            const auto slot = [&](Size i) { return i < slots() ? state + i * weights_ + from : nullptr; };
            formula(moment, weights + from, gradients + from, slot(0), slot(1), end - begin);
        });
    }
}

template void Optimizer::step(std::uint64_t, double, float*, const float*, float*) const;
template void Optimizer::step(std::uint64_t, double, double*, const double*, double*) const;

}  // namespace unroll::training
