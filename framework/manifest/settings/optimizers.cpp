// training.optimizer: a list of settings for each optimizer. To add one: its settings and its line here, its rule in
// training/optimizer.cpp.
#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Optimizer = trial::OptimizerSettings;

constexpr Setting learning_rate(const char* standard) {
    return number<&Optimizer::learning_rate>("learning_rate", standard, 0, million, "learning rate η (step size)");
}
constexpr Setting epsilon(const char* standard) {
    return number<&Optimizer::epsilon>("epsilon", standard, 0, 1,
                                       "ε, added to the denominator for numerical stability");
}
constexpr Setting l2() {
    return number<&Optimizer::weight_decay>("weight_decay", "0", 0, 100,
                                            "L2 penalty λ: λ w is added to the gradient of each weight w");
}
constexpr Setting betas() {
    return numbers<&Optimizer::beta1, &Optimizer::beta2>(
        "betas", "[0.9, 0.999]", 0, 1, "decay rates β₁, β₂ of the first and second moment estimates, both below 1");
}

constexpr Setting sgd[] = {
    learning_rate("0.001"),
    number<&Optimizer::momentum>("momentum", "0", 0, 1, "momentum factor μ"),
    l2(),
};

constexpr Setting adagrad[] = {
    learning_rate("0.01"),
    epsilon("1e-10"),
};

constexpr Setting rmsprop[] = {
    learning_rate("0.01"),
    epsilon("1e-8"),
    choice<&Optimizer::epsilon_in_root>(
        "epsilon_in", "\"divisor\"", "divisor|root",
        "where ε is added: \"divisor\": outside the square root, as in PyTorch; \"root\": under it, as in Keras 3"),
    number<&Optimizer::decay>("decay", "0.99", 0, 1, "smoothing constant ρ of the mean square (PyTorch's alpha)"),
};

constexpr Setting adam[] = {
    learning_rate("0.001"),
    betas(),
    epsilon("1e-8"),
    l2(),
};

constexpr Setting adamw[] = {
    learning_rate("0.001"),
    betas(),
    epsilon("1e-8"),
    number<&Optimizer::weight_decay>("weight_decay", "0.01", 0, 100, "decoupled weight decay λ"),
    choice<&Optimizer::decay_all>("decay", "\"all\"", "matrices|all",
                                  "the weights that decay: all, or only matrices (no biases, no gains)"),
};

constexpr Variant table[] = {
    {"sgd", "stochastic gradient descent, with momentum if wanted", sgd},
    {"adagrad", "Adagrad: steps divided by the root of the sum of squared gradients", adagrad},
    {"rmsprop", "RMSprop: steps divided by the root of a running mean of squared gradients", rmsprop},
    {"adam", "Adam: bias-corrected first and second moment estimates", adam},
    {"adamw", "AdamW: Adam with decoupled weight decay", adamw},
};

constexpr Setting common[] = {
    choice<&Optimizer::name>("name", "\"adam\"", Words<table>::text.data(), "optimizer"),
};

constexpr auto rows = with_variants<common, table>();

}  // namespace

std::span<const Setting> optimizer() {
    return rows;
}

std::span<const Variant> optimizers() {
    return table;
}

}  // namespace unroll::manifest::settings
