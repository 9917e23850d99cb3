/* tandem/job.h - one running crawl: from sources to pages, documents, chunks or a filled index.
 *
 * Threads:  open, wait and close from one thread; progress and cancel from any
 */
#ifndef TANDEM_JOB_H
#define TANDEM_JOB_H

#include "tandem/index.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tandem_job tandem_job;

/* How far the way goes. */
typedef enum tandem_until {
    TANDEM_UNTIL_PAGE,     /* fetch or read only */
    TANDEM_UNTIL_DOCUMENT, /* and extract */
    TANDEM_UNTIL_CHUNK,    /* and cut and route */
    TANDEM_UNTIL_STORE,    /* and embed and store: needs an index */
} tandem_until;

typedef enum tandem_page_status {
    TANDEM_PAGE_FETCHED,
    TANDEM_PAGE_UNCHANGED,
    TANDEM_PAGE_SKIPPED,
    TANDEM_PAGE_FAILED,
    TANDEM_PAGE_LISTED, /* of a dry run: would be fetched */
} tandem_page_status;

/* Where a crawl finds its pages. */
typedef enum tandem_mode {
    TANDEM_MODE_LINKS,   /* the page that is named, and links from there */
    TANDEM_MODE_SITEMAP, /* what sitemaps name: the source if it is one, else those of robots.txt,
                            else those in the usual places */
    TANDEM_MODE_LLMS,    /* llms.txt and llms-full.txt with their text, and what they link to */
    TANDEM_MODE_AUTO,    /* all of these, as far as they are there */
} tandem_mode;

/* Whether an installed Chromium draws pages. */
typedef enum tandem_render {
    TANDEM_RENDER_NEVER,
    TANDEM_RENDER_AUTO,   /* pages that show next to nothing until their scripts have run; where no
                             browser runs they are taken as they are, and the log says so once */
    TANDEM_RENDER_ALWAYS, /* every HTML page of a site; a page that cannot be drawn has failed */
} tandem_render;

/* What chunk_size and chunk_overlap count. */
typedef enum tandem_chunk_unit {
    TANDEM_CHUNK_CHARACTERS, /* code points */
    TANDEM_CHUNK_TOKENS, /* of the gte model for prose, of coderank's for code; special tokens and
                            the model's prompt are counted, headings set before prose are not */
} tandem_chunk_unit;

typedef struct tandem_link {
    tandem_str href, text;
} tandem_link;

/* What the job knows of one page when it has gone as far as it should. Borrowed for the call. */
typedef struct tandem_item {
    tandem_page_status status;
    tandem_str reason; /* why skipped or failed */
    tandem_str uri, final_uri, media_type;
    int http_status; /* 0 for files */
    bool is_web;
    int64_t fetched_wall_ms;
    tandem_str body; /* as fetched */
    /* from TANDEM_UNTIL_DOCUMENT on, for a page that was fetched */
    bool has_document;
    tandem_str title, description, author, date, language, canonical;
    tandem_str text; /* Markdown, or the file as it is */
    const tandem_link *links;
    size_t n_links;
    /* from TANDEM_UNTIL_CHUNK on */
    const tandem_chunk *chunks;
    size_t n_chunks;
    bool is_drawn; /* the page is as a browser has drawn it */
} tandem_item;

/* Called once for each page, from the job's threads, one call at a time; in the sources' order
 * unless the job goes on to the store. */
typedef void (*tandem_job_visit)(void *user, const tandem_item *item);

typedef enum tandem_strategy {
    TANDEM_STRATEGY_AUTO,
    TANDEM_STRATEGY_PIPELINED,
    TANDEM_STRATEGY_ROUNDS,
    TANDEM_STRATEGY_SEQUENTIAL,
    TANDEM_STRATEGY_SINGLE, /* chosen when one lane is empty; not to be asked for */
} tandem_strategy;

/* "auto", "pipelined", ... Static. */
const char *tandem_strategy_name(tandem_strategy strategy);

