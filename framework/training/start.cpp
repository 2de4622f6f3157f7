// Trained weights that a trial begins with.
#include "training/start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "training/torch_weights.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::training {

namespace {

bool is_weight(const Tensor& tensor) {
    return tensor.name != "state" && !tensor.name.starts_with("optimizer.");
}

std::string text_of(const std::vector<Size>& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

/// For each token of the trial, the file's token of the same symbol.
using Places = std::vector<std::optional<Size>>;

Places places_of(const Vocabulary& from, const Vocabulary& to) {
    std::map<std::string, Size> known;
    for (Size token = 0; token < from.size(); ++token) {
        const Token one[] = {Token(token)};
        known.emplace(from.decode(one), token);
    }
    Places places(to.size());
    for (Size token = 0; token < to.size(); ++token) {
        const Token one[] = {Token(token)};
        if (const auto found = known.find(to.decode(one)); found != known.end()) places[token] = found->second;
    }
    return places;
}

/// The tokens of the inputs, or of a target of its own: which axis of which parameter has them, and their places.
struct Tokens {
    Size size = 0;  ///< V of the trial
    std::optional<Size> file_size;
    Places places;                          ///< empty: in order
    std::vector<std::optional<Size>> axes;  ///< of each parameter
};

/// The axis of each parameter that grows with the vocabulary, found by a model with one token more.
std::vector<std::optional<Size>> axes_of(const model::Model<float>& model, const trial::Trial& trial,
                                         const Task& larger, const plugins::Catalog& catalog) {
    const model::Model<float> other(trial, larger, catalog);
    const auto &one = model.parameters().list(), &two = other.parameters().list();
    std::vector<std::optional<Size>> axes(one.size());
    for (Size i = 0; i < std::min(one.size(), two.size()); ++i) {
        const auto &a = one[i].weight.shape, &b = two[i].weight.shape;
        for (Size axis = 0; axis < std::min(a.size(), b.size()); ++axis)
            if (b[axis] == a[axis] + 1) axes[i] = axis;
    }
    return axes;
}

class Transfer {
public:
    Transfer(const SafetensorsFile& file, const std::filesystem::path& path, const Symbols& known,
             const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog)
        : path_(path),
          model_(trial, dataset.task(), catalog),
          is_of_torch_(has_torch_names(file)),
          weights_(is_of_torch_ ? weights_of_torch(file, path, model_) : weights_of(file)) {
        const Task task = dataset.task();
        const bool corpus = task.kind == Task::Kind::next_token;  // inputs and targets are the same tokens
        if (task.input_tokens) {
            Task larger = task;
            ++larger.input_tokens;
            if (corpus) ++larger.target_tokens;
            inputs_ = tokens_of(task.input_tokens, known.inputs, dataset.vocabulary());
            inputs_.axes = axes_of(model_, trial, larger, catalog);
        }
        if (task.kind == Task::Kind::target_sequence) {
            Task larger = task;
            ++larger.target_tokens;
            targets_ = tokens_of(task.target_tokens, known.targets, dataset.target_vocabulary());
            targets_.axes = axes_of(model_, trial, larger, catalog);
        }
    }

    StartReport run(float* weights) {
        const auto& list = model_.parameters().list();
        for (const auto& [tensor, in_file] : weights_)
            if (std::none_of(list.begin(), list.end(),
                             [&name = tensor.name](const auto& parameter) { return parameter.name == name; }))
                throw Error({path_.string(), fmt::format("weight \"{}\" {}", in_file, text_of(tensor.shape)),
                             fmt::format("the weights of this trial's model and no others: {}", names()),
                             same_model()});
        for (Size i = 0; i < list.size(); ++i) copy(list[i], i, weights + list[i].offset);
        StartReport report;
        if (!inputs_.places.empty()) {
            report.symbols = inputs_.size;
            report.matched = Size(std::count_if(inputs_.places.begin(), inputs_.places.end(),
                                                [](const auto& place) { return place.has_value(); }));
        }
        return report;
    }

private:
    static std::vector<NamedWeight> weights_of(const SafetensorsFile& file) {
        std::vector<NamedWeight> weights;
        for (const Tensor& tensor : file.tensors())
            if (is_weight(tensor)) weights.push_back({tensor, tensor.name});
        return weights;
    }

    const char* same_model() const {
        return is_of_torch_
                   ? "give the trial the cells, layers and embedding of the module, as docs/checkpoints.md does"
                   : "start from a model of the same cells and layers";
    }

    static Tokens tokens_of(Size size, const Vocabulary* from, const Vocabulary* to) {
        Tokens tokens;
        tokens.size = size;
        if (from) tokens.file_size = from->size();
        if (from && to && to->size() == size) tokens.places = places_of(*from, *to);
        return tokens;
    }

    std::string names() const {
        std::vector<std::string> all;
        for (const model::Parameter& parameter : model_.parameters().list()) all.push_back(parameter.name);
        return fmt::format("{}", fmt::join(all, ", "));
    }

    const NamedWeight& find(const model::Parameter& parameter) const {
        for (const NamedWeight& weight : weights_)
            if (weight.tensor.name == parameter.name) return weight;
        throw Error({path_.string(), fmt::format("no weight \"{}\"", parameter.name),
                     fmt::format("one of shape {}", text_of(parameter.weight.shape)), same_model()});
    }

    [[noreturn]] void refuse(const model::Parameter& parameter, const NamedWeight& weight) const {
        throw Error({path_.string(),
                     fmt::format("weight \"{}\" of shape {}", weight.in_file, text_of(weight.tensor.shape)),
                     fmt::format("shape {}, as this trial's model has it", text_of(parameter.weight.shape)),
                     "give the trial the cells, hidden sizes and embedding that these weights were trained with"});
    }

    void copy(const model::Parameter& parameter, Size index, float* to) const {
        const NamedWeight& weight = find(parameter);
        const Tensor& tensor = weight.tensor;
        const auto* values = std::get_if<std::span<const float>>(&tensor.values);
        const std::vector<Size>& shape = parameter.weight.shape;
        if (!values || tensor.shape.size() != shape.size()) refuse(parameter, weight);
        std::optional<Size> along;
        const Tokens* tokens = nullptr;
        for (const Tokens* each : {&inputs_, &targets_})
            if (!each->places.empty() && each->axes[index]) {
                along = each->axes[index];
                tokens = each;
            }
        for (Size axis = 0; axis < shape.size(); ++axis) {
            // What is beyond the vocabulary on its axis (a start token) has to be there in both.
            const Size expected = along == axis ? shape[axis] - tokens->size + *tokens->file_size : shape[axis];
            if (tensor.shape[axis] != expected) refuse(parameter, weight);
        }
        if (!along) {
            std::copy(values->begin(), values->end(), to);
            return;
        }
        Size outer = 1, inner = 1;
        for (Size axis = 0; axis < *along; ++axis) outer *= shape[axis];
        for (Size axis = *along + 1; axis < shape.size(); ++axis) inner *= shape[axis];
        const Size length = shape[*along], from_length = tensor.shape[*along];
        for (Size place = 0; place < length; ++place) {
            const std::optional<Size> from =
                place < tokens->size ? tokens->places[place] : std::optional(from_length - (length - place));
            if (!from) continue;
            for (Size block = 0; block < outer; ++block)
                std::copy_n(values->begin() + std::ptrdiff_t((block * from_length + *from) * inner), inner,
                            to + (block * length + place) * inner);
        }
    }

    const std::filesystem::path& path_;
    const model::Model<float> model_;
    const bool is_of_torch_;
    const std::vector<NamedWeight> weights_;
    Tokens inputs_, targets_;
};

}  // namespace

std::string weights_digest(const SafetensorsFile& file) {
    std::vector<const Tensor*> weights;
    for (const Tensor& tensor : file.tensors())
        if (is_weight(tensor)) weights.push_back(&tensor);
    std::sort(weights.begin(), weights.end(), [](const Tensor* a, const Tensor* b) { return a->name < b->name; });
    Sha256 digest;
    // Where symbols are known, weights go to other places than in order.
    if (file.metadata().contains("config"))
        digest.update("tokens by symbol\n");
    else if (const auto list = file.metadata().find("vocabulary"); list != file.metadata().end())
        digest.update(fmt::format("tokens of {}\n", list->second));
    for (const Tensor* tensor : weights) {
        digest.update(fmt::format("{} {}\n", tensor->name, text_of(tensor->shape)));
        std::visit(
            [&](const auto& values) {
                digest.update({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
            },
            tensor->values);
    }
    return digest.digest();
}

StartReport start_from(const SafetensorsFile& file, const std::filesystem::path& path, const Symbols& known,
                       const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog,
                       float* weights) {
    return Transfer(file, path, known, trial, dataset, catalog).run(weights);
}

}  // namespace unroll::training
