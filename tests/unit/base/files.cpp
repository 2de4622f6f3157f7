// Files that are whole or not there, and files that one holder has at a time.
#include "base/files.h"

#include <fcntl.h>

#include <fstream>
#include <sstream>
#include <system_error>

#include "catch.h"
#include "temporary_folder.h"

namespace unroll::base {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

TEST_CASE("a file takes its name when it is whole, and not before") {
    const TemporaryFolder folder;
    const fs::path path = folder / "a/b/file";
    {
        AtomicFile file(path);
        file.write("half");
        CHECK_FALSE(fs::exists(path));
    }
    CHECK(fs::is_empty(path.parent_path()));  // given up: nothing is left behind

    {
        AtomicFile file(path);
        file.write("one ");
        file.write("two");
        file.commit();
    }
    CHECK(content(path) == "one two");
    {
        AtomicFile file(path);
        file.write("three");
        CHECK(content(path) == "one two");
        file.commit();
    }
    CHECK(content(path) == "three");
    CHECK_FALSE(fs::exists(path.string() + ".partial"));
}

TEST_CASE("a folder that cannot be written to is a system error") {
    const TemporaryFolder folder;
    folder.write("file", "no folder");
    CHECK_THROWS_AS(AtomicFile(folder / "file/below"), std::system_error);
    CHECK_THROWS_AS(sync_folder(folder / "nowhere"), std::system_error);
    CHECK_THROWS_AS(LockedFile::try_lock(folder / "nowhere/lock"), std::system_error);
}

TEST_CASE("one holder at a time has a locked file") {
    const TemporaryFolder folder;
    const fs::path path = folder / "lock";
    auto held = LockedFile::try_lock(path);
    REQUIRE(held);
    CHECK_FALSE(LockedFile::try_lock(path));
    held->file().write("me");
    CHECK(content(path) == "me");
    held->file().truncate();
    held->file().write("I");
    CHECK(content(path) == "I");
    held.reset();
    CHECK(LockedFile::try_lock(path));
    CHECK(content(path) == "I");
}

TEST_CASE("the lock is on the file that has the name") {
    const TemporaryFolder folder;
    const fs::path path = folder / "lock";
    const auto former = LockedFile::try_lock(path);
    fs::rename(path, folder / "kept");
    CHECK(LockedFile::try_lock(path));                   // another file by now
    CHECK_FALSE(LockedFile::try_lock(folder / "kept"));  // the former one, under its new name
}

}  // namespace
}  // namespace unroll::base
