#include "commands.h"
#include "output.h"
#include "run_job.h"
#include "serve/listen.h"
#include "serve/log.h"
#include "serve/routes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    DRAIN_S = 8,     /* for requests under way, */
    END_S = 10,      /* and for all else too */
    FILES_KEPT = 64, /* for the database, models, crawls */
    PEM_BYTES_MAX = 1 << 20,
    BODIES_AT_ONCE = 32, /* of the greatest size */
};

typedef struct sockets {
    http_listener of[HTTP_LISTENERS_MAX];
    size_t n;
    uint16_t port;
} sockets;

/* -- before anything runs -- */

static int check_settings(const settings *s)
{
    if ((s->tls_cert != NULL) != (s->tls_key != NULL))
        output_error("--tls-cert and --tls-key go together");
    else if (!guard_is_loopback(s->host) && !(s->api_key && s->api_key[0]) && !s->insecure)
        output_error("serving on %s lets others in: set TANDEM_API_KEY to a key that they must "
                     "send, or say --insecure",
                     s->host);
    else
        return 0;
    return 2;
}

/* A PEM file as a text; NULL after an error message. */
static char *read_pem(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? calloc(1, PEM_BYTES_MAX) : NULL;

    if (!text || fread(text, 1, PEM_BYTES_MAX - 1, file) == 0) {
        output_error("cannot read %s: %s", path, file && text ? "it is empty" : strerror(errno));
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

static int open_sockets(const settings *s, sockets *out)
{
    uint16_t ports[TANDEM_N_LANES];
    uint16_t port = 0;
    int fd;

    if (s->embed_ports && !listen_parse_ports(s->embed_ports, ports)) {
        output_error("--embed-ports is \"%s\": allowed is GTE,CODERANK, as in 30001,30002",
                     s->embed_ports);
        return 2;
    }
    if ((fd = listen_open(s->host, (uint16_t)s->port, &out->port)) < 0)
        return 1;
    out->of[out->n++] = (http_listener){fd, SERVE_MAIN};
    for (int l = 0; s->embed_ports && l < TANDEM_N_LANES; l++) {
        if ((fd = listen_open(s->host, ports[l], &port)) < 0)
            return 1;
        out->of[out->n++] = (http_listener){fd, l};
    }
    return 0;
}

static void close_sockets(sockets *open)
{
    for (size_t i = 0; i < open->n; i++)
        close(open->of[i].socket);
    open->n = 0;
}

/* As many as asked for, or as the system lets us have files. */
static uint32_t connections_max(const settings *s)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return (uint32_t)s->connections;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    uint64_t most = files.rlim_cur > 2 * FILES_KEPT ? files.rlim_cur - FILES_KEPT : FILES_KEPT;
    return (uint32_t)(s->connections < most ? s->connections : most);
}

/* A core file would hold the keys, as the environment does: nothing of the sort lies about. */
static void keep_keys(const settings *s)
{
    const struct rlimit none = {0};

    if (s->api_key || s->backends[0].key || s->backends[1].key)
        setrlimit(RLIMIT_CORE, &none);
}

/* -- the parts -- */

static void count_and_log(void *app, const http_request *request, double seconds)
{
    const serve *sv = app;

    metrics_count(request, seconds);
    if (!sv->s->quiet)
        log_write(request, seconds);
}

static int open_models(serve *sv)
{
    batcher_options options = {.n_threads = (size_t)sysconf(_SC_NPROCESSORS_ONLN),
                               .waiting_max = (size_t)sv->s->queue};
    tandem_error error = {0};

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        if (tandem_index_get_embedder(sv->index, (tandem_lane)l, &sv->embedders[l], &error) !=
            TANDEM_OK)
            return output_failure(&error);
        tandem_embedder_get_info(sv->embedders[l], &sv->infos[l]);
        options.embedders[l] = sv->embedders[l];
    }
    sv->batcher = batcher_open(&options);
    if (sv->batcher)
        return 0;
    output_error("out of memory for the models' threads");
    return 1;
}

