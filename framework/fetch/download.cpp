// A transfer through libcurl's multi interface, which lets us look at the clock and at Ctrl-C twenty times a second.
#include "fetch/download.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

#include "unroll/data_limit.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::fetch {
namespace {

constexpr int pause_ms = 50;
constexpr long status_ok = 200;

struct CloseEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

void initialize() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) throw std::runtime_error(fmt::format("libcurl: {}", curl_easy_strerror(code)));
}

class Transfer {
public:
    Transfer(const std::string& url, int file, const Limits& limits, DownloadMonitor& observer)
        : url_(url), file_(file), limits_(limits), observer_(observer) {
        initialize();
        multi_.reset(curl_multi_init());
        easy_.reset(curl_easy_init());
        if (!multi_ || !easy_) throw std::bad_alloc();
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, is_secure() ? "https" : "http,https");  // never from https to less
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, limits.redirections);
        set(CURLOPT_FAILONERROR, 1L);
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
        set(CURLOPT_UNRESTRICTED_AUTH, 0L);
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // a name that is being looked up is not waited for
        set(CURLOPT_USERAGENT, "unroll/" UNROLL_VERSION);
        set(CURLOPT_ERRORBUFFER, message_);
        // As the command curl: a network that looks into https has a certificate authority of its own.
        for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"})
            if (const char* authorities = std::getenv(name); authorities && *authorities)
                set(CURLOPT_CAINFO, authorities);
        set(CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        set(CURLOPT_HEADERDATA, this);
    }

    ~Transfer() { curl_multi_remove_handle(multi_.get(), easy_.get()); }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    Received run() {
        if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) throw std::bad_alloc();
        const CURLcode code = perform();
        if (failure_) std::rethrow_exception(failure_);
        if (code != CURLE_OK) fail(code);
        if (const long answer = status(); answer != status_ok)
            fail(fmt::format("{} answers {}", url_, answer), "correct the url");
        return {bytes_, hash_.digest()};
    }

