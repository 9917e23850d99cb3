#include "base/clock.h"
#include "hub/cache.h"
#include "hub/digest.h"
#include "hub/find.h"
#include "hub/hub.h"
#include "hub/remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    READ_BYTES = 1 << 18,
    LOCK_WAIT_US = 100 * 1000,
};

#define ENDPOINT "https://huggingface.co"

typedef struct pull {
    const tandem_pull_options *options;
    td_hub_name name;
    td_hub_remote *remote;
    td_hub_cache cache;
    td_hub_listing listing;
    bool here[TD_HUB_FILES_MAX];
    tandem_pull_progress progress;
    tandem_pull_summary summary;
    int64_t started_ms;
    uint64_t bytes_before; /* of the files that are done */
    /* the file at hand */
    const td_hub_file *file;
    td_hub_digest *digest;
    int fd;
    uint64_t at;
    uint64_t kept; /* of them, those of an earlier pull */
} pull;

static bool tell(pull *p, tandem_pull_event event, const char *reason)
{
    tandem_pull_progress *progress = &p->progress;

    progress->event = event;
    progress->reason = reason;
    progress->bytes = p->bytes_before + p->at;
    progress->fetched = p->summary.fetched;
    progress->seconds = (double)(td_clock_ms() - p->started_ms) / 1000;
    return !p->options->watch || p->options->watch(p->options->user, progress);
}

static bool on_tick(void *user, const char *reason)
{
    return tell(user, reason ? TANDEM_PULL_WAIT : TANDEM_PULL_BYTES, reason ? reason : "");
}

static tandem_code fail_stopped(tandem_error *err)
{
    return td_fail(err, TANDEM_E_CANCELLED, "stopped; the next pull goes on from here");
}

/* -- one file -- */

static tandem_code fail_write(const pull *p, tandem_error *err)
{
    return td_fail_errno(err, errno, "cannot write %s to %s", p->file->path, p->cache.path.ptr);
}

/* Forgets the bytes that have come so far. */
static tandem_code restart(pull *p, tandem_error *err)
{
    p->summary.discarded += p->at;
    p->at = p->kept = 0;
    if (ftruncate(p->fd, 0) != 0)
        return fail_write(p, err);
    return td_hub_digest_restart(p->digest, err);
}

