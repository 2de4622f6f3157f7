// Weights of PyTorch's modules, under the names that this program gives them.
#include "training/torch_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/utf8.h"
#include "json/parse.h"
#include "json/write.h"
#include "unroll/error.h"

namespace unroll::training {

namespace {

namespace fs = std::filesystem;

constexpr const char* page = "docs/checkpoints.md shows a model that can be imported, and how to save it";
constexpr std::array<std::string_view, 4> recurrent_kinds{"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
constexpr std::array<std::string_view, 5> layer_parts{"self_attn", "linear1", "linear2", "norm1", "norm2"};

std::string shape_of(const Tensor& tensor) {
    return fmt::format("({})", fmt::join(tensor.shape, ", "));
}

std::string told(const Tensor& tensor) {
    return fmt::format("\"{}\" {}", tensor.name, shape_of(tensor));
}

/// A name cut up: what is before the module's weights, the layer, and the weight within it.
struct Parsed {
    std::string module;
    Size layer = 0;
    std::string weight;
    bool reverse = false;
};

std::optional<Size> number_of(std::string_view digits) {
    Size number = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc() || rest != digits.data() + digits.size()) return std::nullopt;
    return number;
}

/// MODULE.weight_ih_l0, MODULE.weight_ih_l0_reverse, and MODULE.weight_ih of a cell alone.
std::optional<Parsed> recurrent(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    Parsed parsed;
    if (dot != name.npos) parsed.module = name.substr(0, dot + 1);
    std::string_view last = dot == name.npos ? name : name.substr(dot + 1);
    constexpr std::string_view reverse = "_reverse";
    if (last.ends_with(reverse)) {
        parsed.reverse = true;
        last.remove_suffix(reverse.size());
    }
    for (const std::string_view kind : {recurrent_kinds[0], recurrent_kinds[1], recurrent_kinds[2], recurrent_kinds[3],
                                        std::string_view("weight_hr")}) {
        if (!last.starts_with(kind)) continue;
        const std::string_view rest = last.substr(kind.size());
        const auto layer = rest.empty()             ? std::optional<Size>(0)
                           : rest.starts_with("_l") ? number_of(rest.substr(2))
                                                    : std::nullopt;
        if (!layer) return std::nullopt;
        parsed.layer = *layer;
        parsed.weight = kind;
        return parsed;
    }
    return std::nullopt;
}

/// MODULE.layers.0.linear1.weight, and MODULE.linear1.weight of a layer alone.
std::optional<Parsed> of_encoder(std::string_view name) {
    for (const std::string_view part : {layer_parts[0], layer_parts[1], layer_parts[2], layer_parts[3], layer_parts[4],
                                        std::string_view("multihead_attn"), std::string_view("norm3")}) {
        const std::string key = fmt::format("{}.", part);
        const std::size_t at = name.find(key);
        if (at == name.npos || (at > 0 && name[at - 1] != '.')) continue;
        Parsed parsed{std::string(name.substr(0, at)), 0, std::string(name.substr(at))};
        constexpr std::string_view layers = "layers.";
        const std::size_t begin = parsed.module.rfind(layers);
        if (begin != std::string::npos && (begin == 0 || parsed.module[begin - 1] == '.')) {
            const std::size_t digits = begin + layers.size();
            const auto layer =
                number_of(std::string_view(parsed.module).substr(digits, parsed.module.size() - digits - 1));
            if (layer) {
                parsed.layer = *layer;
                parsed.module.resize(begin);
            }
        }
        return parsed;
    }
    return std::nullopt;
}

std::string module_of_gates(Size gates) {
    return gates == 1 ? "torch.nn.RNN" : gates == 3 ? "torch.nn.GRU" : gates == 4 ? "torch.nn.LSTM" : "no module";
}

class Translation {
public:
    Translation(const SafetensorsFile& file, const fs::path& path, const model::Model<float>& model)
        : file_(file), path_(path), model_(model) {}

