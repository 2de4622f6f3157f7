// Rows as CSV or JSON lines, part by part.
#include "cli/rows_text.h"

#include "base/text.h"

namespace unroll::cli {

namespace {

/// The array that render() gives has a row on each line: " {…}," between "[" and "]".
std::string json_lines(const store::Table& part) {
    std::string lines;
    for (const std::string& line : base::split(render(part, Format::json), '\n')) {
        const std::size_t begin = line.find('{'), end = line.rfind('}');
        if (begin != line.npos && end != line.npos) lines += line.substr(begin, end + 1 - begin) + '\n';
    }
    return lines;
}

}  // namespace

std::string RowText::of(const store::Table& part) {
    if (format_ == RowFormat::json_lines) return json_lines(part);
    std::string text = render(part, Format::csv, look_);
    if (!has_head_) {
        has_head_ = true;
        return text;
    }
    return text.substr(render({part.columns, {}}, Format::csv, look_).size());
}

}  // namespace unroll::cli