static tandem_code on_bytes(void *user, uint64_t at, td_str bytes, tandem_error *err)
{
    pull *p = user;
    tandem_code code = TANDEM_OK;

    p->summary.fetched += bytes.n;
    if (at != p->at) /* the server can't go on in the middle: from the start, then */
        TD_TRY(restart(p, err));
    TD_TRY(td_hub_digest_add(p->digest, bytes, err));
    while (bytes.n > 0) {
        ssize_t n = pwrite(p->fd, bytes.ptr, bytes.n, (off_t)p->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            TD_TRY(fail_write(p, err));
        p->at += (uint64_t)n;
        bytes = td_str_slice(bytes, (size_t)n, bytes.n);
    }
out:
    return code;
}

/* The digest of what an earlier pull left, so that only the rest is asked for. */
static tandem_code read_part(pull *p, uint64_t n_bytes, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char *bytes = malloc(READ_BYTES);

    if (!bytes)
        TD_TRY(td_fail_nomem(err, "hash"));
    if (n_bytes > p->file->n_bytes) {
        p->at = n_bytes;
        TD_TRY(restart(p, err));
        goto out;
    }
    while (p->at < n_bytes) {
        ssize_t n = pread(p->fd, bytes, READ_BYTES, (off_t)p->at);
        if (n <= 0)
            TD_TRY(td_fail_errno(err, n < 0 ? errno : EIO, "cannot read %s again", p->file->path));
        TD_TRY(td_hub_digest_add(p->digest, (td_str){bytes, (size_t)n}, err));
        p->at += (uint64_t)n;
    }
out:
    free(bytes);
    return code;
}

/* Fetches what is missing and checks the whole; a hash that is wrong because of what was left from
 * before gets a second try from the start. */
static tandem_code fill_part(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool matches = false;

    p->kept = p->at;
    for (bool again = p->kept > 0;; again = false) {
        if (p->at < p->file->n_bytes)
            TD_TRY(td_hub_remote_fetch(p->remote, p->name.id, p->listing.commit, p->file, p->at,
                                       on_bytes, p, err));
        TD_TRY(td_hub_digest_matches(p->digest, &matches, err));
        if (matches) {
            p->summary.resumed += p->kept;
            break;
        }
        TD_TRY(restart(p, err));
        if (again)
            continue;
        td_hub_cache_part_drop(&p->cache, p->file);
        TD_FAIL(err, TANDEM_E_FORMAT,
                "%s: what came is not the file of hash %.16s...: thrown away; pull again",
                p->file->path, p->file->hash);
    }
out:
    return code;
}

static tandem_code take_lock(pull *p, int *lock_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool taken = false, told = false;

    for (;;) {
        TD_TRY(td_hub_cache_try_lock(&p->cache, p->file, lock_out, &taken, err));
        if (taken)
            break;
        if (!(told ? on_tick(p, NULL)
                   : on_tick(p, "another pull is at this file: waiting for it to end")))
            TD_TRY(fail_stopped(err));
        told = true;
        usleep(LOCK_WAIT_US);
    }
out:
    return code;
}

static tandem_code fetch_file(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int lock = -1;
    bool has = false;
    uint64_t n_part = 0;

    TD_TRY(take_lock(p, &lock, err));
    TD_TRY(td_hub_cache_has(&p->cache, p->file, &has, err)); /* by another pull meanwhile */
    if (has) {
        p->progress.was_here = true;
        goto out;
    }
    TD_TRY(td_hub_cache_part_open(&p->cache, p->file, &p->fd, &n_part, err));
    TD_TRY(td_hub_digest_new(td_str_from(p->file->hash), p->file->n_bytes, &p->digest, err));
    TD_TRY(read_part(p, n_part, err));
    TD_TRY(fill_part(p, err));
    TD_TRY(td_hub_cache_part_keep(&p->cache, p->file, p->fd, err));
    p->summary.n_fetched++;
out:
    td_hub_digest_free(p->digest);
    p->digest = NULL;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    if (lock >= 0)
        close(lock);
    return code;
}

/* -- all of them -- */

static tandem_code find_out(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_hub_listing *listing = &p->listing;

    TD_TRY(td_hub_remote_list(p->remote, &p->name, listing, err));
    for (size_t i = 0; i < listing->n_files; i++) {
        td_hub_file *file = &listing->files[i];
        if (!file->hash[0] || file->n_bytes == UINT64_MAX)
            TD_TRY(td_hub_remote_look(p->remote, p->name.id, listing->commit, file, err));
        if (file->n_bytes > (UINT64_C(1) << 50))
            TD_FAIL(err, TANDEM_E_FORMAT, "%s: %llu bytes is no length of a file", file->path,
                    (unsigned long long)file->n_bytes);
        p->summary.bytes += file->n_bytes; /* 256 files of a petabyte fit */
    }
    p->summary.n_files = p->progress.n_files_total = listing->n_files;
    p->progress.bytes_total = p->summary.bytes;
    p->progress.revision = listing->commit;
    snprintf(p->summary.revision, sizeof(p->summary.revision), "%s", listing->commit);
    if (!tell(p, TANDEM_PULL_LISTED, ""))
        TD_TRY(fail_stopped(err));
out:
    return code;
}

/* What a file will take of the disk besides what an earlier pull left of it. */
static uint64_t bytes_to_come(const pull *p, const td_hub_file *file)
{
    uint64_t n_part = td_hub_cache_part_bytes(&p->cache, file);

    return n_part < file->n_bytes ? file->n_bytes - n_part : 0;
}

/* Which files are here; the disk must hold the others. */
static tandem_code look_around(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint64_t missing = 0, free_bytes;

    for (size_t i = 0; i < p->listing.n_files; i++) {
        const td_hub_file *file = &p->listing.files[i];
        TD_TRY(td_hub_cache_has(&p->cache, file, &p->here[i], err));
        if (!p->here[i])
            missing += bytes_to_come(p, file);
        if (!tell(p, TANDEM_PULL_BYTES, ""))
            TD_TRY(fail_stopped(err));
    }
    free_bytes = td_hub_cache_free_bytes(&p->cache);
    if (missing > free_bytes)
        TD_FAIL(err, TANDEM_E_NO_SPACE,
                "%.*s needs %llu MB more, the disk of %s has %llu: make room, or set HF_HUB_CACHE",
                TD_STR_FMT(p->name.id), (unsigned long long)(missing + 999999) / 1000000,
                p->cache.path.ptr, (unsigned long long)free_bytes / 1000000);
out:
    return code;
}

/* Links config.json, or all else. It comes last: a snapshot without it is no model to anyone, so
 * that one half linked is not read by its commit either. */
static tandem_code link_all(const pull *p, bool config, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < p->listing.n_files; i++)
        if ((strcmp(p->listing.files[i].path, "config.json") == 0) == config)
            TD_TRY(td_hub_cache_link(&p->cache, p->listing.commit, &p->listing.files[i], err));
out:
    return code;
}

