/* A lane on servers. A batch goes to the one that the balance chooses; when that one fails in a way
 * that another may not, to another, each at most once. What is returned is what a schedule can act
 * on: that waiting may help wins over all else.
 *
 * A server that failed is met again before its next batch (balance.h).
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "embed/balance.h"
#include "embed/embed.h"
#include "embed/identity.h"
#include "embed/prompt.h"
#include "embed/server.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TIMEOUT_MS_MIN = 100,
    TIMEOUT_MS_MAX = 600000,
    VALUES_MAX = 256 * 1024,   /* of one answer: bounds its memory to some 25 MB */
    BODY_BYTES_SLACK = 4096,   /* of a request besides its texts */
    TOKENS_MAX_DEFAULT = 8192, /* where no server tells */
    BUSY_US = 1000 * 1000,     /* a server that says no more than that it is */
    NAME_SHOWN = 90,
    PATIENCE_CALLS = 16,
};

typedef struct server {
    td_str base; /* ends in a NUL; ours */
    td_server_facts facts;
} server;

typedef struct remote {
    td_embedder base; /* first: a td_embedder * is a remote * */
    td_exchange *exchange;
    char *model; /* NULL: not named */
    char *origin, *fingerprint;
    uint32_t timeout_ms;
    size_t bytes_max; /* of one request's body */
    bool is_pinned, may_be_absent, is_thorough;
    char identity[TD_IDENTITY_N];
    td_str prompts[2]; /* by role */
    size_t fastest;    /* server, of those met at the open */

    pthread_mutex_t lock; /* rank 3: guards all below */
    td_balance balance;
    server servers[TD_BALANCE_N_MAX];
    float *probe;         /* [dim]; NULL until a server was met, then constant */
    bool is_asked;        /* what calls cost: by one caller, now */
    td_embed_price price; /* n_texts 0: not known */
} remote;

static td_server_call call_of(const remote *self, size_t i, int64_t until_us)
{
    return (td_server_call){
        .exchange = self->exchange,
        .base = self->servers[i].base,
        .wanted = self->model,
        .until_us = until_us,
    };
}

/* ---- of one model ---- */

/* Model, revision and width: without what follows " probe=". */
static td_str told(const char *identity)
{
    td_str whole = td_str_from(identity);
    return td_str_slice(whole, 0, td_str_find(whole, TD_STR(" probe="), 0));
}

static td_str shown(const char *identity)
{
    return td_str_slice(told(identity), 0, NAME_SHOWN);
}

static tandem_code fail_conflict(const remote *self, const char *found, const char *where,
                                 tandem_error *err)
{
    bool same = td_str_eq(told(found), told(self->identity));
    return td_fail(err, TANDEM_E_CONFLICT,
                   "it serves %.*s%s, %s %.*s: start that model there, or index into another file",
                   TD_STR_FMT(shown(found)), same ? ", which gives other vectors" : "", where,
                   TD_STR_FMT(shown(self->identity)));
}

/* Whether the server that was met is of the lane's model; the first one says which that is. */
static tandem_code agree_locked(remote *self, size_t i, const td_server_facts *facts,
                                const float *probe, size_t dim, tandem_error *err)
{
    char found[TD_IDENTITY_N];
    bool is_first = !self->probe;

    td_embed_identity_write(&facts->about, probe, dim, found);
    if (is_first && self->is_pinned &&
        !td_embed_identity_same(td_str_from(found), td_str_from(self->identity)))
        return fail_conflict(self, found, "the index holds vectors of", err);
    if (!is_first && (dim != self->base.dim || !td_embed_identity_near(probe, self->probe, dim) ||
                      !td_str_eq(told(found), told(self->identity))))
        return fail_conflict(self, found, "the lane's other servers", err);
    if (is_first) {
        self->probe = malloc(dim * sizeof(*self->probe));
        if (!self->probe)
            return td_fail_nomem(err, "a probe");
        memcpy(self->probe, probe, dim * sizeof(*self->probe));
        if (!self->is_pinned) {
            self->base.dim = dim;
            memcpy(self->identity, found, sizeof(found));
        }
    }
    self->servers[i].facts = *facts;
    return TANDEM_OK;
}

