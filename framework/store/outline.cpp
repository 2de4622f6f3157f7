// Long curves as no more points than a screen has pixels.
#include "store/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "store/database.h"

namespace unroll::store {

namespace {

/// One series of one trial.
class Points {
public:
    Points(Store& store, Id trial, std::string_view split, std::string_view name)
        : database_(store.database()), trial_(trial), split_(split), name_(name) {
        const auto series =
            database_.prepared("SELECT id FROM series WHERE split = ? AND name = ?").integer(split, name);
        if (!series) return;
        series_ = *series;
        first_ = step("SELECT min(step) FROM point WHERE trial_id = ? AND series_id = ?");
        last_ = step("SELECT max(step) FROM point WHERE trial_id = ? AND series_id = ?");
        per_epoch_ = static_cast<double>(
            database_.prepared("SELECT max(1, steps_per_epoch) FROM trial WHERE id = ?").integer(trial).value_or(1));
    }

    bool is_empty() const { return !first_; }
    std::int64_t first() const { return *first_; }
    std::int64_t last() const { return *last_; }

    std::int64_t count_about() {
        constexpr std::int64_t some = 32;
        if (is_empty()) return 0;
        std::int64_t count = 0, end = *first_;
        each(
            "SELECT step, seconds, value FROM point WHERE trial_id = ?1 AND series_id = ?2 ORDER BY step LIMIT ?3",
            [&](const SeriesPoint& point) {
                ++count;
                end = static_cast<std::int64_t>(point.step);
            },
            some);
        if (count < some || end == *first_) return count;
        return 1 + (*last_ - *first_) * (count - 1) / (end - *first_);
    }

    /// Calls use(point) for each row of a SELECT of step, seconds and value whose first parameters are trial and
    /// series.
    template <class Use, class... Parameters>
    void each(std::string_view sql, Use use, const Parameters&... parameters) {
        database_.prepared(sql).each(
            [&](const Row& row) {
                if (row.is_null(0)) return;  // an aggregate over nothing
                const auto at = static_cast<std::uint64_t>(row.integer(0));
                use(SeriesPoint{split_, name_, at, static_cast<double>(at) / per_epoch_, row.real(2), row.real(1)});
            },
            trial_, series_, parameters...);
    }

private:
    std::optional<std::int64_t> step(std::string_view sql) { return database_.prepared(sql).integer(trial_, series_); }

    Database& database_;
    Id trial_, series_ = 0;
    std::string split_, name_;
    std::optional<std::int64_t> first_, last_;
    double per_epoch_ = 1;
};

/// SQLite gives the other columns of the row that has the minimum or the maximum.
constexpr std::array<std::string_view, 2> extremes{
    "SELECT step, seconds, min(value) FROM point WHERE trial_id = ?1 AND series_id = ?2 AND step >= ?3 AND step < ?4",
    "SELECT step, seconds, max(value) FROM point WHERE trial_id = ?1 AND series_id = ?2 AND step >= ?3 AND step < ?4"};
constexpr std::array<std::string_view, 2> extremes_of_some{
    "SELECT step, seconds, min(value) FROM (SELECT step, seconds, value FROM point WHERE trial_id = ?1"
    " AND series_id = ?2 AND step >= ?3 AND step < ?4 ORDER BY step LIMIT ?5)",
    "SELECT step, seconds, max(value) FROM (SELECT step, seconds, value FROM point WHERE trial_id = ?1"
    " AND series_id = ?2 AND step >= ?3 AND step < ?4 ORDER BY step LIMIT ?5)"};
constexpr std::string_view one_point =
    "SELECT step, seconds, value FROM point WHERE trial_id = ?1 AND series_id = ?2 AND step = ?3";

/// Where stretch `place` of `count` begins, within the steps from first to last.
std::int64_t bound(const Points& points, std::size_t place, std::size_t count) {
    if (place == count) return points.last() + 1;
    const double width = static_cast<double>(points.last() - points.first() + 1) / static_cast<double>(count);
    return points.first() + static_cast<std::int64_t>(width * static_cast<double>(place));
}

}  // namespace

Outline outline_of(Store& store, Id trial, std::string_view split, std::string_view name, std::size_t most,
                   std::int64_t searched) {
    Outline outline;
    Points points(store, trial, split, name);
    if (points.is_empty()) return outline;
    const auto keep = [&](const SeriesPoint& point) { outline.points.push_back(point); };
    points.each("SELECT step, seconds, value FROM point WHERE trial_id = ?1 AND series_id = ?2 ORDER BY step LIMIT ?3",
                keep, static_cast<std::int64_t>(most) + 1);
    if (outline.points.size() <= most) return outline;
    outline.points.clear();
    outline.is_whole = false;
    outline.is_partial = points.count_about() > searched;
    std::map<std::uint64_t, SeriesPoint> kept;
    const auto gather = [&](const SeriesPoint& point) { kept.emplace(point.step, point); };
    points.each(one_point, gather, points.first());
    points.each(one_point, gather, points.last());
    const std::size_t stretches = (most - 2) / 2;
    const std::int64_t some = searched / static_cast<std::int64_t>(stretches);
    for (std::size_t place = 0; place < stretches; ++place) {
        const std::int64_t begin = bound(points, place, stretches), end = bound(points, place + 1, stretches);
        for (std::size_t which = 0; which < extremes.size(); ++which)
            outline.is_partial ? points.each(extremes_of_some[which], gather, begin, end, some)
                               : points.each(extremes[which], gather, begin, end);
    }
    for (auto& [step, point] : kept) outline.points.push_back(std::move(point));
    return outline;
}

std::int64_t points_about(Store& store, Id trial, std::string_view split, std::string_view name) {
    return Points(store, trial, split, name).count_about();
}

std::vector<std::int64_t> even_steps(Store& store, Id trial, std::string_view split, std::string_view name,
                                     std::size_t most) {
    std::vector<std::int64_t> steps;
    Points points(store, trial, split, name);
    if (points.is_empty()) return steps;
    for (std::size_t place = 0; place + 1 < most; ++place)
        points.each(
            "SELECT step, seconds, value FROM point WHERE trial_id = ?1 AND series_id = ?2 AND step >= ?3"
            " ORDER BY step LIMIT 1",
            [&](const SeriesPoint& point) {
                const auto step = static_cast<std::int64_t>(point.step);
                if (steps.empty() || steps.back() != step) steps.push_back(step);
            },
            bound(points, place, most - 1));
    if (steps.empty() || steps.back() != points.last()) steps.push_back(points.last());
    return steps;
}

std::vector<SeriesPoint> points_at(Store& store, Id trial, std::string_view split, std::string_view name,
                                   const std::vector<std::int64_t>& steps) {
    std::vector<SeriesPoint> list;
    Points points(store, trial, split, name);
    if (points.is_empty()) return list;
    for (const std::int64_t step : steps)
        points.each(
            one_point, [&](const SeriesPoint& point) { list.push_back(point); }, step);
    return list;
}

std::vector<std::pair<std::string, std::string>> series_of(Store& store, Id trial) {
    std::vector<std::pair<std::string, std::string>> list;
    store.database()
        .prepared(
            "SELECT split, name FROM series WHERE EXISTS (SELECT 1 FROM point WHERE trial_id = ?"
            " AND series_id = series.id) ORDER BY name <> 'loss', split DESC, name")
        .each([&](const Row& row) { list.emplace_back(row.text(0), row.text(1)); }, trial);
    return list;
}

}  // namespace unroll::store