    std::vector<NamedWeight> run() {
        std::vector<const Tensor*> rest;
        for (const Tensor& tensor : file_.tensors()) {
            if (!std::holds_alternative<std::span<const float>>(tensor.values))
                refuse(fmt::format("{}, which is not of 32-bit floats", told(tensor)), "weights of 32-bit floats",
                       "save model.float().state_dict()");
            if (auto parsed = recurrent(tensor.name))
                add_recurrent(tensor, std::move(*parsed));
            else if (auto of_layer = of_encoder(tensor.name))
                add_of_layer(tensor, std::move(*of_layer));
            else
                rest.push_back(&tensor);
        }
        if (modules_.size() > 1)
            refuse(fmt::format("several modules: {}", fmt::join(modules_, ", ")), "one module of equal layers", page);
        if (is_recurrent_) check_recurrent();
        check_layers();
        place(rest);
        check_vocabulary();
        return std::move(named_);
    }

private:
    [[noreturn]] void refuse(std::string found, std::string expected, std::string help) const {
        throw Error({path_.string(), std::move(found), std::move(expected), std::move(help)});
    }

    const model::Parameter* parameter(const std::string& name) const {
        for (const model::Parameter& each : model_.parameters().list())
            if (each.name == name) return &each;
        return nullptr;
    }

    const Tensor* named(const std::string& name) const {
        for (const NamedWeight& each : named_)
            if (each.tensor.name == name) return &each.tensor;
        return nullptr;
    }

    void add(const Tensor& tensor, std::string name) {
        Tensor renamed = tensor;
        renamed.name = std::move(name);
        named_.push_back({std::move(renamed), tensor.name});
    }

    void add_recurrent(const Tensor& tensor, Parsed parsed) {
        if (parsed.reverse)
            refuse(fmt::format("{}, of a bidirectional module", told(tensor)), "weights of one direction",
                   "train it with bidirectional=False");
        if (parsed.weight == "weight_hr")
            refuse(fmt::format("{}, of a module with proj_size", told(tensor)), "outputs as wide as the state",
                   "train it with proj_size=0");
        is_recurrent_ = true;
        modules_.insert(fmt::format("\"{}\"", parsed.module));
        layers_ = std::max(layers_, parsed.layer + 1);
        add(tensor, fmt::format("cell.{}.{}", parsed.layer, parsed.weight));
    }

    void add_of_layer(const Tensor& tensor, Parsed parsed) {
        if (parsed.weight.starts_with("multihead_attn") || parsed.weight.starts_with("norm3"))
            refuse(fmt::format("{}, of a TransformerDecoderLayer", told(tensor)),
                   "weights of torch.nn.TransformerEncoderLayer, which a causal mask makes a language model", page);
        modules_.insert(fmt::format("\"{}\"", parsed.module));
        module_ = parsed.module;
        layers_ = std::max(layers_, parsed.layer + 1);
        add(tensor, fmt::format("cell.{}.{}", parsed.layer, parsed.weight));
    }

    /// Every layer has its four weights, of as many gates and units as the model's.
    void check_recurrent() const {
        for (Size layer = 0; layer < layers_; ++layer) {
            for (const std::string_view kind : recurrent_kinds) {
                if (named(fmt::format("cell.{}.{}", layer, kind))) continue;
                const bool has_none = kind.starts_with("bias") && !named("cell.0.bias_ih") && !named("cell.0.bias_hh");
                refuse(has_none ? "no biases, as with bias=False" : fmt::format("no weight \"{}_l{}\"", kind, layer),
                       "weight_ih, weight_hh, bias_ih and bias_hh of every layer",
                       has_none ? "save zeros for them, which is the same model" : "save the whole state_dict");
            }
            const Tensor& matrix = *named(fmt::format("cell.{}.weight_hh", layer));
            const Size hidden = matrix.shape.size() == 2 ? matrix.shape[1] : 0;
            const Size gates = hidden && matrix.shape[0] % hidden == 0 ? matrix.shape[0] / hidden : 0;
            const model::Parameter* own = parameter(matrix.name);
            if (!own || own->weight.shape.size() != 2) continue;  // told with all weights that have no place
            const Size own_hidden = own->weight.shape[1], own_gates = own->weight.shape[0] / own_hidden;
            if (gates == own_gates && hidden == own_hidden) continue;
            refuse(fmt::format("weight_hh_l{} {}: {} of hidden size {}", layer, shape_of(matrix),
                               module_of_gates(gates), hidden),
                   fmt::format("({}, {}): {} of hidden size {}, as the trial's cell", own->weight.shape[0], own_hidden,
                               module_of_gates(own_gates), own_hidden),
                   "set cell.plugin and cell.hidden to those of the module");
        }
    }

