// A checkpoint's file under a second name.
#include "store/checkpoint_files.h"

#include <system_error>

namespace unroll::store {

namespace fs = std::filesystem;

bool link_checkpoint(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (from == to) return fs::exists(from, error);
    fs::create_directories(to.parent_path(), error);
    fs::path made = to;
    made += ".link";
    fs::remove(made, error);
    fs::create_hard_link(from, made, error);
    if (error) {
        error.clear();
        fs::copy_file(from, made, fs::copy_options::overwrite_existing, error);
    }
    if (!error) fs::rename(made, to, error);
    if (!error) return true;
    std::error_code ignored;
    fs::remove(made, ignored);
    return false;
}

}  // namespace unroll::store
