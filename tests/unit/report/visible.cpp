// Texts that may hold anything: nothing hidden in them, no markup made of them.
#include "report/visible.h"

#include "catch.h"

using unroll::report::escaped_for_markup;
using unroll::report::visible;

TEST_CASE("what does not show is made visible") {
    CHECK(visible("plain ü 漢") == "plain ü 漢");
    CHECK(visible(std::string_view("a\0b\nc\x7f", 6)) == "a␀b␊c␡");
    CHECK(visible("\u202Egnp\u2066") == "⟨U+202E⟩gnp⟨U+2066⟩");
    CHECK(visible("\u200B\uFEFF\u00AD\u2028") == "⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩⟨U+2028⟩");
    CHECK(visible("\xff") == "\uFFFD");
}

TEST_CASE("no markup is made of a text") {
    CHECK(escaped_for_markup("<img src=\"x\" onerror='y'>&amp;") ==
          "&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;&amp;amp;");
}
