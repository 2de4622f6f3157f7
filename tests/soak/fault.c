/* A library to be preloaded: one call among those that change files fails, as a full or broken disk makes it.
 *
 * UNROLL_FAULT_AT     which one, counted from 1 over all threads; 0 or unset: none
 * UNROLL_FAULT        ENOSPC, EIO, or short: half is written, and the next call fails with ENOSPC
 * UNROLL_FAULT_STAYS  1: every later one fails, too (a full disk stays full)
 * UNROLL_FAULT_COUNT  a file that gets the number of calls when the process ends
 * UNROLL_FAULT_LOG    a file that gets a line for each write, fsync and rename, in their order: what, and of which file
 *
 * Counted are write, pwrite, writev, fsync, fdatasync, rename, ftruncate and opening a new file; what goes to standard
 * output and standard error is not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int log_file = -1;
static atomic_long calls;
static long fault_at;
static int fault_stays, fault_short, fault_errno = ENOSPC;

__attribute__((constructor)) static void prepare(void) {
    const char *at = getenv("UNROLL_FAULT_AT"), *kind = getenv("UNROLL_FAULT"), *stays = getenv("UNROLL_FAULT_STAYS");
    fault_at = at ? atol(at) : 0;
    fault_stays = stays && *stays == '1';
    if (kind && strcmp(kind, "EIO") == 0) fault_errno = EIO;
    fault_short = kind && strcmp(kind, "short") == 0;
    if (getenv("UNROLL_FAULT_LOG"))
        log_file = syscall(SYS_openat, AT_FDCWD, getenv("UNROLL_FAULT_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("UNROLL_FAULT_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}

static void note(const char *what, int descriptor, const char *path) {
    char line[4352], name[4096] = "";
    if (log_file < 0) return;
    if (descriptor >= 0) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        const ssize_t size = readlink(link, name, sizeof name - 1);
        name[size > 0 ? size : 0] = 0;
    }
    const int size = snprintf(line, sizeof line, "%s %s\n", what, descriptor >= 0 ? name : path);
    syscall(SYS_write, log_file, line, size);
}

static int is_file(int descriptor) {
    struct stat status;
    return descriptor > 2 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/* 0: go on; 1: fail; 2: do half of it. */
static int next_call(int can_be_short) {
    const long number = atomic_fetch_add(&calls, 1) + 1;
    if (!fault_at || number < fault_at) return 0;
    if (fault_short) return number == fault_at && can_be_short ? 2 : number <= fault_at + 1 || fault_stays;
    return number == fault_at || fault_stays;
}

static int failed(void) {
    errno = fault_errno;
    return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t size) {
    const int real = is_file(descriptor), what = real ? next_call(size > 1) : 0;
    if (real) note("write", descriptor, "");
    return what == 1 ? failed() : REAL(write)(descriptor, bytes, what == 2 ? size / 2 : size);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    const int real = is_file(descriptor), what = real ? next_call(size > 1) : 0;
    if (real) note("write", descriptor, "");
    return what == 1 ? failed() : REAL(pwrite)(descriptor, bytes, what == 2 ? size / 2 : size, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    const int real = is_file(descriptor), what = real ? next_call(size > 1) : 0;
    if (real) note("write", descriptor, "");
    return what == 1 ? failed() : REAL(pwrite64)(descriptor, bytes, what == 2 ? size / 2 : size, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    const int real = is_file(descriptor), what = real ? next_call(count > 1) : 0;
    if (real) note("write", descriptor, "");
    return what == 1 ? failed() : REAL(writev)(descriptor, parts, what == 2 ? count / 2 : count);
}

int fsync(int descriptor) {
    note("fsync", descriptor, "");
    return next_call(0) ? failed() : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    note("fsync", descriptor, "");
    return next_call(0) ? failed() : REAL(fdatasync)(descriptor);
}

int rename(const char *from, const char *to) {
    note("rename", -1, to);
    return next_call(0) ? failed() : REAL(rename)(from, to);
}

int ftruncate(int descriptor, off_t size) {
    return next_call(0) ? failed() : REAL(ftruncate)(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) {
    return next_call(0) ? failed() : REAL(ftruncate64)(descriptor, size);
}

#define OPEN(name)                                                                             \
    int name(const char *path, int flags, ...) {                                               \
        mode_t mode = 0;                                                                       \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                   \
            va_list rest;                                                                      \
            va_start(rest, flags);                                                             \
            mode = va_arg(rest, mode_t);                                                       \
            va_end(rest);                                                                      \
        }                                                                                      \
        if ((flags & O_CREAT) && access(path, F_OK) != 0 && next_call(0)) return failed();     \
        return REAL(name)(path, flags, mode);                                                  \
    }
OPEN(open)
OPEN(open64)
