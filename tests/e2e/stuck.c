/* A card reader that no longer answers: whoever reads a file named STUCK waits for ever.

   Loaded into the program with LD_PRELOAD. Each wait is told in a file beside it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void wait_if_stuck(int fd)
{
    char link[64], path[PATH_MAX], told[PATH_MAX + 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    if (strstr(path, "STUCK") == NULL)
        return;
    snprintf(told, sizeof told, "%s.waits", path);
    close(open(told, O_WRONLY | O_CREAT, 0600));
    for (;;)
        pause();
}

ssize_t read(int fd, void *to, size_t size)
{
    ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    wait_if_stuck(fd);
    return real(fd, to, size);
}

ssize_t pread64(int fd, void *to, size_t size, off_t at)
{
    ssize_t (*real)(int, void *, size_t, off_t) =
        (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread64");
    wait_if_stuck(fd);
    return real(fd, to, size, at);
}
