// sampling and its sampler.
#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Shape = Setting::Shape;
using Sampling = trial::SamplingSettings;

constexpr Setting sampling_rows[] = {
    shaped("sampler", Shape::sampler, "", "how the next token is chosen from the predicted distribution")
        .only_for("task", tokens)
        .must_be_given(),
    shaped("temperature", Shape::temperature, "1", "softmax temperature; samplers that do not use it ignore it")
        .only_for("task", tokens),
    integer<&Sampling::length>("length", "400", 1, largest_count, "tokens generated for each prompt; of a corpus only")
        .only_for("task", tokens),
    integer("grid", "4", 1, 32, "rows and columns of a grid of generated images").only_for("task", images),
    text<&Sampling::judge>("judge", "", "experiment whose best trial, an image classifier, scores the generated images")
        .only_for("task", images)
        .unless_given("none"),
    integer<&Sampling::count>("count", "1", 1, million,
                              "samples for each combination of sampler, temperature and prompt"),
    shaped("prompt", Shape::prompt, "{\"from\": \"train\"}",
           "text to continue, input to answer, or a window or example drawn from a split")
        .only_for("task", tokens),
    shaped<&Sampling::every>("every", Shape::when, "\"end\"", "when samples are generated"),
    choice<&Sampling::memory>("memory", "", "carry|window",
                              "carry: keep the recurrent state; window: re-read the last T tokens for every token")
        .only_for("task", tokens)
        .unless_given("carry; window with \"predict\": \"last\""),
};

constexpr Setting sampler_rows[] = {
    text("plugin", "", "name of the sampler plugin").must_be_given(),
};

}  // namespace

std::span<const Setting> sampling() {
    return sampling_rows;
}

std::span<const Setting> sampler() {
    return sampler_rows;
}

}  // namespace unroll::manifest::settings
