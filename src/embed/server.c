#include "embed/server.h"

#include "base/clock.h"
#include "base/thread.h"
#include "embed/identity.h"

#include <math.h>
#include <stdlib.h>

enum {
    ABOUT_BYTES_MAX = 1 << 20,
    ANSWER_BYTES = 64 << 10, /* besides the vectors */
    VALUE_BYTES = 32,        /* of a number with its comma and blanks, as JSON */
    TEXT_BYTES = 256,        /* of what stands around a vector */
    URL_BYTES_MAX = 16384,
    BODY_BYTES_MAX = 64 << 20,
    SECOND_WAIT_US = 2 * 1000 * 1000, /* for a second connection, where one has answered */
};

/* Every failure names the server. */
static tandem_code blame(const td_server_call *call, tandem_code code, tandem_error *err)
{
    if (code != TANDEM_OK)
        td_context(err, "%.*s", TD_STR_FMT(call->base));
    return code;
}

static tandem_code left_ms(const td_server_call *call, uint32_t *ms_out, tandem_error *err)
{
    int64_t left_us = call->until_us - td_clock_us();

    if (left_us < 1000)
        return td_fail(err, TANDEM_E_TIMEOUT, "no time was left to ask it");
    *ms_out = (uint32_t)(left_us / 1000);
    return TANDEM_OK;
}

static tandem_code get(const td_server_call *call, const td_form *form, const char *path,
                       bool is_apart, td_told *told_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf url = TD_BUF(URL_BYTES_MAX);
    td_ask ask = {.answer_bytes_max = ABOUT_BYTES_MAX, .is_apart = is_apart};

    TD_TRY(td_embed_form_url(form, call->base, path, &url, err));
    ask.url = td_buf_str(&url);
    TD_TRY(left_ms(call, &ask.timeout_ms, err));
    TD_TRY(td_embed_exchange_run(call->exchange, &ask, told_out, err));

out:
    td_buf_clear(&url);
    return code;
}

/* ---- which form ---- */

static bool is_form(const td_form *form, const td_told *told)
{
    td_wire_about about;
    tandem_code code;

    if (told->status != 200)
        return false;
    if (form == &td_embed_form_ollama)
        return td_embed_wire_is_version(td_buf_str(&told->body));
    if (form == &td_embed_form_tei)
        return td_embed_wire_info(td_buf_str(&told->body), &about, NULL) == TANDEM_OK;
    code = td_embed_wire_models(td_buf_str(&told->body), NULL, &about, NULL);
    return code == TANDEM_OK || code == TANDEM_E_NOT_FOUND; /* several models are a list too */
}

/* Ollama imitates OpenAI, and others imitate its list of models, but none its version. */
static tandem_code find_form(const td_server_call *call, const td_form **form_out,
                             tandem_error *err)
{
    static const struct {
        const td_form *form;
        const char *path;
    } questions[] = {
        {&td_embed_form_tei, "/info"},
        {&td_embed_form_ollama, "/api/version"},
        {&td_embed_form_openai, "/v1/models"},
    };
    tandem_code code = TANDEM_OK;
    td_told told = {0};
    bool found = false;

    for (size_t i = 0; !found && i < sizeof(questions) / sizeof(questions[0]); i++) {
        td_embed_exchange_clear(&told);
        TD_TRY(get(call, questions[i].form, questions[i].path, false, &told, err));
        found = is_form(questions[i].form, &told);
        if (found)
            *form_out = questions[i].form;
        else if (told.status == 429 || told.status >= 500)
            TD_TRY(td_embed_exchange_judge(call->exchange, &told, err));
    }
    if (!found && (told.status == 401 || told.status == 403))
        TD_TRY(td_embed_exchange_judge(call->exchange, &told, err));
    if (!found)
        TD_FAIL(err, TANDEM_E_NOT_FOUND,
                "it answers neither as TEI nor as Ollama nor as OpenAI: name its API, or the "
                "right URL");

out:
    td_embed_exchange_clear(&told);
    return code;
}

/* ---- which model ---- */

static double seconds_since(int64_t began_us)
{
    return (double)(td_clock_us() - began_us) / 1e6;
}

