// A slow line between two network namespaces: packets leave one TUN device and come out of the
// other, held back by a rate and a delay, and dropped where the queue before the rate is full.
//
//     line BITS_PER_SECOND DELAY_MS FROM TO
//
// The rate holds from FROM to TO, the delay both ways, half of it each; rate 0 is none. Both
// devices are made here and left to the caller to give addresses. Each line that is read is
// answered with the bytes that have come through to TO; the end of the input ends it.

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 1 << 16, LARGEST = 65536 };

struct packet {
    double due;
    int size;
    char *bytes;
};

struct way {
    int in, out;
    double rate, delay, free_at, room; // bytes a second, seconds, when the line is free, seconds
    struct packet ring[SLOTS];
    unsigned head, tail;
    uint64_t through;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int device(const char *name) {
    struct ifreq wanted = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strncpy(wanted.ifr_name, name, IFNAMSIZ - 1);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &wanted) < 0) {
        perror("tun");
        exit(1);
    }
    return fd;
}

static void take(struct way *way) {
    static char buffer[LARGEST];
    for (int many = 0; many < 64; many++) {
        ssize_t size = read(way->in, buffer, sizeof buffer);
        if (size <= 0)
            return;
        double at = now(), start = way->free_at > at ? way->free_at : at;
        if (start - at > way->room || way->head - way->tail == SLOTS)
            continue; // the queue is full
        way->free_at = way->rate > 0 ? start + size / way->rate : start;
        struct packet *packet = &way->ring[way->head++ % SLOTS];
        packet->due = way->free_at + way->delay;
        packet->size = (int)size;
        packet->bytes = malloc((size_t)size);
        memcpy(packet->bytes, buffer, (size_t)size);
    }
}

static double give(struct way *way) {
    while (way->head != way->tail) {
        struct packet *packet = &way->ring[way->tail % SLOTS];
        if (packet->due > now())
            return packet->due;
        if (write(way->out, packet->bytes, (size_t)packet->size) == packet->size)
            way->through += (uint64_t)packet->size;
        free(packet->bytes);
        way->tail++;
    }
    return 0;
}

int main(int count, char **words) {
    static struct way there, back;
    if (count != 5)
        return 2;
    int from = device(words[3]), to = device(words[4]);
    double rate = atof(words[1]) / 8, delay = atof(words[2]) / 2000;
    there = (struct way){.in = from, .out = to, .rate = rate, .delay = delay, .room = 0.1};
    back = (struct way){.in = to, .out = from, .rate = 0, .delay = delay, .room = 1};
    puts("ready");
    fflush(stdout);
    for (;;) {
        double first = give(&there), second = give(&back);
        double due = !first || (second && second < first) ? second : first;
        double left = due ? due - now() : 1;
        struct timespec wait = {0, left > 0 ? (long)((left < 0.9 ? left : 0.9) * 1e9) : 0};
        struct pollfd watched[] = {{from, POLLIN, 0}, {to, POLLIN, 0}, {0, POLLIN, 0}};
        ppoll(watched, 3, &wait, NULL);
        take(&there);
        take(&back);
        if (watched[2].revents) {
            char asked[64];
            if (read(0, asked, sizeof asked) <= 0)
                return 0;
            printf("%llu\n", (unsigned long long)there.through);
            fflush(stdout);
        }
    }
}
