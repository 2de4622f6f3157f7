// The program run as a user runs it: a process of its own in a folder of its own, its output and exit code kept.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.h"

using Words = std::vector<std::string>;

/// How a process ended. `code` is its exit code, or minus the signal that killed it.
struct Ended {
    int code = 0;
    std::string out, err;

    bool says(const std::string& text) const { return err.find(text) != std::string::npos; }
    bool prints(const std::string& text) const { return out.find(text) != std::string::npos; }
};

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A process that runs `unroll WORDS...` in `folder`, with neither UNROLL_DATA nor UNROLL_PLUGIN_PATH, and with
/// UNROLL_CACHE in that folder. Killed when this is destroyed before it has ended.
class Process {
public:
    Process(const std::filesystem::path& folder, Words words) {
        words.insert(words.begin(), UNROLL_PROGRAM);
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const std::string out = (output_ / "out").string(), err = (output_ / "err").string(),
                          cache = (std::filesystem::absolute(folder) / "cache").string();
        id_ = ::fork();
        if (id_ < 0) throw std::runtime_error("no process can be made");
        if (id_ > 0) return;
        ::unsetenv("UNROLL_DATA");
        ::unsetenv("UNROLL_PLUGIN_PATH");
        ::setenv("UNROLL_CACHE", cache.c_str(), 1);
        redirect(out, STDOUT_FILENO);
        redirect(err, STDERR_FILENO);
        if (::chdir(folder.c_str()) == 0) ::execv(UNROLL_PROGRAM, arguments.data());
        ::_exit(127);
    }
    ~Process() {
        if (id_ <= 0) return;
        signal(SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number) const { ::kill(id_, number); }
    std::string err() const { return content_of(output_ / "err"); }  ///< so far

    bool has_ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == id_;
    }

    Ended wait() {
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = -1;
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), content_of(output_ / "out"), err()};
    }

private:
    static void redirect(const std::string& file, int to) {
        const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (opened < 0 || ::dup2(opened, to) < 0) ::_exit(127);
        ::close(opened);
    }

    const TemporaryFolder output_;
    pid_t id_ = -1;
};

inline Ended unroll(const TemporaryFolder& folder, const Words& words) {
    return Process(folder.path(), words).wait();
}

/// Looks every millisecond until it holds. False when it has not after half a minute.
template <class Condition>
bool wait_until(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// Everything in the folder, relative to it.
inline std::set<std::string> files_in(const std::filesystem::path& folder) {
    std::set<std::string> files;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error))
        files.insert(entry->path().lexically_relative(folder).string());
    return files;
}

/// The rows of a query as JSON, through the program. Throws when it is refused.
inline boost::json::array rows(const TemporaryFolder& folder, const std::string& query,
                               const std::string& database = "results/unroll.db") {
    const Ended sql = unroll(folder, {"sql", query, "--format", "json", "--db", database});
    if (sql.code != 0) throw std::runtime_error(sql.err);
    return boost::json::parse(sql.out).as_array();
}

/// The one value that a query comes to.
inline boost::json::value value(const TemporaryFolder& folder, const std::string& query,
                                const std::string& database = "results/unroll.db") {
    const boost::json::array all = rows(folder, query, database);
    if (all.size() != 1) throw std::runtime_error(query + ": not one row");
    return all[0].as_object().begin()->value();
}

/// Everything that is promised to be the same bits, as text: losses, texts and summaries, but no wall-clock figure.
inline std::string promised(const TemporaryFolder& folder, const std::string& database) {
    std::string all;
    for (const char* query :
         {"SELECT fingerprint, status, step, tokens, printf('%!.17g', train_loss) AS train_loss,"
          " printf('%!.17g', validation_loss) AS loss, printf('%!.17g', best_validation_loss) AS best, best_step"
          " FROM trial ORDER BY fingerprint",
          "SELECT fingerprint, metric.step, epoch, split, name, printf('%!.17g', value) AS value"
          " FROM metric JOIN trial ON trial.id = trial_id WHERE name <> 'tokens_per_second'"
          " ORDER BY fingerprint, metric.step, split, name",
          "SELECT fingerprint, split, position, loss_by_position.step, printf('%!.17g', value) AS value"
          " FROM loss_by_position JOIN trial ON trial.id = trial_id ORDER BY fingerprint, split, position",
          "SELECT fingerprint, sample.step, epoch, kind, sampler, options, temperature, prompt, prompt_key, "
          "sample.seed,"
          " number, length, memory, text, target, correct FROM sample JOIN trial ON trial.id = trial_id"
          " ORDER BY fingerprint, sample.step, sampler, options, temperature, prompt_key, sample.seed, number"})
        all += boost::json::serialize(rows(folder, query, database)) + "\n";
    return all;
}

/// Some 5,000 characters of 24 symbols, always the same.
inline std::string harbour_text() {
    constexpr const char* words[] = {"the",  "sea", "was",  "calm", "and",  "grey", "boat", "lay",  "sand",
                                     "near", "men", "with", "nets", "hand", "一",   "船",   "wind", "from"};
    std::string text;
    for (unsigned state = 1, i = 0; i < 1000; ++i) {
        state = state * 1664525u + 1013904223u;
        text += words[(state >> 16) % std::size(words)];
        text += i % 9 == 8 ? ".\n" : " ";
    }
    return text;
}

/// A manifest, part by part; each is the JSON of one member, or empty to leave it out.
struct Manifest {
    std::string name = "\"tiny\"";
    std::string dataset = R"({ "plugin": "text", "path": "harbour.txt", "split": [0.8, 0.2, 0.0] })";
    std::string cell = R"({ "plugin": "lstm", "hidden": 8 })";
    std::string training =
        R"({ "sequence_length": 8, "batch": 4, "steps": 30, "log_every": 10, "evaluate_every": 10 })";
    std::string sampling =
        R"({ "sampler": { "plugin": "temperature" }, "temperature": [0.5, 1], "length": 20, "prompt": "the " })";
    std::string sweep;
    std::string more;  ///< further members, each with its name

    std::string text() const {
        std::ostringstream json;
        json << "{\n  \"name\": " << name;
        const auto member = [&](const char* key, const std::string& part) {
            if (!part.empty()) json << ",\n  \"" << key << "\": " << part;
        };
        member("dataset", dataset);
        member("cell", cell);
        member("training", training);
        member("sampling", sampling);
        member("sweep", sweep);
        if (!more.empty()) json << ",\n  " << more;
        json << "\n}\n";
        return json.str();
    }
};

/// A folder with a text to learn, and manifests as they are needed.
class Workplace : public TemporaryFolder {
public:
    Workplace() { write("harbour.txt", harbour_text()); }
    std::string put(const std::string& name, const Manifest& manifest) const { return write(name, manifest.text()); }
};
