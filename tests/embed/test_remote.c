#include "base/clock.h"
#include "base/thread.h"
#include "embed/backend.h"
#include "embed/balance.h"
#include "embed/embed.h"
#include "embed/identity.h"
#include "net/client.h"

#include <sched.h>

enum {
    TEXTS_MAX = 40
};

static tandem_error err;

static td_embedder *try_open(const char *urls, td_embed_remote_options options,
                             tandem_code expected)
{
    td_embedder *embedder = NULL;

    options.urls = urls;
    err = (tandem_error){0};
    tandem_code code = td_embed_remote_open(&options, &embedder, &err);
    if (code != expected)
        fail_msg("%s: %s: %s", tandem_code_name(code), err.context, err.message);
    assert_true((code == TANDEM_OK) == (embedder != NULL));
    return embedder;
}

static td_embedder *open_lane(const char *urls)
{
    return try_open(urls, TD_EMBED_REMOTE_OPTIONS, TANDEM_OK);
}

static void close_lane(td_embedder *embedder)
{
    embedder->close(embedder);
}

/* Embeds n texts "text 0", ...; where that goes well, each vector is checked against `model`. */
static tandem_code embed(td_embedder *embedder, const char *model, size_t n, uint32_t *retry_ms)
{
    char names[TEXTS_MAX][32];
    td_str texts[TEXTS_MAX];
    td_text_note notes[TEXTS_MAX];
    float vectors[TEXTS_MAX * BACKEND_DIM], expected[BACKEND_DIM];
    td_batch batch = {.texts = texts, .n = n, .vectors = vectors, .notes = notes};

    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "text %zu", i);
        texts[i] = td_str_from(names[i]);
    }
    assert_int_equal(embedder->dim, BACKEND_DIM);
    err = (tandem_error){0};
    tandem_code code = embedder->embed(embedder, &batch, retry_ms, &err);
    assert_int_equal(code, err.code);
    for (size_t i = 0; code == TANDEM_OK && i < n; i++) {
        backend_vector(model, texts[i], expected);
        for (size_t d = 0; d < BACKEND_DIM; d++)
            assert_float_equal(vectors[i * BACKEND_DIM + d], expected[d], 1e-5);
        assert_true(notes[i].n_tokens > 0);
    }
    return code;
}

static void a_lane_tells_what_the_server_has(void **state)
{
    backend b;

    (void)state;
    backend_start(&b, "tei", "nomic-ai/CodeRankEmbed");
    td_embedder *lane = open_lane(b.url);
    assert_true(td_str_eq(lane->model_id, TD_STR("nomic-ai/CodeRankEmbed")));
    assert_int_equal(lane->dim, BACKEND_DIM);
    assert_int_equal(lane->tokens_max, 512);
    assert_int_equal(lane->batch_items_max, 32);
    assert_false(lane->is_local);
    /* what the schedule cuts the first batches by */
    assert_true(lane->call_seconds > 0 && lane->call_seconds <= lane->text_seconds);
    assert_int_equal(lane->text_tokens, lane->estimate_tokens(lane, td_embed_identity_probe()));
    assert_null(lane->tokenize);
    assert_true(td_str_starts(lane->identity, TD_STR("nomic-ai/CodeRankEmbed@r1 dim=32 probe=")));
    assert_true(td_str_find(lane->fingerprint, TD_STR("Represent this query"), 0) != TD_STR_NONE);
    assert_int_equal(embed(lane, "nomic-ai/CodeRankEmbed", 20, NULL), TANDEM_OK);
    close_lane(lane);
    backend_stop(&b);
}

static void batches_are_split_to_the_servers_limit(void **state)
{
    backend b;

    (void)state;
    backend_start(&b, "tei", "m");
    b.items_max = 7;
    td_embedder *lane = open_lane(b.url);
    assert_int_equal(lane->batch_items_max, 7);
    assert_int_equal(embed(lane, "m", 40, NULL), TANDEM_OK);
    assert_int_equal(atomic_load(&b.n_texts_most), 7);
    close_lane(lane);
    backend_stop(&b);
}

