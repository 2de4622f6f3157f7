// Shards of a run on their way into the user's result store: by fingerprint, in any order, again and again, while they
// are still being written, and whatever became of the worker.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "launch/run_folder.h"
#include "store/store.h"

namespace unroll::launch {

class Intake {
public:
    explicit Intake(const RunFolder& folder) : folder_(folder) {}

    /// Takes in every shard that has changed since the last call. `store` is nobody else's meanwhile. One that is
    /// replaced just then is taken the next time. Throws Error when the store takes no more.
    void take(store::Store& store);
    /// Whether take() would find any.
    bool has_news() const;

    std::int64_t samples() const { return samples_; }        ///< that came along
    const std::string& trouble() const { return trouble_; }  ///< why a shard could not be read the last time; "": none

private:
    static std::string mark_of(const std::filesystem::path& shard);

    const RunFolder& folder_;
    std::map<Attempt, std::string> taken_;  ///< the shard's mark when it was taken
    std::int64_t samples_ = 0;
    std::string trouble_;
};

}  // namespace unroll::launch
