/* A storage that is faster than any client: it answers as S3 does and keeps no bytes.

   Bodies are dropped in the kernel on plain HTTP. An object's ETag is the Content-MD5 it came with, or
   the MD5 that is expected where it came without; the ETag of one in parts is made of theirs. HEAD knows
   both and the size.

   gcc -O2 -pthread -o sink sink.c -lssl -lcrypto
   sink ADDRESS [CERTIFICATE KEY] [MD5]  prints its port, and serves until its standard input ends;
                                         over TLS with a certificate; MD5 in hex is the expected one */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BUCKETS 65536
#define MOST_PARTS 10001
#define NAMESPACE "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

typedef struct {
    int fd;
    SSL *tls;
    char bytes[32768];
    size_t at, end;
} Line;

typedef struct {
    char method[8], path[4096], query[2048], etag[40];
    unsigned char md5[16];
    long length;
    bool chunked, expects, ends;
} Request;

typedef struct Entry { /* an object by its path, or an upload by its id */
    struct Entry *next;
    char *name, etag[48];
    long size;
    int parts;
    unsigned char *digests;
    long *sizes;
} Entry;

static SSL_CTX *tls;
static Entry *table[BUCKETS];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static unsigned long uploads;

/* -- what is remembered ------------------------------------------------------------------------ */

static Entry *entry(const char *name, bool make)
{
    unsigned hash = 5381;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    Entry **row = &table[hash % BUCKETS], *found = *row;
    while (found && strcmp(found->name, name))
        found = found->next;
    if (!found && make) {
        found = calloc(1, sizeof *found);
        found->name = strdup(name);
        found->next = *row;
        *row = found;
    }
    return found;
}

static void keep_object(const Request *request)
{
    pthread_mutex_lock(&guard);
    Entry *object = entry(request->path, true);
    object->size = request->length;
    strcpy(object->etag, request->etag);
    pthread_mutex_unlock(&guard);
}

static void keep_part(const Request *request, const char *upload, int number)
{
    pthread_mutex_lock(&guard);
    Entry *kept = entry(upload, true);
    if (!kept->digests) {
        kept->digests = calloc(MOST_PARTS, 16);
        kept->sizes = calloc(MOST_PARTS, sizeof *kept->sizes);
    }
    if (number > 0 && number < MOST_PARTS) {
        memcpy(kept->digests + 16 * number, request->md5, 16);
        kept->sizes[number] = request->length;
        kept->parts = number > kept->parts ? number : kept->parts;
    }
    pthread_mutex_unlock(&guard);
}

static void hex(char *to, const unsigned char *from)
{
    for (int i = 0; i < 16; i++)
        sprintf(to + 2 * i, "%02x", from[i]);
}

static void complete(const Request *request, const char *upload, char *etag)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    pthread_mutex_lock(&guard);
    Entry *kept = entry(upload, true), *object = entry(request->path, true);
    object->size = 0;
    for (int number = 1; number <= kept->parts; number++)
        object->size += kept->sizes[number];
    EVP_Digest(kept->digests ? kept->digests + 16 : digest, 16 * kept->parts, digest, NULL, EVP_md5(), NULL);
    hex(object->etag, digest);
    sprintf(object->etag + 32, "-%d", kept->parts);
    strcpy(etag, object->etag);
    pthread_mutex_unlock(&guard);
}

/* -- bytes ------------------------------------------------------------------------------------- */

static long take(Line *line, void *to, size_t size)
{
    return line->tls ? SSL_read(line->tls, to, (int)size) : recv(line->fd, to, size, 0);
}

