// Names with a hyphen, texts without quotes, names misspelled.
#include "store/query_help.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"
#include "manifest/terms.h"
#include "store/database.h"

namespace unroll::store {
namespace {

constexpr std::string_view columns =
    "SELECT DISTINCT columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns"
    " WHERE tables.type IN ('table', 'view')";
constexpr std::string_view tables = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')";
constexpr std::string_view functions = "SELECT DISTINCT name FROM pragma_function_list";
/// Texts that people compare columns with.
constexpr std::string_view texts =
    "SELECT name FROM experiment UNION SELECT cell FROM trial UNION SELECT dataset FROM trial"
    " UNION SELECT optimizer FROM trial UNION SELECT status FROM trial";

/// A message of SQLite about an unknown name, and a query for the known ones.
struct Unknown {
    std::string_view message, known;
};
constexpr std::array<Unknown, 3> unknown_names{
    {{"no such column: ", columns}, {"no such table: ", tables}, {"no such function: ", functions}}};

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// The first column of a query's rows; none when the query cannot be run.
std::vector<std::string> names(sqlite3* connection, std::string_view query) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection, query.data(), static_cast<int>(query.size()), &statement, nullptr);
    const std::unique_ptr<sqlite3_stmt, Finalize> listing(statement);
    std::vector<std::string> all;
    while (listing && sqlite3_step(listing.get()) == SQLITE_ROW) all.push_back(Row(listing.get()).text(0));
    return all;
}

bool has(const std::vector<std::string>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

/// The column for a name of another tool: val_loss, lr, hidden_size; "" when none is known to be meant.
std::string column_meant(std::string_view name, const std::vector<std::string>& known) {
    for (const std::string_view split : {"val_", "valid_", "dev_", "eval_"})
        if (name.starts_with(split))
            if (std::string column = fmt::format("validation_{}", name.substr(split.size())); has(known, column))
                return column;
    const manifest::Term* term = manifest::find_term(name, "");
    const std::string_view path = term ? term->path : "";
    const std::string column(path.substr(path.rfind('.') + 1));
    return has(known, column) ? column : "";
}

/// A word of a query and what stands before it.
struct Word {
    std::string_view text;
    std::string before;  ///< "=", "(", …, or the keyword in lower case
};

bool in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || (c & 0x80);
}

/// The longest run of letters, digits, '_' and '-' around a place; without its quotes where it has some.
Word word_at(std::string_view sql, std::size_t at) {
    if (at < sql.size() && sql[at] == '"') ++at;
    std::size_t begin = at, end = at;
    while (begin > 0 && in_word(sql[begin - 1])) --begin;
    while (end < sql.size() && in_word(sql[end])) ++end;
    Word word{sql.substr(begin, end - begin), ""};
    std::string_view before = sql.substr(0, begin);
    while (!before.empty() && (std::isspace(static_cast<unsigned char>(before.back())) || before.back() == '"'))
        before.remove_suffix(1);
    std::size_t first = before.size();
    while (first > 0 && in_word(before[first - 1])) --first;
    if (first == before.size() && first > 0) --first;
    word.before = base::lower(before.substr(first));
    return word;
}

/// Where a table's name is expected.
bool after_from(const Word& word) {
    return word.before == "from" || word.before == "join";
}

bool is_compared(const Word& word) {
    return word.before == "=" || word.before == ">" || word.before == "(" || word.before == "like" ||
           word.before == "glob" || word.before == "is" || word.before == "not";
}

std::string double_quotes(std::string_view name) {
    return fmt::format(
        "write \"{0}\" in double quotes, a name with a hyphen or a point: \\\"{0}\\\" where the shell "
        "already has the query in double quotes",
        name);
}

/// For a word that SQLite has taken for something else; "" when the quotes are right.
std::string quotes(sqlite3* connection, const Word& word, bool unknown_column) {
    const bool hyphen = word.text.find('-') != word.text.npos && in_word(word.text.back()) && word.text.back() != '-';
    if (hyphen && after_from(word)) return double_quotes(word.text);
    if (hyphen && has(names(connection, columns), word.text)) return double_quotes(word.text);
    if (!unknown_column && !hyphen) return "";
    const bool known = has(names(connection, texts), word.text);
    if (hyphen && (known || is_compared(word)))
        return fmt::format("write '{}' in single quotes: without them it is a subtraction", word.text);
    if (known || (is_compared(word) && word.before != "("))
        return fmt::format("for the text {0}, write '{0}' in single quotes", word.text);
    return "";
}

/// For a column that the query's tables have not, but another has; "" when none has.
std::string other_table(sqlite3* connection, std::string_view column) {
    std::string quoted;
    for (const char c : column) quoted += c == '\'' ? "''" : std::string(1, c);
    const std::vector<std::string> found =
        names(connection,
              fmt::format("SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns"
                          " WHERE tables.type IN ('table', 'view') AND columns.name = '{}' ORDER BY tables.name",
                          quoted));
    if (found.empty()) return "";
    return fmt::format("it is a column of {}: select FROM \"{}\", or JOIN it", fmt::join(found, ", "), found.front());
}

}  // namespace

std::string help_with_query(sqlite3* connection, std::string_view sql, int offset, std::string_view message) {
    const std::string documented = "tables, columns and examples are documented in results/README.md";
    std::string near;
    bool column = false;
    for (const Unknown& unknown : unknown_names) {
        if (!message.starts_with(unknown.message)) continue;
        column = unknown.known == columns;
        const std::string_view name = message.substr(unknown.message.size());
        const std::vector<std::string> known = names(connection, unknown.known);
        if (column && name.find('.') != name.npos && has(known, name))
            return fmt::format("{}; {}", double_quotes(name), documented);
        const std::string_view bare = name.substr(name.rfind('.') + 1);
        if (column)
            if (const std::string help = other_table(connection, bare); !help.empty())
                return fmt::format("{}; {}", help, documented);
        if (column) near = column_meant(bare, known);
        if (near.empty()) near = base::nearest(bare, known);
    }
    if (offset >= 0 && static_cast<std::size_t>(offset) < sql.size()) {
        const Word word = word_at(sql, static_cast<std::size_t>(offset));
        const bool hyphen = word.text.find('-') != word.text.npos;
        if (!word.text.empty() && (near.empty() || hyphen || has(names(connection, texts), word.text)))
            if (const std::string help = quotes(connection, word, column); !help.empty())
                return fmt::format("{}; {}", help, documented);
    }
    return near.empty() ? documented : fmt::format("{} {}", base::did_you_mean(near), documented);
}

}  // namespace unroll::store