typedef struct tandem_job_options {
    size_t struct_size;
    tandem_until until;
    tandem_job_visit visit; /* may be NULL */
    void *user;

    /* where it belongs; NULL: derived as scope rules say */
    const char *scope, *project, *dataset;

    /* which pages */
    const char *const *include; /* globs on path or URL; none: all */
    size_t n_include;
    const char *const *exclude;
    size_t n_exclude;
    uint64_t file_bytes_max; /* larger files and pages are skipped, 1 KiB..1 GiB */
    bool hidden;             /* also names that start with a dot */
    bool no_ignore;          /* do not honour .gitignore and the like */
    uint32_t depth_max;      /* web: links followed; 0: the named page alone */
    uint32_t pages_max;      /* web: 0: no limit */
    bool any_host;           /* web: also links to other hosts */
    bool below;              /* web: only below the start page's folder */
    bool no_robots;          /* web: do not ask robots.txt */
    uint32_t delay_ms;       /* web: between requests to one host, 0..60000 */
    uint32_t per_host_max;   /* web: requests at once to one host, 1..256 */
    uint32_t timeout_ms;     /* web: one request, 100..600000 */
    bool allow_private;      /* web: private addresses beyond the one named */
    bool refuse_private;     /* web: also where a source names them; for those who serve others */
    const char *user_agent;  /* web: NULL: tandem's own */
    const char *contact;     /* web: whom a webmaster may ask, part of the user agent; NULL: none */
    tandem_mode mode;        /* web: depth_max counts in every mode; pages of a sitemap or llms.txt
                                are one link away from the start */
    bool dry_run;            /* web: read the start page and sitemaps, list all else; needs an
                                `until` before TANDEM_UNTIL_STORE */
    uint32_t variants_max;   /* web: queries of one path; 0: any number */
    uint64_t bytes_max;      /* web: of all pages of a source together; 0: no limit */
    bool refresh;            /* web: fetch every page anew, whatever is known of it */
    uint32_t time_max_ms;    /* web: for a source, 0..604800000; 0: no limit */
    bool whole_page;         /* HTML: keep navigation and footers */
    bool links_only;         /* HTML: title and links, no text; not for TANDEM_UNTIL_STORE */

    /* a page by itself instead of sources: "-" read from standard input, for example */
    const char *input_name; /* NULL: none; tells the kind by its ending */
    tandem_str input;

    /* chunks */
    uint32_t chunk_size, chunk_overlap; /* in chunk_unit; 64..100000, at most half of the size */

    /* schedule */
    tandem_strategy strategy;
    bool sequential;          /* ENABLE_PARALLEL_EMBEDDING=false */
    uint32_t in_flight_max;   /* batches over both lanes, 1..1024; 0: one a thread in process, 2 on
                                 servers, and one more for a lane that has none; where one lane is
                                 on servers one a thread and 2 */
    uint32_t batch_items_max; /* 1..4096 */
    bool quiet_metrics;       /* EMBEDDING_METRICS_ENABLED=false: no metrics block in the log */

    /* web: scripts */
    tandem_render render;
    const char *browser;     /* program; NULL: what Chromium is called, in PATH */
    bool browser_no_sandbox; /* without Chromium's own sandbox, which does not work for root */

    /* chunks */
    tandem_chunk_unit chunk_unit; /* TOKENS: a chunk_size that the models take must be given */
    /* Whose tokens count, where the job has no index that names them; NULL: the embedded one. */
    const char *chunk_models[TANDEM_N_LANES];

    const char *ca_file;     /* web: authorities to trust for https, PEM; NULL: the system's */
    uint32_t host_pages_max; /* web: of one host, besides the named page; 0: no limit */
} tandem_job_options;

#define TANDEM_JOB_OPTIONS                                                                   \
    (tandem_job_options)                                                                     \
    {                                                                                        \
        .struct_size = sizeof(tandem_job_options), .until = TANDEM_UNTIL_STORE,              \
        .file_bytes_max = 10u << 20, .depth_max = 0, .per_host_max = 6, .timeout_ms = 30000, \
        .variants_max = 500, .chunk_size = 1600, .chunk_overlap = 200, .batch_items_max = 32 \
    }

typedef struct tandem_lane_progress {
    uint64_t total; /* chunks known so far */
    uint64_t done, failed, cached;
    uint64_t in_flight;                /* batches */
    double chunks_per_second;          /* of those embedded, since the lane's first */
    uint64_t batches, retries, tokens; /* of the calls so far */
    bool paused;                       /* its server fails: no calls for a while */
} tandem_lane_progress;