static void requests_are_split_to_the_bytes_that_the_api_takes(void **state)
{
    enum {
        BYTES = 900 * 1000 /* two of three fit into 2 MB */
    };
    backend b;
    char *text = malloc(BYTES);
    float *vectors = calloc(3 * BACKEND_DIM, sizeof(*vectors));
    td_str texts[3] = {{text, BYTES}, {text, BYTES}, {text, BYTES}};
    td_batch batch = {.texts = texts, .n = 3, .vectors = vectors};

    (void)state;
    memset(text, 'x', BYTES);
    backend_start(&b, "tei", "m");
    td_embedder *lane = open_lane(b.url);
    assert_int_equal(lane->embed(lane, &batch, NULL, NULL), TANDEM_OK);
    assert_int_equal(atomic_load(&b.n_asked), 3); /* the probe, two texts, one text */
    assert_int_equal(atomic_load(&b.n_texts_most), 2);
    assert_memory_equal(vectors, vectors + 2 * BACKEND_DIM, BACKEND_DIM * sizeof(*vectors));
    close_lane(lane);
    backend_stop(&b);
    free(vectors);
    free(text);
}

/* Two servers, of one model unless the test says otherwise, and both their URLs. */
typedef struct pair {
    backend a, b;
    char urls[4500];
} pair;

static void pair_start(pair *two, const char *form_a, const char *form_b)
{
    backend_start(&two->a, form_a, "m");
    backend_start(&two->b, form_b, "m");
    snprintf(two->urls, sizeof(two->urls), " %s,%s/ ", two->a.url, two->b.url);
}

static void pair_stop(pair *two)
{
    backend_stop(&two->a);
    backend_stop(&two->b);
}

static void several_servers_share_the_work(void **state)
{
    pair two;

    (void)state;
    pair_start(&two, "tei", "openai");
    two.b.revision = two.a.revision =
        NULL; /* one form tells none: they must not be taken for different */
    td_embedder *lane = open_lane(two.urls);
    for (int i = 0; i < 6; i++)
        assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    assert_true(atomic_load(&two.a.n_asked) >= 4 && atomic_load(&two.b.n_asked) >= 4);
    close_lane(lane);
    pair_stop(&two);
}

static void one_that_dies_is_left_out_and_nothing_is_lost(void **state)
{
    pair two;

    (void)state;
    pair_start(&two, "tei", "tei");
    td_embedder *lane = open_lane(two.urls);
    backend_stop(&two.a);
    for (int i = 0; i < 6; i++)
        assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    backend_stop(&two.b);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_NETWORK);
    close_lane(lane);
}

static bool drop(backend *b, server_request *request, json_t *texts, int n)
{
    (void)b;
    (void)texts;
    return n > 1 && shutdown(request->fd, SHUT_RDWR) == 0;
}

static void one_that_failed_is_not_asked_again_at_once(void **state)
{
    pair two;

    (void)state;
    pair_start(&two, "tei", "tei");
    two.a.fault = drop;
    td_embedder *lane = open_lane(two.urls);
    int64_t begin_us = td_clock_us();
    for (int i = 0; i < 6; i++)
        assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    /* The probe, and one batch, which libcurl sends again since its connection was used before; on
     * a busy machine it may have been met again. */
    int n_met = (int)((td_clock_us() - begin_us) / TD_BALANCE_OUT_US);
    assert_in_range(atomic_load(&two.a.n_asked), 2, 3 + 2 * n_met);
    close_lane(lane);
    pair_stop(&two);
}

static bool say_busy(backend *b, server_request *request, json_t *texts, int n)
{
    (void)texts;
    (void)b;
    if (n == 1)
        return false; /* the probe */
    server_send(request, 503, "Retry-After: 60\r\n", "{\"error\":\"later\"}");
    return true;
}

static void a_busy_one_is_passed_over_and_all_busy_means_wait(void **state)
{
    pair two;
    uint32_t retry_ms = 0;

    (void)state;
    pair_start(&two, "tei", "tei");
    two.a.fault = say_busy;
    td_embedder *lane = open_lane(two.urls);
    assert_int_equal(embed(lane, "m", 3, &retry_ms), TANDEM_OK);
    assert_int_equal(retry_ms, 0);
    assert_int_equal(embed(lane, "m", 3, &retry_ms), TANDEM_OK);
    assert_int_equal(atomic_load(&two.a.n_asked), 2); /* the probe, and once */
    two.b.fault = say_busy;
    assert_int_equal(embed(lane, "m", 3, &retry_ms), TANDEM_E_UNAVAILABLE);
    assert_int_equal(retry_ms, 60000);
    assert_int_equal(embed(lane, "m", 3, &retry_ms), TANDEM_E_BUSY);
    assert_in_range(retry_ms, 50000, 60001);
    close_lane(lane);
    pair_stop(&two);
}

