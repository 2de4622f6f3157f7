// The parts of a trial's model, from its task: one part that predicts, and perhaps one in front of it. An encoder reads the
// input before a decoder makes a sequence of it; a generator makes what a discriminator tells from the real thing.
#pragma once

#include <string_view>

#include "trial/trial.h"
#include "unroll/cell.h"
#include "unroll/dataset.h"

namespace unroll::trial {

/// What the table of settings calls a task: "corpus", "examples", "pairs" (target sequences) or "images".
std::string_view task_word(const Task& task);

/// Whether a task's model has a part in front.
bool has_front(const Task& task);

/// Names of the parts, in a manifest and in front of their weights' names; "" for the only part of a model.
std::string_view front_name(const Task& task);
std::string_view main_name(const Task& task);

/// One part: its cells, and what they read.
struct Part {
    std::string_view name;
    const std::vector<CellSettings>& cells;
    Size tokens = 0;          ///< V of what it reads; 0: it reads reals
    Size reals = 0;           ///< their width
    Size embedding = 0;       ///< width of the tokens' embedding; 0: none
    Size context = 0;         ///< the most steps of a sequence
    Size memory = 0;          ///< width of the memory that it attends to; 0: none
    Size memory_context = 0;  ///< the most steps of that memory

    Size input() const { return embedding ? embedding : tokens ? tokens : reals; }  ///< width below the lowest cell
};

/// The encoder or the generator. Only when has_front(task).
Part front_part(const Trial& trial, const Task& task);

/// The part that predicts. `front` is the width of the front part's output, 0 when there is none.
Part main_part(const Trial& trial, const Task& task, Size front);

/// Calls make(entry, settings, spec) for each layer of a part, bottom first: `entry` is its place in the part's list of
/// cells. `make` returns the width of the layer's output. Returns that of the top.
template <class Make>
Size for_each_layer(const Part& part, Make&& make) {
    Size width = part.input();
    for (Size entry = 0; entry < part.cells.size(); ++entry) {
        const CellSettings& settings = part.cells[entry];
        for (Size layer = 0; layer < settings.layers; ++layer) {
            CellSpec spec;
            spec.input = width;
            spec.hidden = settings.hidden;
            spec.layer = layer;
            spec.layers = settings.layers;
            spec.context = part.context;
            spec.source = part.memory;
            spec.dropout = settings.dropout;
            spec.source_context = part.memory_context;
            spec.tokens = part.tokens && !part.embedding && entry == 0 && layer == 0;
            width = make(entry, settings, static_cast<const CellSpec&>(spec));
        }
    }
    return width;
}

}  // namespace unroll::trial