/* *is_told_out: whether it has such a page at all. */
static tandem_code ask_about(const td_server_call *call, td_server_facts *facts,
                             td_wire_about *about_out, bool *is_told_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_told told = {0};
    int64_t began_us = td_clock_us();

    TD_TRY(get(call, facts->form, facts->form->about, false, &told, err));
    /* To connect takes as long as to ask. */
    facts->call_seconds = seconds_since(began_us) / (told.is_new_connection ? 2 : 1);
    facts->takes_gzip = facts->takes_gzip || told.takes_gzip;
    *is_told_out = told.status != 404 && told.status != 405 && told.status != 501;
    if (!*is_told_out)
        goto out;
    TD_TRY(td_embed_exchange_judge(call->exchange, &told, err));
    TD_TRY(facts->form->tell(td_buf_str(&told.body), call->wanted, about_out, err));

out:
    td_embed_exchange_clear(&told);
    return code;
}

static tandem_code learn_model(const td_server_call *call, td_server_facts *facts,
                               tandem_error *err)
{
    td_wire_about about = {0};
    bool is_told = false;
    tandem_code code = ask_about(call, facts, &about, &is_told, err);

    if (code != TANDEM_OK)
        return code;
    if (!is_told && !call->wanted && facts->form != &td_embed_form_tei)
        return td_fail(err, TANDEM_E_INVALID, "it does not tell its models: name one");
    if (!is_told) {
        td_str wanted = td_str_from(call->wanted);
        about = (td_wire_about){0};
        if (wanted.n >= sizeof(about.model))
            return td_fail(err, TANDEM_E_INVALID, "a model's name of %zu bytes: at most %d",
                           wanted.n, TD_WIRE_NAME_N - 1);
        if (wanted.n > 0)
            memcpy(about.model, wanted.ptr, wanted.n);
    }
    facts->about = about;
    facts->is_telling = is_told;
    return TANDEM_OK;
}

/* Each batch is two questions. */
static bool is_asked_twice(const td_server_facts *facts)
{
    return facts->form->is_asked_again && facts->is_telling;
}

/* ---- vectors ---- */

/* One request, its answer checked for everything but who gave it. */
static tandem_code ask_vectors(const td_server_call *call, const td_server_facts *facts,
                               td_server_batch *batch, td_wire_answer *answer, td_told *told,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf url = TD_BUF(URL_BYTES_MAX), body = TD_BUF(BODY_BYTES_MAX);
    size_t dim = batch->dim ? batch->dim : TD_WIRE_DIM_MAX;
    td_ask ask = {
        .gzip = facts->takes_gzip,
        .answer_bytes_max = ANSWER_BYTES + batch->n * (dim * VALUE_BYTES + TEXT_BYTES),
    };

    *answer = (td_wire_answer){.n = batch->n, .dim = batch->dim, .vectors = batch->vectors};
    TD_TRY(td_embed_form_url(facts->form, call->base, facts->form->embed, &url, err));
    TD_TRY(
        facts->form->write(&body, facts->about.model, batch->prompt, batch->texts, batch->n, err));
    ask.url = td_buf_str(&url);
    ask.post = td_buf_str(&body);
    TD_TRY(left_ms(call, &ask.timeout_ms, err));
    TD_TRY(td_embed_exchange_run(call->exchange, &ask, told, err));
    td_buf_clear(&body);
    batch->retry_after_ms = told->retry_after_ms;
    TD_TRY(td_embed_exchange_judge(call->exchange, told, err));
    if (told->is_cut)
        TD_FAIL(err, TANDEM_E_FORMAT, "the answer is larger than %zu bytes", ask.answer_bytes_max);
    TD_TRY(facts->form->read(td_buf_str(&told->body), answer, err));
    batch->n_tokens = answer->n_tokens;

out:
    td_buf_clear(&body);
    td_buf_clear(&url);
    return code;
}