static bool give(Line *line, const char *from, size_t size)
{
    while (size) {
        long sent = line->tls ? SSL_write(line->tls, from, (int)size) : send(line->fd, from, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        from += sent;
        size -= sent;
    }
    return true;
}

static bool fill(Line *line)
{
    memmove(line->bytes, line->bytes + line->at, line->end - line->at);
    line->end -= line->at;
    line->at = 0;
    if (line->end == sizeof line->bytes)
        return false;
    long got = take(line, line->bytes + line->end, sizeof line->bytes - line->end);
    line->end += got > 0 ? got : 0;
    return got > 0;
}

static char *next_line(Line *line)
{
    for (;;) {
        char *start = line->bytes + line->at, *stop = memchr(start, '\n', line->end - line->at);
        if (stop) {
            line->at += stop - start + 1;
            *(stop > start && stop[-1] == '\r' ? stop - 1 : stop) = 0;
            return start;
        }
        if (!fill(line))
            return NULL;
    }
}

static bool drop(Line *line, long size)
{
    static __thread char nowhere[1 << 18];
    long here = line->end - line->at;
    here = here < size ? here : size;
    line->at += here;
    for (size -= here; size > 0;) {
        long got = line->tls ? take(line, nowhere, size < (long)sizeof nowhere ? size : (long)sizeof nowhere)
                             : recv(line->fd, NULL, size < 1 << 20 ? size : 1 << 20, MSG_TRUNC);
        if (got <= 0)
            return false;
        size -= got;
    }
    return true;
}

static bool drop_body(Line *line, Request *request)
{
    if (!request->chunked)
        return drop(line, request->length);
    for (char *size; (size = next_line(line));) {
        long chunk = strtol(size, NULL, 16);
        if (!chunk) {
            while ((size = next_line(line)) && *size)
                ;
            return size;
        }
        if (!drop(line, chunk) || !next_line(line))
            return false;
    }
    return false;
}

/* -- requests ---------------------------------------------------------------------------------- */

static unsigned char expected[16];

static void read_md5(Request *request, const char *base64)
{
    unsigned char made[24];
    if (strlen(base64) == 24 && EVP_DecodeBlock(made, (const unsigned char *)base64, 24) >= 16)
        memcpy(request->md5, made, 16);
}

static bool read_head(Line *line, Request *request)
{
    char *text = next_line(line), target[4096];
    memset(request, 0, sizeof *request);
    memcpy(request->md5, expected, sizeof expected);
    if (!text || sscanf(text, "%7s %4095s", request->method, target) != 2)
        return false;
    char *query = strchr(target, '?');
    if (query)
        *query++ = 0;
    snprintf(request->path, sizeof request->path, "%s", target);
    snprintf(request->query, sizeof request->query, "&%s", query ? query : "");
    while ((text = next_line(line)) && *text) {
        char *value = strchr(text, ':');
        if (!value)
            continue;
        *value++ = 0;
        value += strspn(value, " ");
        if (!strcasecmp(text, "content-length"))
            request->length = atol(value);
        else if (!strcasecmp(text, "content-md5"))
            read_md5(request, value);
        else if (!strcasecmp(text, "transfer-encoding"))
            request->chunked = true;
        else if (!strcasecmp(text, "expect"))
            request->expects = true;
        else if (!strcasecmp(text, "connection"))
            request->ends = !strcasecmp(value, "close");
    }
    hex(request->etag, request->md5);
    return text;
}

static const char *parameter(const Request *request, const char *name)
{
    const char *found = strstr(request->query, name);
    return found ? found + strlen(name) : NULL;
}

static bool reply(Line *line, const char *status, const char *headers, long length, const char *body)
{
    char text[8192];
    int size = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nx-amz-request-id: 1\r\n%sContent-Length: %ld\r\n\r\n%s",
                        status, headers, length, body);
    return give(line, text, size);
}

static bool answer_put(Line *line, Request *request, const char *upload)
{
    char headers[96];
    const char *number = parameter(request, "&partNumber=");
    if (upload && number)
        keep_part(request, upload, atoi(number));
    else
        keep_object(request);
    snprintf(headers, sizeof headers, "ETag: \"%s\"\r\n", request->etag);
    return reply(line, "200 OK", headers, 0, "");
}

