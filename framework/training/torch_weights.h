// Weights of PyTorch's modules, under the names that this program gives them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "training/safetensors.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// A weight under the name of a model's parameter, and what its file calls it.
struct NamedWeight {
    Tensor tensor;
    std::string in_file;
};

/// Whether there are names of torch.nn.RNN, LSTM, GRU or of a TransformerEncoderLayer: NAME.weight_ih_l0,
/// NAME.layers.0.self_attn.in_proj_weight.
bool has_torch_names(const SafetensorsFile& file);

/// The weights of a state_dict for a model of cells with PyTorch's weights and order of gates. One recurrent module or
/// stack of encoder layers is found by its names, whatever it is called; of what is left, a matrix with a bias is the
/// head, one without the embedding, one called after positions those of the first layer, of which the model's first
/// `context` are taken. A second matrix without a bias that equals the embedding is a tied head. Values are the file's,
/// which must outlive them.
/// Throws Error naming the weight for what the modules of this program have not (two directions, a projection, no
/// biases, a second linear layer), for what is missing, and for another number of gates, layers or units than the
/// model has.
std::vector<NamedWeight> weights_of_torch(const SafetensorsFile& file, const std::filesystem::path& path,
                                          const model::Model<float>& model);

/// The symbols by token that the metadata's `vocabulary` lists, as a JSON array of texts; they can be decoded, not
/// read. Null when it is not there. Throws Error for one that is no such list.
std::unique_ptr<Vocabulary> listed_vocabulary(const Metadata& metadata, const std::filesystem::path& path);

/// The text of that metadatum; "" for a vocabulary of symbols that are no UTF-8.
std::string list_of(const Vocabulary& vocabulary);

}  // namespace unroll::training
