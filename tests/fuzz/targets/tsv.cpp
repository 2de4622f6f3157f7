// Files of lines with a tab: labelled texts, and pairs of a question and an answer.
#include "../target.h"
#include "datasets/common/files.h"
#include "datasets/labelled-text/lines.h"
#include "datasets/pairs/pair_file.h"
#include "unroll/error.h"

void fuzz::run(std::string_view input) {
    const std::string path = file_with(input);
    for (const bool utf8 : {true, false}) try {
            const Bytes bytes = read_files(find_files(path));
            const Lines lines = read_lines(bytes, utf8);
            require(lines.classes.size() >= 2, "there are classes");
            for (const Line& line : lines.lines)
                require(line.label < lines.classes.size() && line.text.find('\n') == line.text.npos,
                        "a line is one line of a class");
        } catch (const unroll::Error&) {
        }
    try {
        std::string digest;
        for (const Pair& pair : read_pairs(path, digest))
            require(!pair.question.empty() && !pair.answer.empty() && pair.question.find('\t') == std::string::npos,
                    "a pair is two texts");
    } catch (const unroll::Error&) {
    }
}
