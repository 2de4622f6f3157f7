// What a trial is called on a line.
#include "cli/labels.h"

#include <fmt/core.h>

#include <boost/json.hpp>


namespace unroll::cli {

namespace {

std::string word_of(const boost::json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_double()) return fmt::format("{}", value.as_double());
    return boost::json::serialize(value);
}

void append(const boost::json::object& object, std::string& label) {
    for (const auto& member : object) {
        if (member.value().is_object()) {
            append(member.value().as_object(), label);
            continue;
        }
        if (!label.empty()) label += ' ';
        label += std::string(member.key()) + '=';
        label += word_of(member.value());
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
