// Assignments and outcomes as bytes.
#include "sweep/assignment_stream.h"

#include "training/record_fields.h"
#include "unroll/error.h"

namespace unroll::trial {

using training::Is;

void fields(auto& archive, Is<When> auto& when) {
    archive(when.kind, when.count);
}
void fields(auto& archive, Is<Prompt> auto& prompt) {
    archive(prompt.text, prompt.from, prompt.length);
}
/// The options as a map, which set() makes options of again.
void fields(auto& archive, Is<PluginChoice> auto& choice) {
    std::map<std::string, Options::Value, std::less<>> values = choice.options.values();
    archive(choice.plugin, values);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(choice)>>)
        for (auto& [name, value] : values) choice.options.set(name, std::move(value));
}
void fields(auto& archive, Is<SamplingSettings> auto& settings) {
    archive(settings.sampler, settings.temperature, settings.length, settings.count, settings.prompt, settings.every,
            settings.memory, settings.judge);
}

}  // namespace unroll::trial

namespace unroll::training {

void fields(auto& archive, Is<Unevaluated> auto& one) {
    archive(one.checkpoint, one.splits, one.by_position);
}
void fields(auto& archive, Is<StepProgress> auto& progress) {
    archive(progress.step, progress.steps, progress.loss, progress.tokens_per_second);
}
void fields(auto& archive, Is<Outcome> auto& outcome) {
    archive(outcome.status, outcome.step, outcome.tokens, outcome.seconds, outcome.diverged_step, outcome.error,
            outcome.cause, outcome.bound);
}

}  // namespace unroll::training

namespace unroll::store {

void fields(auto& archive, training::Is<AttemptStart> auto& start) {
    archive(start.fingerprint, start.build, start.host, start.pid, start.jobs, start.from_step, start.continues);
}

}  // namespace unroll::store

namespace unroll::sweep {

void fields(auto& archive, training::Is<EarlierPart> auto& part) {
    archive(part.fingerprint, part.checkpoints);
}
void fields(auto& archive, training::Is<Assignment> auto& assignment) {
    archive(assignment.fingerprint, assignment.config, assignment.train, assignment.build, assignment.jobs,
            assignment.folder, assignment.sampling, assignment.gradient, assignment.checkpoints, assignment.present,
            assignment.gradients, assignment.unmeasured, assignment.evaluate, assignment.unevaluated,
            assignment.earlier, assignment.threads, assignment.isolated, assignment.time_limit,
            assignment.memory_limit);
}

namespace {

std::string encoded(const auto& value) {
    training::Encoder encoder;
    fields(encoder, value);
    return std::move(encoder.bytes);
}

template <class Value>
Value decoded(std::string_view bytes) {
    training::Decoder decoder(bytes);
    Value value;
    try {
        fields(decoder, value);
    } catch (const training::Damage& damage) {
        throw Error(
            {"a message between processes of one run", damage.found, "a whole message", "run the same command again"});
    }
    return value;
}

}  // namespace

std::string to_bytes(const Assignment& assignment) {
    return encoded(assignment);
}
std::string to_bytes(const store::AttemptStart& start) {
    return encoded(start);
}
std::string to_bytes(const training::StepProgress& progress) {
    return encoded(progress);
}
std::string to_bytes(const training::Outcome& outcome) {
    return encoded(outcome);
}

Assignment assignment_from(std::string_view bytes) {
    return decoded<Assignment>(bytes);
}
store::AttemptStart start_from(std::string_view bytes) {
    return decoded<store::AttemptStart>(bytes);
}
training::StepProgress progress_from(std::string_view bytes) {
    return decoded<training::StepProgress>(bytes);
}
training::Outcome outcome_from(std::string_view bytes) {
    return decoded<training::Outcome>(bytes);
}

}  // namespace unroll::sweep
