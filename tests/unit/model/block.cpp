// The block around a cell: it keeps every promise of a cell, and around attention it is a transformer's layer.
#include "model/block.h"

#include <cmath>
#include <map>

#include "catch.h"
#include "conformance/conformance.h"
#include "layer.h"
#include "plugins/make.h"

using namespace unroll;
using trial::BlockSettings;

namespace {

/// A word's place among a choice's.
template <class Enum>
Enum chosen(const Options& options, const char* name, std::initializer_list<const char*> words) {
    int place = 0;
    for (const char* word : words) {
        if (options.text(name) == word) return Enum(place);
        ++place;
    }
    throw std::logic_error(name);
}

BlockSettings settings_of(const Options& options) {
    return {.norm = chosen<BlockSettings::Norm>(options, "norm", {"none", "pre", "post"}),
            .norm_kind = chosen<BlockSettings::NormKind>(options, "norm_kind", {"layer", "rms"}),
            .residual = options.boolean("residual"),
            .convolution = Size(options.integer("convolution")),
            .gate = options.boolean("gate") ? BlockSettings::Gate::silu : BlockSettings::Gate::none,
            .feed_forward = Size(options.integer("feed_forward")),
            .activation = chosen<BlockSettings::Activation>(options, "activation", {"gelu", "relu", "swiglu"}),
            .dropout = options.number("dropout")};
}

/// A block around a built cell, as a cell of its own. Its width is D, and the cell's H when it expands.
template <class Real>
std::unique_ptr<Cell<Real>> make_in_block(const Plugin& plugin, CellSpec spec, const Options& options) {
    const Size width = spec.input;
    if (!options.boolean("expands")) spec.hidden = width;
    spec.input = spec.hidden;
    spec.tokens = false;
    Options own;
    if (plugins::find_option(plugin, "heads")) own.set("heads", std::int64_t{1});
    if (plugins::find_option(plugin, "positions")) own.set("positions", std::string("learned"));
    return std::make_unique<model::Block<Real>>(
        settings_of(options), width, spec, plugins::make_cell<Real>(plugin, spec, tests::with_defaults(plugin, own)));
}

constexpr Option options[] = {
    Option::choice("norm", "\"none\"", "none|pre|post", ""),
    Option::choice("norm_kind", "\"rms\"", "layer|rms", ""),
    Option::boolean("residual", "false", ""),
    Option::integer("convolution", "0", 0, 10, ""),
    Option::boolean("expands", "false", ""),
    Option::boolean("gate", "false", ""),
    Option::integer("feed_forward", "0", 0, 10, ""),
    Option::choice("activation", "\"gelu\"", "gelu|relu|swiglu", ""),
    Option::number("dropout", "0", 0, 0.9, ""),
};

const Plugin& lstm() {
    static const Plugin& plugin = tests::built_plugin("cells", "lstm");
    return plugin;
}
const Plugin& attention() {
    static const Plugin& plugin = tests::built_plugin("cells", "multihead-attention");
    return plugin;
}

template <const Plugin& (*inner)()>
Plugin in_block() {
    Plugin plugin = detail::describe(Plugin::Kind::cell, "block", 1, "a block around a cell", options);
    plugin.make_cell_float = [](const CellSpec& spec, const Options& chosen) {
        return make_in_block<float>(inner(), spec, chosen);
    };
    plugin.make_cell_double = [](const CellSpec& spec, const Options& chosen) {
        return make_in_block<double>(inner(), spec, chosen);
    };
    return plugin;
}

void check_conforms(const Plugin& plugin, std::initializer_list<std::pair<const char*, Options::Value>> given) {
    Options chosen;
    for (const auto& [name, value] : given) chosen.set(name, value);
    const conformance::Report report = conformance::check(plugin, chosen);
    INFO(to_string(report));
    CHECK(report.passed());
}

// ---- Beside self-attention ------------------------------------------------------------------------------------------

/// A weight's name without what only the whole layer, or only the block, puts before it.
std::string plain(std::string name) {
    for (const std::string prefix : {"cell.", "self_attn."})
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
    return name;
}

/// Where each array of a layout begins, by its plain name.
std::map<std::string, Size> places(const CellLayout& layout) {
    std::map<std::string, Size> places;
    Size first = 0;
    for (const Weight& weight : layout.weights) {
        places[plain(weight.name)] = first;
        first += weight.size();
    }
    return places;
}

double largest_difference(const double* a, const double* b, Size n) {
    double largest = 0;
    for (Size i = 0; i < n; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

}  // namespace

TEST_CASE("a block around a recurrent cell keeps every promise of a cell") {
    const Plugin plugin = in_block<lstm>();
    const std::int64_t none = 0, taps = 3, factor = 2;
    // Each choice and boolean that is not given is tried at its other values, too.
    check_conforms(plugin, {});
    check_conforms(plugin, {{"convolution", taps}, {"residual", true}, {"feed_forward", none}, {"norm", "pre"}});
    check_conforms(plugin, {{"feed_forward", factor}, {"residual", true}, {"norm", "pre"}, {"dropout", 0.3}});
    check_conforms(
        plugin,
        {{"convolution", taps}, {"feed_forward", factor}, {"activation", "swiglu"}, {"gate", true}, {"expands", true}});
}

TEST_CASE("a block around attention keeps every promise of a cell") {
    const std::int64_t taps = 2, factor = 1;
    check_conforms(in_block<attention>(),
                   {{"convolution", taps}, {"feed_forward", factor}, {"activation", "gelu"}, {"expands", true}});
}

TEST_CASE("a block around attention equals self-attention with the same weights") {
    constexpr Size T = 7, B = 3, H = 8;
    for (const char* norm : {"pre", "post"})
        for (const char* activation : {"gelu", "relu"}) {
            INFO(norm << ", " << activation);
            CellSpec spec{.input = H, .hidden = H, .layer = 0, .layers = 1, .context = 10};
            Options whole_options, mixer_options;
            for (Options* each : {&whole_options, &mixer_options}) {
                each->set("heads", std::int64_t{2});
                each->set("positions", std::string("rotary"));
            }
            whole_options.set("norm", std::string(norm));
            whole_options.set("activation", std::string(activation));
            const BlockSettings settings{
                .norm = norm == std::string("pre") ? BlockSettings::Norm::pre : BlockSettings::Norm::post,
                .residual = true,
                .feed_forward = 4,
                .activation = activation == std::string("gelu") ? BlockSettings::Activation::gelu
                                                                : BlockSettings::Activation::relu};

            tests::Layer<double> whole(tests::built_plugin("cells", "self-attention"), spec, whole_options);
            tests::Layer<double> block(attention(), spec, mixer_options);
            block.cell = std::make_unique<model::Block<double>>(settings, H, spec, std::move(block.cell));
            block.weights.resize(block.layout().weight_count());
            block.dweights.resize(block.weights.size());
            REQUIRE(block.weights.size() == whole.weights.size());

            RandomStream random(3, "weights");
            for (double& weight : whole.weights) weight = 0.3 * random.normal();
            const auto from = places(whole.layout()), to = places(block.layout());
            for (const Weight& weight : whole.layout().weights) {
                const std::string name = plain(weight.name);
                REQUIRE(to.contains(name));
                std::copy_n(whole.weights.data() + from.at(name), weight.size(), block.weights.data() + to.at(name));
            }

            std::vector<double> x(T * B * H), dy(x.size());
            for (double& value : x) value = random.normal();
            for (double& value : dy) value = random.normal();
            const std::vector<Size> lengths{7, 4, 1};
            for (tests::Layer<double>* layer : {&whole, &block}) {
                Forward<double> call;
                call.T = T;
                call.B = B;
                call.x = {x.data(), nullptr};
                call.lengths = lengths.data();
                layer->forward(call);
                layer->backward(dy, {});
            }
            CHECK(largest_difference(whole.y.data(), block.y.data(), x.size()) < 1e-12);
            CHECK(largest_difference(whole.dx.data(), block.dx.data(), x.size()) < 1e-12);
            for (const Weight& weight : whole.layout().weights) {
                const std::string name = plain(weight.name);
                INFO(name);
                CHECK(largest_difference(whole.dweights.data() + from.at(name), block.dweights.data() + to.at(name),
                                         weight.size()) < 1e-10);
            }
        }
}
