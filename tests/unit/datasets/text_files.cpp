// Which files a path means: a file, a folder or a glob, and what happens when there are none.
#include <sys/stat.h>

#include <cstdlib>

#include "catch.h"
#include "text_dataset.h"

using namespace unroll;

namespace {

const std::string fixtures = UNROLL_FIXTURES "/texts/";

std::string text(const std::string& path) {
    return decoded(*text_at(path));
}

/// The first line of what the user reads.
std::string complaint(const std::string& path) {
    const std::string error = error_of([&] { text_at(path); });
    return error.substr(0, error.find('\n'));
}

}  // namespace

TEST_CASE("a folder is all its files and those of folders in it, in the order of their paths, without hidden ones") {
    CHECK(text(fixtures + "folder") == "first\nsecond\nthird\nnotes\n");
    CHECK(text(fixtures + "folder/") == "first\nsecond\nthird\nnotes\n");
}

TEST_CASE("a glob is the files that it matches") {
    CHECK(text(fixtures + "folder/*.txt") == "first\nsecond\n");
    CHECK(text(fixtures + "folder/?.txt") == "first\nsecond\n");
    CHECK(text(fixtures + "folder/[b-z].*") == "second\n");
    CHECK(text(fixtures + "folder/[!a].txt") == "second\n");
    CHECK(text(fixtures + "f*/*/c.txt") == "third\n");
    CHECK(text(fixtures + "folder/**/*.txt") == "first\nsecond\nthird\n");
    CHECK(text(fixtures + "folder/**") == "first\nsecond\nthird\nnotes\n");
    CHECK(text(fixtures + "**/inner/*") == "third\n");
    CHECK(text(fixtures + "folder/**/**/c.txt") == "third\n");
    CHECK(text(fixtures + "folder/inner/../*.md") == "notes\n");
    CHECK(text(fixtures + "folder/.hid*") == "hidden\n");
}

TEST_CASE("a file whose name has wildcards is itself") {
    const TemporaryFolder folder;
    folder.write("a1.txt", "other");
    CHECK(text(folder.write("a[1].txt", "this")) == "this");
}

TEST_CASE("links to files are read, links to folders are not followed around in circles") {
    const TemporaryFolder folder;
    folder.write("a.txt", "a");
    std::filesystem::create_symlink(folder.path() / "a.txt", folder.path() / "b.txt");
    std::filesystem::create_directory_symlink(folder.path(), folder.path() / "circle");
    CHECK(text(folder.path().string()) == "aa");
    CHECK(text((folder.path() / "**" / "*.txt").string()) == "aa");
}

TEST_CASE("the digest of several files is that of their bytes, one after the other") {
    const TemporaryFolder folder;
    folder.write("1", "a");
    folder.write("2", "bc");
    CHECK(text_at(folder.path().string())->digest() == text_of_bytes("abc")->digest());
}

TEST_CASE("an empty file among others is no mistake") {
    const TemporaryFolder folder;
    folder.write("1", "");
    folder.write("2", "text");
    CHECK(text(folder.path().string()) == "text");
}

TEST_CASE("a path without a text is refused") {
    const TemporaryFolder folder;
    const std::string base = folder.path().string();
    CHECK(error_of([&] { text_at(base + "/no.txt"); }) ==
          "path: \"" + base +
              "/no.txt\" does not exist\n"
              "  expected: a text file, a folder of text files or a glob that matches some\n"
              "  help: check the path; a relative path is looked up beside the manifest, in the working directory and "
              "in the "
              "folders of UNROLL_DATA");
    CHECK(complaint(base) == "path: \"" + base + "\" is a folder without files");
    CHECK(complaint(base + "/*.txt") == "path: the glob \"" + base + "/*.txt\" matches no file");
    CHECK(complaint(base + "/no/*/x") == "path: the glob \"" + base + "/no/*/x\" matches no file");
    CHECK(complaint(base + "/no/x*") == "path: the glob \"" + base + "/no/x*\" matches no file");
    CHECK(complaint(fixtures + "empty.txt") == "path: \"" + fixtures + "empty.txt\" is empty");
    folder.write("1", "");
    folder.write("2", "");
    CHECK(complaint(base) == "path: all 2 files are empty, the first is \"" + base + "/1\"");
    REQUIRE(mkfifo((base + "/pipe").c_str(), 0600) == 0);
    CHECK(complaint(base + "/pipe") == "path: \"" + base + "/pipe\" is neither a file nor a folder");
}

TEST_CASE("a file that may not be read is refused") {
    const TemporaryFolder folder;
    const std::string file = folder.write("secret.txt", "text");
    REQUIRE(chmod(file.c_str(), 0) == 0);
    if (std::ifstream(file).good()) return;  // root may read everything
    CHECK(complaint(file) == "path: \"" + file + "\" cannot be read: Permission denied");
}

TEST_CASE("a text without a single token is refused") {
    const TemporaryFolder folder;
    const std::string file = folder.write("blank.txt", "\xEF\xBB\xBF");
    CHECK(error_of([&] { text_at(file); }) == "path: \"" + file +
                                                  "\" contains no characters (3 bytes)\n"
                                                  "  expected: a text to train on\n"
                                                  "  help: check the contents of the files");
}

TEST_CASE("a device, a named pipe and a socket are refused at once") {
    const TemporaryFolder folder;
    const std::string fifo = (folder / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& path : {fifo, std::string("/dev/zero")})
        CHECK(complaint(path) == "path: \"" + path + "\" is neither a file nor a folder");
    folder.write("a.txt", "a");
    CHECK(text(folder.path().string()) == "a");  // beside a file they are passed over
    CHECK(text((folder.path() / "*").string()) == "a");
}

TEST_CASE("texts beyond the data limit are refused before they are read") {
    const TemporaryFolder folder;
    const std::string large = folder.write("large.txt", "a");
    std::filesystem::resize_file(large, std::uintmax_t{1} << 40);  // a terabyte of nothing
    CHECK(complaint(large) == "path: \"" + large + "\" has 1099511627776 bytes");
    folder.write("a.txt", "some text");
    CHECK(complaint(folder.path().string()) ==
          "path: 2 files, the first of which to \"" + large + "\" have 1099511627785 bytes");
    std::filesystem::remove(large);
    setenv("UNROLL_DATA_LIMIT", "8", 1);
    CHECK(complaint(folder.path().string()).ends_with("has 9 bytes"));
    setenv("UNROLL_DATA_LIMIT", "many", 1);
    CHECK(complaint(folder.path().string()) == "UNROLL_DATA_LIMIT: \"many\"");
    setenv("UNROLL_DATA_LIMIT", "9", 1);
    CHECK(text(folder.path().string()) == "some text");
    unsetenv("UNROLL_DATA_LIMIT");
}
