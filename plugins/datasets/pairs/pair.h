// A pair of texts: a question and its answer.
#pragma once

#include <string>

struct Pair {
    std::string question, answer;
    std::string key = question;  ///< of pairs that ask the same, which have one key, only the first is kept
};
