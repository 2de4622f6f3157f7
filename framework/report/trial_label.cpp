// How a trial is labelled: by the values of its axes.
#include "report/trial_label.h"

#include <fmt/core.h>

#include "base/diagnostics.h"
#include "base/visible.h"
#include "json/parse.h"
#include "json/write.h"

namespace unroll::report {

namespace {

std::string word_of(const json::Value& value) {
    if (const auto* text = value.text()) return *text;
    if (const auto* real = value.real()) return fmt::format("{}", *real);
    return json::dump(value);
}

void append(const json::Object& object, std::string& label) {
    for (const json::Member& member : object) {
        if (const json::Object* nested = member.value.object()) {
            append(*nested, label);
            continue;
        }
        if (!label.empty()) label += ' ';
        label += member.key + '=' + word_of(member.value);
    }
}

}  // namespace

std::string trial_label(const std::string& axes_json) {
    base::Diagnostics ignored;
    const auto axes = json::parse(axes_json, "axes", ignored);
    std::string label;
    if (axes && axes->object()) append(*axes->object(), label);
    return label.empty() ? "trial" : base::visible_line(label);
}

}  // namespace unroll::report
