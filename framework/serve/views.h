// What is told of the databases, as JSON: the list of experiments, how far things are, pages.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "json/value.h"
#include "serve/target.h"
#include "store/followed.h"

namespace unroll::serve {

/// For one thread. Functions throw Error for what is not there, and whatever the store throws.
class Views {
public:
    Views(const std::vector<std::filesystem::path>& databases, std::string generator);

    /// How far things are that a page is about, small and quick: of parameter `view` (index, experiment with `db` and
    /// `name`, trial with `db` and `id`). What is in it changes when the page does, but for what is measured
    /// afterwards.
    json::Value progress(const Target& target);

    /// The page itself: of `view` experiment also with `by`, `metric` and `where` (AXIS=VALUE, repeatable).
    json::Value page(const Target& target);

    /// Another number whenever anything is committed to the database that a target names; of all for the index.
    std::uint64_t revision(const Target& target);

    /// The database that a target names by its place in the list. Throws Error when there is none.
    store::Followed& database(const Target& target);

    /// Closes all files until they are asked for again.
    void rest();

private:
    store::Store& store(const Target& target);
    json::Value index();
    json::Value listed(std::size_t place);
    json::Value experiment_progress(const Target& target);
    json::Value trial_progress(const Target& target);
    json::Value experiment_page(const Target& target);
    json::Value trial_page(const Target& target);

    std::deque<store::Followed> databases_;
    const std::string generator_;
};

}  // namespace unroll::serve
