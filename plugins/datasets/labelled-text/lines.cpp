// The examples as they stand in files.
#include "lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "../common/plain_text.h"
#include "unroll/error.h"
#include "unroll/utf8.h"

using unroll::Size;

namespace {

[[noreturn]] void fail(std::string found, std::string wanted, std::string next) {
    throw unroll::Error({"path", std::move(found), std::move(wanted), std::move(next)});
}

bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

using Visit = std::function<void(std::string_view line, Size number)>;

/// Each line that is not blank. When `utf8`, the file's encoding has been checked before.
void visit_lines(const Bytes::File& file, bool utf8, const Visit& visit) {
    const std::string_view text = utf8 ? text_of(file) : file.bytes;
    if (utf8) {
        const Size end = unroll::first_invalid_utf8(text);
        if (end < text.size()) fail_not_utf8(file, text, end);
    }
    Size number = 0;
    for (Size begin = 0; begin < text.size();) {
        const Size newline = std::min(text.find('\n', begin), text.size());
        std::string_view line = text.substr(begin, newline - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        begin = newline + 1;
        ++number;
        if (!blank(line)) visit(line, number);
    }
}

/// By stem, by extension, or by whole name: the first by which all files differ.
std::vector<std::string> class_names(const std::vector<Bytes::File>& files) {
    const auto named = [&](auto&& name) {
        std::vector<std::string> names;
        for (const Bytes::File& file : files) names.push_back(name(file.path));
        return names;
    };
    const auto differ = [](const std::vector<std::string>& names) {
        return std::set<std::string>(names.begin(), names.end()).size() == names.size();
    };
    using std::filesystem::path;
    if (auto stems = named([](const path& file) { return file.stem().string(); }); differ(stems)) return stems;
    auto extensions = named([](const path& file) { return file.extension().string(); });
    const bool all = std::none_of(extensions.begin(), extensions.end(), [](auto& name) { return name.size() < 2; });
    if (all && differ(extensions)) {
        for (std::string& name : extensions) name.erase(0, 1);
        return extensions;
    }
    auto names = named([](const path& file) { return file.filename().string(); });
    if (!differ(names)) {
        fail(fmt::format("{} files, some with the same name in different folders; the first is \"{}\"", files.size(),
                         files.front().path.native()),
             "one file per class, named after the class",
             "rename them or give a single file with a label on every line");
    }
    return names;
}

Lines read_class_files(const Bytes& bytes, bool utf8) {
    const std::vector<std::string> names = class_names(bytes.files);
    Lines result{names, {}};
    std::sort(result.classes.begin(), result.classes.end());
    for (Size i = 0; i < names.size(); ++i) {
        const auto place = std::lower_bound(result.classes.begin(), result.classes.end(), names[i]);
        const auto label = static_cast<Size>(place - result.classes.begin());
        const Size before = result.lines.size();
        visit_lines(bytes.files[i], utf8, [&](std::string_view text, Size number) {
            result.lines.push_back({text, label, &bytes.files[i], number});
        });
        if (result.lines.size() == before) {
            fail(fmt::format("\"{}\" contains no text", bytes.files[i].path.native()),
                 "one file per class, with an example on each line", "add examples or exclude the file");
        }
    }
    return result;
}

Lines read_labelled_lines(const Bytes::File& file, bool utf8) {
    Lines result;
    std::vector<std::string_view> labels;
    visit_lines(file, utf8, [&](std::string_view line, Size number) {
        const Size tab = line.find('\t');
        const bool complete = tab != std::string_view::npos && tab > 0 && !blank(line.substr(tab));
        if (!complete) {
            fail(fmt::format("line {} of \"{}\" is \"{}\"", number, file.path.native(),
                             line.substr(0, std::min<Size>(tab, 40))),
                 "LABEL<TAB>TEXT on every line of a single file",
                 "correct the line, or give several files, one per class, as a folder or a glob");
        }
        labels.push_back(line.substr(0, tab));
        result.lines.push_back({line.substr(tab + 1), 0, &file, number});
    });
    const std::set<std::string_view> all(labels.begin(), labels.end());
    result.classes.assign(all.begin(), all.end());
    for (Size i = 0; i < labels.size(); ++i) {
        const auto place = std::lower_bound(result.classes.begin(), result.classes.end(), labels[i]);
        result.lines[i].label = static_cast<Size>(place - result.classes.begin());
    }
    return result;
}

}  // namespace

Lines read_lines(const Bytes& bytes, bool utf8) {
    const bool one = bytes.files.size() == 1;
    Lines result = one ? read_labelled_lines(bytes.files.front(), utf8) : read_class_files(bytes, utf8);
    if (result.classes.size() < 2) {
        fail(fmt::format(
                 "\"{}\" has {}", bytes.files.front().path.native(),
                 result.classes.empty() ? "no text" : fmt::format("only the label \"{}\"", result.classes.front())),
             "at least two classes", "add examples of another class");
    }
    return result;
}

std::string place_of(const Line& line) {
    return fmt::format("\"{}\", line {}", line.file->path.native(), line.number);
}
