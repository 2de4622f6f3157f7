// Making datasets, samplers and cells, and doubting what they say.
#include "plugins/make.h"

#include <fmt/core.h>

#include <cmath>

#include "plugins/catalog.h"
#include "plugins/guard.h"

namespace unroll::plugins {

namespace {

class GuardedSampler final : public Sampler {
public:
    GuardedSampler(std::unique_ptr<Sampler> inner, std::string who)
        : inner_(std::move(inner)),
          who_(std::move(who)),
          uses_temperature_(guarded(who_, [&] { return inner_->uses_temperature(); })) {}

    bool uses_temperature() const override { return uses_temperature_; }

    Token pick(const Choice& choice) const override {
        const Token token = guarded(who_, [&] { return inner_->pick(choice); });
        if (token < 0 || static_cast<Size>(token) >= choice.logits.size())
            broken_promise(who_, fmt::format("token {} picked, of a vocabulary of {}", token, choice.logits.size()),
                           "a token of the vocabulary");
        if (choice.logits[static_cast<Size>(token)] == -INFINITY)
            broken_promise(who_, fmt::format("token {} picked, which must not be", token),
                           "a token whose logit is above -infinity");
        return token;
    }

private:
    std::unique_ptr<Sampler> inner_;
    std::string who_;
    bool uses_temperature_;
};

/// The number of elements of all arrays together. Throws Error when it is more than most_elements.
Size checked_sum(const std::string& who, const char* what, Size sum, Size more) {
    if (more > most_elements || sum + more > most_elements)
        broken_promise(who, fmt::format("more than {} {}", most_elements, what), "sizes that memory can have");
    return sum + more;
}

template <class Real>
void check_sizes(const Cell<Real>& cell, const std::string& who) {
    const CellLayout& layout = cell.layout();
    Size weights = 0, state = 0;
    for (const Weight& weight : layout.weights) {
        Size size = 1;
        for (const Size extent : weight.shape)
            if (__builtin_mul_overflow(size, extent, &size)) size = most_elements + 1;
        weights = checked_sum(who, "weights", weights, size);
    }
    for (const StatePart& part : layout.state) state = checked_sum(who, "numbers of state", state, part.size);
    if (layout.output == 0) broken_promise(who, "an output of width 0", "at least 1");
    checked_sum(who, "outputs", 0, layout.output);
    checked_sum(who, "prepared numbers", 0, guarded(who, [&] { return cell.prepared_size(); }));
}

template <class Made>
Made required(Made made, const std::string& who) {
    if (!made) broken_promise(who, "nothing, from its maker", "an object, or an exception");
    return made;
}

}  // namespace

std::string named(const Plugin& plugin) {
    return fmt::format("{} '{}'", to_string(plugin.kind), plugin.name);
}

void broken_promise(const std::string& who, const std::string& found, const std::string& promised) {
    throw Error({who, found, promised,
                 "a mistake in the plugin: 'unroll check' with its file tests it; report it to its author"});
}

void threw_unknown(const std::string& who) {
    broken_promise(who, "an exception that is no std::exception", "unroll::Error, or another std::exception");
}

std::unique_ptr<Dataset> make_dataset(const Plugin& plugin, const Options& options) {
    const std::string who = named(plugin);
    return guard(required(guarded(who, [&] { return plugin.make_dataset(options); }), who), who);
}

std::unique_ptr<Sampler> make_sampler(const Plugin& plugin, const Options& options) {
    const std::string who = named(plugin);
    return std::make_unique<GuardedSampler>(required(guarded(who, [&] { return plugin.make_sampler(options); }), who),
                                            who);
}

template <class Real>
std::unique_ptr<Cell<Real>> make_cell(const Plugin& plugin, const CellSpec& spec, const Options& options) {
    const std::string who = named(plugin);
    auto cell = required(guarded(who,
                                 [&] {
                                     if constexpr (std::is_same_v<Real, float>)
                                         return plugin.make_cell_float(spec, options);
                                     else
                                         return plugin.make_cell_double(spec, options);
                                 }),
                         who);
    check_sizes(*cell, who);
    return cell;
}

template std::unique_ptr<Cell<float>> make_cell(const Plugin&, const CellSpec&, const Options&);
template std::unique_ptr<Cell<double>> make_cell(const Plugin&, const CellSpec&, const Options&);

Size hidden_multiple(const Plugin& plugin, const Options& options) {
    if (!plugin.hidden_multiple) return 1;
    const std::string who = named(plugin);
    const Size multiple = guarded(who, [&] { return plugin.hidden_multiple(options); });
    constexpr Size most = 1'000'000;
    if (multiple == 0 || multiple > most)
        broken_promise(who, fmt::format("hidden_multiple {}", multiple), fmt::format("1 to {}", most));
    return multiple;
}

Size elements(const char* what, Size a, Size b, Size c) {
    Size product = 0;
    if (__builtin_mul_overflow(a, b, &product) || __builtin_mul_overflow(product, c, &product) ||
        product > most_elements)
        throw Error({what, fmt::format("{} x {} x {} numbers", a, b, c),
                     fmt::format("at most {}, far more than memory has", most_elements),
                     "lower training.batch, training.sequence_length or the number of hidden units"});
    return product;
}

}  // namespace unroll::plugins
