// What records consist of, in the order in which they are written (binary.h).
#pragma once

#include <concepts>
#include <type_traits>

#include "training/binary.h"
#include "training/record.h"

namespace unroll::training {

/// T, const or not.
template <class T, class Bare>
concept Is = std::same_as<std::remove_const_t<T>, Bare>;

void fields(auto& archive, Is<Point> auto& point) {
    archive(point.step, point.epoch, point.split, point.name, point.value, point.seconds);
}
void fields(auto& archive, Is<LossByPosition> auto& record) {
    archive(record.step, record.split, record.means.loss, record.means.accuracy);
}
void fields(auto& archive, Is<GradientByLag> auto& gradient) {
    archive(gradient.step, gradient.norms);
}
void fields(auto& archive, Is<sampling::SampleKey> auto& key) {
    archive(key.step, key.sampler, key.options, key.temperature, key.prompt_key, key.seed, key.number, key.length,
            key.memory);
}
void fields(auto& archive, Is<sampling::Sample> auto& sample) {
    archive(sample.key);
    archive(sample.epoch, sample.kind, sample.prompt, sample.text, sample.image, sample.target, sample.correct);
    auto& quality = sample.quality;
    archive(quality.known_word_rate, quality.distinct_3, quality.repetition, quality.longest_copy);
}
void fields(auto& archive, Is<Samples> auto& samples) {
    archive(samples);
}
void fields(auto& archive, Is<CheckpointInfo> auto& checkpoint) {
    archive(checkpoint.step, checkpoint.path, checkpoint.sha256, checkpoint.is_last, checkpoint.is_best,
            checkpoint.is_scheduled, checkpoint.is_usable);
}
void fields(auto& archive, Is<CheckpointSaved> auto& saved) {
    archive(saved.checkpoint, saved.keep);
}
void fields(auto& archive, Is<ImageJudgement> auto& record) {
    archive(record.step, record.judge, record.judgement.images, record.judgement.confidence,
            record.judgement.effective_classes);
}

}  // namespace unroll::training