static tandem_code meet(remote *self, size_t i, bool is_thorough, int64_t until_us,
                        uint32_t *retry_after_ms_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_server_call call = call_of(self, i, until_us);
    td_server_facts facts;
    float *probe = malloc(TD_WIRE_DIM_MAX * sizeof(*probe));
    size_t dim = 0;

    if (!probe)
        return td_fail_nomem(err, "a probe");
    call.is_thorough = is_thorough;
    pthread_mutex_lock(&self->lock);
    facts = self->servers[i].facts;
    pthread_mutex_unlock(&self->lock);
    TD_TRY(td_embed_server_meet(&call, &facts, probe, &dim, retry_after_ms_out, err));
    pthread_mutex_lock(&self->lock);
    code = agree_locked(self, i, &facts, probe, dim, err);
    pthread_mutex_unlock(&self->lock);
    if (code != TANDEM_OK)
        td_context(err, "%.*s", TD_STR_FMT(self->servers[i].base));

out:
    free(probe);
    return code;
}

/* ---- a batch ---- */

/* `probed`: it was met before it was asked, or was to be. */
static void note_outcome(remote *self, size_t i, tandem_code code, uint32_t retry_after_ms,
                         bool probed, bool was_met)
{
    int64_t now_us = td_clock_us();
    bool alone = self->balance.n == 1, left_out = false, is_back = false;

    pthread_mutex_lock(&self->lock);
    td_embed_balance_back(&self->balance, i);
    switch (was_met ? code : TANDEM_E_NETWORK) {
    case TANDEM_E_BUSY:
    case TANDEM_E_UNAVAILABLE:
        /* The only server's wait is the schedule's. */
        if (!alone)
            td_embed_balance_busy(&self->balance, i,
                                  now_us +
                                      (retry_after_ms ? (int64_t)retry_after_ms * 1000 : BUSY_US));
        break;
    case TANDEM_E_NETWORK:
    case TANDEM_E_TIMEOUT:
    case TANDEM_E_DENIED:
    case TANDEM_E_NOT_FOUND:
        left_out = td_embed_balance_bad(&self->balance, i, now_us);
        break;
    default: /* it answers, whatever it thinks of the texts */
        is_back = probed;
        td_embed_balance_good(&self->balance, i);
        break;
    }
    pthread_mutex_unlock(&self->lock);
    if (left_out && !alone)
        td_log(TD_WARN, "embed", "server=%.*s left_out code=%s", TD_STR_FMT(self->servers[i].base),
               tandem_code_name(code));
    else if (is_back && !alone)
        td_log(TD_INFO, "embed", "server=%.*s back", TD_STR_FMT(self->servers[i].base));
}

static tandem_code ask_server(remote *self, size_t i, bool probe, td_server_batch *batch,
                              int64_t until_us, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_server_call call = call_of(self, i, until_us);
    td_server_facts facts;
    bool was_met;

    /* Another server must have time for the batch should this one hang; yet it may be about to load
     * its model, and some begin anew when nobody waits for that. */
    if (probe)
        code = meet(self, i, false, self->balance.n > 1 ? (td_clock_us() + until_us) / 2 : until_us,
                    &batch->retry_after_ms, err);
    if (code == TANDEM_E_CONFLICT) /* the next batch would find the same */
        code = TANDEM_E_DENIED;
    was_met = code == TANDEM_OK;
    if (was_met) {
        pthread_mutex_lock(&self->lock);
        facts = self->servers[i].facts;
        pthread_mutex_unlock(&self->lock);
        code = td_embed_server_embed(&call, &facts, self->probe, batch, err);
        pthread_mutex_lock(&self->lock);
        self->servers[i].facts.takes_gzip = facts.takes_gzip;
        pthread_mutex_unlock(&self->lock);
    }
    if (err)
        err->code = code;
    note_outcome(self, i, code, batch->retry_after_ms, probe, was_met);
    return code;
}

/* Whether another server may do what this one did not. */
static bool is_its_own(tandem_code code)
{
    return tandem_code_retry(code) || code == TANDEM_E_FORMAT || code == TANDEM_E_DENIED ||
           code == TANDEM_E_NOT_FOUND;
}

static tandem_code fail_all_busy(int64_t until_us, uint32_t *retry_after_ms, tandem_error *err)
{
    int64_t wait_ms = (until_us - td_clock_us()) / 1000 + 1;
    *retry_after_ms = wait_ms < 1 ? 1 : wait_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_ms;
    return td_fail(err, TANDEM_E_BUSY, "all servers have asked to be left alone for a while");
}

