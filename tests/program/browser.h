// A page in a headless Chromium, by a script of tests/browser.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "catch.h"
#include "program.h"

/// Runs tests/browser/SCRIPT with these words, and checks that it finds nothing wrong; warns where there is no browser.
inline void check_in_browser(const std::string& script, const Words& words) {
    std::string command = "python3 " UNROLL_SOURCE "/tests/browser/" + script;
    for (const std::string& word : words) command += " '" + word + "'";
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::string output;
    for (int c; (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
    const int code = WEXITSTATUS(pclose(pipe));
    INFO(output);
    if (code == 77 || code == 127)
        WARN("there is no Chromium here: the page was not opened (scripts/packages tests installs it)");
    else
        CHECK(code == 0);
}
