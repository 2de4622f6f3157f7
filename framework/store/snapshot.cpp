// A store's contents at one moment, as a file of its own.
#include "store/snapshot.h"

#include "store/database.h"
#include "store/store.h"

namespace unroll::store {

namespace fs = std::filesystem;

std::vector<SnapshotFile> write_snapshot(const fs::path& database, const fs::path& to) {
    Database(database, Database::Access::read).prepared("VACUUM INTO ?").run(to.string());
    std::vector<SnapshotFile> files;
    Store copy(to, Store::Mode::write);
    copy.interrupt_running();
    copy.database().prepared("SELECT path, sha256 FROM checkpoint ORDER BY trial_id, step").each([&](const Row& row) {
        files.push_back({row.text(0), row.text(1)});
    });
    copy.close();
    return files;
}

std::string checkpoint_mark(const fs::path& database) {
    return Database(database, Database::Access::read)
        .prepared(
            "SELECT count(*) || ' ' || ifnull(sum(step), 0) || ' ' || ifnull(max(created_at), '') FROM checkpoint")
        .text()
        .value_or("");
}

}  // namespace unroll::store