static tandem_code embed_some(remote *self, td_server_batch *batch, uint32_t *retry_after_ms,
                              tandem_error *err)
{
    int64_t until_us = td_clock_us() + (int64_t)self->timeout_ms * 1000, free_us = 0;
    tandem_error kept = {.code = TANDEM_OK}, error = {.code = TANDEM_OK};
    size_t i = 0;

    for (uint32_t asked = 0;; asked |= UINT32_C(1) << i) {
        pthread_mutex_lock(&self->lock);
        td_balance_answer answer =
            td_embed_balance_pick(&self->balance, asked, td_clock_us(), &i, &free_us);
        pthread_mutex_unlock(&self->lock);
        if (answer == TD_BALANCE_NONE)
            break;
        batch->retry_after_ms = 0;
        tandem_code code = ask_server(self, i, answer == TD_BALANCE_PROBE, batch, until_us, &error);
        if (code == TANDEM_OK)
            return code;
        if (kept.code == TANDEM_OK || (tandem_code_retry(code) && !tandem_code_retry(kept.code))) {
            kept = error;
            *retry_after_ms = batch->retry_after_ms;
        }
        if (!is_its_own(code) || td_clock_us() >= until_us)
            break;
    }
    if (kept.code == TANDEM_OK)
        return fail_all_busy(free_us, retry_after_ms, err);
    if (err)
        *err = kept;
    return kept.code;
}

/* How many texts from `first` on fit into one request; one always does. */
static size_t fit(const remote *self, const td_batch *batch, size_t first)
{
    td_str prompt = self->prompts[batch->role];
    size_t n = 0, bytes = BODY_BYTES_SLACK;

    for (; first + n < batch->n && n < self->base.batch_items_max; n++) {
        bytes += td_embed_wire_text_bytes(prompt, batch->texts[first + n]) + 1;
        if (n > 0 && bytes > self->bytes_max)
            break;
    }
    return n;
}

/* What was told of all texts is shared out by their bytes; where nothing was told it is a guess.
 * Whether a text was cut, servers do not tell. */
static void fill_notes(remote *self, const td_batch *batch, size_t first, size_t n, size_t n_tokens)
{
    size_t bytes = 0, at = 0;

    for (size_t i = first; i < first + n; i++)
        bytes += batch->texts[i].n + 1;
    for (size_t i = first; batch->notes && i < first + n; i++) {
        size_t before = n_tokens * at / bytes;
        at += batch->texts[i].n + 1;
        size_t own = n_tokens ? n_tokens * at / bytes - before
                              : self->base.estimate_tokens(&self->base, batch->texts[i]);
        batch->notes[i] = (td_text_note){.n_tokens = (uint32_t)own};
    }
}

static tandem_code embed(td_embedder *embedder, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err)
{
    remote *self = (remote *)embedder;
    tandem_code code = TANDEM_OK;
    uint32_t retry_after_ms = 0;

    for (size_t first = 0, n; first < batch->n; first += n) {
        n = fit(self, batch, first);
        td_server_batch some = {
            .texts = batch->texts + first,
            .n = n,
            .prompt = self->prompts[batch->role],
            .dim = self->base.dim,
            .vectors = batch->vectors + first * self->base.dim,
        };
        TD_TRY(embed_some(self, &some, &retry_after_ms, err));
        fill_notes(self, batch, first, n, some.n_tokens);
    }

out:
    if (retry_after_ms_out)
        *retry_after_ms_out = code == TANDEM_OK ? 0 : retry_after_ms;
    return code;
}

/* ---- what a call costs ---- */

/* What is longer under way than so many calls with one text, besides a second, tells nothing. */
static int64_t patience_us(const remote *self)
{
    double us = 1e6 + 1e6 * PATIENCE_CALLS * self->base.text_seconds;
    return (int64_t)(us < 1e3 * self->timeout_ms ? us : 1e3 * self->timeout_ms);
}

static tandem_code ask_price(remote *self, td_embed_price *price_out, tandem_error *err)
{
    td_server_call call = call_of(self, self->fastest, td_clock_us() + patience_us(self));

    if (self->base.text_seconds <= 0 || self->base.batch_items_max < TD_EMBED_PRICE_TEXTS)
        return td_fail(err, TANDEM_E_NOT_FOUND, "no server to ask");
    pthread_mutex_lock(&self->lock);
    td_server_facts facts = self->servers[self->fastest].facts;
    pthread_mutex_unlock(&self->lock);
    tandem_code code = td_embed_server_price(&call, &facts, self->base.dim, price_out, err);
    if (self->balance.n > 1) /* each may take turns, and the lane does not */
        price_out->is_beside = false;
    return code;
}

