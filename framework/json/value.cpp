// Looking into a tree of JSON, and comparing two.
#include "json/value.h"

#include <algorithm>

namespace unroll::json {

std::optional<double> Value::number() const {
    if (const auto* whole = integer()) return static_cast<double>(*whole);
    if (const auto* fraction = real()) return *fraction;
    return std::nullopt;
}

const Value* Value::find(std::string_view key) const {
    if (const Object* members = object())
        for (const Member& member : *members)
            if (member.key == key) return &member.value;
    return nullptr;
}

Value* Value::find(std::string_view key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Value::set(std::string_view key, Value value) {
    if (Value* present = find(key)) return *present = std::move(value);
    const Position place = value.at;
    object()->push_back({std::string(key), place, std::move(value)});
    return object()->back().value;
}

bool operator==(const Value& a, const Value& b) {
    if (a.integer() && b.integer()) return *a.integer() == *b.integer();
    if (a.number() || b.number()) return a.number() == b.number();
    if (const Object* left = a.object()) {
        const Object* right = b.object();
        return right && left->size() == right->size() &&
               std::all_of(left->begin(), left->end(), [&](const auto& member) {
                   const Value* other = b.find(member.key);
                   return other && member.value == *other;
               });
    }
    if (const Array* left = a.array()) return b.array() && *left == *b.array();
    if (const std::string* left = a.text()) return b.text() && *left == *b.text();
    if (const bool* left = a.boolean()) return b.boolean() && *left == *b.boolean();
    return a.null() && b.null();
}

}  // namespace unroll::json