/* Numbers only ever grow. */
typedef struct tandem_progress {
    uint64_t pages_seen; /* all that came out of the sources */
    uint64_t pages;      /* web pages with a document */
    uint64_t files;      /* files with a document */
    uint64_t unchanged, skipped, failed;
    tandem_lane_progress lanes[TANDEM_N_LANES];
    bool sources_ended; /* totals are final */
    double seconds;
    double eta_seconds; /* of the chunks known so far; < 0: not known */
} tandem_progress;

/* What the models of one lane did. */
typedef struct tandem_lane_summary {
    uint64_t batches, retries, tokens;
    double busy_seconds; /* with at least one batch in flight */
} tandem_lane_summary;

typedef struct tandem_summary {
    char run[40];     /* name of the run */
    tandem_code code; /* OK, E_PARTIAL, E_CANCELLED or what ended it */
    uint64_t pages, files, unchanged, skipped, failed, removed;
    uint64_t chunks[TANDEM_N_LANES]; /* in the pages of this run */
    uint64_t chunks_failed[TANDEM_N_LANES];
    uint64_t embedded, cached, truncated; /* chunks */
    tandem_strategy strategy;             /* as it came out */
    double seconds, chunks_per_second;
    double overlap_ratio; /* both lanes busy / either busy, while both had work */
    double speedup;       /* sum of lane times / wall time */
    uint64_t peak_rss_bytes;
    tandem_lane_summary lanes[TANDEM_N_LANES];
    double embed_seconds; /* first batch begun to last ended */
    uint64_t rounds;      /* 0 outside rounds */
    uint32_t slots;       /* batches at once, over both lanes */
} tandem_summary;

/* Starts. `index` is needed for TANDEM_UNTIL_STORE. With TANDEM_UNTIL_DOCUMENT it may be given: it
 * then remembers where the crawl has been, so that one that was killed goes on there and the next
 * one asks only whether pages have changed; no text is stored. Else NULL. Everything is copied.
 * Errors: E_INVALID naming the option and its bounds; E_NOT_FOUND naming the source, or the model
 * of a lane on servers, whose tokens only its files tell. */
tandem_code tandem_job_open(tandem_index *index, const char *const *sources, size_t n_sources,
                            const tandem_job_options *options, tandem_job **job_out,
                            tandem_error *err);

/* Whether tandem_job_open would take these options: for a daemon, which learns at its start what
 * each of its jobs would fail for. No source, lane or browser is opened. Errors: as there. */
tandem_code tandem_job_check(tandem_index *index, const tandem_job_options *options,
                             tandem_error *err);

/* Starts a job that embeds the chunks of the index that have no vector: those that failed, and what
 * runs that were cut off left. Nothing is read again. `source`: as named to index, NULL: all. Only
 * the options of the schedule count. A chunk that fails again stays as it is (E_PARTIAL); where
 * nothing is to be done no model is loaded, and the run's name is "0".
 * Errors: E_NOT_FOUND for a source that the index does not hold; E_CONFLICT as a search. */
tandem_code tandem_job_open_retry(tandem_index *index, const char *source,
                                  const tandem_job_options *options, tandem_job **job_out,
                                  tandem_error *err);

/* Waits at most wait_ms; true when the job has ended. */
bool tandem_job_wait(tandem_job *job, uint32_t wait_ms);

void tandem_job_get_progress(tandem_job *job, tandem_progress *progress_out);

/* What each slot did so far, as tandem_report_get_spans gives it after the end: in *spans_out, n of
 * them, for the caller to free (NULL if there is none), and the time that it is on their clock. A
 * job that does not store has none. Errors: E_NOMEM. */
tandem_code tandem_job_copy_spans(tandem_job *job, tandem_span **spans_out, size_t *n_out,
                                  int64_t *now_us_out, tandem_error *err);

/* Ends soon: no new page, no new batch; what is in flight is kept. Returns at once. */
void tandem_job_cancel(tandem_job *job);

/* How it went; waits for the end. The code also tells: OK, E_PARTIAL (pages or chunks failed),
 * E_CANCELLED, or the failure that ended it, explained in `err`. */
tandem_code tandem_job_get_summary(tandem_job *job, tandem_summary *summary_out, tandem_error *err);

/* Cancels if it still runs, waits, frees. NULL is fine. */
void tandem_job_close(tandem_job *job);

#ifdef __cplusplus
}
#endif

#endif
