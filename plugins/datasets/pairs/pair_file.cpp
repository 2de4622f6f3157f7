// Pairs that are read from files.
#include "pair_file.h"

#include <fmt/format.h>

#include "../common/files.h"
#include "../common/plain_text.h"
#include "unroll/error.h"
#include "unroll/sha256.h"
#include "unroll/utf8.h"

namespace {

std::string_view next_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::vector<Pair> read_pairs(const std::string& path, std::string& digest) {
    const Bytes bytes = read_files(find_files(path));
    digest = unroll::sha256(bytes.all);
    std::vector<Pair> pairs;
    for (const Bytes::File& file : bytes.files) {
        const std::string_view text = text_of(file, "");
        const std::size_t valid = unroll::first_invalid_utf8(text);
        if (valid < text.size()) fail_not_utf8(file, text, valid, "");
        std::string_view rest = text;
        for (std::size_t number = 1; !rest.empty(); ++number) {
            const std::string_view line = next_line(rest);
            if (line.empty()) continue;
            const std::size_t tab = line.find('\t');
            if (tab == line.npos || tab == 0 || tab + 1 == line.size() || line.find('\t', tab + 1) != line.npos)
                throw unroll::Error({"path",
                                     fmt::format("line {} of \"{}\" is \"{}\"", number, file.path.native(), line),
                                     "QUESTION<TAB>ANSWER, neither of them empty", "correct or remove the line"});
            pairs.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
        }
    }
    if (pairs.empty())
        throw unroll::Error({"path", fmt::format("\"{}\" has only empty lines", bytes.files.front().path.native()),
                             "QUESTION<TAB>ANSWER on every line", "add pairs to it"});
    return pairs;
}
