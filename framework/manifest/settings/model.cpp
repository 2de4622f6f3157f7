// dataset, model, the cells of a model or of one of its parts, and the block around a cell.
#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Shape = Setting::Shape;
using Model = trial::ModelSettings;
using Cell = trial::CellSettings;
using Block = trial::BlockSettings;

constexpr Setting dataset_rows[] = {
    text("plugin", "", "name of the dataset plugin").must_be_given(),
};

constexpr Setting model_rows[] = {
    integer<&Model::embedding>("embedding", "0", 0, million,
                               "embedding dimension; 0: tokens are one-hot encoded, without an embedding layer"),
    boolean<&Model::tied>("tied", "false", "weight tying: the output layer shares the embedding matrix"),
    shaped("encoder", Shape::part, "", "cells of the encoder; merged over cell").only_for("task", pairs),
    shaped("decoder", Shape::part, "", "cells of the decoder; merged over cell").only_for("task", pairs),
    choice<&Model::bridge>(
        "bridge", "\"state\"", "state|repeat|attention",
        "what the decoder gets from the encoder: \"state\": its final state as initial state; "
        "\"repeat\": its last output as input at every step; \"attention\": its outputs as the source "
        "of cross-attention")
        .only_for("task", pairs),
    shaped("generator", Shape::part, "", "cells of the GAN's generator; merged over cell").only_for("task", images),
    shaped("discriminator", Shape::part, "", "cells of the GAN's discriminator; merged over cell")
        .only_for("task", images),
    integer<&Model::noise>("noise", "64", 1, million, "dimension of the generator's noise vector")
        .only_for("task", images),
};

constexpr Setting cell_rows[] = {
    text("plugin", "", "name of the cell plugin").must_be_given(),
    integer<&Cell::hidden>("hidden", "128", 1, million, "hidden size H"),
    integer<&Cell::layers>("layers", "1", 1, 1000, "number of stacked layers of this cell"),
    number<&Cell::dropout>("dropout", "0", 0, 0.99,
                           "dropout rate in training: probability that an element is set to zero"),
    choice<&Cell::initializer>("initializer", "", "uniform|glorot|normal",
                               "weight initialization: uniform (PyTorch), glorot (Keras) or normal (GPT-2)")
        .unless_given("the one of the cell's reference implementation"),
    shaped("block", Shape::section_or_null, "null",
           "a block around each layer, the same for every cell: normalization, residual connection, convolution, gate "
           "and feed-forward network"),
};

constexpr Setting block_rows[] = {
    choice<&Block::norm>("norm", "\"none\"", "none|pre|post",
                         "normalization: before each sublayer and after the last layer (pre-norm), after each residual "
                         "sum (post-norm), or none"),
    choice<&Block::norm_kind>("norm_kind", "\"layer\"", "layer|rms", "LayerNorm or RMSNorm"),
    boolean<&Block::residual>("residual", "false", "residual connection around each sublayer"),
    integer<&Block::convolution>("convolution", "0", 0, 1024,
                                 "kernel size of a causal depthwise convolution with SiLU before the cell; 0: none"),
    number<&Block::expansion>("expansion", "1", 0.01, 64,
                              "the cell's own hidden size as a multiple of hidden, between two linear projections"),
    choice<&Block::gate>("gate", "\"none\"", "none|silu",
                         "multiplies the cell's output by SiLU of a linear projection of the block's input"),
    integer<&Block::feed_forward>("feed_forward", "0", 0, 64,
                                  "width of a feed-forward network after the cell as a multiple of hidden; 0: none"),
    choice<&Block::activation>("activation", "\"gelu\"", "gelu|relu|swiglu",
                               "activation function of the feed-forward network"),
    number<&Block::dropout>("dropout", "0", 0, 0.99, "dropout rate of each sublayer's output"),
};

}  // namespace

std::span<const Setting> dataset() {
    return dataset_rows;
}

std::span<const Setting> model() {
    return model_rows;
}

std::span<const Setting> cell() {
    return cell_rows;
}

std::span<const Setting> block() {
    return block_rows;
}

}  // namespace unroll::manifest::settings
