// A worker's store, which only its own machine sees, on its way to where everybody does: whole copies, each by a
// rename.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace unroll::launch {

class Publisher {
public:
    /// `store` is written by others meanwhile; copies of it and of its checkpoints go to `folder`, under its own name.
    /// Both file names are the same, as the paths of checkpoints in the store begin with it.
    Publisher(std::filesystem::path store, std::filesystem::path folder);

    /// Calls its argument while nobody writes the store.
    using Hold = std::function<void(const std::function<void()>&)>;

    /// What the folder has afterwards is what was committed when this was called, or later. Without `hold`, checkpoints
    /// may go while they are copied: then it is tried again. Throws Error or std::system_error; what was published
    /// before is still there then.
    void publish(const Hold& hold = {});

    /// Whether checkpoints have come or gone since publish().
    bool has_news() const;

    unsigned count() const { return count_; }  ///< how often something was published

private:
    using Key = std::pair<std::string, std::string>;  ///< path and digest
    bool try_to_publish(const Hold& hold);

    const std::filesystem::path store_, folder_;
    std::set<Key> there_;
    std::string mark_;
    unsigned count_ = 0;
};

}  // namespace unroll::launch
