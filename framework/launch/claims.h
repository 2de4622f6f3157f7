// Who does which trial: files that are moved from folder to folder of a run. A rename is what one of several that try
// it at once can do, on network file systems, too; so each trial is begun by one worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launch/run_folder.h"
#include "launch/work.h"

namespace unroll::launch {

/// A trial may be begun so often by attempts that end unexpectedly before it is given up.
inline constexpr Size most_tries = 3;

/// A trial that an attempt has taken.
struct Claim {
    std::string fingerprint;
    Work work;
};

/// Puts a trial where the task takes it from; those of a lower rank come first.
void offer(const RunFolder& folder, Size task, Size rank, const Work& work);

/// Takes trials for one attempt: first those that earlier attempts at its task have left, then its task's own, then
/// those of the task that has most left. For one thread at a time.
class Claims {
public:
    Claims(const RunFolder& folder, const Attempt& attempt);

    /// None when nothing is left. Throws Error for a file that is not as offer() writes it.
    std::optional<Claim> take();

    /// It cannot be begun here: others may try.
    void give_back(const Claim& claim) const;

    /// The trial has ended and its results are published: it is not taken up again.
    void finish(const std::string& fingerprint) const;

    /// Whether anybody could take anything now, or this attempt has something under way.
    bool is_work_left() const;

private:
    void take_over();
    std::optional<Claim> take_from(Size task);
    std::optional<Size> fullest_task() const;

    const RunFolder& folder_;
    const Attempt attempt_;
    std::vector<Claim> left_;        ///< by earlier attempts
    std::vector<std::string> mine_;  ///< names in the task's own folder, the next one last
};

/// A file FINGERPRINT.TASK.ATTEMPT.json of claimed/, done/ or failed/.
struct ClaimFile {
    std::string fingerprint;
    Attempt attempt;
    std::string name;
};

std::vector<ClaimFile> claim_files(const std::filesystem::path& folder);

/// The fingerprints that wait in todo/, and in which task's folder.
std::vector<std::pair<std::string, std::filesystem::path>> offered(const RunFolder& folder);

/// What is left to do of a trial whose attempt ended: it goes on from that one's shard, with one more try where it
/// ended unexpectedly. None when these are too many: then it is in failed/.
std::optional<Work> after_attempt(const RunFolder& folder, const ClaimFile& file, bool orderly);

}  // namespace unroll::launch
