// A classifier's view of generated images.
#include "sampling/judgement.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "model/adversarial.h"
#include "model/pass.h"
#include "unroll/sampler.h"

namespace unroll::sampling {

namespace {

constexpr Size most_at_once = 100;

/// Images (B, T D) as the inputs (T, B, D) of a model that reads each in T steps.
void in_steps(const float* images, Size T, Size B, Size D, float* x) {
    for (Size b = 0; b < B; ++b)
        for (Size t = 0; t < T; ++t) std::copy_n(images + (b * T + t) * D, D, x + (t * B + b) * D);
}

double entropy(const std::vector<double>& p) {
    double sum = 0;
    for (const double each : p)
        if (each > 0) sum -= each * std::log(each);
    return sum;
}

}  // namespace

bool can_judge(const model::Model<float>& judge, const model::Model<float>& generator) {
    const Task& task = judge.task();
    return judge.topology().per_sequence && task.target_tokens > 0 &&
           generator.topology().sample == trial::SampleKind::image &&
           task.sequence_length * task.input_reals == generator.task().input_reals;
}

Judgement judge(const model::Model<float>& generator, model::Weights<float> generator_weights,
                const model::Model<float>& judge, model::Weights<float> judge_weights, Size images,
                const RandomStream& noise) {
    const Size T = judge.task().sequence_length, D = judge.task().input_reals;
    const Size B = std::min(images, most_at_once);
    model::AdversarialPass<float> makes(generator, B, model::Use::inference);
    model::Pass<float> reads(judge, {{T, B}}, model::Use::inference);
    model::Buffer<float> x(T * B * D);
    std::vector<double> p(judge.task().target_tokens), mean(p.size(), 0.0);

    Judgement judgement{images, 0, 0};
    for (Size first = 0; first < images; first += B) {
        const Size count = std::min(B, images - first);
        in_steps(makes.generate(generator_weights, {count, noise.split(first)}), T, count, D, x.data());
        const float* logits = reads.predict_last(judge_weights, {.T = T, .B = count, .x = {x.data(), nullptr}});
        for (Size b = 0; b < count; ++b) {
            softmax(std::span(logits + b * p.size(), p.size()), 1, std::span(p));
            judgement.confidence += *std::max_element(p.begin(), p.end()) / double(images);
            for (Size i = 0; i < p.size(); ++i) mean[i] += p[i] / double(images);
        }
    }
    judgement.effective_classes = std::exp(entropy(mean));
    return judgement;
}

}  // namespace unroll::sampling
