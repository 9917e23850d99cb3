/* settings.h - everything that the environment, an env file and the command line can say. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "tandem/tandem.h"

enum {
    LIST_MAX = 64
};

/* Of a number that may be 0. */
#define SETTING_NOT_GIVEN UINT64_MAX

typedef struct text_list {
    const char *items[LIST_MAX];
    size_t n;
} text_list;

typedef struct settings {
    /* every command */
    const char *db;
    bool json, quiet, verbose;

    /* models */
    const char *models[TANDEM_N_LANES];
    const char *model;                       /* embed, tokenize: one model by itself */
    tandem_backend backends[TANDEM_N_LANES]; /* urls NULL: in this process */
    uint64_t embed_timeout_ms;
    const char *ca_file;
    const char *precision, *isa;
    uint64_t threads, memory_bytes_max, rounds;
    bool drop_packed;

    /* where it belongs, and filters of a search */
    const char *scope, *project, *dataset, *source;
    const char *language, *path, *kind;
    uint64_t hits;
    bool exact;

    /* which pages */
    text_list include, exclude;
    bool recursive, any_host, below, no_robots, allow_private, hidden, no_ignore, whole_page;
    bool dry_run, refresh, links;
    const char *state;
    uint64_t depth, pages_max, delay_ms, per_host, timeout_ms, file_bytes_max;
    uint64_t variants_max, host_pages_max, bytes_max, time_max_ms;
    const char *user_agent, *contact, *mode, *site_ca_file;
    const char *render, *browser;
    bool browser_no_sandbox;

    /* chunks and schedule */
    uint64_t chunk_size;    /* 0: not given */
    uint64_t chunk_overlap; /* SETTING_NOT_GIVEN: that */
    const char *chunk_unit;
    const char *strategy;
    bool parallel, metrics;
    uint64_t concurrency, batch_size;
    uint64_t cache_bytes_max;

    /* pull */
    const char *endpoint;
    bool offline;

    /* embed */
    const char *role, *input_format, *output, *truncate;

    /* serve */
    const char *host, *embed_ports, *api_key, *tls_cert, *tls_key;
    uint64_t port, body_bytes_max, connections, per_ip, queue;
    text_list allow_host;
    bool insecure, allow_index;

    /* what is left: sources, files, words of a query */
    char **operands;
    size_t n_operands;
} settings;

/* A lane's servers, with what both lanes share. */
static inline tandem_backend settings_backend(const settings *s, tandem_lane lane)
{
    tandem_backend backend = s->backends[lane];

    backend.ca_file = s->ca_file;
    backend.timeout_ms = (uint32_t)s->embed_timeout_ms;
    return backend;
}

#endif
