// The lists of functions and pragmas that queries may use.
#include "store/allowed.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace unroll::store {

namespace {

// Left out though harmless: json_patch and unhex, whose time is the product of two lengths.
constexpr std::array functions{
    // values and texts
    "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr", "length",
    "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif", "octet_length", "printf", "quote",
    "random", "randomblob", "replace", "round", "rtrim", "sign", "soundex", "sqlite_version", "substr", "substring",
    "trim", "typeof", "unicode", "unlikely", "upper", "zeroblob",
    // aggregates and windows
    "avg", "count", "cume_dist", "dense_rank", "first_value", "group_concat", "lag", "last_value", "lead", "median",
    "nth_value", "ntile", "percent_rank", "rank", "row_number", "stddev", "string_agg", "sum", "total",
    // dates
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time",
    "timediff", "unixepoch",
    // mathematics
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
    "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan", "tanh",
    "trunc",
    // JSON
    "->", "->>", "json", "json_array", "json_array_length", "json_error_position", "json_extract", "json_group_array",
    "json_group_object", "json_insert", "json_object", "json_pretty", "json_quote", "json_remove", "json_replace",
    "json_set", "json_type", "json_valid"};

constexpr std::array pragmas{"table_info",       "table_xinfo",   "table_list",     "index_list",     "index_info",
                             "index_xinfo",      "database_list", "function_list",  "collation_list", "compile_options",
                             "foreign_key_list", "quick_check",   "integrity_check"};
constexpr std::array pragmas_without_argument{"user_version", "application_id"};

template <class Names>
bool has(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_allowed_function(std::string_view name) {
    return has(functions, base::lower(name));
}

bool is_allowed_pragma(std::string_view name, bool has_argument) {
    const std::string pragma = base::lower(name);
    return has(pragmas, pragma) || (!has_argument && has(pragmas_without_argument, pragma));
}

// The connection has no virtual tables but those of JSON and of pragmas (hardening.h): every other name is a table or a
// view of the file.
bool is_allowed_table(std::string_view name) {
    constexpr std::string_view pragma = "pragma_";
    const std::string table = base::lower(name);
    return !table.starts_with(pragma) || is_allowed_pragma(table.substr(pragma.size()), false);
}

}  // namespace unroll::store
