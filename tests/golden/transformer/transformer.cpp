// Our self-attention layers, an encoder's and a decoder's with its outputs as their memory, are torch.nn.Transformer:
// the same weights give the same outputs and gradients. make.py made the numbers.
//
// Outputs, the largest of which are from 1.5 to 4, agree to 1e-11 in double and 1e-5 in float; gradients, and sums over
// many outputs, to as much of their norm. (make.py keeps 12 digits.)
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../formula.h"
#include "catch.h"
#include "layer.h"

using namespace unroll;
using golden::numbers;
using tests::Layer;

namespace {

enum Salt : std::uint64_t { source = 1, target = 2, output_factors = 4, gradient_factors = 5, weights = 100 };

template <class Real>
constexpr double tolerance = std::is_same_v<Real, double> ? 1e-11 : 1e-5;

struct Case {
    Size width, heads, encoders, decoders, feed_forward, S, T, B, every;
    bool causal;
    double scale;
    std::vector<Size> source_lengths, target_lengths;

    explicit Case(const boost::json::object& record)
        : width(size(record, "width")),
          heads(size(record, "heads")),
          encoders(size(record, "encoders")),
          decoders(size(record, "decoders")),
          feed_forward(size(record, "feed_forward")),
          S(size(record, "S")),
          T(size(record, "T")),
          B(size(record, "B")),
          every(size(record, "every")),
          causal(record.at("causal").as_bool()),
          scale(record.at("scale").to_number<double>()),
          source_lengths(sizes(record.at("source_lengths"))),
          target_lengths(sizes(record.at("target_lengths"))) {}

    static Size size(const boost::json::object& record, const char* name) { return record.at(name).to_number<Size>(); }
    /// Null in the record: none, and every sequence has all steps.
    static std::vector<Size> sizes(const boost::json::value& record) {
        std::vector<Size> sizes;
        if (record.is_array())
            for (const boost::json::value& size : record.as_array()) sizes.push_back(size.to_number<Size>());
        return sizes;
    }
};

/// The weights, one run of numbers, and how many of them are used up.
class Weights {
public:
    explicit Weights(double scale) : scale_(scale) {}

    template <class Real>
    void fill(Layer<Real>& layer) {
        layer.weights = numbers<Real>(Salt::weights, layer.layout().weight_count(), used_);
        used_ += layer.weights.size();
        Size i = 0;
        for (const Weight& weight : layer.layout().weights)
            for (const Size end = i + weight.size(); i < end; ++i)
                layer.weights[i] = static_cast<Real>(scale_) * layer.weights[i] + (weight.role == Weight::Role::gain);
    }
    Size used() const { return used_; }

private:
    double scale_;
    Size used_ = 0;
};

/// An encoder or a decoder: its layers, which are called one after the other.
template <class Real>
class Part {
public:
    /// `memory` (S, B, width), null for an encoder.
    Part(const Case& given, bool causal, const std::vector<Real>* memory)
        : given_(given), causal_(causal), memory_(memory) {}

    /// Runs x (steps, B, width) through `count` layers. Unless `keep`, a layer's arrays are gone when it has run.
    std::vector<Real> forward(Size count, const std::vector<Real>& x, Weights& weights, bool keep) {
        const Plugin& plugin = tests::built_plugin("cells", "self-attention");
        const std::vector<Size>& lengths = memory_ ? given_.target_lengths : given_.source_lengths;
        std::vector<Real> y = x;
        for (Size i = 0; i < count; ++i) {
            CellSpec spec;
            spec.input = spec.hidden = given_.width;
            spec.layer = i;
            spec.layers = count;
            spec.context = memory_ ? given_.T : given_.S;
            if (memory_) {
                spec.source = given_.width;
                spec.source_context = given_.S;
            }
            Layer<Real> layer(plugin, spec, options());
            weights.fill(layer);
            Forward<Real> call;
            call.T = spec.context;
            call.B = given_.B;
            inputs_.push_back(std::move(y));
            call.x.values = inputs_.back().data();
            call.lengths = lengths.empty() ? nullptr : lengths.data();
            if (memory_) {
                call.source = memory_->data();
                call.source_steps = given_.S;
                call.source_lengths = given_.source_lengths.empty() ? nullptr : given_.source_lengths.data();
            }
            layer.forward(call);
            y = layer.y;
            if (keep) layers_.push_back(std::move(layer));
        }
        return y;
    }

    /// From dy to dx; `dmemory`, when not null, is added to.
    std::vector<Real> backward(std::vector<Real> dy, std::vector<Real>* dmemory) {
        for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
            if (dmemory) layer->dsource = *dmemory;
            layer->backward(dy, {});
            if (dmemory) *dmemory = layer->dsource;
            dy = layer->dx;
        }
        return dy;
    }

    const std::vector<Layer<Real>>& layers() const { return layers_; }

private:
    Options options() const {
        Options options;
        options.set("heads", static_cast<std::int64_t>(given_.heads));
        options.set("feed_forward", static_cast<std::int64_t>(given_.feed_forward));
        options.set("norm", std::string("post"));
        options.set("final_norm", std::string("always"));
        options.set("activation", std::string("relu"));
        options.set("positions", std::string("none"));
        options.set("causal", causal_);
        return options;
    }

    const Case& given_;
    bool causal_;
    const std::vector<Real>* memory_;
    std::vector<std::vector<Real>> inputs_;
    std::vector<Layer<Real>> layers_;
};

void check_near(double ours, const boost::json::value& theirs, double tolerance) {
    REQUIRE(std::isfinite(ours));
    CHECK(std::abs(ours - theirs.to_number<double>()) <= tolerance);
}

