// What a trial wrote or drew in the course of its training.
#include "store/sample_history.h"

#include "store/database.h"

namespace unroll::store {

std::vector<PastSample> sample_history(Store& store, Id trial) {
    std::vector<PastSample> samples;
    store.database()
        .prepared(
            "SELECT step, (SELECT max(seconds) FROM point WHERE point.trial_id = sample.trial_id"
            "  AND point.step <= sample.step), sampler, options, temperature, prompt, text, target, image"
            " FROM sample WHERE trial_id = ? ORDER BY step, id")
        .each(
            [&](const Row& row) {
                samples.push_back({static_cast<std::uint64_t>(row.integer(0)), row.real(1), row.text(2), row.text(3),
                                   row.optional_real(4), row.text(5), row.text(6), row.text(7), row.text(8)});
            },
            trial);
    return samples;
}

Period period_of(Store& store, Id trial) {
    Period period;
    store.database()
        .prepared("SELECT min(started_at), (SELECT ended_at FROM trial WHERE id = ?1) FROM attempt WHERE trial_id = ?1")
        .each(
            [&](const Row& row) {
                period = {row.text(0), row.text(1)};
            },
            trial);
    return period;
}

}  // namespace unroll::store
