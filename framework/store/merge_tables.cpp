// The rows of a merge.
#include "store/merge_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/references.h"
#include "store/schema.h"

namespace unroll::store {

namespace {

using Names = std::vector<std::string>;

/// How far a trial is, as a row value of which the larger is further: by status, then by steps.
std::string progress_of(const std::string& trial) {
    return fmt::format(
        "(CASE {0}.status WHEN 'finished' THEN 5 WHEN 'diverged' THEN 4 WHEN 'interrupted' THEN 3 WHEN 'running' THEN 3"
        " WHEN 'failed' THEN 2 ELSE 1 END, ifnull({0}.step, 0))",
        trial);
}

/// What decides between two that are as far: the smaller is the one that stays.
std::string precedence_of(const std::string& trial) {
    return fmt::format("(ifnull({0}.ended_at, '~'), ifnull({0}.seconds, 0), {0}.created_at)", trial);
}

/// Values that both have of a series, other than those of a clock, and that are not equal.
constexpr std::string_view differs =
    "EXISTS (SELECT 1 FROM source.point AS theirs JOIN source.series AS their_series ON their_series.id = "
    "theirs.series_id"
    " JOIN main.series AS own_series ON own_series.split = their_series.split AND own_series.name = their_series.name"
    " JOIN main.point AS own ON own.trial_id = here.id AND own.series_id = own_series.id AND own.step = theirs.step"
    " WHERE theirs.trial_id = there.id AND own_series.name <> 'tokens_per_second' AND own.value <> theirs.value)";

Names without(Names columns, std::initializer_list<std::string_view> left_out) {
    std::erase_if(columns, [&](const std::string& column) {
        return std::find(left_out.begin(), left_out.end(), column) != left_out.end();
    });
    return columns;
}

std::string joined(const Names& names, const std::string& form = "{}") {
    std::string list;
    for (const std::string& name : names) {
        std::string one = form;
        for (std::size_t at = 0; (at = one.find("{}", at)) != one.npos; at += name.size()) one.replace(at, 2, name);
        list += (list.empty() ? "" : ", ") + one;
    }
    return list;
}

/// Ids of a table whose rows are known by some columns: a temporary table `map`, after what is new was added.
void map_ids(Database& database, const std::string& table, const Names& keys, const std::string& map) {
    std::string equal;
    for (const std::string& key : keys)
        equal += fmt::format("{0}here.{1} = there.{1}", equal.empty() ? "" : " AND ", key);
    database.execute(fmt::format("INSERT OR IGNORE INTO main.{0} ({1}) SELECT {1} FROM source.{0} ORDER BY id", table,
                                 joined(keys)));
    database.execute(fmt::format(
        "CREATE TEMP TABLE {0} (source_id INTEGER PRIMARY KEY, target_id INTEGER NOT NULL);"
        "INSERT INTO temp.{0} SELECT there.id, here.id FROM source.{1} AS there JOIN main.{1} AS here ON {2}",
        map, table, equal));
}

/// INSERT of the rows of a table for trials of some fates, ids replaced by those of this file. Trial by trial: of a
/// large store of which little is wanted, no more is read.
std::string copying(Database& database, const std::string& table, std::string_view fates) {
    const Names columns = without(columns_of(database, table), {"id"});
    std::string values, from = fmt::format("source.{} AS there", table), joins, condition;
    for (const std::string& column : columns) {
        std::string map;
        for (const auto& [to, name] : {std::pair{"trial", "pair"}, {"series", "series_map"}, {"plugin", "plugin_map"}})
            for (const Reference& reference : references(database, to))
                if (reference.table == table && reference.column == column) map = name;
        values += values.empty() ? "" : ", ";
        if (map.empty()) {
            values += "there." + column;
            continue;
        }
        values += fmt::format("{}_of.target_id", column);
        if (column == "trial_id") {
            from = fmt::format(
                "temp.pair AS trial_id_of CROSS JOIN source.{} AS there ON trial_id_of.source_id = "
                "there.trial_id",
                table);
            condition = fmt::format("trial_id_of.fate IN ({})", fates);
        } else {
            joins += fmt::format(" JOIN temp.{0} AS {1}_of ON {1}_of.source_id = there.{1}", map, column);
        }
    }
    return fmt::format("INSERT INTO main.{} ({}) SELECT {} FROM {}{} WHERE {}", table, joined(columns), values, from,
                       joins, condition.empty() ? "true" : condition);
}

/// Of two rows with the same key the smaller stays; a value before none.
std::string uniting(Database& database, const std::string& table) {
    const Names columns = without(columns_of(database, table), {"id"});
    return fmt::format(" ON CONFLICT DO UPDATE SET {} WHERE ({}) < ({})", joined(columns, "{} = excluded.{}"),
                       joined(columns, "ifnull(excluded.{}, 9e999)"),
                       joined(columns, "ifnull(" + table + ".{}, 9e999)"));
}

constexpr std::string_view rewritten = "'new', 'replaced', 'replaced_equal', 'replaced_other'";
constexpr std::string_view united = "'new', 'replaced', 'replaced_equal', 'replaced_other', 'equal', 'kept'";

}  // namespace

void pair_trials(Database& database, bool only_wanted) {
    database.execute(
        "CREATE TEMP TABLE pair (source_id INTEGER PRIMARY KEY, target_id INTEGER, fate TEXT NOT NULL);"
        "CREATE INDEX temp.pair_target ON pair (target_id)");
    const std::string theirs = progress_of("there"), own = progress_of("here");
    database.execute(
        fmt::format("INSERT INTO temp.pair SELECT there.id, here.id, CASE WHEN here.id IS NULL THEN 'new'"
                    " WHEN {0} > {1} OR ({0} = {1} AND {2} < {3}) THEN CASE WHEN {4} THEN 'replaced_other'"
                    "  WHEN {0} = {1} THEN 'replaced_equal' ELSE 'replaced' END"
                    " WHEN {4} THEN 'kept_other' WHEN {0} = {1} THEN 'equal' ELSE 'kept' END"
                    " FROM source.trial AS there LEFT JOIN main.trial AS here ON here.fingerprint = there.fingerprint"
                    " WHERE there.fingerprint NOT LIKE '%+fresh'{5} ORDER BY there.id",
                    theirs, own, precedence_of("there"), precedence_of("here"), differs,
                    only_wanted ? " AND there.fingerprint IN (SELECT fingerprint FROM temp.wanted)" : ""));
    const Names columns = without(columns_of(database, "trial"), {"id"});
    database.execute(fmt::format(
        "INSERT INTO main.trial ({0}) SELECT {0} FROM source.trial WHERE id IN (SELECT source_id FROM temp.pair WHERE"
        " target_id IS NULL) ORDER BY id;"
        "UPDATE temp.pair SET target_id = (SELECT here.id FROM main.trial AS here JOIN source.trial AS there"
        "  ON here.fingerprint = there.fingerprint WHERE there.id = source_id) WHERE target_id IS NULL;"
        "UPDATE main.trial AS here SET created_at = min(here.created_at, (SELECT there.created_at FROM source.trial AS"
        "  there WHERE there.fingerprint = here.fingerprint)) WHERE id IN (SELECT target_id FROM temp.pair);"
        "UPDATE main.trial AS here SET ({1}) = (SELECT {1} FROM source.trial AS there WHERE there.fingerprint ="
        "  here.fingerprint) WHERE id IN (SELECT target_id FROM temp.pair WHERE fate LIKE 'replaced%')",
        joined(columns), joined(without(columns, {"fingerprint", "created_at"}))));
}

std::int64_t merge_results(Database& database) {
    map_ids(database, "series", {"split", "name"}, "series_map");
    map_ids(database, "plugin", {"kind", "name", "revision"}, "plugin_map");
    for (const Reference& reference : references(database, "trial")) {
        const auto& [table, column] = reference;
        if (table == "membership" || table == "trial_plugin") continue;
        database.execute(
            fmt::format("DELETE FROM main.{} WHERE {} IN (SELECT target_id FROM temp.pair WHERE fate IN"
                        " ('replaced_other'{}))",
                        table, column, table == "attempt" ? ", 'replaced', 'replaced_equal'" : ""));
    }
    Names tables;
    for (const Reference& reference : references(database, "trial"))
        if (reference.table != "membership" && reference.table != "checkpoint" &&
            std::find(tables.begin(), tables.end(), reference.table) == tables.end())
            tables.push_back(reference.table);
    const auto samples = [&] { return database.prepared("SELECT count(*) FROM main.sample").integer().value_or(0); };
    const std::int64_t before = samples();
    for (const std::string& table : tables)
        database.execute(table == "attempt" ? copying(database, table, rewritten)
                                            : copying(database, table, united) + uniting(database, table));
    return std::max<std::int64_t>(samples() - before, 0);
}

namespace {

/// Members of an experiment whose manifest is another one in the other store, where that is newer: they leave.
constexpr const char* reason = "the newer manifest of a merged store does not ask for it";

struct Pair {
    std::int64_t there = 0, here = 0;
    bool newer_there = false, same_manifest = false;
};

void merge_members(Database& database, const Pair& experiment) {
    const auto& [there, here, newer_there, same] = experiment;
    if (newer_there && !same)
        database
            .prepared(
                "UPDATE membership SET current = 0, why = ? WHERE experiment_id = ? AND current AND trial_id NOT IN"
                " (SELECT target_id FROM temp.pair JOIN source.membership AS theirs ON theirs.trial_id = source_id"
                "  WHERE theirs.experiment_id = ?)")
            .run(reason, here, there);
    // What both have is as the newer one has it; with the same manifest it is current when either says so.
    const std::string of_newer =
        same ? "place = excluded.place, axes = excluded.axes, why = iif(main.membership.current, NULL, excluded.why),"
               " current = max(current, excluded.current)"
             : "place = excluded.place, axes = excluded.axes, why = excluded.why, current = excluded.current";
    const std::string of_older =
        same ? "why = iif(excluded.current, NULL, why), current = max(current, excluded.current)" : "current = current";
    database
        .prepared(
            fmt::format("INSERT INTO main.membership (experiment_id, trial_id, place, axes, current, why)"
                        " SELECT ?1, target_id, place, axes, iif({0:d}, current, 0), iif({0:d} OR NOT current, why, ?2)"
                        " FROM source.membership JOIN temp.pair ON source_id = trial_id WHERE experiment_id = ?3"
                        " ON CONFLICT DO UPDATE SET {1}",
                        newer_there || same, newer_there ? of_newer : of_older))
        .run(here, reason, there);
}

void replace_view(Database& database, std::int64_t experiment) {
    Names axes;
    database.prepared("SELECT axes FROM membership WHERE experiment_id = ? AND current ORDER BY place")
        .each([&](const Row& row) { axes.push_back(row.text(0)); }, experiment);
    const auto name = database.prepared("SELECT name FROM main.experiment WHERE id = ?").text(experiment);
    replace_experiment_view(database, *name, axes);
}

/// A manifest's path from the other file's folder, as from this one's.
std::optional<std::string> moved(const std::optional<std::string>& path, const std::filesystem::path& source_folder,
                                 const std::filesystem::path& folder) {
    if (!path) return std::nullopt;
    return (source_folder / *path).lexically_normal().lexically_relative(folder).generic_string();
}

}  // namespace

MergedExperiments merge_experiments(Database& database, const std::filesystem::path& source_folder,
                                    const std::filesystem::path& folder) {
    MergedExperiments merged;
    const Names all = without(columns_of(database, "experiment"), {"id"});
    Names names;
    database.prepared("SELECT name FROM source.experiment ORDER BY id").each([&](const Row& row) {
        names.push_back(row.text(0));
    });
    for (const std::string& name : names) {
        check_experiment_name(database, name);
        Pair pair;
        pair.there = database.prepared("SELECT id FROM source.experiment WHERE name = ?").integer(name).value();
        const auto path =
            moved(database.prepared("SELECT manifest_path FROM source.experiment WHERE name = ?").text(name),
                  source_folder, folder);
        const auto here = database.prepared("SELECT id FROM main.experiment WHERE name = ?").integer(name);
        if (here) {
            pair.here = *here;
            database
                .prepared(
                    "SELECT (there.updated_at, there.manifest) > (here.updated_at, here.manifest),"
                    " there.manifest = here.manifest FROM main.experiment AS here JOIN source.experiment AS there"
                    " ON here.name = there.name WHERE here.name = ?")
                .each(
                    [&](const Row& row) {
                        pair.newer_there = row.integer(0) != 0;
                        pair.same_manifest = row.integer(1) != 0;
                    },
                    name);
            if (!pair.same_manifest) merged.changed.push_back(name);
        } else {
            pair.here = database
                            .prepared(fmt::format("INSERT INTO main.experiment ({0}) SELECT {0} FROM source.experiment"
                                                  " WHERE name = ? RETURNING id",
                                                  joined(all)))
                            .integer(name)
                            .value();
            pair.newer_there = pair.same_manifest = true;
            merged.added.push_back(name);
        }
        database
            .prepared(
                "UPDATE main.experiment AS here SET created_at = min(created_at, (SELECT created_at FROM"
                " source.experiment AS there WHERE there.name = here.name)) WHERE id = ?")
            .run(pair.here);
        if (pair.newer_there) {
            const Names rest = without(all, {"name", "created_at", "manifest_path"});
            database
                .prepared(fmt::format("UPDATE main.experiment SET ({0}) = (SELECT {0} FROM source.experiment WHERE id ="
                                      " ?), manifest_path = ? WHERE id = ?",
                                      joined(rest)))
                .run(pair.there, path, pair.here);
        }
        merge_members(database, pair);
        replace_view(database, pair.here);
    }
    return merged;
}

}  // namespace unroll::store
