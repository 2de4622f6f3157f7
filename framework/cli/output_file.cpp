// Files that commands write for people.
#include "cli/output_file.h"

#include <fmt/format.h>

#include <system_error>

#include "base/files.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace fs = std::filesystem;

void check_output(const fs::path& file) {
    std::error_code ignored;
    if (fs::is_directory(file, ignored))
        throw Error({"-o", fmt::format("'{}', which is a folder", file.string()), "a file to write",
                     fmt::format("name a file in it, as in {}", (file / "report.html").string())});
    const fs::path folder = fs::absolute(file).parent_path();
    if (!fs::is_directory(folder, ignored))
        throw Error({"-o", fmt::format("'{}', in a folder that does not exist", file.string()),
                     "a file in a folder that exists",
                     fmt::format("correct the path, or make the folder with: mkdir -p {}", folder.string())});
}

void write_output(const fs::path& file, std::string_view content) {
    check_output(file);
    try {
        base::AtomicFile output(file);
        output.write(content);
        output.commit();
    } catch (const std::system_error& error) {
        throw Error({file, fmt::format("cannot be written: {}", error.code().message()), "a file that can be written",
                     "name another file with -o"});
    }
}

std::string file_name_for(const std::string& experiment, const std::string& extension) {
    std::string name = experiment;
    for (char& c : name)
        if (c == '/' || static_cast<unsigned char>(c) < 0x20) c = '-';
    if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(0, "experiment");
    return name + extension;
}

}  // namespace unroll::cli
