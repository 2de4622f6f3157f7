// dataset, model, and the cells of a model or of one of its parts.
#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Shape = Setting::Shape;
using Model = trial::ModelSettings;
using Cell = trial::CellSettings;

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

}  // namespace unroll::manifest::settings
