// The string literals of a C++ source, as the compiler would see them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct StringLiteral {
    std::size_t line = 0;  ///< where it begins, from 1
    std::string text;      ///< its value; \n, \t and \" are read, other escapes stay as written
};

/// All of them but those of #include, outside comments; adjacent ones are one. Any prefix, and raw ones.
std::vector<StringLiteral> string_literals(std::string_view source);