    void check_layers() const {
        Size own = 0;
        for (const model::Parameter& each : model_.parameters().list())
            while (each.name.starts_with(fmt::format("cell.{}.", own))) ++own;
        if (own != layers_)
            refuse(fmt::format("{} layers", layers_), fmt::format("{}, as the trial's cell has", own),
                   "set cell.layers to the module's num_layers");
    }

    static bool is_matrix(const Tensor& tensor) {
        return tensor.shape.size() == 2 && (tensor.name == "weight" || tensor.name.ends_with(".weight"));
    }

    /// What is around the module.
    void place(const std::vector<const Tensor*>& rest) {
        std::set<std::string, std::less<>> placed;
        const Tensor *head = nullptr, *embedding = nullptr;
        std::vector<const Tensor*> without_bias;
        for (const Tensor* tensor : rest) {
            if (place_norm(*tensor) || place_positions(*tensor)) {
                placed.insert(tensor->name);
                continue;
            }
            if (!is_matrix(*tensor)) continue;
            const std::string bias = tensor->name.substr(0, tensor->name.size() - 6) + "bias";
            const auto its =
                std::find_if(rest.begin(), rest.end(), [&](const Tensor* each) { return each->name == bias; });
            if (its == rest.end()) {
                without_bias.push_back(tensor);
                continue;
            }
            if (head)
                refuse(fmt::format("two linear layers, {} and {}", told(*head), told(*tensor)), "one, the output layer",
                       page);
            head = tensor;
            add(*tensor, "head.weight");
            add(**its, "head.bias");
            placed.insert({tensor->name, bias});
        }
        for (const Tensor* tensor : without_bias) {
            placed.insert(tensor->name);
            if (!embedding) {
                embedding = tensor;
                add(*tensor, "embedding.weight");
            } else if (!equals(*embedding, *tensor)) {
                refuse(fmt::format("two matrices without a bias, {} and {}", told(*embedding), told(*tensor)),
                       "an embedding, and an output layer with a bias", "save zeros for the output layer's bias");
            }
        }
        for (const Tensor* tensor : rest)
            if (!placed.contains(tensor->name))
                refuse(fmt::format("{}, which has no place in the model", told(*tensor)),
                       "an embedding, the module, and an output layer", page);
    }

    /// Of torch.nn.TransformerEncoder(norm=…).
    bool place_norm(const Tensor& tensor) {
        const std::string norm = module_ + "norm.";
        if (is_recurrent_ || layers_ == 0 || !tensor.name.starts_with(norm)) return false;
        add(tensor, fmt::format("cell.{}.norm.{}", layers_ - 1, tensor.name.substr(norm.size())));
        return true;
    }

