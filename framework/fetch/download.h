// One file by http or https: libcurl behind one function.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/interrupted.h"

namespace unroll::fetch {

/// How patient a download is, and how much it takes.
struct Limits {
    std::chrono::milliseconds connect{30'000};  ///< until there is a connection
    std::chrono::milliseconds stalled{60'000};  ///< without a byte
    std::chrono::milliseconds slow{30'000};     ///< in so long at least `slow_bytes` must come
    std::uint64_t slow_bytes = 16 << 10;
    std::chrono::milliseconds total{6 * 3600'000};  ///< for the whole of it
    std::uint64_t bytes = std::uint64_t{1} << 30;   ///< of the whole of it
    long redirections = 10;
};

/// The usual limits; `bytes` as the variable UNROLL_DATA_LIMIT says, in bytes or as in 8G. Throws Error for a value
/// that is no size.
Limits usual_limits();

/// Is told what happens, and may end it. Called by the thread that asked for the file.
class DownloadMonitor {
public:
    virtual ~DownloadMonitor() = default;

    /// Another process is downloading this very file.
    virtual void waiting() {}
    virtual void started() {}
    /// At least ten times a second. `total` is 0 when it is not known.
    virtual void progress(std::uint64_t /*bytes*/, std::uint64_t /*total*/) {}
    /// It is here, and it is what was wanted.
    virtual void finished(std::uint64_t /*bytes*/) {}
    /// Asked at least ten times a second: true ends it with Interrupted.
    virtual bool stop() { return false; }
};

class Interrupted : public base::Interrupted {};

struct Received {
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// Writes what the url gives to an open file, beginning where that stands. Follows redirections, from https to https
/// alone, and proxies as libcurl finds them in the environment; names and passwords come from ~/.netrc; certificate
/// authorities are those of the system, of SSL_CERT_FILE or of CURL_CA_BUNDLE. Throws Error when something else comes
/// than the whole of it, after which the file may have a part; Interrupted when the observer says so. Any number of
/// threads may call it at once.
Received download(const std::string& url, int file, const Limits& limits, DownloadMonitor& observer);

}  // namespace unroll::fetch
