#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <time.h>

static void format_when(int64_t wall_ms, char *out, size_t n)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    if (wall_ms == 0)
        snprintf(out, n, "never");
    else
        strftime(out, n, "%Y-%m-%d %H:%M", localtime_r(&seconds, &parts));
}

static json_t *source_json(const tandem_source_info *info)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I,s:o}", "kind", output_json_text(info->kind),
                     "uri", output_json_text(info->uri), "scope", output_json_text(info->scope),
                     "project", output_json_text(info->project), "dataset",
                     output_json_text(info->dataset), "pages", (json_int_t)info->pages, "chunks",
                     (json_int_t)info->chunks, "indexed_at_ms", (json_int_t)info->indexed_wall_ms,
                     "last_run", output_json_text(info->last_run));
}

static void add_source(void *user, const tandem_source_info *info)
{
    json_array_append_new(user, source_json(info));
}

static void print_source(void *user, const tandem_source_info *info)
{
    char when[32];

    (void)user;
    format_when(info->indexed_wall_ms, when, sizeof(when));
    printf("  %-4.*s %llu pages, %llu chunks, %s (last run: %.*s)  ", (int)info->kind.n,
           info->kind.ptr, (unsigned long long)info->pages, (unsigned long long)info->chunks, when,
           (int)info->last_run.n, info->last_run.ptr);
    output_text(stdout, info->uri);
    if (info->project.n) {
        fputs("  project ", stdout);
        output_text(stdout, info->project);
    }
    putchar('\n');
}

static void add_miss(void *user, const tandem_miss *miss)
{
    json_array_append_new(user,
                          json_pack("{s:o,s:b,s:o}", "uri", output_json_text(miss->uri), "failed",
                                    miss->failed, "reason", output_json_text(miss->reason)));
}

typedef struct misses {
    size_t n, n_shown_max;
} misses;

static void print_miss(void *user, const tandem_miss *miss)
{
    misses *m = user;

    if (m->n++ >= m->n_shown_max)
        return;
    printf("  %s  ", miss->failed ? "failed " : "skipped");
    output_text(stdout, miss->uri);
    fputs(": ", stdout);
    output_text(stdout, miss->reason);
    putchar('\n');
}

static tandem_code print_json(tandem_index *index, const settings *s, const tandem_status *st,
                              tandem_error *error)
{
    json_t *sources = json_array();
    json_t *missed = json_array();
    json_t *lanes = json_object();
    tandem_code code = tandem_index_each_source(index, s->source, add_source, sources, error);

    if (code == TANDEM_OK)
        code = tandem_index_each_miss(index, s->source, add_miss, missed, error);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_object_set_new(lanes, tandem_lane_name((tandem_lane)l),
                            json_pack("{s:s,s:i,s:I}", "model", st->models[l], "dim",
                                      (int)st->dims[l], "chunks", (json_int_t)st->chunks[l]));
    json_t *all =
        json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "db",
                  output_json_cstr(tandem_index_location(index)), "bytes", (json_int_t)st->bytes,
                  "pages", (json_int_t)st->pages, "skipped", (json_int_t)st->skipped, "failed",
                  (json_int_t)st->failed, "chunks_pending", (json_int_t)st->chunks_pending,
                  "chunks_failed", (json_int_t)st->chunks_failed, "lanes", lanes, "sources",
                  sources, "misses", missed);
    if (code == TANDEM_OK)
        output_json(all);
    else
        json_decref(all);
    return code;
}

static tandem_code print_text(tandem_index *index, const settings *s, const tandem_status *st,
                              tandem_error *error)
{
    misses m = {.n_shown_max = s->verbose ? SIZE_MAX : 20};

    printf("%s  %.1f MB\n", tandem_index_location(index), (double)st->bytes / 1048576.0);
    printf("pages     %llu, skipped %llu, failed %llu\n", (unsigned long long)st->pages,
           (unsigned long long)st->skipped, (unsigned long long)st->failed);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        printf("%-9s %llu chunks  %s\n", tandem_lane_name((tandem_lane)l),
               (unsigned long long)st->chunks[l], st->models[l][0] ? st->models[l] : "(not used)");
    if (st->chunks_pending || st->chunks_failed)
        printf("chunks    %llu pending, %llu failed: `tandem retry` embeds them\n",
               (unsigned long long)st->chunks_pending, (unsigned long long)st->chunks_failed);
    printf("sources   %llu\n", (unsigned long long)st->sources);
    tandem_code code = tandem_index_each_source(index, s->source, print_source, NULL, error);
    if (code == TANDEM_OK)
        code = tandem_index_each_miss(index, s->source, print_miss, &m, error);
    if (m.n > m.n_shown_max)
        printf("  ... and %zu more: -v shows all\n", m.n - m.n_shown_max);
    return code;
}

int cmd_status(const settings *s)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *index = NULL;
    tandem_error error = {0};
    tandem_status status;

    options.read_only = true;
    if (tandem_index_open(s->db, &options, &index, &error) != TANDEM_OK)
        return output_failure(&error);
    tandem_code code = tandem_index_get_status(index, &status, &error);
    if (code == TANDEM_OK && s->source)
        code = tandem_index_each_source(index, s->source, NULL, NULL, &error);
    if (code == TANDEM_OK)
        code =
            s->json ? print_json(index, s, &status, &error) : print_text(index, s, &status, &error);
    tandem_index_close(index);
    return code == TANDEM_OK ? 0 : output_failure(&error);
}
