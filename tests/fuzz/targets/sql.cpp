// Queries of users: nothing is changed, no file is made, and each ends in its time, whatever it asks for.
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "../target.h"
#include "store/query.h"
#include "store/store.h"
#include "unroll/error.h"

namespace {

using namespace unroll;
namespace fs = std::filesystem;

/// A store in a folder of its own, which is gone in the end.
struct Place {
    fs::path folder;

    Place() {
        std::string name = (fs::temp_directory_path() / "unroll-fuzz-XXXXXX").string();
        fuzz::require(::mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
        folder = name;
        store::Store(folder / "store.db", store::Store::Mode::write);
    }
    ~Place() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    std::string content() const {
        std::ifstream file(folder / "store.db", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(folder)) count += !entry.path().filename().empty();
        return count;
    }
};

}  // namespace

void fuzz::run(std::string_view input) {
    using namespace std::chrono_literals;
    static const Place place;
    static store::Store store(place.folder / "store.db", store::Store::Mode::read);
    static const std::string before = place.content();
    static const std::size_t files = place.files();
    const std::clock_t begin = std::clock();  // of computing: a busy machine is no hang
    try {
        store::query(store, input, {}, {.timeout = 20ms});
    } catch (const Error&) {
    }
    require(std::clock() - begin < 5 * CLOCKS_PER_SEC, "a query ends in its time");
    static std::uint64_t count = 0;
    if (++count % 256 == 0) {
        require(place.content() == before, "a query changes nothing");
        require(place.files() == files, "a query makes no file");
    }
}
