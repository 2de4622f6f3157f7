// A sweep's scheduler that takes trials from a run folder.
#include "launch/claiming_scheduler.h"

#include "launch/node.h"
#include "store/merging.h"
#include "store/trial_rows.h"
#include "sweep/build_id.h"

namespace unroll::launch {

namespace fs = std::filesystem;

ClaimingScheduler::ClaimingScheduler(const RunFolder& folder, Claims& claims, const RunPlan& plan,
                                     const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
                                     sweep::Settings settings, std::vector<sweep::Crash> crashes, store::Writer& writer,
                                     WorkerObserver& observer, std::atomic<bool>& stop)
    : folder_(folder),
      claims_(claims),
      plan_(plan),
      catalog_(catalog),
      datasets_(datasets),
      settings_(std::move(settings)),
      crashes_(std::move(crashes)),
      writer_(writer),
      observer_(observer),
      stop_(stop) {
    // Fixed, so that a place stays where it is while others are taken.
    agenda_.items.resize(plan.jobs);
    prepared_.resize(plan.jobs);
}

Size ClaimingScheduler::place_of_this_thread() {
    return places_.emplace(std::this_thread::get_id(), places_.size()).first->second;
}

/// Takes one trial at a time: what is slow about it, the data, all have to wait for anyway.
std::optional<Size> ClaimingScheduler::next() {
    const std::lock_guard lock(mutex_);
    const Size place = place_of_this_thread();
    try {
        while (!stop_ && !failure_) {
            const auto claim = claims_.take();
            if (!claim) return std::nullopt;
            try {
                if (put_on_agenda(*claim, place)) return place;
            } catch (...) {
                claims_.give_back(*claim);
                throw;
            }
            claims_.finish(claim->fingerprint);
        }
    } catch (...) {
        failure_ = std::current_exception();
        stop_ = true;
    }
    return std::nullopt;
}

std::vector<fs::path> ClaimingScheduler::known_of(const Claim& claim) const {
    std::vector<fs::path> stores;
    if (!claim.work.seed.empty()) stores.push_back(folder_.seeds() / claim.work.seed);
    for (const std::string& before : claim.work.before) stores.push_back(folder_.attempts() / before / "shard.db");
    std::error_code ignored;
    std::erase_if(stores, [&](const fs::path& file) { return !fs::exists(file, ignored); });
    return stores;
}

/// False when the trial has all that is asked for.
bool ClaimingScheduler::put_on_agenda(const Claim& claim, Size place) {
    prepared_[place] = prepare(claim.work, catalog_, datasets_);
    const sweep::TrialPlan& trial = prepared_[place]->workload.at(0);
    require_same_build(claim.work, sweep::Builds(catalog_).of(*trial.trial), plan_);
    std::vector<std::string> wanted = claim.work.seeded;
    wanted.push_back(claim.fingerprint);
    sweep::Agenda found;
    writer_.between([&](store::Store& store) {
        for (const fs::path& file : known_of(claim))
            store::merge(store, file, {.trials = wanted, .experiments = false, .is_settled = true});
        store::add_trials(store, {trial.row});
        for (const sweep::Crash& crash : crashes_)
            if (crash.fingerprint == claim.fingerprint) store.note_crash(crash.fingerprint, crash.how);
        found = sweep::make_agenda(store, prepared_[place]->workload, catalog_, settings_);
    });
    if (found.items.empty()) return false;
    sweep::AgendaItem& item = agenda_.items.at(place) = std::move(found.items.front());
    item.trial = observer_.add(claim.fingerprint, item.assignment.train);
    item.assignment.threads = 1;
    return true;
}

std::exception_ptr ClaimingScheduler::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

}  // namespace unroll::launch
