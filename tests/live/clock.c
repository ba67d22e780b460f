// The time of day of a process, so many seconds away from the machine's: as many as stand in the file RISKCODE_CLOCK.
// What lasts (sleeps, monotonic clocks) is left alone; deadlines by the time of day are brought back to the machine's.
// When a file changed last (ctime) is told by the same clock; when its content did (mtime) is left as it is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shown;

static int64_t away(void) { return shown ? *shown : 0; }

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("RISKCODE_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *found = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shown, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    if (found != MAP_FAILED) shown = found;
}

#define REAL(result, name, ...)                                       \
    static result (*real)(__VA_ARGS__);                               \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += away();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(int, gettimeofday, struct timeval *, void *);
    int failed = real(now, zone);
    if (!failed) now->tv_sec += away();
    return failed;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}

// A deadline by the time of day is years after 2000; one by a monotonic clock is as small as the machine has been up.
static const struct timespec *brought_back(const struct timespec *until, struct timespec *kept) {
    if (!until || until->tv_sec < 946684800) return until;
    *kept = *until;
    kept->tv_sec -= away();
    return kept;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec kept;
    // Of two versions of this name the older one is another function.
    if (!real) real = (__typeof__(real))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return real(condition, mutex, brought_back(until, &kept));
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    REAL(int, sem_timedwait, sem_t *, const struct timespec *);
    struct timespec kept;
    return real(semaphore, brought_back(until, &kept));
}

long syscall(long number, ...) {
    REAL(long, syscall, long, ...);
    va_list rest;
    long a[6];
    va_start(rest, number);
    for (int at = 0; at < 6; at++) a[at] = va_arg(rest, long);
    va_end(rest);
    struct timespec kept;
    if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME))
        a[3] = (long)brought_back((const struct timespec *)a[3], &kept);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define CHANGED(name, parameters, ...)                     \
    int name parameters {                                        \
        static int (*real) parameters;                           \
        if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name); \
        int failed = real(__VA_ARGS__);                          \
        if (!failed) facts->st_ctim.tv_sec += away();            \
        return failed;                                           \
    }

CHANGED(stat, (const char *restrict path, struct stat *restrict facts), path, facts)
CHANGED(lstat, (const char *restrict path, struct stat *restrict facts), path, facts)
CHANGED(fstat, (int file, struct stat *facts), file, facts)
CHANGED(stat64, (const char *restrict path, struct stat64 *restrict facts), path, facts)
CHANGED(lstat64, (const char *restrict path, struct stat64 *restrict facts), path, facts)
CHANGED(fstat64, (int file, struct stat64 *facts), file, facts)
CHANGED(fstatat, (int folder, const char *restrict path, struct stat *restrict facts, int flags), folder, path,
        facts, flags)
CHANGED(fstatat64, (int folder, const char *restrict path, struct stat64 *restrict facts, int flags), folder,
        path, facts, flags)
