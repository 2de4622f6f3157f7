// Finding and setting values by path.
#include "manifest/path.h"

#include <charconv>

namespace unroll::manifest {
namespace {

const json::Value* step(const json::Value& value, std::string_view part) {
    if (const json::Array* array = value.array()) {
        std::size_t index = 0;
        const auto read = std::from_chars(part.data(), part.data() + part.size(), index);
        const bool whole = read.ec == std::errc() && read.ptr == part.data() + part.size();
        return whole && index < array->size() ? &(*array)[index] : nullptr;
    }
    return value.find(part);
}

}  // namespace

std::optional<std::string> normal_path(std::string_view path) {
    std::string normal;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '[') {
            const std::size_t end = path.find(']', i);
            if (end == path.npos || end == i + 1 ||
                (end + 1 < path.size() && path[end + 1] != '.' && path[end + 1] != '['))
                return std::nullopt;
            normal += '.';
            normal += path.substr(i + 1, end - i - 1);
            i = end;
        } else {
            normal += path[i];
        }
    }
    for (const std::string_view part : path_parts(normal))
        if (part.empty()) return std::nullopt;
    return normal;
}

std::vector<std::string_view> path_parts(std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::size_t first = 0; first <= path.size();) {
        const std::size_t last = std::min(path.find('.', first), path.size());
        parts.push_back(path.substr(first, last - first));
        first = last + 1;
    }
    return parts;
}

std::string_view path_head(std::string_view path) {
    return path.substr(0, path.find('.'));
}

bool overlap(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    return b.substr(0, a.size()) == a && (b.size() == a.size() || b[a.size()] == '.');
}

const json::Value* find_at(const json::Value& root, std::string_view path) {
    const json::Value* value = &root;
    for (const std::string_view part : path_parts(path))
        if (!(value = step(*value, part))) return nullptr;
    return value;
}

const json::Value& nearest_at(const json::Value& root, std::string_view path) {
    const json::Value* value = &root;
    for (const std::string_view part : path_parts(path)) {
        const json::Value* next = step(*value, part);
        if (!next) break;
        value = next;
    }
    return *value;
}

const json::Value* set_at(json::Value& root, std::string_view path, json::Value value) {
    json::Value* place = &root;
    const auto parts = path_parts(path);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (json::Value* next = const_cast<json::Value*>(step(*place, parts[i]))) {
            place = next;
            continue;
        }
        if (!place->object()) return place;
        for (; i < parts.size(); ++i) {
            json::Value made{json::Object{}};
            made.at = value.at;
            place = &place->set(parts[i], std::move(made));
        }
    }
    *place = std::move(value);
    return nullptr;
}

}  // namespace unroll::manifest
