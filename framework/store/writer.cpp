// One thread that owns the connection while a sweep runs: trials only push records to a bounded queue.
#include "store/writer.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <variant>

#include "unroll/error.h"

namespace unroll::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t capacity = 1 << 15;    ///< records that may wait
constexpr std::size_t batch_size = 1 << 13;  ///< waiting records that are written without waiting for more
constexpr auto batch_time = std::chrono::milliseconds(50);
constexpr auto heartbeat_time = std::chrono::seconds(5);

struct ByPosition {
    std::uint64_t step;
    std::string split;
    training::PositionMeans means;
};
struct ByLag {
    std::uint64_t step;
    training::GradientNorms norms;
};
struct Checkpointed {
    training::CheckpointRecord record;
    Size keep;
};
/// Everything but points, which are the many and therefore stand in the queue themselves.
using Rare = std::variant<AttemptStart, AttemptEnd, ByPosition, ByLag, sampling::Sample, Checkpointed>;

struct Item {
    const std::string* fingerprint;
    std::variant<training::Point, std::unique_ptr<Rare>> record;
};

}  // namespace

struct Writer::Impl {
    explicit Impl(Store& written) : store(written), last_heartbeat(Clock::now()), thread([this] { run(); }) {}

    // ---- Any thread -------------------------------------------------------------------------------------------------

    /// Returns the item's place in the order of all.
    template <class Record>
    std::uint64_t push(const std::string& fingerprint, Record record) {
        std::unique_lock lock(mutex);
        room.wait(lock, [&] { return failure || queue.size() < capacity; });
        if (failure) throw Error(*failure);
        queue.push_back({&*fingerprints.insert(fingerprint).first, std::move(record)});
        resting = false;
        if (queue.size() == 1 || queue.size() == batch_size) wake.notify_one();
        return ++pushed;
    }

    std::uint64_t push_rare(const std::string& fingerprint, Rare record) {
        return push(fingerprint, std::make_unique<Rare>(std::move(record)));
    }

    void wait_for(std::optional<std::uint64_t> place) {
        std::unique_lock lock(mutex);
        const std::uint64_t last = place.value_or(pushed);
        urgent = true;
        wake.notify_one();
        done.wait(lock, [&] { return failure || (committed >= last && !writing); });
        if (failure) throw Error(*failure);
        if (!place && queue.empty()) resting = true;
    }

    // ---- The writer's thread ----------------------------------------------------------------------------------------

    void run() {
        std::vector<Item> batch;
        std::unique_lock lock(mutex);
        while (!(stopping && queue.empty())) {
            wake.wait_for(lock, heartbeat_time, [&] { return !queue.empty() || stopping; });
            if (!queue.empty())
                wake.wait_for(lock, batch_time, [&] { return queue.size() >= batch_size || urgent || stopping; });
            if (queue.empty() && (resting || stopping)) continue;
            urgent = false;
            writing = true;
            batch.swap(queue);
            lock.unlock();
            room.notify_all();
            const auto problem = attempt(batch);
            const std::size_t count = batch.size();
            batch.clear();
            lock.lock();
            writing = false;
            committed += count;
            failure = problem;
            done.notify_all();
            if (failure) break;
        }
        lock.unlock();
        room.notify_all();
    }

    std::optional<Problem> attempt(const std::vector<Item>& batch) {
        std::vector<std::filesystem::path> obsolete;
        try {
            store.begin();
            for (const Item& item : batch) write(item, obsolete);
            if (Clock::now() - last_heartbeat >= heartbeat_time) {
                store.heartbeat();
                last_heartbeat = Clock::now();
            }
            store.commit();
        } catch (const Error& error) {
            store.rollback();
            return error.problem();
        } catch (const std::exception& error) {
            store.rollback();
            return Problem{store.file(), error.what(), "", ""};
        }
        std::error_code ignored;  // a file that stays is removed by the trial's next attempt
        for (const auto& file : obsolete) std::filesystem::remove(file, ignored);
        return std::nullopt;
    }

    void write(const Item& item, std::vector<std::filesystem::path>& obsolete) {
        const std::string& fingerprint = *item.fingerprint;
        if (const auto* point = std::get_if<training::Point>(&item.record)) return store.write(fingerprint, *point);
        const auto add = [&](std::vector<std::filesystem::path> files) {
            obsolete.insert(obsolete.end(), files.begin(), files.end());
        };
        const Rare& rare = *std::get<std::unique_ptr<Rare>>(item.record);
        if (const auto* start = std::get_if<AttemptStart>(&rare))
            add(store.write(*start));
        else if (const auto* end = std::get_if<AttemptEnd>(&rare))
            store.write(*end);
        else if (const auto* positions = std::get_if<ByPosition>(&rare))
            store.write(fingerprint, positions->step, positions->split, positions->means);
        else if (const auto* gradient = std::get_if<ByLag>(&rare))
            store.write(fingerprint, gradient->step, gradient->norms);
        else if (const auto* sample = std::get_if<sampling::Sample>(&rare))
            store.write(fingerprint, *sample);
        else if (const auto* checkpoint = std::get_if<Checkpointed>(&rare))
            add(store.write(fingerprint, checkpoint->record, checkpoint->keep));
    }

    Store& store;
    Clock::time_point last_heartbeat;

    std::mutex mutex;  ///< guards all that follows
    std::condition_variable wake, room, done;
    std::vector<Item> queue;
    std::unordered_set<std::string> fingerprints;
    std::uint64_t pushed = 0, committed = 0;
    bool urgent = false;   ///< somebody waits for a commit
    bool writing = false;  ///< the writer is at the connection
    bool resting = true;   ///< nothing was pushed since flush(): the connection is left alone
    bool stopping = false;
    std::optional<Problem> failure;

    std::thread thread;  ///< last: it sees all the others made
};

Writer::Writer(Store& store) : impl_(std::make_unique<Impl>(store)) {}

Writer::~Writer() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

void Writer::push(AttemptStart start) {
    const std::string fingerprint = start.fingerprint;
    impl_->wait_for(impl_->push_rare(fingerprint, std::move(start)));
}

void Writer::push(const std::string& fingerprint, const training::Point& point) {
    impl_->push(fingerprint, point);
}

void Writer::push(const std::string& fingerprint, std::uint64_t step, std::string_view split,
                  training::PositionMeans means) {
    impl_->push_rare(fingerprint, ByPosition{step, std::string(split), std::move(means)});
}

void Writer::push(const std::string& fingerprint, std::uint64_t step, training::GradientNorms norms) {
    impl_->push_rare(fingerprint, ByLag{step, std::move(norms)});
}

void Writer::push(const std::string& fingerprint, sampling::Sample sample) {
    impl_->push_rare(fingerprint, std::move(sample));
}

void Writer::push(const std::string& fingerprint, training::CheckpointRecord checkpoint, Size keep) {
    impl_->push_rare(fingerprint, Checkpointed{std::move(checkpoint), keep});
}

void Writer::push(AttemptEnd end) {
    const std::string fingerprint = end.fingerprint;
    impl_->push_rare(fingerprint, std::move(end));
}

void Writer::flush() {
    impl_->wait_for(std::nullopt);
}

}  // namespace unroll::store
