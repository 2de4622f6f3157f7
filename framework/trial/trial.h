// A trial and its settings: checked and typed. Plain data. Defaults stand in the manifest's table of settings
// (manifest/schema.h), not here: a field begins with what it has where its setting does not apply.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "unroll/cell.h"
#include "unroll/dataset.h"
#include "unroll/options.h"
#include "unroll/types.h"

namespace unroll::trial {

/// A plugin by name with its checked options.
struct PluginChoice {
    std::string plugin;
    Options options;

    bool operator==(const PluginChoice& other) const {
        return plugin == other.plugin && options.values() == other.options.values();
    }
};

/// What stands around each layer of a cell, the same for every cell (model/block.h has the formulas).
struct BlockSettings {
    enum class Norm { none, pre, post };
    enum class NormKind { layer, rms };
    enum class Gate { none, silu };
    enum class Activation { gelu, relu, swiglu };

    Norm norm = Norm::none;
    NormKind norm_kind = NormKind::layer;
    bool residual = false;
    Size convolution = 0;  ///< taps of a causal depthwise convolution below the cell; 0: none
    double expansion = 1;  ///< the cell's own width as a multiple of the block's
    Gate gate = Gate::none;
    Size feed_forward = 0;  ///< width of the feed-forward network as a multiple of the block's; 0: none
    Activation activation = Activation::gelu;
    double dropout = 0;  ///< of each branch's output

    bool operator==(const BlockSettings&) const = default;
};

/// One entry of `cell`: `layers` equal layers. A model's cells stand bottom first.
struct CellSettings {
    PluginChoice choice;
    Size hidden = 0, layers = 0;
    double dropout = 0;
    Initializer initializer = Initializer::uniform;
    std::optional<BlockSettings> block{};  ///< none: the cells stand directly one above the other

    /// H of the cell itself: in a block the nearest whole number to expansion · hidden.
    Size width() const {
        return block ? static_cast<Size>(std::max(1.0, std::round(block->expansion * static_cast<double>(hidden))))
                     : hidden;
    }
    /// Elements of a sequence's state that a layer has beside its cell's: the convolution's.
    Size block_state() const { return block && block->convolution > 0 ? (block->convolution - 1) * width() : 0; }
};

/// How a decoder comes to know what the encoder has read.
enum class Bridge {
    state,      ///< it starts from the encoder's state after the last step
    repeat,     ///< the encoder's last output is its input at every step; what it has predicted is not fed back
    attention,  ///< the encoder's outputs are its memory
};

struct ModelSettings {
    Size embedding = 0;  ///< 0: one-hot
    bool tied = false;   ///< the head uses the embedding's weights
    Bridge bridge = Bridge::state;
    Size noise = 0;  ///< dimension of the generator's noise vector
};

/// A moment that comes back: every `count` steps or epochs, `count` times over the whole training, or only at the end.
/// `seconds` is for checkpoints alone: whenever so much time has passed, and at the end.
struct When {
    enum class Kind { never, steps, epochs, times, end, seconds };
    Kind kind = Kind::end;
    Size count = 0;

    bool operator==(const When&) const = default;
};

struct OptimizerSettings {
    std::string name;  ///< sgd | adagrad | rmsprop | adam | adamw
    double learning_rate = 0;
    double momentum = 0;           ///< sgd
    double decay = 0;              ///< rmsprop
    double beta1 = 0, beta2 = 0;   ///< adam, adamw (`betas`)
    double epsilon = 0;            ///< all but sgd
    bool epsilon_in_root = false;  ///< rmsprop: added to the mean square, not to its root
    double weight_decay = 0;       ///< adamw: decoupled; all others: added to the gradient
    bool decay_all = true;         ///< `decay: all`; otherwise `matrices`, weights of rank 2 and more
};

struct ScheduleSettings {
    std::string name;    ///< constant | cosine | exponential
    Size warmup = 0;     ///< steps in which the rate rises linearly; with every schedule
    double minimum = 0;  ///< cosine: the learning rate at the end
    double decay = 1;    ///< exponential: factor per epoch or, when `every` > 0, per `every` steps
    Size every = 0;
};

struct Clip {
    enum class Kind { none, norm, element };
    Kind kind = Kind::none;
    double value = 0;
};

struct StopSettings {
    std::string metric;            ///< SPLIT/NAME, as in "validation/loss"; empty: no early stop
    std::optional<double> target;  ///< stop when it is reached
    Size patience = 0;             ///< stop after so many evaluations without a better value; 0: no limit
};

enum class Windows { random, strided, streams };
enum class Predict { every, last };

struct TrainingSettings {
    Size sequence_length = 0;  ///< T; the dataset's own when it fixes one
    Size batch = 0;            ///< B
    Size steps = 0;            ///< 0: `epochs` decides
    Size epochs = 0;
    Windows windows = Windows::random;
    Size stride = 1;  ///< strided: distance between the starts of windows
    Predict predict = Predict::every;
    OptimizerSettings optimizer;
    ScheduleSettings schedule;
    Clip clip;
    StopSettings stop;
    Size evaluate_length = 0;  ///< T of validation windows
    Size log_every = 0;        ///< steps
    When evaluate_every, checkpoint_every;
    Size keep_checkpoints = 0;
    std::optional<double> time_limit;    ///< seconds of one attempt; none: no limit
    std::optional<double> memory_limit;  ///< bytes of a process of its own; none: no limit
};

/// A text, or a window of a split drawn by seed.
struct Prompt {
    std::string text;
    std::optional<Split> from;  ///< set: `length` tokens of this split
    Size length = 0;

    bool operator==(const Prompt&) const = default;
};

/// What a text goes on from, token by token (`sampling.memory`).
enum class StateMode {
    carry,   ///< the recurrent state is kept
    window,  ///< the last T tokens are read again from zero state
};

/// One point of the sampling axes: `count` texts, answers or grids of images are made from each.
struct SamplingSettings {
    PluginChoice sampler;               ///< none for images
    std::optional<double> temperature;  ///< none for a sampler that does not use it
    Size length = 0;                    ///< tokens, or images of a grid
    Size count = 0;
    Prompt prompt;
    When every;
    StateMode memory = StateMode::carry;
    std::string judge{};  ///< the experiment whose best trial judges the images; empty: none

    bool operator==(const SamplingSettings&) const = default;
};

/// One training run. Two trials are the same exactly when their fingerprints are.
struct Trial {
    std::uint64_t seed = 0;
    PluginChoice dataset;
    ModelSettings model;
    std::vector<CellSettings> cells;     ///< of the part that predicts, often the only one
    std::vector<CellSettings> upstream;  ///< of the encoder or the generator (topology.h); empty when there is none
    std::optional<OptimizerSettings> upstream_optimizer;  ///< when it has one of its own
    TrainingSettings training;

    /// All of the above as JSON text with every default spelled out, keys in a fixed order: what is stored and shown.
    std::string config;
    /// `config` without what cannot change weights or losses, with the dataset's digest in place of its path and with
    /// every plugin's revision.
    std::string identity;
    std::string fingerprint;  ///< SHA-256 of `identity`: what the result store knows the trial by
    /// Trials of one trajectory have the same weights at the same step: a digest of `identity` without the number of
    /// steps or epochs, unless the learning rate or an early stop depends on that number.
    std::string trajectory;
    /// The fingerprint by the rule of result stores up to version 5, in which `training.evaluate_every` counted.
    std::string earlier_fingerprint;
};

}  // namespace unroll::trial