    /// Learned or fixed: a table (N, H), which may have a dimension for the batch.
    bool place_positions(const Tensor& tensor) {
        const bool called_so =
            tensor.name.find("pos") != std::string::npos || tensor.name == "pe" || tensor.name.ends_with(".pe");
        if (is_recurrent_ || !called_so) return false;
        const model::Parameter* own = parameter("cell.0.positions");
        if (!own)
            refuse(fmt::format("positions {}, but the trial's cell has none", told(tensor)), "learned positions",
                   "set cell.positions to \"learned\", which takes any table");
        std::vector<Size> shape;
        for (const Size size : tensor.shape)
            if (size != 1) shape.push_back(size);
        const Size context = own->weight.shape[0], width = own->weight.shape[1];
        if (shape.size() != 2 || shape[0] < context || shape[1] != width)
            refuse(fmt::format("positions {}", told(tensor)),
                   fmt::format("a row of {} for each of {} time steps at least", width, context),
                   "set training.sequence_length to at most the number of positions, cell.hidden to their width");
        Tensor cut{"cell.0.positions", {context, width}, std::get<std::span<const float>>(tensor.values)};
        cut.values = std::get<std::span<const float>>(cut.values).first(context * width);
        named_.push_back({std::move(cut), tensor.name});
        return true;
    }

    static bool equals(const Tensor& one, const Tensor& other) {
        const auto a = std::get<std::span<const float>>(one.values), b = std::get<std::span<const float>>(other.values);
        return one.shape == other.shape && std::equal(a.begin(), a.end(), b.begin());
    }

    void check_vocabulary() const {
        const auto vocabulary = listed_vocabulary(file_.metadata(), path_);
        const Tensor *head = named("head.weight"), *embedding = named("embedding.weight");
        for (const Tensor* tensor : {head, embedding})
            if (vocabulary && tensor && tensor->shape[0] != vocabulary->size())
                refuse(fmt::format("a vocabulary of {} symbols, but {} {}", vocabulary->size(),
                                   tensor == head ? "an output layer" : "an embedding", shape_of(*tensor)),
                       "a symbol for each row", "list the symbols in the order of the model's tokens");
    }

    const SafetensorsFile& file_;
    const fs::path& path_;
    const model::Model<float>& model_;
    std::vector<NamedWeight> named_;
    std::set<std::string> modules_;
    std::string module_;
    Size layers_ = 0;
    bool is_recurrent_ = false;
};

class ListedVocabulary final : public Vocabulary {
public:
    explicit ListedVocabulary(std::vector<std::string> symbols) : symbols_(std::move(symbols)) {}

    Size size() const override { return symbols_.size(); }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        unknown = text;
        return std::nullopt;
    }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) text += symbols_.at(Size(token));
        return text;
    }

private:
    std::vector<std::string> symbols_;
};

}  // namespace

bool has_torch_names(const SafetensorsFile& file) {
    return std::any_of(file.tensors().begin(), file.tensors().end(), [](const Tensor& tensor) {
        return !tensor.name.starts_with("cell.") && !tensor.name.starts_with("optimizer.") &&
               (recurrent(tensor.name) || of_encoder(tensor.name));
    });
}

std::vector<NamedWeight> weights_of_torch(const SafetensorsFile& file, const fs::path& path,
                                          const model::Model<float>& model) {
    return Translation(file, path, model).run();
}

std::unique_ptr<Vocabulary> listed_vocabulary(const Metadata& metadata, const fs::path& path) {
    const auto found = metadata.find("vocabulary");
    if (found == metadata.end()) return nullptr;
    const auto list = json::try_parse(found->second);
    std::vector<std::string> symbols;
    const bool is_list = list && list->array();
    if (is_list)
        for (const json::Value& symbol : *list->array())
            if (symbol.text()) symbols.push_back(*symbol.text());
    if (!is_list || symbols.empty() || symbols.size() != list->array()->size())
        throw Error({fmt::format("{}: metadata: vocabulary", path.string()), fmt::format("{:.60}", found->second),
                     "a JSON array of texts, the symbol of each token", "save json.dumps(list_of_symbols)"});
    return std::make_unique<ListedVocabulary>(std::move(symbols));
}

std::string list_of(const Vocabulary& vocabulary) {
    json::Array symbols;
    for (Size token = 0; token < vocabulary.size(); ++token) {
        const Token one[] = {Token(token)};
        std::string symbol = vocabulary.decode(one);
        if (!base::is_readable(symbol)) return "";
        symbols.emplace_back(std::move(symbol));
    }
    return json::dump(json::Value(std::move(symbols)));
}

}  // namespace unroll::training
