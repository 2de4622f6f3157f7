// Whether a result store is whole, with its checkpoints, and what can be saved of one that is not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll::store {

/// One thing that is wrong or worth knowing, and what to do about it ("": nothing).
struct Finding {
    bool is_damage = true;  ///< false: a remark
    std::string found, help;
};

struct Soundness {
    std::vector<Finding> findings;
    std::int64_t experiments = 0, trials = 0, samples = 0, checkpoints = 0;  ///< as far as they can be read
    std::uint64_t checkpoint_bytes = 0;

    bool is_whole() const;
};

/// Reads all of a store, and all of its checkpoints: pages and indexes, the schema, references between tables, texts
/// that have to be JSON, trials without what their status promises, and each checkpoint's digest. Changes nothing; runs
/// may go on meanwhile. Throws Error when there is no such file, or none that can be read at all.
Soundness check_soundness(const std::filesystem::path& database);

}  // namespace unroll::store
