// What ended an attempt, or kept something from being made: the cause with its words.
#pragma once

#include <string>

#include "trial/cause.h"

namespace unroll::training {

struct Trouble {
    trial::Cause cause = trial::Cause::none;
    std::string what;            ///< for the user
    bool out_of_memory = false;  ///< memory was asked for and not there
};

/// Of the exception that is being handled: the machine's for memory, for errors of the system and for
/// base::TransientError; the trial's for all others, whatever their type.
Trouble current_trouble();

}  // namespace unroll::training
