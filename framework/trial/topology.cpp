// The parts of each task's model.
#include "trial/topology.h"

#include <algorithm>

namespace unroll::trial {

bool has_front(const Task& task) {
    return task.kind == Task::Kind::target_sequence || task.kind == Task::Kind::image;
}

std::string_view task_word(const Task& task) {
    switch (task.kind) {
        case Task::Kind::next_token:
            return "corpus";
        case Task::Kind::target_sequence:
            return "pairs";
        case Task::Kind::image:
            return "images";
        default:
            return "examples";
    }
}

std::string_view front_name(const Task& task) {
    return task.kind == Task::Kind::target_sequence ? "encoder" : task.kind == Task::Kind::image ? "generator" : "";
}

std::string_view main_name(const Task& task) {
    return task.kind == Task::Kind::target_sequence ? "decoder" : task.kind == Task::Kind::image ? "discriminator" : "";
}

Part front_part(const Trial& trial, const Task& task) {
    if (task.kind == Task::Kind::image)
        return {.name = front_name(task),
                .cells = trial.front,
                .reals = trial.model.noise,
                .context = task.sequence_length};
    return {.name = front_name(task),
            .cells = trial.front,
            .tokens = task.input_tokens,
            .reals = task.input_reals,
            .embedding = task.input_tokens ? trial.model.embedding : 0,
            .context = task.sequence_length};
}

Part main_part(const Trial& trial, const Task& task, Size front) {
    switch (task.kind) {
        case Task::Kind::image:
            return {.name = main_name(task),
                    .cells = trial.cells,
                    .reals = task.input_reals,
                    .context = task.sequence_length};
        case Task::Kind::target_sequence: {
            Part part{.name = main_name(task), .cells = trial.cells, .context = task.target_length};
            if (trial.model.bridge == Bridge::repeat) {
                part.reals = front;
                return part;
            }
            part.tokens = task.target_tokens + 1;  // what came before; before the first symbol the start token (BOS)
            part.embedding = trial.model.embedding;
            if (trial.model.bridge == Bridge::attention) {
                part.memory = front;
                part.memory_context = task.sequence_length;
            }
            return part;
        }
        default:
            return {.name = main_name(task),
                    .cells = trial.cells,
                    .tokens = task.input_tokens,
                    .reals = task.input_reals,
                    .embedding = trial.model.embedding,
                    .context = std::max(trial.training.sequence_length, trial.training.evaluate_length)};
    }
}

}  // namespace unroll::trial
