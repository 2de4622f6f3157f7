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

#include "base/transient.h"
#include "store/checkpoint_files.h"

namespace unroll::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t capacity = 1 << 15;    ///< records that may wait
constexpr std::size_t batch_size = 1 << 13;  ///< waiting records that are written without waiting for more
constexpr auto batch_time = std::chrono::milliseconds(50);
constexpr auto heartbeat_time = std::chrono::seconds(5);

struct Item {
    const std::string* fingerprint;
    std::variant<training::Record, AttemptStart, AttemptEnd, Measured> what;
};

}  // namespace

struct Writer::Impl {
    explicit Impl(Store& written) : store(written), last_heartbeat(Clock::now()), thread([this] { run(); }) {}

    // ---- Any thread -------------------------------------------------------------------------------------------------

    /// Returns the item's place in the order of all.
    template <class What>
    std::uint64_t push(const std::string& fingerprint, What what) {
        std::unique_lock lock(mutex);
        room.wait(lock, [&] { return failure || queue.size() < capacity; });
        if (failure) throw base::TransientError(*failure);
        queue.push_back({&*fingerprints.insert(fingerprint).first, std::move(what)});
        resting = false;
        if (queue.size() == 1 || queue.size() == batch_size) wake.notify_one();
        return ++pushed;
    }

    void wait_for(std::optional<std::uint64_t> place) {
        std::unique_lock lock(mutex);
        const std::uint64_t last = place.value_or(pushed);
        urgent = true;
        wake.notify_one();
        done.wait(lock, [&] { return failure || (committed >= last && !writing); });
        if (failure) throw base::TransientError(*failure);
        if (!place && queue.empty()) resting = true;
    }

    void between(const std::function<void(Store&)>& work) {
        std::unique_lock lock(mutex);
        done.wait(lock, [&] { return failure || (!writing && !lent); });
        if (failure) throw base::TransientError(*failure);
        lent = true;
        lock.unlock();
        const auto give_back = [&] {
            lock.lock();
            lent = false;
            done.notify_all();
        };
        try {
            work(store);
        } catch (...) {
            give_back();
            throw;
        }
        give_back();
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
            done.wait(lock, [&] { return !lent; });
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
            for (const Item& item : batch) {
                const auto files = write(item);
                obsolete.insert(obsolete.end(), files.begin(), files.end());
            }
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
        remove_checkpoints(store.file(), obsolete);  // one that stays is removed by the trial's next attempt
        return std::nullopt;
    }

    std::vector<std::filesystem::path> write(const Item& item) {
        if (const auto* record = std::get_if<training::Record>(&item.what))
            return store.write(*item.fingerprint, *record);
        if (const auto* start = std::get_if<AttemptStart>(&item.what)) return store.write(*start);
        if (const auto* end = std::get_if<AttemptEnd>(&item.what)) return store.write(*end);
        store.write(std::get<Measured>(item.what));
        return {};
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
    bool lent = false;     ///< somebody else is at it
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
    impl_->wait_for(impl_->push(fingerprint, std::move(start)));
}

void Writer::push(const std::string& fingerprint, training::Record record) {
    impl_->push(fingerprint, std::move(record));
}

void Writer::push(AttemptEnd end) {
    const std::string fingerprint = end.fingerprint;
    impl_->push(fingerprint, std::move(end));
}

void Writer::push(Measured measured) {
    const std::string fingerprint = measured.fingerprint;
    impl_->push(fingerprint, std::move(measured));
}

void Writer::between(const std::function<void(Store&)>& work) {
    impl_->between(work);
}

void Writer::flush() {
    impl_->wait_for(std::nullopt);
}

}  // namespace unroll::store
