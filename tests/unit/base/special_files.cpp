// Paths that are no regular files: known before they are opened.
#include "base/special_files.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "catch.h"
#include "temporary_folder.h"

namespace unroll::base {
namespace {

std::string found(const std::filesystem::path& path, std::uint64_t most = 0) {
    try {
        return "read: " + read_file(path, "a text", most);
    } catch (const Error& error) {
        return error.problem().found;
    }
}

TEST_CASE("What is no regular file is refused without waiting for it") {
    const TemporaryFolder folder;
    const std::string fifo = (folder / "fifo").string(), socket_path = (folder / "socket").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(found(fifo) == "a named pipe (FIFO)");
    CHECK(found(socket_path) == "a socket");
    CHECK(found("/dev/zero") == "a device");
    CHECK(found(folder.path()) == "a folder");
    CHECK(found(folder / "nothing") == "no such file");
    std::filesystem::create_symlink(fifo, folder / "link");
    CHECK(found(folder / "link") == "a named pipe (FIFO)");
    CHECK(special_file(folder / "nothing").empty());
    ::close(listener);
}

TEST_CASE("A file is read whole, up to a size") {
    const TemporaryFolder folder;
    CHECK(found(folder.write("some", "text")) == "read: text");
    CHECK(found(folder.write("empty", "")) == "read: ");
    CHECK(found(folder / "some", 4) == "read: text");
    CHECK(found(folder / "some", 3) == "a file of 4 bytes");
    std::filesystem::resize_file(folder / "some", std::uintmax_t{1} << 40);
    CHECK(found(folder / "some", 1000) == "a file of 1099511627776 bytes");
}

}  // namespace
}  // namespace unroll::base
