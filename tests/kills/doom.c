/* Counts what a process would change in the files below a folder, and kills it before the n-th.

DOOM_BELOW: the folder.  DOOM_AT: the number (0: never).  DOOM_COUNT: a file that gets the count when the process ends.
DOOM_HOW: killed; torn: half of what the n-th write writes is written before; full: it lives on, and from the n-th on
there is no space for anything it writes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long done;
static long at;
static char below[PATH_MAX], count[PATH_MAX];
static int torn, full;
static pid_t mine;

static void begin(void) __attribute__((constructor));
static void end(void) __attribute__((destructor));

static void begin(void) {
    const char *told = getenv("DOOM_BELOW");
    if (told) snprintf(below, sizeof below, "%s", told);
    told = getenv("DOOM_COUNT");
    if (told) snprintf(count, sizeof count, "%s", told);
    at = getenv("DOOM_AT") ? atol(getenv("DOOM_AT")) : 0;
    told = getenv("DOOM_HOW") ? getenv("DOOM_HOW") : "killed";
    torn = !strcmp(told, "torn");
    full = !strcmp(told, "full");
    mine = getpid();
}

static void tell(void) {
    if (!count[0] || getpid() != mine) return;
    int (*open_)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    ssize_t (*write_)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int fd = open_(count, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char text[32];
    int length = snprintf(text, sizeof text, "%ld", atomic_load(&done));
    if (fd >= 0 && write_(fd, text, length) == length) close(fd);
}

static void end(void) { tell(); }

/* The program leaves by this way: what is to be done at the end is done here, too. */
void _exit(int status) {
    tell();
    void (*real)(int) __attribute__((noreturn)) = dlsym(RTLD_NEXT, "_exit");
    real(status);
}

static int is_below(const char *path) { return below[0] && path && !strncmp(path, below, strlen(below)); }

static int fd_below(int fd) {
    char name[64], path[PATH_MAX];
    if (!below[0]) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* Whether this is the one before which it ends; on a full disk: whether this one and those after it find no space. */
static int is_last(int counts) {
    if (!counts) return 0;
    long number = atomic_fetch_add(&done, 1) + 1;
    return full ? at && number >= at : number == at;
}

static ssize_t no_space(void) {
    errno = ENOSPC;
    return -1;
}

static void die(void) {
    if (full) return;
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *what, size_t size) {
    REAL(write);
    if (is_last(fd_below(fd))) {
        if (full) return no_space();
        if (torn) real(fd, what, size / 2);
        die();
    }
    return real(fd, what, size);
}

ssize_t pwrite(int fd, const void *what, size_t size, off_t where) {
    REAL(pwrite);
    if (is_last(fd_below(fd))) {
        if (full) return no_space();
        if (torn) real(fd, what, size / 2, where);
        die();
    }
    return real(fd, what, size, where);
}

ssize_t pwrite64(int fd, const void *what, size_t size, off64_t where) {
    REAL(pwrite64);
    if (is_last(fd_below(fd))) {
        if (full) return no_space();
        if (torn) real(fd, what, size / 2, where);
        die();
    }
    return real(fd, what, size, where);
}

int fsync(int fd) {
    REAL(fsync);
    if (is_last(fd_below(fd))) die();
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (is_last(fd_below(fd))) die();
    return real(fd);
}

int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    if (is_last(fd_below(fd))) die();
    return real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    if (is_last(fd_below(fd))) die();
    return real(fd, size);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    if (is_last(is_below(to) || is_below(from))) die();
    return real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    if (is_last(is_below(path))) die();
    return real(path);
}
