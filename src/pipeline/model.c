#include "base/utf8.h"
#include "hub/hub.h"
#include "pipeline/state.h"

#include <stdlib.h>

enum {
    TEXT_BYTES_MAX = 1 << 30
};

struct tandem_embedder {
    td_arena *arena;       /* texts of `info` */
    td_model_files *files; /* NULL: the model is on servers */
    td_embedder *embedder;
    bool borrows; /* files and embedder are an index's */
    uint32_t threads;
    tandem_model_info info;
};

static tandem_code fill_info(tandem_embedder *e, tandem_error *err)
{
    e->info = (tandem_model_info){
        .id = td_arena_copy(e->arena, e->embedder->model_id).ptr,
        .origin = td_arena_copy(e->arena, e->embedder->origin).ptr,
        .revision =
            td_arena_copy(e->arena, e->files ? e->files->revision : e->embedder->identity).ptr,
        .architecture = td_arena_copy(e->arena, e->embedder->architecture).ptr,
        .precision = td_arena_copy(e->arena, e->embedder->precision).ptr,
        .dim = e->embedder->dim,
        .tokens_max = e->embedder->tokens_max,
        .weights_bytes = e->embedder->weights_bytes,
        .token_flop = e->embedder->token_flop,
        .pair_flop = e->embedder->pair_flop,
        .n_checked = e->embedder->n_checked,
        .check_mean = e->embedder->check_mean,
        .check_least = e->embedder->check_least,
    };
    return e->info.precision ? TANDEM_OK : td_arena_fail(e->arena, err);
}

tandem_code td_pipeline_model_open(const char *model, const tandem_embedder_options *options,
                                   tandem_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_embed_local_options local = TD_EMBED_LOCAL_OPTIONS;
    tandem_embedder *e = calloc(1, sizeof(*e));

    if (!e || !(e->arena = td_arena_new(1u << 16)))
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a model");
    e->threads = options->threads;
    local.precision = options->precision;
    local.isa = options->isa;
    local.refuse_long = options->refuse_long;
    local.n_threads = options->threads;
    local.memory_bytes_max = options->memory_bytes_max;
    if (options->backend.urls) {
        td_embed_remote_options remote = td_pipeline_lanes_options(&options->backend, model);
        remote.is_thorough = true;
        TD_TRY(td_embed_remote_open(&remote, &e->embedder, err));
    } else {
        TD_TRY(td_hub_find(model, &e->files, err));
        TD_TRY(td_embed_local_open(e->files, &local, &e->embedder, err));
    }
    TD_TRY(fill_info(e, err));
    *embedder_out = e;
    e = NULL;
out:
    td_pipeline_model_close(e);
    return code;
}

tandem_code td_pipeline_model_borrow(td_model_files *files, td_embedder *embedder,
                                     tandem_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_embedder *e = calloc(1, sizeof(*e));

    if (!e || !(e->arena = td_arena_new(1u << 16)))
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a model");
    e->borrows = true;
    e->files = files;
    e->embedder = embedder;
    TD_TRY(fill_info(e, err));
    *embedder_out = e;
    e = NULL;
out:
    td_pipeline_model_close(e);
    return code;
}

void td_pipeline_model_close(tandem_embedder *e)
{
    if (!e)
        return;
    if (e->embedder && !e->borrows)
        e->embedder->close(e->embedder);
    if (!e->borrows)
        td_model_files_close(e->files);
    td_arena_free(e->arena);
    free(e);
}

uint32_t td_pipeline_model_threads(const tandem_embedder *e)
{
    return e->threads;
}

td_embedder *td_pipeline_model_door(const tandem_embedder *e)
{
    return e->embedder;
}

void td_pipeline_model_info(const tandem_embedder *e, tandem_model_info *info_out)
{
    *info_out = e->info;
}

/* -- many texts: one lane of a schedule -- */

typedef struct texts {
    td_buf clean; /* all texts that were not valid UTF-8, one after the other */
    td_task *tasks;
    float **rows;
    size_t *places; /* of each text in `clean`; SIZE_MAX: valid as it came */
} texts;

