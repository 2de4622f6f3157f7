// Whether a result store is whole, with its checkpoints, and what can be saved of one that is not.
#include "store/soundness.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "base/text.h"
#include "store/database.h"
#include "store/left_wal.h"
#include "store/schema.h"
#include "store/store.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_told = 5;  ///< trials, files or messages of one kind

std::string first_of(const std::vector<std::string>& names) {
    const std::size_t told = std::min(names.size(), most_told);
    return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + std::ptrdiff_t(told), ", "),
                       told < names.size() ? ", …" : "");
}

std::string counted(std::size_t number, std::string_view noun) {
    return base::count_of(number, noun);
}

/// What is read of a file's first hundred bytes.
struct Header {
    bool is_sqlite = false;
    std::uint64_t page_size = 0, pages = 0;
};

Header header_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(100, '\0');
    if (!stream.read(bytes.data(), 100)) return {};
    const auto at = [&](std::size_t place, std::size_t count) {
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[place + i]);
        return number;
    };
    const std::uint64_t size = at(16, 2);
    return {bytes.starts_with(std::string_view("SQLite format 3\0", 16)), size == 1 ? 65536 : size, at(28, 4)};
}

class Inspection {
public:
    explicit Inspection(fs::path file) : file_(std::move(file)) {}

    Soundness run() {
        inspect_file();
        if (const std::string fault = foreign_wal(file_); !fault.empty())
            add(fmt::format("its -wal file is of another state of it: {}", fault),
                fmt::format("move it away, if a backup was put in place of the database: mv '{0}-wal' '{0}-wal.old'",
                            file_.string()));
        try {
            Database database(file_, Database::Access::read);
            attempt("its pages", [&] { inspect_pages(database); });
            attempt("its schema", [&] { check_version(database); });
            if (!damaged()) attempt("its references", [&] { inspect_references(database); });
            attempt("its trials", [&] { inspect_trials(database); });
            attempt("its checkpoints", [&] { inspect_checkpoints(database); });
            if (damaged_pages_) tell_rescue(database);
        } catch (const Error& error) {
            if (result_.findings.empty()) throw;
            add(error.problem().found, "");
            tell_copy();
        }
        return std::move(result_);
    }

private:
    template <class Work>
    void attempt(std::string_view what, Work work) {
        try {
            work();
        } catch (const Error& error) {
            add(fmt::format("{}: {}", what, error.problem().found), "");
            damaged_pages_ = damaged_pages_ || error.problem().found.starts_with("damaged");
        }
    }

    void add(std::string found, std::string help) {
        result_.findings.push_back({true, std::move(found), std::move(help)});
    }
    void remark(std::string found, std::string help) {
        result_.findings.push_back({false, std::move(found), std::move(help)});
    }
    bool damaged() const { return !result_.is_whole(); }

    void inspect_file() {
        std::error_code ignored;
        const std::uint64_t size = fs::file_size(file_, ignored);
        const Header header = header_of(file_);
        const fs::path wal = file_.string() + "-wal";
        const std::uint64_t waiting = fs::exists(wal, ignored) ? fs::file_size(wal, ignored) : 0;
        if (!header.is_sqlite) {
            add(size == 0 ? "an empty file" : "its first page is not that of an SQLite file", "");
            return;
        }
        // What a killed run has written last stands in the -wal file only.
        if (waiting == 0 && header.pages * header.page_size > size)
            add(fmt::format("{} of {} are missing at its end", counted(header.pages - size / header.page_size, "page"),
                            header.pages),
                "");
        if (waiting)
            remark(fmt::format("{} bytes in its -wal file: a run is going on or was killed", waiting),
                   "keep the two files together; the next run takes them in");
    }

    void inspect_pages(Database& database) {
        std::vector<std::string> messages;
        database.prepared("PRAGMA integrity_check(20)").each([&](const Row& row) {
            for (std::string& line : base::split(row.text(0), '\n'))
                if (line != "ok" && !line.starts_with("***") && !line.empty()) messages.push_back(std::move(line));
        });
        if (messages.empty()) return;
        damaged_pages_ = true;
        add(fmt::format("damaged pages or indexes: {}", first_of(messages)), "");
    }

    void inspect_references(Database& database) {
        std::map<std::string, std::size_t> lost;
        database.prepared("PRAGMA foreign_key_check").each([&](const Row& row) {
            ++lost[fmt::format("{} without {}", row.text(0), row.text(2))];
        });
        for (const auto& [what, rows] : lost)
            add(fmt::format("{} of {}: another program has removed what they belong to", counted(rows, "row"), what),
                "they are read by nothing; restore the file from a copy to have what they belong to");
    }

    std::vector<std::string> ids(Database& database, std::string_view sql) {
        std::vector<std::string> list;
        database.prepared(sql).each([&](const Row& row) { list.push_back(row.text(0)); });
        return list;
    }

    void inspect_trials(Database& database) {
        const auto count = [&](std::string_view sql) { return database.prepared(sql).integer().value_or(0); };
        result_.experiments = count("SELECT count(*) FROM experiment");
        result_.trials = count("SELECT count(*) FROM trial WHERE fingerprint NOT LIKE '%+fresh'");
        result_.samples = count("SELECT count(*) FROM sample");
        tell(ids(database, "SELECT id FROM trial WHERE NOT json_valid(config)"), "has settings that are no JSON",
             "have settings that are no JSON", "run the manifest again: it trains them anew");
        tell(ids(database,
                 "SELECT id FROM trial WHERE status = 'finished'"
                 " AND NOT EXISTS (SELECT 1 FROM point WHERE point.trial_id = trial.id)"),
             "is finished and has no losses", "are finished and have no losses",
             "unroll run MANIFEST --fresh trains them again");
        std::set<std::string> known;
        for (int status = 0; status <= int(trial::TrialStatus::interrupted); ++status)
            known.emplace(trial::to_string(trial::TrialStatus(status)));
        std::vector<std::string> unknown;
        database.prepared("SELECT id, status FROM trial").each([&](const Row& row) {
            if (!known.contains(row.text(1))) unknown.push_back(row.text(0));
        });
        tell(unknown, "has a status that there is not", "have a status that there is not", "");
    }

