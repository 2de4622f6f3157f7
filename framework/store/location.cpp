// Where a database really is.
#include "store/location.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// The end of a chain of links, whether it is there or not. The path as it is when the chain has no end.
fs::path without_links(const fs::path& named) {
    constexpr int longest_chain = 40;  // as Linux follows
    fs::path path = fs::absolute(named).lexically_normal();
    std::error_code error;
    for (int i = 0; i < longest_chain; ++i) {
        const fs::path folder = fs::weakly_canonical(path.parent_path(), error);
        if (!error) path = folder / path.filename();
        if (!fs::is_symlink(path, error)) return path;
        const fs::path target = fs::read_symlink(path, error);
        if (error) return path;
        path = (path.parent_path() / target).lexically_normal();
    }
    return path;
}

/// The names in its folder that a file has, in order.
std::vector<fs::path> names_beside(const fs::path& path, const struct stat& own) {
    std::vector<fs::path> names;
    std::error_code error;
    for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
        struct stat other {};
        if (::lstat(entry->path().c_str(), &other) == 0 && other.st_dev == own.st_dev && other.st_ino == own.st_ino)
            names.push_back(entry->path());
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool has_beside(const fs::path& path, std::string_view ending) {
    fs::path beside = path;
    beside += ending;
    std::error_code ignored;
    return fs::exists(beside, ignored);
}

constexpr std::array<std::string_view, 3> companions{"-wal", "-journal", ".d"};

/// "fuse.sshfs", say: the type of the mount that a device belongs to; "" when that is not known.
std::string mounted_as(dev_t device) {
    const std::string number = fmt::format("{}:{}", major(device), minor(device));
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string id, parent, mount;
        words >> id >> parent >> mount;
        const std::size_t dash = line.find(" - ");
        if (mount != number || dash == line.npos) continue;
        std::istringstream rest(line.substr(dash + 3));
        std::string type;
        rest >> type;
        return type;
    }
    return "";
}

}  // namespace

fs::path real_location(const fs::path& database) {
    fs::path path = without_links(database);
    struct stat own {};
    if (::lstat(path.c_str(), &own) != 0 || !S_ISREG(own.st_mode) || own.st_nlink < 2) return path;
    const std::vector<fs::path> names = names_beside(path, own);
    for (const std::string_view ending : companions)
        for (const fs::path& name : names)
            if (has_beside(name, ending)) return name;
    return names.empty() ? path : names.front();
}

void refuse_second_name(const fs::path& location) {
    struct stat own {};
    if (::lstat(location.c_str(), &own) != 0 || own.st_nlink < 2 || own.st_size == 0) return;
    if (names_beside(location, own).size() == own.st_nlink ||
        std::any_of(companions.begin(), companions.end(),
                    [&](std::string_view ending) { return has_beside(location, ending); }))
        return;
    throw Error({location, "a second name (hard link) of a file that has another name in another folder",
                 "the name that its folder of checkpoints stands beside",
                 "use that name, or make this one a file of its own: copy it and move the copy here"});
}

std::string network_file_system(long type, std::string_view mounted_as) {
    struct Known {
        unsigned long type;  // linux/magic.h and the file systems' own sources
        const char* name;
    };
    constexpr std::array<Known, 11> all{{{0x6969, "NFS"},
                                         {0x517B, "SMB"},
                                         {0xFF534D42, "SMB"},
                                         {0xFE534D42, "SMB"},
                                         {0x5346414F, "AFS"},
                                         {0x6B414653, "AFS"},
                                         {0x73757245, "Coda"},
                                         {0x01021997, "9P"},
                                         {0x00C36400, "Ceph"},
                                         {0x0BD00BD0, "Lustre"},
                                         {0x47504653, "GPFS"}}};
    constexpr unsigned long fuse = 0x65735546, low_bits = 0xFFFFFFFF;
    const unsigned long number = static_cast<unsigned long>(type) & low_bits;
    for (const Known& known : all)
        if (known.type == number) return known.name;
    // Of those in user space, some are of this machine.
    constexpr std::array<std::string_view, 12> remote{"sshfs",     "s3fs",    "gcsfuse", "rclone",
                                                      "glusterfs", "davfs",   "cephfs",  "smbnetfs",
                                                      "curlftpfs", "juicefs", "goofys",  "moosefs"};
    if (number == fuse)
        for (const std::string_view name : remote)
            if (mounted_as.find(name) != mounted_as.npos) return std::string(name);
    return "";
}

std::string network_file_system(const fs::path& path) {
    struct statfs system {};
    struct stat own {};
    if (::statfs(path.c_str(), &system) != 0 || ::stat(path.c_str(), &own) != 0) return "";
    return network_file_system(static_cast<long>(system.f_type), mounted_as(own.st_dev));
}

}  // namespace unroll::store
