// What kind of file a path is, asked before it is opened.
#include "base/special_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/files.h"

namespace unroll::base {

namespace {

std::string kind_of(mode_t mode) {
    if (S_ISREG(mode)) return "";
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a named pipe (FIFO)";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

}  // namespace

std::string special_file(const std::filesystem::path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? kind_of(found.st_mode) : "";
}

std::optional<Problem> unreadable(const std::filesystem::path& path, const std::string& wanted, std::uint64_t most) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        return Problem{path.string(), missing ? "no such file" : std::generic_category().message(errno), wanted,
                       "check the path"};
    }
    if (const std::string kind = kind_of(found.st_mode); !kind.empty())
        return Problem{path.string(), kind, wanted + ", a regular file",
                       S_ISDIR(found.st_mode) ? "name a file in it" : "write its contents to a file, and name that"};
    if (::access(path.c_str(), R_OK) != 0)
        return Problem{path.string(), fmt::format("cannot be read: {}", std::generic_category().message(errno)), wanted,
                       "change its permissions"};
    if (most && static_cast<std::uint64_t>(found.st_size) > most)
        return Problem{path.string(), fmt::format("a file of {} bytes", found.st_size),
                       fmt::format("{}, at most {} bytes", wanted, most), "check the path"};
    return std::nullopt;
}

std::string read_file(const std::filesystem::path& path, const std::string& wanted, std::uint64_t most) {
    if (auto problem = unreadable(path, wanted, most)) throw Error(std::move(*problem));
    try {
        const File file(path, O_RDONLY | O_NONBLOCK);
        struct stat opened {};
        if (::fstat(file.descriptor(), &opened) != 0) throw std::system_error(errno, std::generic_category());
        std::string bytes(static_cast<std::size_t>(opened.st_size), '\0');
        std::size_t size = 0;
        while (size < bytes.size()) {
            const ssize_t count = ::read(file.descriptor(), bytes.data() + size, bytes.size() - size);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw std::system_error(errno, std::generic_category());
            if (count == 0) break;
            size += static_cast<std::size_t>(count);
        }
        bytes.resize(size);
        return bytes;
    } catch (const std::system_error& error) {
        throw Error({path.string(), fmt::format("cannot be read: {}", error.code().message()), wanted,
                     "check the path and its permissions"});
    }
}

}  // namespace unroll::base
