// What the command line must not know: the store's schema and SQLite. The store answers questions, analysis computes.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "../../words/string_literals.h"
#include "catch.h"

namespace {

std::string content_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("the command line has no SQL of its own and no SQLite") {
    std::size_t files = 0;
    std::string found;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(UNROLL_SOURCE) / "framework" / "cli")) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
        ++files;
        const std::string name = entry.path().filename().string(), source = content_of(entry.path());
        for (const char* header : {"sqlite3.h", "store/database.h", "store/schema.h", "store/connection.h"})
            if (contains(source, header)) found += name + ": includes " + header + "\n";
        if (name != "sql.cpp" && contains(source, "store/query.h")) found += name + ": includes store/query.h\n";
        for (const StringLiteral& literal : string_literals(source))
            // What a user may type is no query of ours.
            if (contains(literal.text, "SELECT ") && contains(literal.text, " FROM ") &&
                !contains(literal.text, "unroll sql"))
                found += name + ":" + std::to_string(literal.line) + ": " + literal.text + "\n";
    }
    INFO(found);
    CHECK(found.empty());
    CHECK(files > 30);
}