private:
    using Clock = std::chrono::steady_clock;

    template <class Value>
    void set(CURLoption option, Value value) {
        if (const CURLcode code = curl_easy_setopt(easy_.get(), option, value); code != CURLE_OK)
            throw std::runtime_error(fmt::format("libcurl: {}", curl_easy_strerror(code)));
    }

    CURLcode perform() {
        for (int running = 1; running != 0;) {
            if (curl_multi_perform(multi_.get(), &running) != CURLM_OK)
                throw std::runtime_error("libcurl cannot go on");
            if (observer_.stop()) throw Interrupted();
            observer_.progress(bytes_, total());
            if (running == 0) break;
            check_pace();
            if (Clock::now() - last_ > limits_.stalled)
                fail(fmt::format("{} sent nothing for {}, after {}", url_, seconds(limits_.stalled), amount()),
                     "run again later");
            curl_multi_poll(multi_.get(), nullptr, 0, pause_ms, nullptr);
        }
        int left = 0;
        const CURLMsg* const end = curl_multi_info_read(multi_.get(), &left);
        return end ? end->data.result : CURLE_OK;
    }

    /// That it comes fast enough to end some time, and ends in time.
    void check_pace() {
        const Clock::time_point now = Clock::now();
        if (now - begin_ > limits_.total)
            fail(fmt::format("{} was not done within {}, after {}", url_, seconds(limits_.total), amount()),
                 "download it by other means");
        if (bytes_ == 0) pace_begin_ = now;  // until then `stalled` counts
        if (now - pace_begin_ <= limits_.slow) return;
        if (bytes_ - pace_bytes_ < limits_.slow_bytes)
            fail(fmt::format("{} sent only {} bytes within {}, after {}", url_, bytes_ - pace_bytes_,
                             seconds(limits_.slow), amount()),
                 "run again later, or download it by other means");
        pace_begin_ = now;
        pace_bytes_ = bytes_;
    }

    bool is_secure() const { return url_.starts_with("https://"); }

    static std::size_t on_header(char*, std::size_t, std::size_t size, void* self) {
        static_cast<Transfer*>(self)->last_ = Clock::now();
        return size;
    }

    static std::size_t on_bytes(char* bytes, std::size_t, std::size_t size, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        try {
            transfer.take({bytes, size});
            return size;
        } catch (...) {  // must not pass through libcurl
            transfer.failure_ = std::current_exception();
            return CURL_WRITEFUNC_ERROR;
        }
    }

    void take(std::string_view bytes) {
        last_ = Clock::now();
        if (bytes_ == 0) check_room();
        if (bytes.size() > limits_.bytes - bytes_) fail_too_large(fmt::format("more than {}", limits_.bytes));
        hash_.update(bytes);
        bytes_ += bytes.size();
        while (!bytes.empty()) {
            const ssize_t count = ::write(file_, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0)
                fail(fmt::format("{} cannot be kept: {}", url_, std::strerror(errno)),
                     "make room for it, or name another cache folder in UNROLL_CACHE");
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    [[noreturn]] void fail_too_large(const std::string& size) const {
        throw Error({"", fmt::format("{} has {} bytes", url_, size), within_data_limit(),
                     "correct the url or, when this is meant, set UNROLL_DATA_LIMIT, as in 8G"});
    }

    /// That the file is not too large and fits on the disk, when the server says how large it is.
    void check_room() {
        if (total() > limits_.bytes) fail_too_large(std::to_string(total()));
        struct statvfs disk {};
        if (::fstatvfs(file_, &disk) != 0) return;
        const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
        if (total() > room)
            fail(fmt::format("{} has {} bytes, but the cache folder has room for {}", url_, total(), room),
                 "make room for it, or name another cache folder in UNROLL_CACHE");
    }

    std::uint64_t total() const {
        curl_off_t length = -1;
        curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        return length > 0 ? static_cast<std::uint64_t>(length) : 0;
    }

    long status() const {
        long code = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
        return code;
    }

    /// "12 of 24 bytes".
    std::string amount() const {
        return total() ? fmt::format("{} of {} bytes", bytes_, total()) : fmt::format("{} bytes", bytes_);
    }

    static std::string seconds(std::chrono::milliseconds time) {
        return fmt::format("{} s", static_cast<double>(time.count()) / 1000);
    }

    [[noreturn]] void fail(CURLcode code) const {
        switch (code) {
            case CURLE_HTTP_RETURNED_ERROR:
                fail(fmt::format("{} answers {}", url_, status()),
                     status() < 500 ? "correct the url" : "run again later");
            case CURLE_PARTIAL_FILE:
                fail(fmt::format("{} broke off after {}", url_, amount()), "run again");
            case CURLE_UNSUPPORTED_PROTOCOL:
                if (!std::string_view(message_).starts_with("Protocol"))
                    fail(fmt::format("{}: {}", url_, message_), "correct the url");
                fail(fmt::format("{} redirects to another protocol: {}", url_, message_),
                     is_secure() ? "use a url that stays with https" : "use a url that stays with http or https");
            case CURLE_TOO_MANY_REDIRECTS:
                fail(fmt::format("{} redirects more than {} times", url_, limits_.redirections), "correct the url");
            case CURLE_OPERATION_TIMEDOUT:
                fail(fmt::format("{}: no connection within {}", url_, seconds(limits_.connect)),
                     "check the network and run again");
            case CURLE_PEER_FAILED_VERIFICATION:
            case CURLE_SSL_CACERT_BADFILE:
                fail(fmt::format("{}: {}", url_, message_),
                     "name a file with the certificate authorities of your network in CURL_CA_BUNDLE and run again");
            default:
                fail(fmt::format("{}: {}", url_, *message_ ? message_ : curl_easy_strerror(code)),
                     "check the network and run again");
        }
    }

    [[noreturn]] static void fail(std::string found, std::string next) {
        throw Error({"", std::move(found), "", std::move(next)});
    }

    const std::string& url_;
    const int file_;
    const Limits& limits_;
    DownloadMonitor& observer_;
    char message_[CURL_ERROR_SIZE] = {};
    Sha256 hash_;
    std::uint64_t bytes_ = 0;
    const Clock::time_point begin_ = Clock::now();
    Clock::time_point last_ = begin_;        ///< when something came
    Clock::time_point pace_begin_ = begin_;  ///< of the time in which the pace is measured
    std::uint64_t pace_bytes_ = 0;           ///< that had come by then
    std::exception_ptr failure_;
    std::unique_ptr<CURLM, CloseMulti> multi_;
    std::unique_ptr<CURL, CloseEasy> easy_;
};

}  // namespace

Limits usual_limits() {
    Limits limits;
    limits.bytes = data_limit();
    return limits;
}

Received download(const std::string& url, int file, const Limits& limits, DownloadMonitor& observer) {
    return Transfer(url, file, limits, observer).run();
}

}  // namespace unroll::fetch
