// instr, replace, trim, ltrim and rtrim in linear time.
#include "store/text_functions.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/utf8.h"

namespace unroll::store {

namespace {

std::string_view text_of(sqlite3_value* value) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view();
}

std::string_view blob_of(sqlite3_value* value) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
    return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view();
}

bool is(sqlite3_value* value, int type) {
    return sqlite3_value_type(value) == type;
}

/// Where `part` begins, from `begin` on; npos when it does not. std::string_view::find() may take the product of the
/// lengths.
std::size_t find(std::string_view text, std::string_view part, std::size_t begin = 0) {
    if (begin > text.size()) return text.npos;
    const void* found = memmem(text.data() + begin, text.size() - begin, part.data(), part.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.npos;
}

void instr(sqlite3_context* context, int, sqlite3_value** arguments) {
    if (is(arguments[0], SQLITE_NULL) || is(arguments[1], SQLITE_NULL)) return;
    const bool blobs = is(arguments[0], SQLITE_BLOB) && is(arguments[1], SQLITE_BLOB);
    const std::string_view text = blobs ? blob_of(arguments[0]) : text_of(arguments[0]),
                           part = blobs ? blob_of(arguments[1]) : text_of(arguments[1]);
    const std::size_t at = part.empty() ? 0 : find(text, part);
    if (at == text.npos) return sqlite3_result_int64(context, 0);
    const std::size_t before = blobs ? at : count_code_points(text.substr(0, at));
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(before) + 1);
}

void replace(sqlite3_context* context, int, sqlite3_value** arguments) {
    if (is(arguments[0], SQLITE_NULL) || is(arguments[1], SQLITE_NULL)) return;
    const std::string_view text = text_of(arguments[0]), part = text_of(arguments[1]);
    if (part.empty() || part.front() == '\0') return sqlite3_result_value(context, arguments[0]);
    if (is(arguments[2], SQLITE_NULL)) return;
    const std::string_view other = text_of(arguments[2]);
    const auto longest =
        static_cast<std::size_t>(sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1));
    std::string result;
    for (std::size_t begin = 0;;) {
        const std::size_t at = find(text, part, begin);
        result += text.substr(begin, at - begin);
        if (at != text.npos) result += other;
        if (result.size() > longest) return sqlite3_result_error_toobig(context);
        if (at == text.npos) break;
        begin = at + part.size();
    }
    sqlite3_result_text64(context, result.data(), result.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// The characters of a text, which bytes that are not UTF-8 do not belong to.
class Characters {
public:
    explicit Characters(std::string_view text) {
        constexpr std::size_t few = 100;
        if (text.size() > few) all_.resize(0x110000);
        for (std::size_t at = 0; at < text.size();) {
            const CodePoint code = next_code_point(text, at);
            if (code < 0)
                ++at;
            else if (all_.empty())
                listed_.push_back(code);
            else
                all_[static_cast<std::size_t>(code)] = true;
        }
    }
    bool has(CodePoint code) const {
        if (code < 0) return false;
        return all_.empty() ? std::find(listed_.begin(), listed_.end(), code) != listed_.end()
                            : all_[static_cast<std::size_t>(code)];
    }

private:
    std::vector<CodePoint> listed_;
    std::vector<bool> all_;  ///< by code point; empty where they are few
};

struct Sides {
    bool left, right;
};
constexpr Sides left_side{true, false}, right_side{false, true}, both_sides{true, true};

void trim(sqlite3_context* context, int count, sqlite3_value** arguments) {
    if (is(arguments[0], SQLITE_NULL) || (count > 1 && is(arguments[1], SQLITE_NULL))) return;
    const auto& sides = *static_cast<const Sides*>(sqlite3_user_data(context));
    const Characters trimmed(count > 1 ? text_of(arguments[1]) : " ");
    std::string_view text = text_of(arguments[0]);
    while (sides.left && !text.empty()) {
        std::size_t end = 0;
        if (!trimmed.has(next_code_point(text, end))) break;
        text.remove_prefix(end);
    }
    while (sides.right && !text.empty()) {
        std::size_t begin = code_point_begin(text, text.size() - 1);
        const std::size_t size = text.size() - begin;
        const std::string_view last = text.substr(begin);
        if (std::size_t end = 0; !trimmed.has(next_code_point(last, end)) || end != size) break;
        text.remove_suffix(size);
    }
    sqlite3_result_text64(context, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

template <Function function>
void safely(sqlite3_context* context, int count, sqlite3_value** arguments) {
    try {
        function(context, count, arguments);
    } catch (const std::exception&) {
        sqlite3_result_error_nomem(context);
    }
}

template <Function function>
void add(sqlite3* connection, const char* name, int arguments, const Sides* sides = nullptr) {
    sqlite3_create_function_v2(connection, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                               const_cast<Sides*>(sides), safely<function>, nullptr, nullptr, nullptr);
}

}  // namespace

void register_text_functions(sqlite3* connection) {
    add<instr>(connection, "instr", 2);
    add<replace>(connection, "replace", 3);
    for (const int arguments : {1, 2}) {
        add<trim>(connection, "trim", arguments, &both_sides);
        add<trim>(connection, "ltrim", arguments, &left_side);
        add<trim>(connection, "rtrim", arguments, &right_side);
    }
}

}  // namespace unroll::store