/* The probe's vector, into [dim] or, where dim is 0, [TD_WIRE_DIM_MAX]; and what it took. */
static tandem_code ask_probe(const td_server_call *call, td_server_facts *facts, float *vector,
                             size_t *dim, uint32_t *retry_after_ms_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str text = td_embed_identity_probe();
    td_server_batch batch = {.texts = &text, .n = 1, .dim = *dim, .vectors = vector};
    td_wire_answer answer;
    td_told told = {0};
    int64_t began_us = td_clock_us();

    batch.prompt = TD_STR("");
    code = ask_vectors(call, facts, &batch, &answer, &told, err);
    facts->text_seconds = seconds_since(began_us);
    if (retry_after_ms_out)
        *retry_after_ms_out = batch.retry_after_ms;
    if (code == TANDEM_OK) {
        *dim = answer.dim;
        memcpy(facts->answers_as, answer.model, sizeof(facts->answers_as));
        facts->takes_gzip = facts->takes_gzip || told.takes_gzip;
    }
    td_embed_exchange_clear(&told);
    return code;
}

/* ---- what it costs ---- */

/* One of two questions asked at the same time. */
typedef struct question {
    const td_server_call *call;
    const td_server_facts *facts;
    size_t n_texts;  /* 0: what it tells of itself */
    bool is_apart;   /* ... by a connection of its own */
    bool has_probe;  /* as the last of them */
    uint64_t number; /* of the others: nobody has asked them before */
    size_t dim;      /* 0: learn it */
    float *vectors;  /* out: [n_texts, dim]; to be freed */
    char answers_as[TD_WIRE_NAME_N];
    bool takes_gzip;
    uint32_t retry_after_ms;
    int64_t began_us, ended_us;
    tandem_code code;
    tandem_error error;
} question;

static tandem_code ask_texts(question *q, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char room[TD_EMBED_PRICE_TEXTS][TD_IDENTITY_LIKE_N];
    td_str texts[TD_EMBED_PRICE_TEXTS];
    td_wire_answer answer;
    td_told told = {0};
    td_server_batch batch = {.texts = texts, .n = q->n_texts, .dim = q->dim};
    size_t dim = q->dim ? q->dim : TD_WIRE_DIM_MAX;

    batch.prompt = TD_STR("");
    batch.vectors = q->vectors = malloc(q->n_texts * dim * sizeof(*batch.vectors));
    if (!batch.vectors)
        return td_fail_nomem(err, "vectors of a price");
    for (size_t i = 0; i < q->n_texts; i++)
        texts[i] = q->has_probe && i + 1 == q->n_texts
                       ? td_embed_identity_probe()
                       : td_embed_identity_like(q->number + i, room[i]);
    q->began_us = td_clock_us();
    code = ask_vectors(q->call, q->facts, &batch, &answer, &told, err);
    q->retry_after_ms = batch.retry_after_ms;
    if (code != TANDEM_OK)
        goto out;
    q->ended_us = td_clock_us();
    q->dim = answer.dim;
    q->takes_gzip = told.takes_gzip;
    memcpy(q->answers_as, answer.model, sizeof(q->answers_as));

out:
    td_embed_exchange_clear(&told);
    return code;
}

static void *ask(void *user)
{
    question *q = user;
    td_told told = {0};

    if (q->n_texts > 0) {
        q->code = ask_texts(q, &q->error);
        return NULL;
    }
    q->code = get(q->call, q->facts->form, q->facts->form->about, q->is_apart, &told, &q->error);
    td_embed_exchange_clear(&told);
    return NULL;
}

/* Both get an answer, or the reason why not, unless no thread could be had. */
static tandem_code ask_both(question *first, question *second, int64_t apart_us, tandem_error *err)
{
    struct timespec apart = {.tv_nsec = (long)apart_us * 1000};
    pthread_t thread;
    tandem_code code = td_thread_start(&thread, "td-price", ask, first, err);

    if (code != TANDEM_OK)
        return code;
    nanosleep(&apart, NULL);
    ask(second);
    pthread_join(thread, NULL);
    return TANDEM_OK;
}

static tandem_code first_failure(const question *first, const question *second, tandem_error *err)
{
    const question *bad = first->code != TANDEM_OK ? first : second;

    if (bad->code != TANDEM_OK && err)
        *err = bad->error;
    return bad->code;
}

static double seconds_from(int64_t from_us, int64_t to_us)
{
    return (double)(to_us - from_us) / 1e6;
}

/* more: seconds of each call besides. */
static td_embed_price price_of(const question *first, const question *second, double more)
{
    return (td_embed_price){
        .n_texts = first->n_texts,
        .first = seconds_from(first->began_us, first->ended_us) + more,
        .second = seconds_from(second->began_us, second->ended_us) + more,
        .apart = seconds_from(first->began_us, second->began_us),
        .is_beside = first->began_us < second->began_us && second->began_us < first->ended_us,
    };
}

