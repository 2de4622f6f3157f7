// The small JSON files of a run folder.
#include "launch/json_file.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/files.h"
#include "json/parse.h"
#include "json/write.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

json::Value object(std::initializer_list<std::pair<std::string_view, json::Value>> members) {
    json::Object all;
    for (const auto& [key, value] : members) all.push_back({std::string(key), {}, value});
    return json::Value(std::move(all));
}

std::string text_of(const json::Value& object, std::string_view key) {
    const json::Value* value = object.find(key);
    return value && value->text() ? *value->text() : std::string();
}

double number_of(const json::Value& object, std::string_view key) {
    const json::Value* value = object.find(key);
    return value ? value->number().value_or(0) : 0;
}

Size count_of(const json::Value& object, std::string_view key) {
    const double number = number_of(object, key);
    return number > 0 ? static_cast<Size>(number) : 0;
}

bool flag_of(const json::Value& object, std::string_view key) {
    const json::Value* value = object.find(key);
    return value && value->boolean() && *value->boolean();
}

const json::Array& list_of(const json::Value& object, std::string_view key) {
    static const json::Array none;
    const json::Value* value = object.find(key);
    return value && value->array() ? *value->array() : none;
}

std::vector<std::string> texts_of(const json::Value& object, std::string_view key) {
    std::vector<std::string> texts;
    for (const json::Value& one : list_of(object, key))
        if (one.text()) texts.push_back(*one.text());
    return texts;
}

void write_json(const fs::path& file, const json::Value& value) {
    try {
        base::AtomicFile out(file);
        out.write(json::dump(value) + "\n");
        out.commit();
    } catch (const std::system_error& error) {
        throw Error({file, fmt::format("cannot be written: {}", error.code().message()),
                     "a run folder that you may write in, with space left",
                     "free some space or ask for a larger quota, or name another folder with --run-folder"});
    }
}

bool write_json_quickly(const fs::path& file, const json::Value& value) {
    fs::path beside = file;
    beside += fmt::format(".{}", ::getpid());
    {
        std::ofstream out(beside, std::ios::binary);
        out << json::dump(value) << '\n';
        if (!out.flush()) return false;
    }
    std::error_code error;
    fs::rename(beside, file, error);
    return !error;
}

std::optional<json::Value> read_json(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return json::try_parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::string now_text() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace unroll::launch
