/* Keeps beside each database file what a loss of power would leave of it: its bytes at the last sync.

   Loaded into the program with LD_PRELOAD. `platter_syncs` counts, for whoever asks with ctypes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int syncs;

int platter_syncs(void) { return syncs; }

static void keep(int fd)
{
    static char block[1 << 16];
    char link[64], path[PATH_MAX], fresh[PATH_MAX + 16], kept[PATH_MAX + 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    if (strstr(path, "/postflight.db") == NULL)
        return;
    syncs++;
    snprintf(fresh, sizeof fresh, "%s.fresh", path);
    snprintf(kept, sizeof kept, "%s.platter", path);
    int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    off_t at = 0;
    /* Through SQLite's own descriptor: closing another one would give up its locks. */
    while ((length = pread(fd, block, sizeof block, at)) > 0 && write(to, block, length) == length)
        at += length;
    close(to);
    rename(fresh, kept);
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    keep(fd);
    return result;
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(fd);
    keep(fd);
    return result;
}

int unlink(const char *path)
{
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    char kept[PATH_MAX + 16];
    if (strstr(path, "/postflight.db") != NULL && strstr(path, ".platter") == NULL) {
        snprintf(kept, sizeof kept, "%s.platter", path);
        real(kept);
    }
    return real(path);
}
