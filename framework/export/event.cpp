// Events of TensorBoard, as bytes.
#include "export/event.h"

#include <stdexcept>

#include "export/wire.h"
#include "json/write.h"

namespace unroll::exports {

namespace {

// Numbers of fields and values, by message.
constexpr std::uint32_t event_wall_time = 1, event_step = 2, event_file_version = 3, event_summary = 5;
constexpr std::uint32_t summary_value = 1;
constexpr std::uint32_t value_tag = 1, value_simple = 2, value_image = 4, value_tensor = 8, value_metadata = 9;
constexpr std::uint32_t image_height = 1, image_width = 2, image_colorspace = 3, image_bytes = 4;
constexpr std::uint32_t metadata_plugin = 1, metadata_data_class = 4, plugin_name = 1, plugin_content = 2;
constexpr std::uint32_t tensor_dtype = 1, tensor_shape = 2, tensor_float = 5, tensor_string = 8;
constexpr std::uint32_t shape_dimension = 2, dimension_size = 1;
constexpr std::uint64_t type_float = 1, type_string = 7, data_class_tensor = 2;
constexpr std::uint32_t hparams_start = 3, hparams_end = 4;
constexpr std::uint32_t start_hparams = 1, start_group = 4, start_time = 5, end_status = 1, end_time = 2;
constexpr std::uint32_t entry_key = 1, entry_value = 2, number_value = 2, string_value = 3, bool_value = 4;

Message metadata(std::string_view plugin, std::string_view content) {
    Message data;
    data.bytes(plugin_name, plugin);
    if (!content.empty()) data.bytes(plugin_content, content);
    Message result;
    return result.message(metadata_plugin, data).varint(metadata_data_class, data_class_tensor);
}

std::string event(Moment moment, const Message& value) {
    Message summary, result;
    result.real(event_wall_time, moment.seconds).integer(event_step, moment.step);
    return result.message(event_summary, summary.message(summary_value, value)).str();
}

/// The plugin reads its metadata; TensorBoard wants a tensor beside them, which nobody looks at.
std::string hparams_event(double seconds, std::string_view tag, std::uint32_t kind, const Message& data) {
    Message content, dimension, shape, tensor, value;
    content.message(kind, data);
    shape.message(shape_dimension, dimension.integer(dimension_size, 1));
    tensor.varint(tensor_dtype, type_float).message(tensor_shape, shape).single(tensor_float, 0);
    value.bytes(value_tag, tag).message(value_tensor, tensor);
    return event({seconds, 0}, value.message(value_metadata, metadata("hparams", content.str())));
}

/// As google.protobuf.Value.
Message setting(const json::Value& value) {
    Message result;
    if (const auto number = value.number()) return result.real(number_value, *number);
    if (const auto* truth = value.boolean()) return result.varint(bool_value, *truth);
    return result.bytes(string_value, value.text() ? *value.text() : json::dump(value));
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char c : bytes.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

}  // namespace

std::string version_event(double seconds) {
    Message result;
    return result.real(event_wall_time, seconds).bytes(event_file_version, "brain.Event:2").str();
}

std::string scalar_event(Moment moment, std::string_view tag, double value) {
    Message scalar;
    return event(moment, scalar.bytes(value_tag, tag).single(value_simple, static_cast<float>(value)));
}

std::string text_event(Moment moment, std::string_view tag, const std::vector<std::string>& texts) {
    Message dimension, shape, tensor, value;
    shape.message(shape_dimension, dimension.integer(dimension_size, static_cast<std::int64_t>(texts.size())));
    tensor.varint(tensor_dtype, type_string).message(tensor_shape, shape);
    for (const std::string& text : texts) tensor.bytes(tensor_string, text);
    value.bytes(value_tag, tag).message(value_tensor, tensor);
    return event(moment, value.message(value_metadata, metadata("text", "")));
}

std::string image_event(Moment moment, std::string_view tag, std::string_view png) {
    // PNG specification, 5.2 and 11.2.2: signature, length and type of IHDR, then width and height.
    constexpr std::size_t width = 16, height = 20, header = 24;
    if (png.size() < header || !png.starts_with("\x89PNG\r\n\x1A\n")) throw std::invalid_argument("no PNG file");
    constexpr std::uint64_t grayscale = 1;
    Message image, value;
    image.varint(image_height, big_endian(png.substr(height))).varint(image_width, big_endian(png.substr(width)));
    image.varint(image_colorspace, grayscale).bytes(image_bytes, png);
    return event(moment, value.bytes(value_tag, tag).message(value_image, image));
}

std::string settings_event(double began, const std::vector<std::pair<std::string, json::Value>>& settings,
                           std::string_view group) {
    Message start;
    for (const auto& [name, value] : settings) {
        Message entry;
        start.message(start_hparams, entry.bytes(entry_key, name).message(entry_value, setting(value)));
    }
    start.bytes(start_group, group).real(start_time, began);
    return hparams_event(began, "_hparams_/session_start_info", hparams_start, start);
}

std::string end_event(double ended, RunStatus status) {
    Message end;
    end.varint(end_status, static_cast<std::uint64_t>(status)).real(end_time, ended);
    return hparams_event(ended, "_hparams_/session_end_info", hparams_end, end);
}

}  // namespace unroll::exports