static tandem_code fetch_all(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < p->listing.n_files; i++) {
        p->file = &p->listing.files[i];
        p->at = 0;
        p->progress.file = p->file->path;
        p->progress.file_bytes = p->file->n_bytes;
        p->progress.was_here = p->here[i];
        if (!p->here[i])
            TD_TRY(fetch_file(p, err));
        p->at = 0;
        p->bytes_before += p->file->n_bytes;
        p->progress.n_files++;
        if (!tell(p, TANDEM_PULL_FILE, ""))
            TD_TRY(fail_stopped(err));
    }
    TD_TRY(link_all(p, false, err));
    TD_TRY(link_all(p, true, err));
    TD_TRY(td_hub_cache_refer(&p->cache, p->name.revision, p->listing.commit, err));
out:
    return code;
}

static tandem_code run(pull *p, tandem_error *err)
{
    const tandem_pull_options *o = p->options;
    td_hub_remote_options remote = {
        .endpoint = o->endpoint && o->endpoint[0] ? o->endpoint : ENDPOINT,
        .token = o->token,
        .allow_private = o->allow_private,
        .tick = on_tick,
        .user = p,
    };
    tandem_code code = TANDEM_OK;

    TD_TRY(td_hub_remote_open(&remote, &p->remote, err));
    TD_TRY(find_out(p, err));
    TD_TRY(td_hub_cache_open(p->name.id, &p->cache, err));
    TD_TRY(look_around(p, err));
    TD_TRY(fetch_all(p, err));
    snprintf(p->summary.path, sizeof(p->summary.path), "%s/snapshots/%s", p->cache.path.ptr,
             p->listing.commit);
out:
    return code;
}

/* Without a network: what is here, or that it is not. */
static tandem_code run_offline(pull *p, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_model_files *files = NULL;

    TD_TRY(td_hub_find_cached(&p->name, &files, err));
    for (size_t i = 0; i < files->n_files; i++) {
        if (!td_hub_names_is_wanted(files->files[i].name))
            continue;
        p->summary.n_files++;
        p->summary.bytes += files->files[i].bytes.n;
    }
    snprintf(p->summary.revision, sizeof(p->summary.revision), "%.*s", TD_STR_FMT(files->revision));
    snprintf(p->summary.path, sizeof(p->summary.path), "%.*s", TD_STR_FMT(files->origin));
out:
    if (code != TANDEM_OK)
        td_context(err, "offline (HF_HUB_OFFLINE)");
    td_model_files_close(files);
    return code;
}

tandem_code td_hub_pull(const char *name, const tandem_pull_options *options,
                        tandem_pull_summary *summary_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    pull *p = calloc(1, sizeof(*p));

    if (!p)
        return td_fail_nomem(err, "pull");
    p->options = options;
    p->cache = TD_HUB_CACHE;
    p->fd = -1;
    p->started_ms = td_clock_ms();
    if (!td_hub_names_split(td_str_from(name), &p->name))
        TD_FAIL(err, TANDEM_E_INVALID,
                "no name of a model: give gte, coderank or org/name, with @revision if needed");
    snprintf(p->summary.id, sizeof(p->summary.id), "%.*s", TD_STR_FMT(p->name.id));
    p->progress.id = p->summary.id;
    p->progress.revision = p->progress.file = p->progress.reason = "";
    TD_TRY(options->offline ? run_offline(p, err) : run(p, err));
    p->summary.seconds = (double)(td_clock_ms() - p->started_ms) / 1000;
    if (summary_out)
        *summary_out = p->summary;
out:
    td_hub_remote_close(p->remote);
    td_hub_cache_close(&p->cache);
    free(p);
    return code;
}
