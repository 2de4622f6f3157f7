// Downloads from a server that is right, and from servers that are not.
#include "fetch/download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "catch.h"
#include "http_server.h"
#include "temporary_folder.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::fetch {
namespace {

using namespace std::chrono_literals;

/// Many pieces of a transfer, no two alike.
std::string long_text() {
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + " bottles\n";
    return text;
}

class Recorder final : public DownloadMonitor {
public:
    void progress(std::uint64_t bytes, std::uint64_t total) override {
        is_rising = is_rising && bytes >= last;
        last = bytes;
        most_total = std::max(most_total, total);
    }
    bool stop() override { return stop_at && last >= *stop_at; }

    bool is_rising = true;
    std::uint64_t last = 0, most_total = 0;
    std::optional<std::uint64_t> stop_at;
};

struct Got {
    Received received;
    std::string content;
};

Got get(const std::string& url, Recorder& recorder, const Limits& limits = {}) {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    try {
        Got got{download(url, file, limits, recorder), {}};
        ::close(file);
        std::ifstream stream(path, std::ios::binary);
        got.content.assign(std::istreambuf_iterator<char>(stream), {});
        return got;
    } catch (...) {
        ::close(file);
        throw;
    }
}

/// A byte each 20 ms, without end.
const Answer dripping{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false, 20ms};

/// What a user reads when it cannot be had: "FOUND | NEXT", the url as URL.
std::string failure(const std::string& url, const Limits& limits = {}) {
    Recorder recorder;
    try {
        get(url, recorder, limits);
    } catch (const Error& error) {
        std::string text = error.problem().found + " | " + error.problem().help;
        for (std::size_t at; (at = text.find(url)) != text.npos;) text.replace(at, url.size(), "URL");
        return text;
    }
    return "";
}

TEST_CASE("What the server has arrives whole, with its checksum") {
    const std::string text = long_text();
    const HttpServer server(answer(text));
    Recorder recorder;
    const Got got = get(server.url(), recorder);
    CHECK((got.content == text));  // in parentheses: three megabytes in a message help nobody
    CHECK(got.received.bytes == text.size());
    CHECK(got.received.sha256 == sha256(text));
    CHECK(recorder.is_rising);
    CHECK(recorder.last == text.size());
    CHECK(recorder.most_total == text.size());
}

TEST_CASE("Nothing at all is something, too") {
    const HttpServer server(answer(""));
    Recorder recorder;
    CHECK(get(server.url(), recorder).received.sha256 == sha256(""));
}

TEST_CASE("A server need not say how long it is") {
    const HttpServer server(Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"});
    Recorder recorder;
    CHECK(get(server.url(), recorder).content == "all of it");
    CHECK(recorder.most_total == 0);
}

TEST_CASE("A server that breaks off or lies about the length is found out") {
    SECTION("it says more than it sends") {
        const HttpServer server(answer("half of it", "200 OK", "20"));
        CHECK(failure(server.url()) == "URL broke off after 10 of 20 bytes | run again");
    }
    SECTION("it breaks off between two chunks") {
        const HttpServer server(
            Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"});
        CHECK(failure(server.url()) == "URL broke off after 4 bytes | run again");
    }
    SECTION("it says less than it sends: no more than that is taken, and the checksum is of that") {
        const HttpServer server(answer("all of it", "200 OK", "3"));
        Recorder recorder;
        const Got got = get(server.url(), recorder);
        CHECK(got.content == "all");
        CHECK(got.received.sha256 == sha256("all"));
    }
    SECTION("it says more than the disk has room for") {
        const HttpServer server(answer("a little", "200 OK", "4000000000000000000"));
        CHECK(failure(server.url(), {.bytes = ~std::uint64_t{0}})
                  .starts_with("URL has 4000000000000000000 bytes, but the cache folder has room for "));
    }
    SECTION("it ends without a word") {
        const HttpServer server(Answer{""});
        CHECK(failure(server.url()).starts_with("URL: "));
    }
    SECTION("it speaks another language") {
        const HttpServer server(Answer{"220 mail.example.org ESMTP\r\n"});
        CHECK(failure(server.url()).starts_with("URL: "));
    }
}

TEST_CASE("Another answer than 200 is told") {
    for (const auto& [status, next] :
         {std::pair{"404 Not Found", "correct the url"}, std::pair{"403 Forbidden", "correct the url"},
          std::pair{"500 Internal Server Error", "run again later"}, std::pair{"503 Busy", "run again later"},
          std::pair{"204 No Content", "correct the url"}, std::pair{"300 Multiple Choices", "correct the url"}}) {
        const HttpServer server(answer(std::string(status).starts_with("204") ? "" : "sorry", status));
        CHECK(failure(server.url()) == "URL answers " + std::string(status, 3) + " | " + next);
        CHECK(server.requests() == 1);
    }
}

TEST_CASE("Redirections are followed, but not for ever and not anywhere") {
    SECTION("once") {
        const HttpServer server([](const std::string& path) {
            return path == "/moved" ? redirection("/text.txt") : answer("here now: " + path);
        });
        Recorder recorder;
        CHECK(get(server.url("/moved"), recorder).content == "here now: /text.txt");
        CHECK(server.requests() == 2);
    }
    SECTION("in a circle") {
        const HttpServer server(redirection("/round"));
        CHECK(failure(server.url(), {.redirections = 5}) == "URL redirects more than 5 times | correct the url");
        CHECK(server.requests() == 6);
    }
    SECTION("to a file of this machine") {
        const HttpServer server(redirection("file:///etc/hostname"));
        CHECK(failure(server.url()).find("file") != std::string::npos);
    }
}

TEST_CASE("A server that is not there, or says nothing") {
    SECTION("no server") {
        std::string url;
        {
            const HttpServer server(answer(""));
            url = server.url();
        }
        const std::string text = failure(url);
        CHECK(text.starts_with("URL: "));
        CHECK(text.ends_with(" | check the network and run again"));
    }
    SECTION("silent from the beginning") {
        const HttpServer server(Answer{"", true});
        CHECK(failure(server.url(), {.stalled = 150ms}) ==
              "URL sent nothing for 0.15 s, after 0 bytes | run again later");
    }
    SECTION("silent half-way") {
        Answer half = answer("half", "200 OK", "8");
        half.silent = true;
        const HttpServer server(half);
        CHECK(failure(server.url(), {.stalled = 150ms}) ==
              "URL sent nothing for 0.15 s, after 4 of 8 bytes | run again later");
    }
    SECTION("http where https is wanted") {
        const HttpServer server(answer("no secret"));
        CHECK(failure("https" + server.url().substr(4)).starts_with("URL: "));
    }
    SECTION("certificate authorities that are not there") {
        const HttpServer server(answer(""));
        ::setenv("CURL_CA_BUNDLE", "/nowhere/authorities.pem", 1);
        const std::string text = failure("https" + server.url().substr(4));
        ::unsetenv("CURL_CA_BUNDLE");
        CHECK(text.find("/nowhere/authorities.pem") != std::string::npos);
        CHECK(text.find("in CURL_CA_BUNDLE and run again") != std::string::npos);
    }
}

TEST_CASE("A download is bounded in size and in time") {
    SECTION("longer than allowed, as the server says") {
        const HttpServer server(answer("some text", "200 OK", "4000000000"));
        CHECK(failure(server.url()) ==
              "URL has 4000000000 bytes | correct the url or, when this is meant, set UNROLL_DATA_LIMIT, as in 8G");
    }
    SECTION("longer than allowed, as it turns out") {
        const HttpServer server(Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100'000, 'x')});
        CHECK(failure(server.url(), {.bytes = 99'999}).starts_with("URL has more than 99999 bytes | "));
        CHECK(failure(server.url(), {.bytes = 100'000}) == "");
    }
    SECTION("a byte now and then") {
        const HttpServer server(dripping);
        CHECK(failure(server.url(), {.slow = 300ms}).starts_with("URL sent only "));
    }
    SECTION("as a whole") {
        const HttpServer server(dripping);
        CHECK(failure(server.url(), {.total = 300ms}).starts_with("URL was not done within 0.3 s, after "));
    }
}

TEST_CASE("A redirection must not leave https") {
    const HttpServer server([](const std::string& path) {
        return path == "/ftp"      ? redirection("ftp://127.0.0.1/")
               : path == "/gopher" ? redirection("gopher://127.0.0.1:1/_x")
                                   : answer("text");
    });
    for (const char* path : {"/ftp", "/gopher"})
        CHECK_THAT(failure(server.url(path)), Catch::StartsWith("URL redirects to another protocol: Protocol \"") &&
                                                  Catch::EndsWith(" | use a url that stays with http or https"));
}

TEST_CASE("The observer can end a download, also one in which nothing moves") {
    Answer half = answer("half", "200 OK", "8");
    half.silent = true;
    const HttpServer server(half);
    Recorder recorder;
    recorder.stop_at = GENERATE(0, 4);
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(get(server.url(), recorder), Interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);  // of the minute that a silent server has
}

TEST_CASE("A disk that takes no more is told") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0) return;
    const HttpServer server(Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome"});
    Recorder recorder;
    std::string found;
    try {
        download(server.url(), full, {}, recorder);
    } catch (const Error& error) {
        found = error.problem().found;
    }
    ::close(full);
    CHECK(found == server.url() + " cannot be kept: " + std::strerror(ENOSPC));
}

}  // namespace
}  // namespace unroll::fetch