tandem_code td_embed_server_price(const td_server_call *call, const td_server_facts *facts,
                                  size_t dim, td_embed_price *price_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    question first = {.call = call, .facts = facts, .dim = dim}, second = first;
    double more = is_asked_twice(facts) ? facts->call_seconds / 2 : 0;

    /* So that both have a connection: how long one takes to make is not what is looked for. */
    TD_TRY(ask_both(&first, &second, 0, err));
    TD_TRY(first_failure(&first, &second, err));
    first.number = (uint64_t)td_clock_us() * (TD_EMBED_PRICE_TEXTS + 1);
    first.n_texts = TD_EMBED_PRICE_TEXTS;
    second.number = first.number + TD_EMBED_PRICE_TEXTS;
    second.n_texts = 1;
    TD_TRY(ask_both(&first, &second, TD_EMBED_PRICE_APART_US, err));
    TD_TRY(first_failure(&first, &second, err));
    *price_out = price_of(&first, &second, more);

out:
    free(first.vectors);
    free(second.vectors);
    return blame(call, code, err);
}

/* ---- meeting ---- */

/* Beside a second question, so that there are two connections for what follows. *both_out: there
 * are; some servers serve one until it is closed, and let the other wait. */
static tandem_code learn_model_twice(const td_server_call *call, td_server_facts *met,
                                     bool *both_out, tandem_error *err)
{
    td_server_facts form = {.form = met->form};
    td_server_call hasty = *call;
    question beside = {.call = &hasty, .facts = &form, .is_apart = true};
    pthread_t thread;
    int64_t until_us = td_clock_us() + SECOND_WAIT_US;

    hasty.until_us = until_us < call->until_us ? until_us : call->until_us;
    *both_out = false;
    if (td_thread_start(&thread, "td-meet", ask, &beside, NULL) != TANDEM_OK)
        return learn_model(call, met, err);
    tandem_code code = learn_model(&hasty, met, err);
    pthread_join(thread, NULL);
    *both_out = code == TANDEM_OK && beside.code != TANDEM_E_TIMEOUT;
    if (code == TANDEM_E_TIMEOUT) /* this one may have been the one that waits */
        code = learn_model(call, met, err);
    return code;
}

/* The vector of the text that both had is nearer to that alone than the probe's is. */
static bool in_order(const question *two, const question *one)
{
    double as_sent = 0, turned = 0;

    for (size_t d = 0; d < one->dim; d++) {
        as_sent += (double)two->vectors[d] * (double)one->vectors[d];
        turned += (double)two->vectors[two->dim + d] * (double)one->vectors[d];
    }
    return as_sent >= turned;
}

/* Two texts, the second of them the probe; beside it the first one alone. What does not work so is
 * asked in one call with the probe, for its reason. */
static tandem_code ask_thoroughly(const td_server_call *call, td_server_facts *facts, float *probe,
                                  size_t *dim, uint32_t *retry_after_ms_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint64_t number = (uint64_t)td_clock_us();
    question one = {.call = call, .facts = facts, .n_texts = 1, .number = number}, two = one;

    two.n_texts = TD_EMBED_PRICE_TEXTS;
    two.has_probe = true;
    TD_TRY(ask_both(&two, &one, TD_EMBED_PRICE_APART_US, err));
    if (two.code != TANDEM_OK) {
        code = ask_probe(call, facts, probe, dim, retry_after_ms_out, err);
        goto out;
    }
    if (one.code == TANDEM_OK && (one.dim != two.dim || !in_order(&two, &one)))
        TD_FAIL(err, TANDEM_E_FORMAT, "it gives the vectors of two texts in another order");
    *dim = two.dim;
    memcpy(probe, two.vectors + two.dim, two.dim * sizeof(*probe));
    memcpy(facts->answers_as, two.answers_as, sizeof(facts->answers_as));
    facts->takes_gzip = facts->takes_gzip || two.takes_gzip;
    facts->text_seconds = seconds_from(two.began_us, two.ended_us);
    if (one.code == TANDEM_OK) {
        facts->price = price_of(&two, &one, 0);
        facts->text_seconds = fmin(facts->text_seconds, facts->price.second);
    }

out:
    free(one.vectors);
    free(two.vectors);
    return code;
}