static void the_wait_of_an_only_server_is_passed_on(void **state)
{
    backend b;
    uint32_t retry_ms = 0;

    (void)state;
    backend_start(&b, "ollama", "m");
    b.fault = say_busy;
    td_embedder *lane = open_lane(b.url);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(embed(lane, "m", 3, &retry_ms), TANDEM_E_UNAVAILABLE);
        assert_int_equal(retry_ms, 60000);
    }
    assert_int_equal(atomic_load(&b.n_asked), 3);
    close_lane(lane);
    backend_stop(&b);
}

static void servers_of_two_models_make_no_lane(void **state)
{
    pair two;

    (void)state;
    pair_start(&two, "tei", "tei");
    two.b.model = "other";
    try_open(two.urls, TD_EMBED_REMOTE_OPTIONS, TANDEM_E_CONFLICT);
    assert_non_null(strstr(err.message, "it serves other@r1"));
    two.b.model = "m";
    two.b.served = "other"; /* the same name, other vectors */
    try_open(two.urls, TD_EMBED_REMOTE_OPTIONS, TANDEM_E_CONFLICT);
    assert_non_null(strstr(err.message, "gives other vectors"));
    two.b.served = NULL;
    two.a.revision = "a-revision-that-is-longer-than-what-an-error-shows-of-a-name-which-is-cut-1";
    two.b.revision = "a-revision-that-is-longer-than-what-an-error-shows-of-a-name-which-is-cut-2";
    two.a.model = two.b.model = "someone/a-model-with-a-long-name";
    try_open(two.urls, TD_EMBED_REMOTE_OPTIONS, TANDEM_E_CONFLICT);
    assert_null(strstr(err.message, "gives other vectors"));
    pair_stop(&two);
}

/* Options of a lane that holds vectors of what `b` serves. */
static td_embed_remote_options pinned_to(const backend *b, char pinned[600])
{
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;
    td_embedder *lane = open_lane(b->url);

    snprintf(pinned, 600, "%.*s", TD_STR_FMT(lane->identity));
    close_lane(lane);
    options.pinned = td_str_from(pinned);
    options.pinned_dim = BACKEND_DIM;
    return options;
}

static void a_pinned_lane_takes_its_model_alone(void **state)
{
    backend b;
    char pinned[600];

    (void)state;
    backend_start(&b, "tei", "m");
    td_embed_remote_options options = pinned_to(&b, pinned);
    td_embedder *lane = try_open(b.url, options, TANDEM_OK);
    assert_true(td_str_eq(lane->identity, options.pinned));
    close_lane(lane);
    b.served = "other";
    try_open(b.url, options, TANDEM_E_CONFLICT);
    options.pinned = TD_STR("local/model@1234");
    b.served = NULL;
    try_open(b.url, options, TANDEM_E_CONFLICT);
    assert_non_null(strstr(err.message, "the index holds vectors of local/model@1234"));
    backend_stop(&b);
}

/* The server is not there at first, then comes back at the same place. */
static void a_pinned_lane_may_open_before_its_server(void **state)
{
    backend b;
    char pinned[600];

    (void)state;
    backend_start(&b, "tei", "m");
    td_embed_remote_options options = pinned_to(&b, pinned);
    backend_stop(&b);
    try_open(b.url, options, TANDEM_E_NETWORK);
    options.may_be_absent = true;
    td_embedder *lane = try_open(b.url, options, TANDEM_OK);
    assert_true(td_str_eq(lane->model_id, TD_STR("m")));
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_NETWORK);
    b.server = server_start_at(backend_handle, &b, (uint16_t)atoi(strrchr(b.url, ':') + 1));
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    backend_stop(&b);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_NETWORK);
    b.model = "other";
    b.server = server_start_at(backend_handle, &b, (uint16_t)atoi(strrchr(b.url, ':') + 1));
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_DENIED);
    close_lane(lane);
    backend_stop(&b);
}

static bool hang(backend *b, server_request *request, json_t *texts, int n)
{
    char byte;

    (void)b;
    (void)texts;
    return n > 1 && recv(request->fd, &byte, 1, 0) <= 0; /* until the client goes */
}

/* Fails once, so that it is met again, and hangs then. */
static bool drop_then_hang(backend *b, server_request *request, json_t *texts, int n)
{
    return n <= 3 ? drop(b, request, texts, n) : hang(b, request, texts, n);
}

