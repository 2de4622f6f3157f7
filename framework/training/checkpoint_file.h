// The one way to a checkpoint's file: with the checksum that was recorded when it was written.
#pragma once

#include "training/record.h"
#include "training/safetensors.h"
#include "unroll/error.h"

namespace unroll::training {

/// Thrown for a checkpoint whose file is gone, or is not the one that was written.
class UnusableCheckpoint : public Error {
public:
    using Error::Error;
};

/// The file, wholly in memory, checked to the last bit: whatever is read of a checkpoint is read of this. Throws
/// UnusableCheckpoint when the file cannot be read, when it has another SHA-256 than `checkpoint` tells, and when that
/// tells none.
SafetensorsFile open_checkpoint(const CheckpointInfo& checkpoint);

/// What open_checkpoint() would throw, as "FILE: no such file" or "FILE: changed since: …"; "" for a checkpoint that is
/// whole.
std::string checkpoint_fault(const CheckpointInfo& checkpoint);

}  // namespace unroll::training