tandem_code td_embed_server_meet(const td_server_call *call, td_server_facts *facts, float *probe,
                                 size_t *dim_out, uint32_t *retry_after_ms_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_server_facts met = {.form = facts->form};
    size_t dim = 0;
    bool both = false;

    *retry_after_ms_out = 0;
    if (!met.form)
        TD_TRY(find_form(call, &met.form, err));
    TD_TRY(call->is_thorough ? learn_model_twice(call, &met, &both, err)
                             : learn_model(call, &met, err));
    both = both && met.about.items_max != 1;
    TD_TRY((both ? ask_thoroughly : ask_probe)(call, &met, probe, &dim, retry_after_ms_out, err));
    met.call_seconds = met.call_seconds < met.text_seconds ? met.call_seconds : met.text_seconds;
    if (is_asked_twice(&met)) {
        met.text_seconds += met.call_seconds;
        met.price.first += met.call_seconds;
        met.price.second += met.call_seconds;
        met.call_seconds *= 2;
    }
    *facts = met;
    *dim_out = dim;

out:
    return blame(call, code, err);
}

/* ---- who gave it ---- */

static tandem_code fail_other(const char *now, const char *before, tandem_error *err)
{
    return td_fail(err, TANDEM_E_DENIED, "it serves %s now, not %s any more", now, before);
}

static tandem_code check_about(const td_server_call *call, td_server_facts *facts,
                               tandem_error *err)
{
    td_wire_about now = {0};
    td_server_call any = *call;
    bool is_told = false;

    any.wanted = facts->form == &td_embed_form_tei ? NULL : facts->about.model;
    tandem_code code = ask_about(&any, facts, &now, &is_told, err);
    if (code == TANDEM_E_NOT_FOUND && err)
        err->code = code = TANDEM_E_DENIED;
    if (code != TANDEM_OK)
        return code;
    if (is_told && strcmp(now.model, facts->about.model) == 0 &&
        strcmp(now.revision, facts->about.revision) == 0)
        return TANDEM_OK;
    if (strcmp(now.model, facts->about.model) == 0)
        return td_fail(err, TANDEM_E_DENIED, "it serves %s in another revision now", now.model);
    return fail_other(is_told ? now.model : "nobody knows what", facts->about.model, err);
}

static tandem_code check_probe(const td_server_call *call, td_server_facts *facts,
                               const float *probe, size_t dim, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_server_facts now = *facts;
    float *vector = malloc(dim * sizeof(*vector));

    if (!vector)
        return td_fail_nomem(err, "a probe");
    TD_TRY(ask_probe(call, &now, vector, &dim, NULL, err));
    if (!td_embed_identity_near(vector, probe, dim))
        TD_FAIL(err, TANDEM_E_DENIED,
                "it gives other vectors than at the start: another model is behind it now");

out:
    free(vector);
    return code;
}

static tandem_code confirm(const td_server_call *call, td_server_facts *facts, const float *probe,
                           size_t dim, const td_wire_answer *answer, const td_told *told,
                           tandem_error *err)
{
    bool tells = is_asked_twice(facts);
    tandem_code code = TANDEM_OK;

    if (strcmp(answer->model, facts->answers_as) != 0)
        return fail_other(answer->model, facts->answers_as, err);
    if (tells)
        TD_TRY(check_about(call, facts, err));
    if (told->is_new_connection && !(tells && facts->about.revision[0]))
        TD_TRY(check_probe(call, facts, probe, dim, err));

out:
    return code;
}

tandem_code td_embed_server_embed(const td_server_call *call, td_server_facts *facts,
                                  const float *probe, td_server_batch *batch, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_wire_answer answer;
    td_told told = {0};

    TD_TRY(ask_vectors(call, facts, batch, &answer, &told, err));
    facts->takes_gzip = facts->takes_gzip || told.takes_gzip;
    TD_TRY(confirm(call, facts, probe, batch->dim, &answer, &told, err));

out:
    td_embed_exchange_clear(&told);
    return blame(call, code, err);
}
