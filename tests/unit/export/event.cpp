// The bytes of TensorBoard's events, against examples of the encoding's specification and against bytes written out.
#include "export/event.h"

#include <stdexcept>

#include "catch.h"
#include "export/wire.h"

using namespace unroll;
using namespace unroll::exports;

namespace {

std::string bytes(std::initializer_list<int> list) {
    std::string text;
    for (const int byte : list) text += static_cast<char>(byte);
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("fields are encoded as the specification's examples") {
    CHECK(Message().varint(1, 150).str() == bytes({0x08, 0x96, 0x01}));
    CHECK(Message().bytes(2, "testing").str() == bytes({0x12, 0x07}) + "testing");
    CHECK(Message().message(3, Message().varint(1, 150)).str() == bytes({0x1A, 0x03, 0x08, 0x96, 0x01}));
    CHECK(Message().integer(1, -2).str() == bytes({0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
    CHECK(Message().real(1, 1.0).str() == bytes({0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
    CHECK(Message().single(2, 1.0f).str() == bytes({0x15, 0, 0, 0x80, 0x3F}));
    CHECK(Message().varint(16, 1).str() == bytes({0x80, 0x01, 0x01}));
}

TEST_CASE("a scalar is a wall time, a step, a tag and 32 bits") {
    CHECK(scalar_event({1.0, 300}, "train/loss", 1.0) ==
          bytes({0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x10, 0xAC, 0x02, 0x2A, 19, 0x0A, 17, 0x0A, 10}) + "train/loss" +
              bytes({0x15, 0, 0, 0x80, 0x3F}));
    CHECK(version_event(1.0) == bytes({0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x1A, 13}) + "brain.Event:2");
}

TEST_CASE("settings keep their types") {
    const std::string event =
        settings_event(1, {{"rate", 0.5}, {"heads", std::int64_t(4)}, {"tied", true}, {"cell", "gru"}}, "g");
    CHECK(contains(event, "_hparams_/session_start_info"));
    CHECK(contains(event, bytes({0x0A, 4}) + "rate" + bytes({0x12, 9, 0x11, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F})));
    CHECK(contains(event, bytes({0x0A, 5}) + "heads" + bytes({0x12, 9, 0x11, 0, 0, 0, 0, 0, 0, 0x10, 0x40})));
    CHECK(contains(event, bytes({0x0A, 4}) + "tied" + bytes({0x12, 2, 0x20, 1})));
    CHECK(contains(event, bytes({0x0A, 4}) + "cell" + bytes({0x12, 5, 0x1A, 3}) + "gru"));
}

TEST_CASE("an image tells its size, which stands in the PNG file") {
    const std::string png =
        bytes({0x89}) + "PNG\r\n\x1A\n" + bytes({0, 0, 0, 13}) + "IHDR" + bytes({0, 0, 1, 0, 0, 0, 0, 28});
    CHECK(contains(image_event({0, 1}, "samples/x", png), bytes({0x08, 28, 0x10, 0x80, 0x02})));
    CHECK_THROWS_AS(image_event({0, 1}, "samples/x", "GIF89a, and some more bytes"), std::invalid_argument);
}