static bool answer_post(Line *line, Request *request, const char *upload)
{
    char body[512], etag[48];
    if (upload) {
        complete(request, upload, etag);
        snprintf(body, sizeof body,
                 "<CompleteMultipartUploadResult " NAMESPACE "><ETag>&quot;%s&quot;</ETag>"
                 "</CompleteMultipartUploadResult>", etag);
    } else
        snprintf(body, sizeof body,
                 "<InitiateMultipartUploadResult " NAMESPACE "><UploadId>u%lu</UploadId>"
                 "</InitiateMultipartUploadResult>", __atomic_add_fetch(&uploads, 1, __ATOMIC_RELAXED));
    return reply(line, "200 OK", "Content-Type: application/xml\r\n", strlen(body), body);
}

static bool answer_head(Line *line, Request *request)
{
    char headers[160] = "";
    const char *key = strchr(request->path + 1, '/');
    if (!key || !key[1])
        return reply(line, "200 OK", "", 0, "");
    pthread_mutex_lock(&guard);
    Entry *object = entry(request->path, false);
    long size = object ? object->size : 0;
    if (object)
        snprintf(headers, sizeof headers, "ETag: \"%s\"\r\nLast-Modified: Fri, 20 Nov 2026 15:00:00 GMT\r\n", object->etag);
    pthread_mutex_unlock(&guard);
    return reply(line, object ? "200 OK" : "404 Not Found", headers, size, "");
}

static bool answer(Line *line, Request *request)
{
    static const char *empty = "<ListBucketResult " NAMESPACE "><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>"
                               "</ListBucketResult>";
    char upload[64] = "";
    const char *given = parameter(request, "&uploadId=");
    if (given)
        sscanf(given, "%63[^&]", upload);
    if (!strcmp(request->method, "PUT"))
        return answer_put(line, request, given ? upload : NULL);
    if (!strcmp(request->method, "POST"))
        return answer_post(line, request, given ? upload : NULL);
    if (!strcmp(request->method, "HEAD"))
        return answer_head(line, request);
    if (!strcmp(request->method, "GET"))
        return reply(line, "200 OK", "Content-Type: application/xml\r\n", strlen(empty), empty);
    return reply(line, "204 No Content", "", 0, "");
}

static void *serve(void *made)
{
    Line *line = made;
    Request request;
    if (tls) {
        line->tls = SSL_new(tls);
        SSL_set_fd(line->tls, line->fd);
    }
    if (!tls || SSL_accept(line->tls) > 0)
        while (read_head(line, &request)) {
            if (request.expects && !give(line, "HTTP/1.1 100 Continue\r\n\r\n", 25))
                break;
            if (!drop_body(line, &request) || !answer(line, &request) || request.ends)
                break;
        }
    if (line->tls)
        SSL_free(line->tls);
    close(line->fd);
    free(line);
    return NULL;
}

static void *leave_with_input(void *unused)
{
    char nothing;
    while (read(0, &nothing, 1) > 0)
        ;
    _exit(0);
    return unused;
}

int main(int count, char **words)
{
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (count < 2 || inet_pton(AF_INET, words[1], &address.sin_addr) != 1)
        return 2;
    for (int at = 0; count > 1 && count % 2 && at < 16; at++)
        sscanf(words[count - 1] + 2 * at, "%2hhx", &expected[at]);
    if (count > 3) {
        tls = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(tls, words[2]) <= 0 ||
            SSL_CTX_use_PrivateKey_file(tls, words[3], SSL_FILETYPE_PEM) <= 0)
            return 1;
    }
    socklen_t size = sizeof address;
    int on = 1, door = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(door, (struct sockaddr *)&address, size) || listen(door, 512))
        return 1;
    getsockname(door, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, leave_with_input, NULL);
    for (int fd; (fd = accept(door, NULL, NULL)) >= 0;) {
        Line *line = calloc(1, sizeof *line);
        line->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, line) == 0)
            pthread_detach(thread);
    }
    return 0;
}
