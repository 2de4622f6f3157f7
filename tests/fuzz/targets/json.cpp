// JSON as people write it: what is read is written and read again as the same.
#include <cmath>

#include "../target.h"
#include "json/parse.h"
#include "json/write.h"

namespace {

using namespace unroll;

bool is_finite(const json::Value& value) {
    if (const double* real = value.real()) return std::isfinite(*real);
    if (const json::Array* array = value.array())
        for (const json::Value& item : *array)
            if (!is_finite(item)) return false;
    if (const json::Object* object = value.object())
        for (const json::Member& member : *object)
            if (!is_finite(member.value)) return false;
    return true;
}

}  // namespace

void fuzz::run(std::string_view input) {
    base::Diagnostics diagnostics;
    std::optional<json::Value> value;
    try {
        value = json::parse(input, "input", diagnostics);
        diagnostics.raise();
    } catch (const base::Problems& problems) {
        require(!problems.problems().empty(), "a refusal has a reason");
        return;
    }
    require(value.has_value(), "a text without problems has a value");
    if (!is_finite(*value)) return;  // 1e999, which no JSON text can say again
    const std::string written = json::dump(*value);
    require(json::parse(written, "written") == *value, "what is written reads back as the same value");
    require(json::dump(json::parse(written, "written")) == written, "writing is stable");
    require(json::try_parse(json::dump_indented(*value)) == value, "so is what is indented");
}
