// What a trial is called on a line.
#include "cli/labels.h"

#include <boost/json.hpp>

namespace unroll::cli {

namespace {

void append(const boost::json::object& object, std::string& label) {
    for (const auto& member : object) {
        if (member.value().is_object()) {
            append(member.value().as_object(), label);
            continue;
        }
        if (!label.empty()) label += ' ';
        label += std::string(member.key()) + '=';
        label += member.value().is_string() ? std::string(member.value().as_string())
                                            : boost::json::serialize(member.value());
    }
}

}  // namespace

std::string label_of(const std::string& axes_json) {
    std::string label;
    boost::json::error_code error;
    const boost::json::value axes = boost::json::parse(axes_json, error);
    if (!error && axes.is_object()) append(axes.as_object(), label);
    return label.empty() ? "trial" : label;
}

}  // namespace unroll::cli
