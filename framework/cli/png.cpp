// Pictures in pixels, made of drawings.
#include "cli/png.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "unroll/error.h"

extern char** environ;

namespace unroll::cli {

namespace {

namespace fs = std::filesystem;

/// A folder of this process's own that goes away with all that is in it.
class ScratchFolder {
public:
    ScratchFolder() {
        std::string pattern = (fs::temp_directory_path() / "unroll-XXXXXX").string();
        if (!mkdtemp(pattern.data()))
            throw Error({pattern, fmt::format("cannot be made: {}", std::strerror(errno)), "a folder for a drawing",
                         "set TMPDIR to a folder that can be written"});
        path_ = pattern;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

std::string content_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::string png_of(const std::string& svg, double pixels_per_inch) {
    const ScratchFolder folder;
    const std::string drawing = folder.file("plot.svg"), picture = folder.file("plot.png"), said = folder.file("said");
    std::ofstream(drawing, std::ios::binary) << svg;
    const std::string density = fmt::format("{:g}", pixels_per_inch);
    // Sizes are in points, which a drawing says of itself from librsvg 2.52 on; --dpi gives it the density.
    std::array<const char*, 9> words{"rsvg-convert", "--dpi-x",       density.c_str(), "--dpi-y", density.c_str(),
                                     "-o",           picture.c_str(), drawing.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int refused = posix_spawnp(&child, words[0], &actions, nullptr, const_cast<char**>(words.data()), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (refused)
        throw Error({"PNG", fmt::format("rsvg-convert does not start: {}", std::strerror(refused)),
                     "rsvg-convert, which makes pixels of a drawing",
                     "install librsvg2-bin (Debian, Ubuntu), or write a drawing: -o FILE.svg"});
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::string bytes = content_of(picture);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || bytes.empty())
        throw Error({"PNG", fmt::format("rsvg-convert failed: {}", content_of(said)), "a PNG file",
                     "write a drawing instead: -o FILE.svg"});
    return bytes;
}

}  // namespace unroll::cli
