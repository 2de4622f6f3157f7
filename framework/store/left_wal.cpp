// A -wal file beside a database that nobody has open.
#include "store/left_wal.h"

#include <fmt/format.h>

#include "store/database.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

/// The first thing that is wrong with a file's pages or indexes; "" when all is well.
std::string first_fault(Database& database) {
    const std::string said = database.prepared("PRAGMA integrity_check(1)").text().value_or("nothing");
    return said == "ok" ? "" : said;
}

/// An attempt that has ended in the file alone and runs again in the file with its WAL: time went back.
bool goes_back(Database& alone, Database& both) {
    bool back = false;
    both.prepared("SELECT trial_id, number FROM attempt WHERE outcome = 'running'").each([&](const Row& row) {
        back =
            back || alone.prepared("SELECT 1 FROM attempt WHERE trial_id = ? AND number = ? AND outcome <> 'running'")
                        .integer(row.integer(0), row.integer(1));
    });
    return back;
}

}  // namespace

std::string foreign_wal(const fs::path& file) {
    std::error_code error;
    const fs::path wal = file.string() + "-wal";
    if (const auto size = fs::file_size(wal, error); error || size == 0 || !fs::exists(file, error)) return "";
    try {
        Database alone(file, Database::Access::immutable), both(file, Database::Access::read);
        if (!first_fault(alone).empty()) return "";  // cut off while it was taken in: only both together are whole
        if (const std::string fault = first_fault(both); !fault.empty())
            return fmt::format("pages that do not fit: {}", fault);
        if (goes_back(alone, both)) return "attempts that run and have ended without it";
    } catch (const Error&) {  // told by whoever opens it
    }
    return "";
}

void refuse_foreign_wal(const fs::path& file) {
    const std::string fault = foreign_wal(file);
    if (fault.empty()) return;
    const std::string wal = file.string() + "-wal";
    throw Error(
        {wal, fmt::format("results of another state of {}: {}", file.filename().string(), fault),
         "the -wal file of this database, or none",
         fmt::format("if a backup was put in place of the database, move this file away: mv '{0}' '{0}.old'; else "
                     "put the two files back together. Then: unroll check '{1}'",
                     wal, file.string())});
}

}  // namespace unroll::store