/* It is asked until it is known. Who comes while another asks goes without. */
static bool price(td_embedder *embedder, td_embed_price *price_out)
{
    remote *self = (remote *)embedder;
    td_embed_price found = {.n_texts = 0};
    tandem_error error = {.code = TANDEM_OK};

    pthread_mutex_lock(&self->lock);
    bool asks = self->price.n_texts == 0 && !self->is_asked;
    self->is_asked |= asks;
    *price_out = self->price;
    pthread_mutex_unlock(&self->lock);
    if (!asks)
        return price_out->n_texts > 0;

    if (ask_price(self, &found, &error) != TANDEM_OK) {
        td_log(TD_DEBUG, "embed", "no price code=%s message=\"%s\"", tandem_code_name(error.code),
               error.message);
        found = (td_embed_price){.n_texts = 0};
    }
    pthread_mutex_lock(&self->lock);
    self->price = found;
    self->is_asked = false;
    pthread_mutex_unlock(&self->lock);
    *price_out = found;
    return found.n_texts > 0;
}

static size_t estimate_tokens(td_embedder *embedder, td_str text)
{
    /* As local.c: prose has about 4.5 bytes a token, code about 3.5. */
    size_t guess = text.n / 4 + 2;
    return guess < embedder->tokens_max ? guess : embedder->tokens_max;
}

static void close_remote(td_embedder *embedder)
{
    remote *self = (remote *)embedder;

    if (!self)
        return;
    for (size_t i = 0; i < self->balance.n; i++)
        free((char *)(uintptr_t)self->servers[i].base.ptr);
    td_embed_exchange_close(self->exchange);
    pthread_mutex_destroy(&self->lock);
    free(self->model);
    free(self->origin);
    free(self->fingerprint);
    free(self->probe);
    free(self);
}

/* ---- opening ---- */

static tandem_code add_server(remote *self, td_str url, const td_form *form, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf base = TD_BUF(16384);
    const td_form *named = NULL;

    TD_TRY(td_embed_form_base(url, &base, &named, err));
    if (self->balance.n == TD_BALANCE_N_MAX)
        TD_FAIL(err, TANDEM_E_INVALID, "more than %d URLs for one lane", TD_BALANCE_N_MAX);
    for (size_t i = 0; i < self->balance.n; i++)
        if (td_str_eq(self->servers[i].base, td_buf_str(&base)))
            TD_FAIL(err, TANDEM_E_INVALID, "%.150s is named twice", base.ptr);
    self->servers[self->balance.n].facts.form = form ? form : named;
    self->servers[self->balance.n++].base = td_buf_str(&base);
    (void)td_buf_take(&base);

out:
    td_buf_clear(&base);
    return code;
}

static tandem_code add_servers(remote *self, const char *urls, const td_form *form,
                               tandem_error *err)
{
    for (const char *at = urls; *at; at += strcspn(at, ", \t\r\n")) {
        at += strspn(at, ", \t\r\n");
        td_str url = {at, strcspn(at, ", \t\r\n")};
        tandem_code code = url.n > 0 ? add_server(self, url, form, err) : TANDEM_OK;
        if (code != TANDEM_OK)
            return code;
    }
    return self->balance.n > 0 ? TANDEM_OK : td_fail(err, TANDEM_E_INVALID, "no URL is given");
}

/* That of the server that answers a text soonest counts: it gets the most batches. */
static void set_price(remote *self, size_t i)
{
    const td_server_facts *facts = &self->servers[i].facts;
    bool is_first = self->base.text_seconds == 0;

    if (!is_first && facts->text_seconds >= self->base.text_seconds)
        return;
    self->base.call_seconds = facts->call_seconds;
    self->base.text_seconds = facts->text_seconds;
    self->price = facts->price;
    if (self->balance.n > 1) /* each may take turns, and the lane does not */
        self->price.is_beside = false;
    self->fastest = i;
}

/* Every server is met. One that is not there is left out; one that is wrong ends it. */
static tandem_code meet_all(remote *self, tandem_error *err)
{
    tandem_error error = {.code = TANDEM_OK};
    uint32_t retry_after_ms = 0;
    tandem_code why = TANDEM_OK;

    for (size_t i = 0; i < self->balance.n; i++) {
        int64_t until_us = td_clock_us() + (int64_t)self->timeout_ms * 1000;
        tandem_code code = meet(self, i, self->is_thorough, until_us, &retry_after_ms, &error);
        if (code == TANDEM_OK) {
            set_price(self, i);
            continue;
        }
        if (err)
            *err = error;
        if (!tandem_code_retry(code))
            return code;
        why = code;
        td_embed_balance_bad(&self->balance, i, td_clock_us());
        if (self->balance.n == 1 && !self->may_be_absent)
            break; /* told by whoever gets the error */
        td_log(TD_WARN, "embed", "server=%.*s not_there code=%s message=\"%s\"",
               TD_STR_FMT(self->servers[i].base), tandem_code_name(code), error.message);
    }
    return self->probe || self->may_be_absent ? TANDEM_OK : why;
}

