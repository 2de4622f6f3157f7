// The one way to a checkpoint's file.
#include "training/checkpoint_file.h"

#include <fmt/core.h>

#include <system_error>

#include "base/transient.h"

namespace unroll::training {

namespace {

constexpr std::size_t shown_digits = 12;  ///< of a SHA-256: enough to tell two apart

std::string name_of(const CheckpointInfo& checkpoint) {
    return checkpoint.path.empty() ? fmt::format("checkpoint of step {}", checkpoint.step) : checkpoint.path.string();
}

[[noreturn]] void refuse(const CheckpointInfo& checkpoint, std::string found) {
    throw UnusableCheckpoint(
        {name_of(checkpoint), std::move(found),
         fmt::format(
             "the checkpoint of step {} as it was written{}", checkpoint.step,
             checkpoint.sha256.empty() ? "" : fmt::format(", SHA-256 {}…", checkpoint.sha256.substr(0, shown_digits))),
         "put back an intact copy of the file, or train the trial again: unroll run MANIFEST --remeasure"});
}

}  // namespace

SafetensorsFile open_checkpoint(const CheckpointInfo& checkpoint) {
    std::error_code error;
    if (checkpoint.path.empty()) refuse(checkpoint, "a path that leads out of the store's folder of checkpoints");
    if (!std::filesystem::exists(checkpoint.path, error)) refuse(checkpoint, "no such file");
    if (!std::filesystem::is_regular_file(checkpoint.path, error)) refuse(checkpoint, "no regular file");
    if (checkpoint.sha256.empty()) refuse(checkpoint, "a file without a recorded checksum");
    try {
        SafetensorsFile file(checkpoint.path);
        if (file.sha256() != checkpoint.sha256)
            refuse(checkpoint, fmt::format("changed since: SHA-256 {}…", file.sha256().substr(0, shown_digits)));
        return file;
    } catch (const UnusableCheckpoint&) {
        throw;
    } catch (const base::TransientError&) {
        throw;
    } catch (const Error& unreadable) {
        refuse(checkpoint, unreadable.problem().found);
    }
}

std::string checkpoint_fault(const CheckpointInfo& checkpoint) {
    try {
        open_checkpoint(checkpoint);
        return "";
    } catch (const UnusableCheckpoint& fault) {
        return fmt::format("{}: {}", fault.problem().where, fault.problem().found);
    }
}

}  // namespace unroll::training
