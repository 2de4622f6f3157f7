// Files that can be downloaded: what a manifest says of them, and how they get here.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/plugin.h"

namespace unroll::manifest {

/// A file elsewhere.
struct Remote {
    std::string name;    ///< what it is called here, without a folder
    std::string url;     ///< http or https
    std::string sha256;  ///< of its bytes: 64 hexadecimal digits, lower case
};

/// Brings a file here and returns its absolute path. Throws Error when it cannot; the manifest fills in empty parts.
using Fetch = std::function<std::filesystem::path(const Remote&)>;

/// The keys that may stand beside a dataset's path option: `url` and `sha256` beside one that is called `path`,
/// `images_url` and `images_sha256` beside one that is called `images`.
struct RemoteKeys {
    std::string url, sha256;
};

/// None when the option is no path of a dataset, or when the plugin declares an option by one of these names.
std::optional<RemoteKeys> remote_keys(const Plugin& plugin, const Option& option);

/// Whether the key stands beside one of the plugin's path options.
bool is_remote_key(const Plugin& plugin, std::string_view key);

/// Whether it begins with http:// or https:// and goes on with printable characters.
bool is_url(std::string_view text);

/// Whether it names a user or a password before its host, as in https://NAME:PASSWORD@HOST/…
bool has_credentials(std::string_view url);

/// The url as it may be shown: what stands before the host as ***.
std::string without_credentials(std::string_view url);

/// 64 hexadecimal digits in lower case; none when the text is something else.
std::optional<std::string> normal_sha256(std::string_view text);

}  // namespace unroll::manifest
