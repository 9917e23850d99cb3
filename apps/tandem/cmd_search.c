#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *hit_json(const tandem_hit *hit)
{
    json_t *ranks = json_object();

    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_object_set_new(ranks, tandem_lane_name((tandem_lane)l),
                            hit->lane_rank[l] ? json_integer(hit->lane_rank[l]) : json_null());
    json_object_set_new(ranks, "text", hit->text_rank ? json_integer(hit->text_rank) : json_null());
    return json_pack("{s:i,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:s,s:i,s:i,s:I,s:I,s:o,s:o,s:o}",
                     "rank", (int)hit->rank, "score", hit->score, "path",
                     output_json_text(hit->path), "url", output_json_text(hit->url), "title",
                     output_json_text(hit->title), "heading", output_json_text(hit->heading),
                     "symbol", output_json_text(hit->symbol), "language",
                     output_json_text(hit->language), "is_code", hit->is_code, "model_hint",
                     tandem_lane_name(hit->lane), "start_line", (int)hit->start_line, "end_line",
                     (int)hit->end_line, "start_byte", (json_int_t)hit->start_byte, "end_byte",
                     (json_int_t)hit->end_byte, "text", output_json_text(hit->text), "snippet",
                     output_json_text(hit->snippet), "ranks", ranks);
}

static void print_json(const char *query, const tandem_hit *hits, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, hit_json(&hits[i]));
    output_json(json_pack("{s:o,s:o}", "query", output_json_cstr(query), "hits", list));
}

/* A file below the folder that we are in, as one would type it here. */
static tandem_str from_here(tandem_str path)
{
    char here[4096];
    size_t n = getcwd(here, sizeof(here)) ? strlen(here) : path.n;

    if (n < path.n && path.ptr[n] == '/' && memcmp(path.ptr, here, n) == 0)
        return (tandem_str){path.ptr + n + 1, path.n - n - 1};
    return path;
}

static void print_where(const tandem_hit *hit)
{
    tandem_str place = hit->url.n ? hit->url : from_here(hit->path);

    printf("%s%2u  ", output_style_of(stdout, STYLE_BOLD), hit->rank);
    output_text(stdout, place);
    printf(":%u%s", hit->start_line, output_style_of(stdout, STYLE_PLAIN));
    tandem_str name = hit->symbol.n ? hit->symbol : hit->heading.n ? hit->heading : hit->title;
    if (name.n) {
        printf("  %s", output_style_of(stdout, hit->is_code ? STYLE_CYAN : STYLE_GREEN));
        output_text(stdout, name);
        fputs(output_style_of(stdout, STYLE_PLAIN), stdout);
    }
    putchar('\n');
}

/* "gte 3, words 1": which lists the hit came from. */
static void print_why(const tandem_hit *hit)
{
    const char *gap = "";

    printf("    %s%.4f  ", output_style_of(stdout, STYLE_DIM), hit->score);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        if (!hit->lane_rank[l])
            continue;
        printf("%s%s %u (%.3f)", gap, tandem_lane_name((tandem_lane)l), hit->lane_rank[l],
               (double)hit->lane_score[l]);
        gap = ", ";
    }
    if (hit->text_rank)
        printf("%swords %u", gap, hit->text_rank);
    printf("%s\n", output_style_of(stdout, STYLE_PLAIN));
}

static void print_text(const tandem_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        print_where(&hits[i]);
        fputs("    ", stdout);
        output_text(stdout, hits[i].snippet);
        putchar('\n');
        print_why(&hits[i]);
    }
}

static char *join(char **words, size_t n)
{
    size_t bytes = 1;
    char *all;

    for (size_t i = 0; i < n; i++)
        bytes += strlen(words[i]) + 1;
    all = calloc(1, bytes);
    for (size_t i = 0; all && i < n; i++) {
        strcat(all, words[i]);
        if (i + 1 < n)
            strcat(all, " ");
    }
    return all;
}

static tandem_search_options search_options(const settings *s)
{
    tandem_search_options o = TANDEM_SEARCH_OPTIONS;

    o.k = (uint32_t)s->hits;
    o.exact = s->exact;
    o.scope = s->scope;
    o.project = s->project;
    o.dataset = s->dataset;
    o.language = s->language;
    o.path_glob = s->path;
    o.source = s->source;
    if (s->kind)
        o.kind = strcmp(s->kind, "code") == 0 ? TANDEM_KIND_CODE : TANDEM_KIND_PROSE;
    return o;
}

static int search(tandem_index *index, const settings *s, const char *query)
{
    tandem_search_options options = search_options(s);
    tandem_error error = {0};
    tandem_hits *hits = NULL;
    size_t n = 0;

    if (tandem_index_search(index, text_of(query), &options, &hits, &error) != TANDEM_OK)
        return output_failure(&error);
    const tandem_hit *items = tandem_hits_get(hits, &n);
    if (s->json)
        print_json(query, items, n);
    else
        print_text(items, n);
    if (n == 0)
        output_note("nothing found in %s", tandem_index_location(index));
    tandem_hits_free(hits);
    return 0;
}

int cmd_search(const settings *s)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *index = NULL;
    tandem_error error = {0};
    char *query = join(s->operands, s->n_operands);

    options.read_only = true;
    options.models[TANDEM_LANE_GTE] = s->models[TANDEM_LANE_GTE];
    options.models[TANDEM_LANE_CODERANK] = s->models[TANDEM_LANE_CODERANK];
    options.precision = s->precision;
    options.isa = s->isa;
    options.threads = (uint32_t)s->threads;
    options.memory_bytes_max = s->memory_bytes_max;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        options.backends[l] = settings_backend(s, (tandem_lane)l);
    if (!query || tandem_index_open(s->db, &options, &index, &error) != TANDEM_OK) {
        free(query);
        return output_failure(&error);
    }
    int status = search(index, s, query);
    tandem_index_close(index);
    free(query);
    return status;
}