    void tell(const std::vector<std::string>& trials, std::string_view one, std::string_view more, std::string help) {
        if (!trials.empty())
            add(fmt::format("trial {} {}", first_of(trials), trials.size() == 1 ? one : more), std::move(help));
    }

    struct Kept {
        std::int64_t trial = 0;
        std::string status, path, sha256;
        std::int64_t step = 0;
    };

    void inspect_checkpoints(Database& database) {
        std::vector<Kept> rows;
        database
            .prepared(
                "SELECT trial_id, status, path, sha256, checkpoint.step FROM checkpoint JOIN trial ON trial.id ="
                " trial_id ORDER BY trial_id, checkpoint.step")
            .each([&](const Row& row) {
                rows.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), row.integer(4)});
            });
        for (const Kept& kept : rows) {
            const fs::path file = checkpoint_file(file_, kept.path);
            std::error_code error;
            if (!fs::is_regular_file(file, error)) {
                // A run may have replaced it meanwhile.
                if (database.prepared("SELECT 1 FROM checkpoint WHERE trial_id = ? AND step = ?")
                        .integer(kept.trial, kept.step))
                    lose(kept, "missing");
                continue;
            }
            ++result_.checkpoints;
            result_.checkpoint_bytes += fs::file_size(file, error);
            if (!is_whole(file, kept.sha256)) lose(kept, "damaged");
            good_[kept.trial] |= !lost_.contains({kept.trial, kept.step});
        }
        tell_lost();
    }

    static bool is_whole(const fs::path& file, const std::string& sha256) {
        try {
            return sha256_of(file) == sha256;
        } catch (const Error&) {
            return false;
        }
    }

    void lose(const Kept& kept, const char* what) { lost_[{kept.trial, kept.step}] = {what, kept.status}; }

    /// Those of a kind in one line: a store without its folder has lost all.
    void tell_lost() {
        struct Kind {
            std::string is;  ///< "missing", "damaged"
            bool is_done, has_other;
            auto operator<=>(const Kind&) const = default;
        };
        std::map<Kind, std::vector<std::string>> kinds;
        for (const auto& [place, what] : lost_)
            kinds[{what.first, what.second == "finished", good_[place.first]}].push_back(
                fmt::format("trial {} ({}) step {}", place.first, what.second, place.second));
        for (const auto& [kind, names] : kinds) {
            const std::string whole = kind.has_other ? "another checkpoint of it is whole (--at STEP); " : "";
            add(fmt::format("{} {}: {}", counted(names.size(), "checkpoint"), kind.is, first_of(names)),
                kind.is_done
                    ? fmt::format("losses and samples are whole; {}restore the file, or train again with: unroll run "
                                  "MANIFEST --fresh",
                                  whole)
                    : fmt::format("run the manifest again: it goes on from {}",
                                  kind.has_other ? "the checkpoint before" : "step 0"));
        }
    }

    void tell_copy() {
        remark("what can be saved: nothing that unroll can read; the checkpoints in its folder are files of their own",
               fmt::format("restore it from a copy, or try: sqlite3 '{}' .dump", file_.string()));
    }

    /// How many rows of each table can be read one after the other.
    void tell_rescue(Database& database) {
        std::vector<std::string> tables, readable;
        try {
            database
                .prepared("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")
                .each([&](const Row& row) { tables.push_back(row.text(0)); });
        } catch (const Error&) {
            return tell_copy();
        }
        for (const std::string& table : tables) {
            std::size_t rows = 0;
            bool all = true;
            try {
                Statement(database.handle(), file_, fmt::format("SELECT * FROM {} NOT INDEXED", quoted_name(table)))
                    .each([&](const Row&) { ++rows; });
            } catch (const Error&) {
                all = false;
            }
            readable.push_back(fmt::format("{}{} of {}", all ? "all " : "the first ", rows, table));
        }
        remark(
            fmt::format("what can be read in one go: {}", fmt::join(readable, ", ")),
            fmt::format(
                "restore it from a copy, or save what can be read: (sqlite3 '{0}' .dump | sed "
                "'s/^ROLLBACK.*/COMMIT;/'; "
                "echo 'PRAGMA application_id = {1}; PRAGMA user_version = {2};') | sqlite3 saved.db; move '{0}.d' to "
                "saved.db.d, then: unroll check saved.db",
                file_.string(), application_id, migration_steps().size()));
    }

    const fs::path file_;
    Soundness result_;
    bool damaged_pages_ = false;
    std::map<std::pair<std::int64_t, std::int64_t>, std::pair<const char*, std::string>> lost_;
    std::map<std::int64_t, bool> good_;  ///< trials with a whole checkpoint
};

}  // namespace

bool Soundness::is_whole() const {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.is_damage; });
}

Soundness check_soundness(const fs::path& database) {
    const fs::path file = fs::absolute(database).lexically_normal();
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored))
        throw Error({file, fs::exists(file, ignored) ? "not a file" : "no such file", "a result store",
                     "run a manifest first, or correct the path"});
    return Inspection(file).run();
}

}  // namespace unroll::store
