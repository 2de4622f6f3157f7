// Reading an ELF header, for its promises about the file's size.
#include "plugins/library_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "base/files.h"
#include "base/special_files.h"

namespace unroll::plugins {

namespace {

namespace fs = std::filesystem;

constexpr const char* build_again = "build it again, or remove the file from the folder";

Problem refused(const fs::path& file, std::string found, std::string help = build_again) {
    return {file.string(), std::move(found), "a plugin's shared library, whole", std::move(help)};
}

template <class Part>
bool read_at(int descriptor, std::uint64_t offset, Part& part) {
    return ::pread(descriptor, &part, sizeof part, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof part);
}

/// The size that the file must have at least, as its header says; 0 when it is no ELF file of this machine's class,
/// about which the dynamic linker has the better words.
std::uint64_t promised_size(int descriptor) {
    ElfW(Ehdr) header;
    if (!read_at(descriptor, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return 0;
    constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (header.e_ident[EI_CLASS] != own_class) return 0;
    std::uint64_t size = sizeof header;
    const auto reach = [&](std::uint64_t offset, std::uint64_t length) {
        std::uint64_t end = 0;
        size = std::max(size, __builtin_add_overflow(offset, length, &end) ? UINT64_MAX : end);
    };
    reach(header.e_phoff, std::uint64_t{header.e_phnum} * header.e_phentsize);
    if (header.e_shoff) reach(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize);
    for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) segment;
        if (!read_at(descriptor, header.e_phoff + i * header.e_phentsize, segment)) break;
        if (segment.p_type == PT_LOAD) reach(segment.p_offset, segment.p_filesz);
    }
    return size;
}

}  // namespace

std::optional<Problem> check_library_file(const fs::path& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) {
        const bool is_link = ::lstat(file.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
        return is_link ? refused(file, "a link to a file that is not there", "remove the link, or correct it")
                       : refused(file, std::generic_category().message(errno), "check the path and its permissions");
    }
    if (const std::string kind = base::special_file(file); !kind.empty())
        return refused(file, fmt::format("{}, not a file", kind), "remove it from the folder");
    if (found.st_size == 0) return refused(file, "an empty file");
    try {
        const base::File opened(file, O_RDONLY | O_NONBLOCK);
        const std::uint64_t wanted = promised_size(opened.descriptor());
        const auto size = static_cast<std::uint64_t>(found.st_size);
        if (wanted > size)
            return refused(file, fmt::format("a truncated library: {} bytes of at least {}", size, wanted));
    } catch (const std::system_error& error) {
        return refused(file, fmt::format("cannot be read: {}", error.code().message()), "change its permissions");
    }
    return std::nullopt;
}

}  // namespace unroll::plugins
