// The keys beside a path option, and what they may hold.
#include "manifest/data_files/remote.h"

#include <fmt/core.h>

#include <algorithm>

#include "plugins/options_check.h"

namespace unroll::manifest {

std::optional<RemoteKeys> remote_keys(const Plugin& plugin, const Option& option) {
    if (plugin.kind != Plugin::Kind::dataset || option.type != Option::Type::path) return std::nullopt;
    const std::string_view name = option.name;
    const std::string before = name == "path" ? "" : fmt::format("{}_", name);
    RemoteKeys keys{before + "url", before + "sha256"};
    if (plugins::find_option(plugin, keys.url) || plugins::find_option(plugin, keys.sha256)) return std::nullopt;
    return keys;
}

bool is_remote_key(const Plugin& plugin, std::string_view key) {
    return std::any_of(plugin.options.begin(), plugin.options.end(), [&](const Option& option) {
        const auto keys = remote_keys(plugin, option);
        return keys && (key == keys->url || key == keys->sha256);
    });
}

bool is_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (text.starts_with(scheme) && text.size() > scheme.size() && text[scheme.size()] != '/')
            return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c != 127; });
    return false;
}

namespace {

/// Where name and password stand in a url: from behind the scheme to behind the last @ before the path. Empty where
/// there are none.
std::pair<std::size_t, std::size_t> credentials(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == url.npos ? 0 : scheme + 3;
    const std::string_view host = url.substr(begin, url.find_first_of("/?#\\", begin) - begin);
    const std::size_t at = host.rfind('@');
    return {begin, at == host.npos ? begin : begin + at + 1};
}

}  // namespace

bool has_credentials(std::string_view url) {
    const auto [begin, end] = credentials(url);
    return begin != end;
}

std::string without_credentials(std::string_view url) {
    const auto [begin, end] = credentials(url);
    if (begin == end) return std::string(url);
    return fmt::format("{}***@{}", url.substr(0, begin), url.substr(end));
}

std::optional<std::string> normal_sha256(std::string_view text) {
    std::string digits(text);
    for (char& c : digits)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != digits.npos) return std::nullopt;
    return digits;
}

}  // namespace unroll::manifest