static void one_that_hangs_when_it_is_met_again_leaves_time_for_another(void **state)
{
    pair two;
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;

    (void)state;
    pair_start(&two, "tei", "tei");
    two.a.fault = drop_then_hang;
    options.timeout_ms = 2000;
    td_embedder *lane = try_open(two.urls, options, TANDEM_OK);
    while (atomic_load(&two.a.n_asked) <= 3)
        assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    close_lane(lane);
    pair_stop(&two);
}

static void a_server_that_hangs_is_cut_at_the_timeout(void **state)
{
    backend b;
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;

    (void)state;
    backend_start(&b, "openai", "m");
    b.fault = hang;
    options.timeout_ms = 1000; /* also the start's */
    td_embedder *lane = try_open(b.url, options, TANDEM_OK);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_TIMEOUT);
    close_lane(lane);
    backend_stop(&b);
}

static bool refuse_text_2(backend *b, server_request *request, json_t *texts, int n)
{
    (void)b;
    (void)n;
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (strcmp(json_string_value(json_array_get(texts, i)), "text 2") == 0)
            return server_send(request, 422, "", "{\"error\":\"I do not like it\"}");
    return false;
}

static void a_text_that_is_refused_is_no_fault_of_the_server(void **state)
{
    pair two;

    (void)state;
    pair_start(&two, "tei", "tei");
    two.a.fault = two.b.fault = refuse_text_2;
    td_embedder *lane = open_lane(two.urls);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_E_INVALID);
    assert_string_equal(err.message, "HTTP 422: I do not like it");
    assert_int_equal(atomic_load(&two.a.n_asked) + atomic_load(&two.b.n_asked),
                     3); /* not asked twice */
    assert_int_equal(embed(lane, "m", 2, NULL), TANDEM_OK);
    close_lane(lane);
    pair_stop(&two);
}

static void options_that_are_none_are_refused(void **state)
{
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;

    (void)state;
    try_open("", options, TANDEM_E_INVALID);
    try_open(" , ", options, TANDEM_E_INVALID);
    try_open("localhost:8080", options, TANDEM_E_INVALID);
    try_open("http://a,http://a/embed", options, TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "named twice"));
    options.api = "grpc";
    try_open("http://a", options, TANDEM_E_INVALID);
    options.api = NULL;
    options.timeout_ms = 5;
    try_open("http://a", options, TANDEM_E_INVALID);
}

static void what_calls_cost_is_asked_once(void **state)
{
    backend b;
    td_embed_price price;

    (void)state;
    backend_start(&b, "openai", "m");
    td_embedder *lane = open_lane(b.url);
    assert_int_equal(atomic_load(&b.n_asked), 1); /* the probe: a search needs no more */
    assert_true(lane->price(lane, &price));
    assert_true(price.n_texts == TD_EMBED_PRICE_TEXTS && price.first > 0);
    assert_int_equal(atomic_load(&b.n_asked), 3);
    assert_true(lane->price(lane, &price));
    assert_int_equal(atomic_load(&b.n_asked), 3);
    close_lane(lane);
    backend_stop(&b);
}

static void a_lane_that_was_met_thoroughly_knows_the_price(void **state)
{
    backend b;
    td_embed_price price;
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;

    (void)state;
    options.is_thorough = true;
    backend_start(&b, "tei", "m");
    td_embedder *lane = try_open(b.url, options, TANDEM_OK);
    assert_int_equal(atomic_load(&b.n_asked), 2);
    assert_true(lane->price(lane, &price) && price.n_texts == TD_EMBED_PRICE_TEXTS);
    assert_int_equal(atomic_load(&b.n_asked), 2);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    close_lane(lane);
    backend_stop(&b);
}

static void *ask_price(void *arg)
{
    td_embedder *lane = arg;
    td_embed_price price;

    return lane->price(lane, &price) && price.n_texts != TD_EMBED_PRICE_TEXTS ? lane : NULL;
}

/* As several jobs of a daemon do with one lane. */
static void many_who_ask_at_the_same_time_ask_the_server_once(void **state)
{
    enum {
        N = 4
    };
    backend b;
    pthread_t threads[N];
    td_embed_price price;
    void *wrong;

    (void)state;
    backend_start(&b, "openai", "m");
    td_embedder *lane = open_lane(b.url);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(td_thread_start(&threads[i], "asks", ask_price, lane, NULL), TANDEM_OK);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(atomic_load(&b.n_asked), 3); /* the probe, and two calls */
    assert_true(lane->price(lane, &price));
    assert_int_equal(atomic_load(&b.n_asked), 3);
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    close_lane(lane);
    backend_stop(&b);
}