/* The least that any server tells. */
static void set_limits(remote *self)
{
    size_t items = VALUES_MAX / (self->base.dim ? self->base.dim : 1), tokens = 0;

    self->bytes_max = SIZE_MAX;
    for (size_t i = 0; i < self->balance.n; i++) {
        const td_server_facts *facts = &self->servers[i].facts;
        const td_form *form = facts->form ? facts->form : &td_embed_form_tei;
        size_t own = facts->about.items_max ? facts->about.items_max : form->items_max;
        items = own < items ? own : items;
        self->bytes_max = form->bytes_max < self->bytes_max ? form->bytes_max : self->bytes_max;
        if (facts->about.tokens_max && (!tokens || facts->about.tokens_max < tokens))
            tokens = facts->about.tokens_max;
    }
    self->base.batch_items_max = items < 1 ? 1 : items;
    self->base.tokens_max = tokens ? tokens : TOKENS_MAX_DEFAULT;
    self->base.text_tokens = estimate_tokens(&self->base, td_embed_identity_probe());
}

static tandem_code set_names(remote *self, tandem_error *err)
{
    char name[TD_WIRE_NAME_N];
    td_str model = td_embed_identity_model(td_str_from(self->identity));

    snprintf(name, sizeof(name), "%.*s", TD_STR_FMT(model));
    for (int role = 0; role < 2; role++)
        self->prompts[role] = td_embed_prompt_of(name, (tandem_role)role);
    int n = asprintf(&self->fingerprint, "remote-1 %s query=\"%.*s\" document=\"%.*s\"",
                     self->identity, TD_STR_FMT(self->prompts[TANDEM_ROLE_QUERY]),
                     TD_STR_FMT(self->prompts[TANDEM_ROLE_DOCUMENT]));
    if (n < 0) {
        self->fingerprint = NULL;
        return td_fail_nomem(err, "a fingerprint");
    }
    self->base.model_id = model;
    self->base.identity = td_str_from(self->identity);
    self->base.fingerprint = td_str_from(self->fingerprint);
    self->base.origin = td_str_from(self->origin);
    return TANDEM_OK;
}

static tandem_code set_options(remote *self, const td_embed_remote_options *options,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_exchange_options exchange = {.key = options->key, .ca_file = options->ca_file};
    const char *api = options->api ? options->api : "auto";
    const td_form *form = td_embed_form_named(api);

    if (!form && strcmp(api, "auto") != 0)
        TD_FAIL(err, TANDEM_E_INVALID, "api is \"%.20s\": allowed are auto, tei, openai, ollama",
                api);
    if (options->timeout_ms < TIMEOUT_MS_MIN || options->timeout_ms > TIMEOUT_MS_MAX)
        TD_FAIL(err, TANDEM_E_INVALID, "timeout_ms is %u: allowed are %d to %d",
                options->timeout_ms, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);
    self->timeout_ms = options->timeout_ms;
    self->is_thorough = options->is_thorough;
    self->model = options->model ? strdup(options->model) : NULL;
    self->origin = strdup(options->urls);
    if (!self->origin || (options->model && !self->model))
        TD_TRY(td_fail_nomem(err, "a lane"));
    self->is_pinned = options->pinned.n > 0 && options->pinned_dim > 0;
    if (self->is_pinned) {
        snprintf(self->identity, sizeof(self->identity), "%.*s", TD_STR_FMT(options->pinned));
        self->base.dim = options->pinned_dim;
        self->may_be_absent = options->may_be_absent;
    }
    TD_TRY(td_embed_exchange_open(&exchange, &self->exchange, err));
    TD_TRY(add_servers(self, options->urls, form, err));

out:
    return code;
}

tandem_code td_embed_remote_open(const td_embed_remote_options *options, td_embedder **embedder_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    remote *self = calloc(1, sizeof(*self));

    if (!self)
        return td_fail_nomem(err, "a lane");
    pthread_mutex_init(&self->lock, NULL);
    self->base = (td_embedder){
        .embed = embed,
        .estimate_tokens = estimate_tokens,
        .price = price,
        .close = close_remote,
        .architecture = TD_STR(""),
        .precision = TD_STR(""),
    };
    TD_TRY(set_options(self, options, err));
    TD_TRY(meet_all(self, err));
    set_limits(self);
    TD_TRY(set_names(self, err));
    *embedder_out = &self->base;
    self = NULL;

out:
    close_remote((td_embedder *)self);
    return code;
}