static tandem_code clean_texts(texts *t, const tandem_str *in, size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < n; i++) {
        t->places[i] = SIZE_MAX;
        t->tasks[i].lane = TANDEM_LANE_GTE;
        t->tasks[i].text = in[i];
        if (td_utf8_valid_n(in[i]) == in[i].n)
            continue;
        t->places[i] = t->clean.n;
        TD_TRY(td_utf8_add_clean(&t->clean, in[i], err));
        t->tasks[i].text.n = t->clean.n - t->places[i];
    }
    for (size_t i = 0; i < n; i++) /* only now: the buffer does not move any more */
        if (t->places[i] != SIZE_MAX)
            t->tasks[i].text.ptr = t->clean.ptr + t->places[i];
out:
    return code;
}

static tandem_code first_failure(const td_task *tasks, size_t n, tandem_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (tasks[i].status == TD_TASK_DONE)
            continue;
        if (err)
            *err = tasks[i].error;
        td_context(err, "text %zu", i + 1);
        return tasks[i].error.code != TANDEM_OK ? tasks[i].error.code : TANDEM_E_INTERNAL;
    }
    return TANDEM_OK;
}

/* A slot a thread of batches. */
static tandem_code embed_scheduled(tandem_embedder *e, texts *t, size_t n, tandem_role role,
                                   tandem_error *err)
{
    td_embedder *const lanes[TANDEM_N_LANES] = {e->embedder, NULL};
    td_schedule_options options = TD_SCHEDULE_OPTIONS;
    td_schedule_progress progress;

    options.role = role;
    options.in_flight_max = e->threads;
    options.metrics = false;
    options.quiet = true;
    tandem_code code = td_schedule_run(lanes, &options, t->tasks, n, t->rows, &progress, err);
    return code == TANDEM_OK ? first_failure(t->tasks, n, err) : code;
}

/* A question in this process waits for no slot to start: the engine gives it all cores. */
static tandem_code embed_question(tandem_embedder *e, td_task *task, float *vector,
                                  tandem_error *err)
{
    td_batch batch = {.texts = &task->text,
                      .n = 1,
                      .role = TANDEM_ROLE_QUERY,
                      .vectors = vector,
                      .notes = &task->note};
    tandem_code code = e->embedder->embed(e->embedder, &batch, NULL, err);
    if (code != TANDEM_OK)
        td_context(err, "text 1");
    return code;
}

tandem_code td_pipeline_model_embed(tandem_embedder *e, const tandem_str *in, size_t n,
                                    tandem_role role, float *vectors, tandem_text_note *notes,
                                    tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    texts t = {.clean = TD_BUF(TEXT_BYTES_MAX)};

    t.tasks = calloc(n ? n : 1, sizeof(*t.tasks));
    t.rows = calloc(n ? n : 1, sizeof(*t.rows));
    t.places = calloc(n ? n : 1, sizeof(*t.places));
    if (!t.tasks || !t.rows || !t.places)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for %zu texts", n);
    TD_TRY(clean_texts(&t, in, n, err));
    for (size_t i = 0; i < n; i++)
        t.rows[i] = vectors + i * e->embedder->dim;
    if (n == 1 && role == TANDEM_ROLE_QUERY && e->embedder->is_local)
        TD_TRY(embed_question(e, &t.tasks[0], vectors, err));
    else
        TD_TRY(embed_scheduled(e, &t, n, role, err));
    for (size_t i = 0; notes && i < n; i++)
        notes[i] = (tandem_text_note){t.tasks[i].note.n_tokens, t.tasks[i].note.truncated};
out:
    td_buf_clear(&t.clean);
    free(t.tasks);
    free(t.rows);
    free(t.places);
    return code;
}

