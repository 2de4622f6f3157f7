// A dataset that names a url: downloaded once, then never asked for again.
#include <openssl/evp.h>

#include <memory>

#include "catch.h"
#include "http_server.h"
#include "program.h"

namespace {

std::string sha256(const std::string& bytes) {
    unsigned char hash[32];
    EVP_Digest(bytes.data(), bytes.size(), hash, nullptr, EVP_sha256(), nullptr);
    std::ostringstream digits;
    for (const unsigned char byte : hash) digits << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
    return digits.str();
}

const std::string sum = sha256(harbour_text());

/// The usual manifest with its text elsewhere.
Manifest with_url(const std::string& url) {
    Manifest manifest;
    manifest.dataset = R"({ "plugin": "text", "path": "far/harbour.txt",
    "url": ")" + url + R"(",
    "sha256": ")" + sum +
                       R"(", "split": [0.8, 0.2, 0.0] })";
    return manifest;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t number = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++number;
    return number;
}

}  // namespace

TEST_CASE("a text with a url is downloaded once, and everything works offline after") {
    const TemporaryFolder place;
    auto server = std::make_unique<HttpServer>(answer(harbour_text()));
    const std::string file = place.write("far.json", with_url(server->url()).text());
    const Ended first = unroll(place, {"run", "far.json"});
    INFO(first.err);
    REQUIRE(first.code == 0);
    CHECK(count(first.err, "downloading harbour.txt from " + server->url() + "\n") == 1);
    CHECK(count(first.err, "downloaded 4.") == 1);     // kilobytes
    CHECK(first.err.find('\r') == std::string::npos);  // no live line where there is no terminal
    CHECK(server->requests() == 1);
    CHECK(files_in(place / "cache") == std::set<std::string>{sum, sum + "/harbour.txt"});
    server.reset();

    for (const Words& words :
         {Words{"check", "far.json"}, {"plan", "far.json"}, {"run", "far.json"}, {"sample", "1"}, {"verify", "1"}}) {
        const Ended again = unroll(place, words);
        INFO(words[0] << ": " << again.err);
        CHECK(again.code == 0);
        CHECK_FALSE(again.says("download"));
    }
    CHECK(unroll(place, {"run", "far.json"}).says("0 trained, 1 already done"));

    // The same bytes beside the manifest are the same trial.
    std::filesystem::remove_all(place / "cache");
    place.write("far/harbour.txt", harbour_text());
    CHECK(unroll(place, {"run", "far.json"}).says("0 trained, 1 already done"));
    CHECK_FALSE(std::filesystem::exists(place / "cache"));
}

TEST_CASE("a url that only the store names is asked with the user's word alone") {
    const TemporaryFolder place;
    HttpServer server(answer(harbour_text()));
    place.write("far.json", with_url(server.url()).text());
    REQUIRE(unroll(place, {"run", "far.json"}).code == 0);
    std::filesystem::remove_all(place / "cache");  // as for a store that came from elsewhere
    const int before = int(server.requests());

    const Ended sampled = unroll(place, {"sample", "1"});
    INFO(sampled.err);
    CHECK(sampled.code == 0);
    CHECK(sampled.says("the data of trial 1 is not here"));
    const Ended verified = unroll(place, {"verify", "1"});
    INFO(verified.err);
    CHECK(verified.code != 0);
    CHECK(verified.says("harbour.txt"));
    CHECK(verified.says("--download"));
    CHECK(int(server.requests()) == before);
    CHECK_FALSE(std::filesystem::exists(place / "cache"));

    CHECK(unroll(place, {"verify", "1", "--download"}).code == 0);
    CHECK(int(server.requests()) == before + 1);
    CHECK(unroll(place, {"verify", "1"}).code == 0);  // what was downloaded is found without asking
}

TEST_CASE("quiet is quiet, and check and plan download too") {
    const TemporaryFolder place;
    const HttpServer server(answer(harbour_text()));
    place.write("far.json", with_url(server.url()).text());
    SECTION("run --quiet") {
        const Ended run = unroll(place, {"run", "far.json", "--quiet"});
        CHECK(run.code == 0);
        CHECK(run.err.empty());
    }
    SECTION("check") {
        const Ended check = unroll(place, {"check", "far.json"});
        CHECK(check.code == 0);
        CHECK(check.says("downloading harbour.txt from "));
        CHECK_FALSE(check.prints("download"));
    }
    SECTION("plan") {
        CHECK(unroll(place, {"plan", "far.json"}).says("downloaded "));
    }
    CHECK(server.requests() == 1);
}