static int open_index(serve *sv)
{
    const settings *s = sv->s;
    tandem_index_options options = index_options_of(s);
    tandem_job_options job_options = job_options_of(s);
    tandem_error error = {0};

    if (tandem_index_open(s->db, &options, &sv->index, &error) != TANDEM_OK ||
        tandem_job_check(sv->index, &job_options, &error) != TANDEM_OK)
        return output_failure(&error);
    return open_models(sv);
}

static void tell_streams(void *user)
{
    serve *sv = user;
    http_server *http = sv->http;

    if (http)
        http_wake_streams(http);
}

static int open_jobs(serve *sv)
{
    char folder[4200];
    jobs_options options = {
        .index = sv->index, .s = sv->s, .folder = folder, .changed = tell_streams, .user = sv};

    snprintf(folder, sizeof(folder), "%s.jobs", tandem_index_location(sv->index));
    sv->mcp = (mcp){.index = sv->index,
                    .run_index = sv->s->allow_index ? mcp_http_index : NULL,
                    .user = sv};
    sv->jobs = jobs_open(&options);
    return sv->jobs ? 0 : 1;
}

static int open_http(serve *sv, sockets *open, const char *cert, const char *key)
{
    const settings *s = sv->s;
    http_options options = {
        .n_listeners = open->n,
        .routes = serve_routes,
        .n_routes = serve_n_routes,
        .app = sv,
        .guard = &sv->guard,
        .body_bytes_max = s->body_bytes_max,
        .bodies_bytes_max = s->body_bytes_max * BODIES_AT_ONCE,
        .connections_max = connections_max(s),
        .per_ip_max = (uint32_t)s->per_ip,
        .io_threads = 2,
        .tls_cert = cert,
        .tls_key = key,
        .log = count_and_log,
    };

    memcpy(options.listeners, open->of, sizeof(open->of));
    sv->http = http_open(&options);
    open->n = 0; /* the server's now */
    return sv->http ? 0 : 1;
}

/* What still runs then (a model's long batch, a search that waits for another server) is left:
 * index and jobs are as after a loss of power, which they survive. A second signal does not
 * wait. */
static void *end_in_time(void *user)
{
    const struct timespec most = {.tv_sec = END_S};
    const sigset_t *signals = user;
    bool again = sigtimedwait(signals, NULL, &most) > 0;

    output_note(again ? "ended at once" : "ended: what took longer is left");
    _exit(again ? 130 : 0);
}

static void wait_for_signal(const sigset_t *signals)
{
    pthread_t thread;
    int got = 0;

    while (sigwait(signals, &got) != 0)
        continue;
    output_note("ending: requests under way are finished");
    if (pthread_create(&thread, NULL, end_in_time, (void *)(uintptr_t)signals) == 0)
        pthread_detach(thread);
}

static int run(serve *sv, sockets *open, const sigset_t *signals)
{
    const settings *s = sv->s;
    char *cert = s->tls_cert ? read_pem(s->tls_cert) : NULL;
    char *key = cert ? read_pem(s->tls_key) : NULL;
    int status = s->tls_cert && !key ? 1 : open_index(sv);

    if (status == 0)
        status = open_jobs(sv);
    if (status == 0)
        status = open_http(sv, open, cert, key);
    if (status == 0) {
        output_note("serving on http%s://%s:%u, prose with %s, code with %s, index %s",
                    cert ? "s" : "", s->host, open->port, sv->infos[0].id, sv->infos[1].id,
                    tandem_index_location(sv->index));
        wait_for_signal(signals);
        http_drain(sv->http, DRAIN_S * 1000);
    }
    jobs_close(sv->jobs);
    batcher_close(sv->batcher);
    http_close(sv->http);
    tandem_index_close(sv->index);
    free(cert);
    free(key);
    return status;
}

int cmd_serve(const settings *s)
{
    serve sv = {.s = s, .begun = time(NULL)};
    sockets open = {.n = 0};
    sigset_t signals;
    int status = check_settings(s);

    if (status)
        return status;
    keep_keys(s);
    /* All threads inherit it: the signals are this one's. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    guard_init(&sv.guard, s->host, s->allow_host.items, s->allow_host.n, s->api_key);
    status = open_sockets(s, &open);
    if (status == 0)
        status = run(&sv, &open, &signals);
    close_sockets(&open);
    return status;
}
