// What ended an attempt, by the exception that did.
#include "training/trouble.h"

#include <exception>
#include <new>
#include <system_error>

#include "base/transient.h"

namespace unroll::training {

Trouble current_trouble() {
    using trial::Cause;
    try {
        throw;
    } catch (const base::TransientError& error) {
        return {Cause::machine, error.what()};
    } catch (const std::bad_alloc&) {
        return {
            Cause::machine,
            to_string({"memory", "not enough for this trial (std::bad_alloc)",
                       "room for its weights, the optimizer's state and its activations",
                       "run fewer trials at once with --jobs, or lower training.batch; 'unroll plan' estimates what "
                       "each trial takes"}),
            true};
    } catch (const std::system_error& error) {
        return {Cause::machine, error.what(), error.code() == std::errc::not_enough_memory};
    } catch (...) {
        return {Cause::trial, base::what_is(std::current_exception())};
    }
}

}  // namespace unroll::training
