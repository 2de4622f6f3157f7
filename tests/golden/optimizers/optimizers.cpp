// Five steps of each optimiser equal PyTorch's; make.py made the numbers.
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "catch.h"
#include "manifest/schema.h"
#include "training/optimizer.h"

namespace json = boost::json;
using unroll::Size;
using unroll::training::Optimizer;
using unroll::trial::OptimizerSettings;

namespace {

json::value golden() {
    std::ifstream file(UNROLL_SOURCE "/tests/golden/optimizers/optimizers.json");
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return json::parse(text.str());
}

template <class Real>
std::vector<Real> reals(const json::value& array) {
    std::vector<Real> values;
    for (const json::value& value : array.as_array()) values.push_back(static_cast<Real>(value.to_number<double>()));
    return values;
}

OptimizerSettings settings_of(const json::object& kase) {
    OptimizerSettings settings = unroll::manifest::default_optimizer(kase.at("name").as_string().c_str());
    for (const auto& [key, value] : kase.at("settings").as_object()) {
        if (key == "momentum") settings.momentum = value.to_number<double>();
        if (key == "decay") settings.decay = value.to_number<double>();
        if (key == "epsilon") settings.epsilon = value.to_number<double>();
        if (key == "weight_decay") settings.weight_decay = value.to_number<double>();
        if (key == "decay_all") settings.decay_all = value.as_bool();
        if (key == "betas") {
            settings.beta1 = value.at(0).to_number<double>();
            settings.beta2 = value.at(1).to_number<double>();
        }
    }
    return settings;
}

}  // namespace

TEMPLATE_TEST_CASE("five steps of each optimiser equal PyTorch's", "", float, double) {
    using Real = TestType;
    constexpr bool single = sizeof(Real) == sizeof(float);
    constexpr double tolerance = single ? 1e-6 : 1e-12;
    const json::value file = golden();
    const double rate = file.at("learning_rate").to_number<double>();
    const Size matrix = file.at("matrix").to_number<Size>();

    for (const json::value& kase : file.at("cases").as_array()) {
        INFO(kase.at("name") << ' ' << kase.at("settings"));
        auto weights = reals<Real>(file.at("weights"));
        const Optimizer optimizer(settings_of(kase.as_object()), weights.size(), {{{0, matrix}}});
        std::vector<Real> state(optimizer.state_size());
        const json::array& steps = kase.at(single ? "float" : "double").as_array();
        REQUIRE(steps.size() == 5);
        for (Size t = 0; t < steps.size(); ++t) {
            const auto gradients = reals<Real>(file.at("gradients").at(t));
            optimizer.step(t + 1, rate, weights.data(), gradients.data(), state.data());
            const auto expected = reals<double>(steps[t]);
            REQUIRE(expected.size() == weights.size());
            double worst = 0;
            for (Size i = 0; i < weights.size(); ++i) {
                worst = std::max(worst, std::abs(double(weights[i]) - expected[i]) / std::abs(expected[i]));
            }
            INFO("step " << t + 1);
            CHECK(worst < tolerance);
        }
    }
}
