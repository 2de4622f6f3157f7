// A sweep's scheduler that takes trials from a run folder while it goes on.
#pragma once

#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "launch/claims.h"
#include "launch/worker_record.h"
#include "store/writer.h"
#include "sweep/agenda.h"
#include "sweep/crash_watch.h"
#include "sweep/scheduler.h"

namespace unroll::launch {

/// Each thread that asks has one place in the agenda, which its next trial takes over from its last.
class ClaimingScheduler final : public sweep::Scheduler {
public:
    /// `crashes` are of earlier attempts at this task. Everything must outlive it.
    ClaimingScheduler(const RunFolder& folder, Claims& claims, const RunPlan& plan, const plugins::Catalog& catalog,
                      manifest::DatasetCache& datasets, sweep::Settings settings, std::vector<sweep::Crash> crashes,
                      store::Writer& writer, WorkerObserver& observer, std::atomic<bool>& stop);

    sweep::Agenda& agenda() { return agenda_; }

    std::optional<Size> next() override;
    training::Decision report(Size, const training::Point&) override { return training::Decision::go_on; }
    void ended(Size, trial::TrialStatus) override {}

    /// Why no more is taken; null when nothing is wrong.
    std::exception_ptr failure() const;

private:
    Size place_of_this_thread();
    bool put_on_agenda(const Claim& claim, Size place);
    std::vector<std::filesystem::path> known_of(const Claim& claim) const;

    const RunFolder& folder_;
    Claims& claims_;
    const RunPlan& plan_;
    const plugins::Catalog& catalog_;
    manifest::DatasetCache& datasets_;
    const sweep::Settings settings_;
    const std::vector<sweep::Crash> crashes_;
    store::Writer& writer_;
    WorkerObserver& observer_;
    std::atomic<bool>& stop_;

    mutable std::mutex mutex_;
    sweep::Agenda agenda_;
    std::map<std::thread::id, Size> places_;
    std::deque<std::unique_ptr<Prepared>> prepared_;  ///< of each place
    std::exception_ptr failure_;
};

}  // namespace unroll::launch