template <class Real>
void check_gradient(const char* what, const std::vector<Real>& ours, const boost::json::value& theirs) {
    INFO(what);
    const boost::json::array& wanted = theirs.as_array();
    REQUIRE(ours.size() == wanted.size());
    double norm = 0;
    for (const boost::json::value& element : wanted) norm += std::pow(element.to_number<double>(), 2);
    for (Size i = 0; i < ours.size(); ++i) check_near(ours[i], wanted[i], tolerance<Real> * std::sqrt(norm));
}

/// The gradients by parameter, and that ours are PyTorch's by name, shape and order; keys' and values' matrices of a
/// memory stand under names of their own here, one after the other as there.
template <class Real>
class Gradients {
public:
    explicit Gradients(const boost::json::array& wanted) : wanted_(wanted) {}
    ~Gradients() { CHECK(parameter_ == wanted_.size()); }

    void check(const std::string& part, const std::vector<Layer<Real>>& layers) {
        for (Size i = 0; i < layers.size(); ++i) {
            Size first = 0;
            for (const Weight& weight : layers[i].layout().weights) {
                const std::string name = weight.name.starts_with("norm.")
                                             ? part + "." + weight.name
                                             : part + ".layers." + std::to_string(i) + "." + weight.name;
                if (name.ends_with(".k_proj_weight") || name.ends_with(".v_proj_weight"))
                    add(layers[i].dweights, first, weight.size());
                else
                    begin(name, layers[i].dweights, first, weight);
                first += weight.size();
            }
        }
        finish();
    }

private:
    void begin(const std::string& name, const std::vector<Real>& gradient, Size first, const Weight& weight) {
        finish();
        INFO(name);
        REQUIRE(parameter_ < wanted_.size());
        const bool of_three = name.ends_with(".q_proj_weight");
        std::vector<Size> shape = Case::sizes(wanted_[parameter_].at(1));
        if (of_three) shape[0] /= 3;
        CHECK(weight.shape == shape);
        CHECK((of_three ? name.substr(0, name.size() - 13) + "in_proj_weight" : name) ==
              wanted_[parameter_].at(0).as_string().c_str());
        open_ = true;
        add(gradient, first, weight.size());
    }
    void add(const std::vector<Real>& gradient, Size first, Size count) {
        const auto factors = numbers<double>(Salt::gradient_factors, count, used_);
        for (Size i = 0; i < count; ++i) {
            squares_ += std::pow(gradient[first + i], 2);
            products_ += gradient[first + i] * factors[i];
        }
        used_ += count;
    }
    void finish() {
        if (!open_) return;
        const boost::json::value& wanted = wanted_[parameter_++];
        INFO(wanted.at(0).as_string().c_str());
        const double norm = wanted.at(2).to_number<double>();
        check_near(std::sqrt(squares_), wanted.at(2), tolerance<Real> * norm);
        check_near(products_, wanted.at(3), tolerance<Real> * norm);
        squares_ = products_ = 0;
        open_ = false;
    }

    const boost::json::array& wanted_;
    Size parameter_ = 0, used_ = 0;
    bool open_ = false;
    double squares_ = 0, products_ = 0;
};

template <class Real>
void run(const boost::json::object& record) {
    INFO(record.at("name").as_string().c_str() << (std::is_same_v<Real, float> ? ", float" : ", double"));
    const Case given(record);
    const bool gradients = record.contains("dweights");
    const Size T = given.T, B = given.B, width = given.width;

    Weights weights(given.scale);
    Part<Real> encoder(given, false, nullptr);
    const std::vector<Real> memory =
        encoder.forward(given.encoders, numbers<Real>(Salt::source, given.S * B * width), weights, gradients);
    Part<Real> decoder(given, given.causal, &memory);
    const std::vector<Real> y =
        decoder.forward(given.decoders, numbers<Real>(Salt::target, T * B * width), weights, gradients);
    CHECK(weights.used() == record.at("parameters").to_number<Size>());

    const boost::json::array &outputs = record.at("y").as_array(), &rows = record.at("rows").as_array();
    REQUIRE(y.size() == T * B * width);
    REQUIRE(outputs.size() == (y.size() + given.every - 1) / given.every);
    REQUIRE(rows.size() == T * B);
    for (Size i = 0; i < outputs.size(); ++i) check_near(y[i * given.every], outputs[i], tolerance<Real>);
    const std::vector<Real> dy = numbers<Real>(Salt::output_factors, y.size());
    for (Size row = 0; row < rows.size(); ++row) {
        double sum = 0, squares = 0;
        for (Size i = row * width; i < (row + 1) * width; ++i) {
            sum += static_cast<double>(y[i]) * dy[i];
            squares += static_cast<double>(y[i]) * y[i];
        }
        check_near(sum, rows[row], tolerance<Real> * std::sqrt(squares));
    }
    if (!gradients) return;

    std::vector<Real> dmemory(memory.size());
    check_gradient("dtarget", decoder.backward(dy, &dmemory), record.at("dtarget"));
    check_gradient("dsource", encoder.backward(dmemory, nullptr), record.at("dsource"));
    Gradients<Real> all(record.at("dweights").as_array());
    all.check("encoder", encoder.layers());
    all.check("decoder", decoder.layers());
}

}  // namespace

TEST_CASE("An encoder and a decoder of self-attention are torch.nn.Transformer") {
    std::ifstream file(UNROLL_SOURCE "/tests/golden/transformer/transformer.json");
    REQUIRE(file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const boost::json::value records = boost::json::parse(text);
    for (const boost::json::value& record : records.as_array()) {
        run<double>(record.as_object());
        run<float>(record.as_object());
    }
}