/* The texts as they came, if all are valid UTF-8; else a list of those that are and of copies. */
static tandem_code valid_texts(const tandem_str *in, size_t n, texts *t, td_str **copy_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n_valid = 0;

    while (n_valid < n && td_utf8_valid_n(in[n_valid]) == in[n_valid].n)
        n_valid++;
    if (n_valid == n)
        goto out;
    t->tasks = calloc(n, sizeof(*t->tasks));
    t->places = calloc(n, sizeof(*t->places));
    *copy_out = calloc(n, sizeof(**copy_out));
    if (!t->tasks || !t->places || !*copy_out)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for %zu texts", n);
    TD_TRY(clean_texts(t, in, n, err));
    for (size_t i = 0; i < n; i++)
        (*copy_out)[i] = t->tasks[i].text;
out:
    return code;
}

tandem_code td_pipeline_model_run(tandem_embedder *e, const tandem_str *in, size_t n,
                                  tandem_role role, float *vectors, tandem_text_note *notes,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    texts t = {.clean = TD_BUF(TEXT_BYTES_MAX)};
    td_str *copy = NULL;
    td_text_note *inner = calloc(n ? n : 1, sizeof(*inner));
    td_batch batch = {.n = n, .role = role, .vectors = vectors, .notes = inner};

    if (!inner)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for %zu texts", n);
    TD_TRY(valid_texts(in, n, &t, &copy, err));
    batch.texts = copy ? copy : in;
    TD_TRY(e->embedder->embed(e->embedder, &batch, NULL, err));
    for (size_t i = 0; notes && i < n; i++)
        notes[i] = (tandem_text_note){inner[i].n_tokens, inner[i].truncated};
out:
    td_buf_clear(&t.clean);
    free(t.tasks);
    free(t.places);
    free(copy);
    free(inner);
    return code;
}

tandem_code td_pipeline_model_tokenize(tandem_embedder *e, tandem_str text, tandem_role role,
                                       uint32_t *ids, size_t *n_out, bool *truncated_out,
                                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf clean = TD_BUF(TEXT_BYTES_MAX);

    if (!e->embedder->tokenize)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "servers do not tell the tokens of a text");
    TD_TRY(td_utf8_add_clean(&clean, text, err));
    TD_TRY(e->embedder->tokenize(e->embedder, td_buf_str(&clean), role, ids, n_out, truncated_out,
                                 err));
out:
    td_buf_clear(&clean);
    return code;
}

tandem_code td_pipeline_model_rows(tandem_embedder *e, tandem_str text, tandem_role role,
                                   float *rows, size_t *n_rows_io, bool *truncated_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf clean = TD_BUF(TEXT_BYTES_MAX);

    if (!e->embedder->rows)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "servers do not tell the rows of a text's tokens");
    TD_TRY(td_utf8_add_clean(&clean, text, err));
    TD_TRY(e->embedder->rows(e->embedder, td_buf_str(&clean), role, rows, n_rows_io, truncated_out,
                             err));
out:
    td_buf_clear(&clean);
    return code;
}

tandem_str td_pipeline_model_token(const tandem_embedder *e, uint32_t id)
{
    return e->embedder->token ? e->embedder->token(e->embedder, id) : (td_str){NULL, 0};
}

/* -- what is here -- */

typedef struct visit {
    tandem_model_each each;
    void *user;
    td_arena *arena;
} visit;

static void pass(void *user, const td_hub_listed *listed)
{
    visit *v = user;
    tandem_model_info info = {
        .id = td_arena_copy(v->arena, listed->id).ptr,
        .origin = td_arena_copy(v->arena, listed->origin).ptr,
        .revision = td_arena_copy(v->arena, listed->revision).ptr,
        .architecture = "",
        .precision = "",
        .disk_bytes = listed->n_bytes,
        .reason = listed->files ? NULL : listed->error->message,
    };

    if (info.revision)
        v->each(v->user, &info);
}

tandem_code td_pipeline_model_each(tandem_model_each each, void *user, tandem_error *err)
{
    visit v = {each, user, td_arena_new(4u << 20)};

    if (!v.arena)
        return td_fail_nomem(err, "list of models");
    tandem_code code = td_hub_list(pass, &v, err);
    td_arena_free(v.arena);
    return code;
}
