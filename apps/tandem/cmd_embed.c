#include "commands.h"
#include "npy.h"
#include "output.h"
#include "texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 512
}; /* texts that are read ahead: bounds memory, keeps all cores busy */

typedef struct window {
    tandem_str texts[WINDOW];
    tandem_text_note notes[WINDOW];
    float *vectors;
    size_t n, n_before, n_truncated;
} window;

static tandem_embedder_options embedder_options(const settings *s)
{
    tandem_embedder_options o = TANDEM_EMBEDDER_OPTIONS;

    o.precision = s->precision;
    o.isa = s->isa;
    o.threads = (uint32_t)s->threads;
    o.memory_bytes_max = s->memory_bytes_max;
    o.refuse_long = s->truncate && strcmp(s->truncate, "error") == 0;
    return o;
}

static tandem_role role_of(const settings *s)
{
    return strcmp(s->role, "query") == 0 ? TANDEM_ROLE_QUERY : TANDEM_ROLE_DOCUMENT;
}

/* Written by hand: a jansson array of 768 numbers would cost more than the embedding. */
static void print_vector(const window *w, size_t i, size_t dim)
{
    printf("{\"index\":%zu,\"embedding\":[", w->n_before + i);
    for (size_t d = 0; d < dim; d++)
        printf(d ? ",%.9g" : "%.9g", (double)w->vectors[i * dim + d]);
    printf("],\"tokens\":%u,\"truncated\":%s}\n", w->notes[i].n_tokens,
           w->notes[i].truncated ? "true" : "false");
}

static int embed_window(window *w, tandem_embedder *embedder, const settings *s, size_t dim,
                        npy *file)
{
    tandem_error error = {0};
    int status = 0;

    if (tandem_embedder_embed(embedder, w->texts, w->n, role_of(s), w->vectors, w->notes, &error) !=
        TANDEM_OK) {
        status = output_failure(&error);
    } else if (file) {
        status = npy_add(file, w->vectors, w->n) ? 0 : 1;
    } else {
        for (size_t i = 0; i < w->n; i++)
            print_vector(w, i, dim);
    }
    for (size_t i = 0; i < w->n; i++) {
        w->n_truncated += w->notes[i].truncated;
        free((char *)w->texts[i].ptr);
    }
    w->n_before += w->n;
    w->n = 0;
    return status;
}

static int embed_all(tandem_embedder *embedder, const settings *s, size_t dim, npy *file)
{
    const char *format = s->input_format ? s->input_format : s->n_operands ? "files" : "lines";
    texts from = {.paths = s->operands,
                  .n_paths = s->n_operands,
                  .jsonl = strcmp(format, "jsonl") == 0};
    window *w = calloc(1, sizeof(*w));
    bool end = false;
    int status = 0;

    if (w)
        w->vectors = malloc(WINDOW * dim * sizeof(float));
    if (!w || !w->vectors) {
        output_error("out of memory");
        status = 1;
    }
    while (!end && status == 0) {
        status = texts_next(&from, &w->texts[w->n], &end);
        if (status == 0 && !end)
            w->n++;
        if (w->n == WINDOW || (end && w->n))
            status = embed_window(w, embedder, s, dim, file);
    }
    if (w) {
        if (w->n_truncated)
            output_note("%zu of %zu texts were longer than the model takes and were cut",
                        w->n_truncated, w->n_before);
        for (size_t i = 0; i < w->n; i++)
            free((char *)w->texts[i].ptr);
        free(w->vectors);
    }
    free(w);
    texts_clear(&from);
    return status;
}

static int check_format(const settings *s)
{
    bool files = s->input_format && strcmp(s->input_format, "files") == 0;

    if (s->n_operands && s->input_format && !files)
        output_error("--input-format %s is for standard input; files are taken whole",
                     s->input_format);
    else if (!s->n_operands && files)
        output_error("--input-format files needs files");
    else
        return 0;
    return 2;
}

/* `--model gte` and `--model coderank` are what the servers of that lane have, where it has any. */
static const char *model_of(const settings *s, tandem_embedder_options *options)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        if (!s->model || strcmp(s->model, tandem_lane_name((tandem_lane)l)) || !s->backends[l].urls)
            continue;
        options->backend = settings_backend(s, (tandem_lane)l);
        return s->models[l];
    }
    return s->model;
}

int cmd_embed(const settings *s)
{
    tandem_embedder_options options = embedder_options(s);
    const char *model = model_of(s, &options);
    tandem_embedder *embedder = NULL;
    tandem_model_info info;
    tandem_error error = {0};
    npy *file = NULL;
    int status = check_format(s);

    if (status)
        return status;
    if (tandem_embedder_open(model, &options, &embedder, &error) != TANDEM_OK)
        return output_failure(&error);
    tandem_embedder_get_info(embedder, &info);
    if (s->output && !(file = npy_open(s->output, info.dim)))
        status = 1;
    if (status == 0)
        status = embed_all(embedder, s, info.dim, file);
    if (file && !npy_finish(file, status == 0))
        status = 1;
    tandem_embedder_close(embedder);
    return status;
}
