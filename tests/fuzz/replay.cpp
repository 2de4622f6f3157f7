// A target without libFuzzer: its seeds, and a number of structured mutants of them, the same in every run.
//
//     fuzz_TARGET SEEDS DICTIONARY [MUTANTS [FIRST]]
//
// When the process ends badly it says at which number: to see it again, fuzz_TARGET SEEDS DICTIONARY 1 NUMBER.
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/time.h>
#include <unistd.h>

#include "target.h"

namespace {

namespace fs = std::filesystem;

std::atomic<bool> is_mutant{false};
std::atomic<std::uint64_t> number{0};

/// Ends the process if the next input takes this much: of computing, or, much longer, of waiting. A busy machine is no
/// hang.
void begin_waiting() {
    constexpr unsigned seconds_of_waiting = 240;
    const itimerval computing{{}, {.tv_sec = 20, .tv_usec = 0}};
    fuzz::require(::setitimer(ITIMER_PROF, &computing, nullptr) == 0, "a timer can be set");
    ::alarm(seconds_of_waiting);
}

void write_number(int signal) {
    std::array<char, 128> text{};
    const int size = std::snprintf(text.data(), text.size(), "signal %d at %s %llu\n", signal,
                                   is_mutant ? "mutant" : "seed", static_cast<unsigned long long>(number.load()));
    if (::write(STDERR_FILENO, text.data(), static_cast<std::size_t>(size)) < 0) ::_exit(2);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

std::string content(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> seeds_of(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    for (const fs::path& file : files) seeds.push_back(content(file));
    return seeds;
}

/// The words of a dictionary of libFuzzer's: a line each, in quotes, with \xHH and \\ for what is not printable.
std::vector<std::string> words_of(const fs::path& file) {
    std::vector<std::string> words;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t begin = line.find('"'), end = line.rfind('"');
        if (line.starts_with('#') || begin == line.npos || end <= begin) continue;
        std::string word;
        for (std::size_t i = begin + 1; i < end; ++i) {
            if (line[i] == '\\' && line[i + 1] == 'x') {
                word += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
                i += 3;
            } else {
                word += line[i] == '\\' ? line[++i] : line[i];
            }
        }
        words.push_back(word);
    }
    return words;
}

}  // namespace

int main(int count, char** words) {
    constexpr std::size_t longest = 1 << 16;
    if (count < 3) return 2;
    const std::vector<std::string> seeds = seeds_of(words[1]), dictionary = words_of(words[2]);
    const std::uint64_t mutants = count > 3 ? std::strtoull(words[3], nullptr, 10) : 2000;
    const std::uint64_t first = count > 4 ? std::strtoull(words[4], nullptr, 10) : 0;
    fuzz::require(!seeds.empty(), "there are seeds");
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM, SIGPROF})
        std::signal(signal, write_number);
    for (number = 0; number < seeds.size(); ++number) {
        begin_waiting();
        fuzz::run(seeds[number]);
    }
    is_mutant = true;
    for (number = first; number < first + mutants; ++number) {
        begin_waiting();
        const std::uint64_t place = number;
        const std::string& seed = seeds[place % seeds.size()];
        fuzz::run(fuzz::mutated(seed, seeds[(place / seeds.size()) % seeds.size()], dictionary, place, longest));
    }
    std::printf("%zu seeds and %llu mutants\n", seeds.size(), static_cast<unsigned long long>(mutants));
    return 0;
}