static bool refuse_second_and_third(backend *b, server_request *request, json_t *texts, int n)
{
    (void)b;
    (void)texts;
    return (n == 2 || n == 3) && server_send(request, 503, "", "{}");
}

static void a_price_that_was_refused_is_not_known_and_asked_for_again_later(void **state)
{
    backend b;
    td_embed_price price;

    (void)state;
    backend_start(&b, "openai", "m");
    b.fault = refuse_second_and_third;
    td_embedder *lane = open_lane(b.url);
    assert_false(lane->price(lane, &price));
    assert_int_equal(embed(lane, "m", 3, NULL), TANDEM_OK);
    assert_true(lane->price(lane, &price));
    close_lane(lane);
    backend_stop(&b);
}

/* The first of the two calls ends when the second is there. */
static bool hold_the_first(backend *b, server_request *request, json_t *texts, int n)
{
    (void)request;
    (void)n;
    while (json_array_size(texts) == TD_EMBED_PRICE_TEXTS && atomic_load(&b->n_asked) < 3)
        sched_yield();
    return false;
}

/* Where each may take turns the lane does not. */
static void two_calls_at_one_of_several_servers_tell_of_no_turns(void **state)
{
    backend b, c;
    char urls[4500];
    td_embed_price price = {0};

    (void)state;
    backend_start(&b, "tei", "m");
    backend_start(&c, "tei", "m");
    b.fault = c.fault = hold_the_first;
    for (int tries = 0; tries < 100 && !price.is_beside; tries++) { /* which thread is first? */
        atomic_store(&b.n_asked, 0);
        td_embedder *lane = open_lane(b.url);
        assert_true(lane->price(lane, &price));
        close_lane(lane);
    }
    assert_true(price.is_beside);
    atomic_store(&b.n_asked, 0);
    snprintf(urls, sizeof(urls), "%s %s", b.url, c.url);
    td_embedder *lane = open_lane(urls);
    assert_true(lane->price(lane, &price));
    assert_false(price.is_beside);
    close_lane(lane);
    backend_stop(&b);
    backend_stop(&c);
}

static void where_one_text_is_all_that_a_server_takes_nothing_is_told(void **state)
{
    backend b;
    td_embed_price price;

    (void)state;
    backend_start(&b, "tei", "m");
    b.items_max = 1;
    td_embedder *lane = open_lane(b.url);
    assert_false(lane->price(lane, &price));
    close_lane(lane);
    backend_stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_calls_cost_is_asked_once),
        cmocka_unit_test(a_lane_that_was_met_thoroughly_knows_the_price),
        cmocka_unit_test(many_who_ask_at_the_same_time_ask_the_server_once),
        cmocka_unit_test(a_price_that_was_refused_is_not_known_and_asked_for_again_later),
        cmocka_unit_test(two_calls_at_one_of_several_servers_tell_of_no_turns),
        cmocka_unit_test(where_one_text_is_all_that_a_server_takes_nothing_is_told),
        cmocka_unit_test(a_lane_tells_what_the_server_has),
        cmocka_unit_test(batches_are_split_to_the_servers_limit),
        cmocka_unit_test(requests_are_split_to_the_bytes_that_the_api_takes),
        cmocka_unit_test(several_servers_share_the_work),
        cmocka_unit_test(one_that_dies_is_left_out_and_nothing_is_lost),
        cmocka_unit_test(one_that_failed_is_not_asked_again_at_once),
        cmocka_unit_test(a_busy_one_is_passed_over_and_all_busy_means_wait),
        cmocka_unit_test(the_wait_of_an_only_server_is_passed_on),
        cmocka_unit_test(servers_of_two_models_make_no_lane),
        cmocka_unit_test(a_pinned_lane_takes_its_model_alone),
        cmocka_unit_test(a_pinned_lane_may_open_before_its_server),
        cmocka_unit_test(one_that_hangs_when_it_is_met_again_leaves_time_for_another),
        cmocka_unit_test(a_server_that_hangs_is_cut_at_the_timeout),
        cmocka_unit_test(a_text_that_is_refused_is_no_fault_of_the_server),
        cmocka_unit_test(options_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