TEST_CASE("a text that cannot be had is refused: where, what, and what to do by hand") {
    const TemporaryFolder place;
    const auto refused = [&](const Answer& reply, const std::string& found, const std::string& next) {
        const HttpServer server(reply);
        place.write("far.json", with_url(server.url()).text());
        for (const char* command : {"run", "plan", "check"}) {
            const Ended ended = unroll(place, {command, "far.json"});
            INFO(command << ": " << ended.err << "expected: " << found);
            CHECK(ended.code == 2);
            CHECK(ended.out.empty());
            CHECK(ended.says("far.json:4: dataset.url: \"far/harbour.txt\", which was not found in "));
            CHECK(ended.says("; " + server.url() + found));
            CHECK(ended.says("expected: the file with the SHA-256 " + sum));
            const auto beside = std::filesystem::canonical(place.path()) / "far/harbour.txt";
            CHECK(ended.says("help: " + next + ", or put the file at " + beside.string() +
                             " by hand, or in a folder that UNROLL_DATA names"));
            CHECK(files_in(place.path()) == std::set<std::string>{"far.json", "cache"});
            CHECK(std::filesystem::is_empty(place / "cache"));
        }
        CHECK(server.requests() == 3);
    };
    std::string wrong = harbour_text();
    wrong[10] ^= 1;
    refused(answer(wrong), " gives 4", "correct the url or, if the file is meant to have changed, the sha256");
    refused(answer(harbour_text().substr(0, 2000), "200 OK", "4000"), " broke off after 2000 of 4000 bytes",
            "run again");
    refused(answer("", "404 Not Found"), " answers 404", "correct the url");
}

TEST_CASE("a file that is there and wrong is not used, and not replaced") {
    const TemporaryFolder place;
    const HttpServer server(answer(harbour_text()));
    place.write("far.json", with_url(server.url()).text());
    place.write("far/harbour.txt", "another text");
    const Ended run = unroll(place, {"run", "far.json"});
    CHECK(run.code == 2);
    CHECK(run.says("far.json:5: dataset.sha256: "));
    CHECK(run.says(sha256("another text")));
    CHECK(run.says("expected: " + sum));
    CHECK(content_of(place / "far/harbour.txt") == "another text");
    CHECK(server.requests() == 0);
}

TEST_CASE("Ctrl-C ends a download at once and leaves nothing") {
    const TemporaryFolder place;
    Answer half = answer(harbour_text().substr(0, 2000), "200 OK", "4000");
    half.silent = true;
    const HttpServer server(half);
    place.write("far.json", with_url(server.url()).text());
    const auto partial = place / ("cache/" + sum + ".partial");
    for (const int signal : {SIGINT, SIGTERM}) {
        Process run(place.path(), {"run", "far.json"});
        std::error_code ignored;
        REQUIRE(wait_until([&] { return std::filesystem::file_size(partial, ignored) == 2000; }));
        const auto begin = std::chrono::steady_clock::now();
        run.signal(signal);
        const Ended ended = run.wait();
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
        INFO(ended.err);
        CHECK(ended.code == 130);
        CHECK(ended.says("interrupted"));
        CHECK(files_in(place.path()) == std::set<std::string>{"far.json", "cache"});
    }
}

TEST_CASE("two processes that want one file download it once") {
    const TemporaryFolder place;
    std::atomic<bool> released{false};
    const HttpServer server([&](const std::string&) {
        while (!released) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return answer(harbour_text());
    });
    place.write("far.json", with_url(server.url()).text());
    Process one(place.path(), {"check", "far.json"});
    const bool asked = wait_until([&] { return server.requests() == 1; });
    Process other(place.path(), {"check", "far.json"});
    const bool waits = wait_until([&] { return other.err().find("waiting for another process") != std::string::npos; });
    released = true;
    CHECK(asked);
    CHECK(waits);
    CHECK(one.wait().code == 0);
    CHECK(other.wait().code == 0);
    CHECK(server.requests() == 1);
}
