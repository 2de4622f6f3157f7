// The manifests in experiments/ are right.
#include <cstdlib>

#include "catch.h"
#include "program.h"

TEST_CASE("every manifest in experiments/ passes the check, where its data is there") {
    const TemporaryFolder place;
    const char* data = std::getenv("UNROLL_DATA");
    int checked = 0;
    for (const auto& entry : std::filesystem::directory_iterator(UNROLL_SOURCE "/experiments")) {
        if (entry.path().extension() != ".json") continue;
        const std::string name = entry.path().filename().string(), text = content_of(entry.path());
        Words words{"check", entry.path().string()};
        if (text.find("tinyshakespeare.txt") != std::string::npos) {
            const std::string file = std::string(data ? data : "") + "/tinyshakespeare.txt";
            if (!data || !std::filesystem::exists(file)) {
                WARN(name << " is not checked: tinyshakespeare.txt is not in UNROLL_DATA");
                continue;
            }
            std::error_code there;
            std::filesystem::create_symlink(std::filesystem::absolute(file), place / "tinyshakespeare.txt", there);
        }
        const Ended check = unroll(place, words);
        INFO(name << ": " << check.err);
        CHECK(check.code == 0);
        CHECK(check.prints(name + ": all well"));
        ++checked;
    }
    CHECK(checked >= 3);
}
