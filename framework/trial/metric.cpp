// The metrics there are, and what is better of them.
#include "trial/metric.h"

#include <algorithm>
#include <array>

namespace unroll::trial {

bool more_is_better(std::string_view metric) {
    constexpr std::array<std::string_view, 4> names{"accuracy", "exact", "deceived", "tokens_per_second"};
    return std::find(names.begin(), names.end(), metric.substr(metric.find('/') + 1)) != names.end();
}

std::span<const std::string_view> metric_names(Split split) {
    static constexpr std::string_view of_training[] = {"loss",           "accuracy",      "exact",
                                                       "epoch_loss",     "gradient_norm", "learning_rate",
                                                       "generator_loss", "deceived",      "tokens_per_second"};
    static constexpr std::string_view of_evaluation[] = {"loss", "accuracy", "exact"};
    return split == Split::train ? std::span<const std::string_view>(of_training) : of_evaluation;
}

std::string_view metric_meant(std::string_view word) {
    for (const std::string_view name :
         {"perplexity", "ppl", "bpc", "bpt", "bits_per_character", "nll", "cross_entropy", "crossentropy", "ce", "mse"})
        if (word == name) return "loss";
    if (word.starts_with("acc") || word.ends_with("_accuracy") || word == "top1") return "accuracy";
    return word == "exact_match" || word == "em" ? "exact" : word;
}

}  // namespace unroll::trial
