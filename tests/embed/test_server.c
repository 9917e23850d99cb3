#include "base/clock.h"
#include "embed/backend.h"
#include "embed/identity.h"
#include "embed/server.h"
#include "net/client.h"

static const char *const forms[] = {"tei", "openai", "ollama"};

/* A client that has met the server of a backend. */
typedef struct meeting {
    backend b;
    td_exchange *exchange;
    td_server_facts facts;
    float probe[TD_WIRE_DIM_MAX];
    size_t dim;
    tandem_error err;
} meeting;

static td_server_call call_of(const meeting *m)
{
    return (td_server_call){.exchange = m->exchange,
                            .base = td_str_from(m->b.url),
                            .until_us = td_clock_us() + 20 * 1000 * 1000};
}

static meeting *start(const char *form)
{
    td_exchange_options options = {0};
    meeting *m = calloc(1, sizeof(*m));

    backend_start(&m->b, form, "some/model");
    assert_int_equal(td_embed_exchange_open(&options, &m->exchange, NULL), TANDEM_OK);
    return m;
}

static void stop(meeting *m)
{
    td_embed_exchange_close(m->exchange);
    backend_stop(&m->b);
    free(m);
}

static tandem_code meet(meeting *m, const char *wanted)
{
    td_server_call call = call_of(m);
    uint32_t retry_ms;

    call.wanted = wanted;
    m->err = (tandem_error){0};
    return td_embed_server_meet(&call, &m->facts, m->probe, &m->dim, &retry_ms, &m->err);
}

static tandem_code embed(meeting *m, const char *text, float out[BACKEND_DIM])
{
    td_server_call call = call_of(m);
    td_str texts[2] = {td_str_from(text), TD_STR("another")};
    float vectors[2 * BACKEND_DIM];
    td_server_batch batch = {
        .texts = texts, .n = 2, .prompt = TD_STR(""), .dim = m->dim, .vectors = vectors};

    m->err = (tandem_error){0};
    tandem_code code = td_embed_server_embed(&call, &m->facts, m->probe, &batch, &m->err);
    memcpy(out, vectors, BACKEND_DIM * sizeof(float));
    return code;
}

static void a_server_of_each_form_is_met_and_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        float vector[BACKEND_DIM], expected[BACKEND_DIM];
        assert_int_equal(meet(m, NULL), TANDEM_OK);
        assert_string_equal(m->facts.form->name, forms[i]);
        assert_string_equal(m->facts.about.model, "some/model");
        assert_int_equal(m->dim, BACKEND_DIM);
        backend_vector("some/model", td_embed_identity_probe(), expected);
        for (size_t d = 0; d < BACKEND_DIM; d++)
            assert_float_equal(m->probe[d], expected[d], 1e-6);
        assert_int_equal(embed(m, "text", vector), TANDEM_OK);
        backend_vector("some/model", TD_STR("text"), expected);
        for (size_t d = 0; d < BACKEND_DIM; d++)
            assert_float_equal(vector[d], expected[d], 1e-6);
        assert_int_equal(server_n_connections(m->b.server), 1);
        stop(m);
    }
}

static void another_model_midway_is_noticed_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        float vector[BACKEND_DIM];
        assert_int_equal(meet(m, NULL), TANDEM_OK);
        m->b.model = "other/model";
        assert_int_equal(embed(m, "text", vector), TANDEM_E_DENIED);
        assert_non_null(strstr(m->err.context, m->b.url));
        stop(m);
    }
}

static void another_revision_midway_is_noticed(void **state)
{
    meeting *m = start("tei");
    float vector[BACKEND_DIM];

    (void)state;
    assert_int_equal(meet(m, NULL), TANDEM_OK);
    m->b.revision = "r2";
    assert_int_equal(embed(m, "text", vector), TANDEM_E_DENIED);
    assert_string_equal(m->err.message, "it serves some/model in another revision now");
    stop(m);
}

static bool close_each(backend *b, server_request *request, json_t *texts, int n)
{
    (void)n;
    json_t *rows = backend_answer(b, texts);
    char *text = json_dumps(rows, JSON_COMPACT);
    json_decref(rows);
    server_send(request, 200, "Connection: close\r\n", text);
    free(text);
    shutdown(request->fd, SHUT_WR);
    return true;
}

static void a_server_that_came_back_with_other_vectors_under_the_same_name_is_noticed(void **state)
{
    meeting *m = start("openai");
    float vector[BACKEND_DIM];

    (void)state;
    m->b.fault = close_each; /* so that each request makes a new connection */
    assert_int_equal(meet(m, NULL), TANDEM_OK);
    assert_int_equal(embed(m, "text", vector), TANDEM_OK);
    m->b.served = "other/model";
    assert_int_equal(embed(m, "text", vector), TANDEM_E_DENIED);
    assert_non_null(strstr(m->err.message, "other vectors than at the start"));
    stop(m);
}

static void what_is_no_server_of_embeddings_is_told(void **state)
{
    meeting *m = start("tei");

    (void)state;
    m->b.is_silent = true;
    assert_int_equal(meet(m, NULL), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(m->err.message, "name its API"));
    stop(m);
}

static void a_model_that_is_not_told_must_be_named(void **state)
{
    (void)state;
    for (size_t i = 1; i < 3; i++) {
        meeting *m = start(forms[i]);
        m->b.is_silent = true;
        m->facts.form = td_embed_form_named(forms[i]);
        assert_int_equal(meet(m, NULL), TANDEM_E_INVALID);
        assert_int_equal(meet(m, "some/model"), TANDEM_OK);
        stop(m);
    }
}

static void a_model_that_is_not_there_is_told_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        assert_int_equal(meet(m, "wanted"), i == 0 ? TANDEM_E_CONFLICT : TANDEM_E_NOT_FOUND);
        assert_non_null(strstr(m->err.message, "wanted"));
        assert_non_null(strstr(m->err.message, "some/model"));
        stop(m);
    }
}

static void no_time_left_is_a_timeout(void **state)
{
    meeting *m = start("tei");
    td_server_call call = call_of(m);
    uint32_t retry_ms;

    (void)state;
    call.until_us = td_clock_us();
    assert_int_equal(td_embed_server_meet(&call, &m->facts, m->probe, &m->dim, &retry_ms, &m->err),
                     TANDEM_E_TIMEOUT);
    assert_null(m->facts.form);
    stop(m);
}

static tandem_code price(meeting *m, td_embed_price *price_out)
{
    td_server_call call = call_of(m);

    m->err = (tandem_error){0};
    return td_embed_server_price(&call, &m->facts, m->dim, price_out, &m->err);
}

static void two_calls_at_the_same_time_tell_a_price_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        td_embed_price found = {0};
        assert_int_equal(meet(m, NULL), TANDEM_OK);
        assert_int_equal(price(m, &found), TANDEM_OK);
        assert_int_equal(atomic_load(&m->b.n_asked), 3); /* the probe, and these two */
        assert_int_equal(atomic_load(&m->b.n_texts_most), TD_EMBED_PRICE_TEXTS);
        assert_int_equal(found.n_texts, TD_EMBED_PRICE_TEXTS);
        assert_true(found.first > 0 && found.second > 0);
        stop(m);
    }
}

/* The vector that was kept is the probe's, whatever stood beside it. */
static void check_probe_of(const meeting *m)
{
    float expected[BACKEND_DIM];

    backend_vector(m->b.model, td_embed_identity_probe(), expected);
    for (size_t d = 0; d < BACKEND_DIM; d++)
        assert_float_equal(m->probe[d], expected[d], 1e-5);
}

static tandem_code meet_thoroughly(meeting *m)
{
    td_server_call call = call_of(m);
    uint32_t retry_ms;

    call.is_thorough = true;
    m->err = (tandem_error){0};
    return td_embed_server_meet(&call, &m->facts, m->probe, &m->dim, &retry_ms, &m->err);
}

static void a_server_that_is_met_thoroughly_tells_a_price_in_two_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        assert_int_equal(meet_thoroughly(m), TANDEM_OK);
        assert_int_equal(atomic_load(&m->b.n_asked), 2);
        assert_int_equal(atomic_load(&m->b.n_texts_most), TD_EMBED_PRICE_TEXTS);
        const td_embed_price *price = &m->facts.price;
        assert_int_equal(price->n_texts, TD_EMBED_PRICE_TEXTS);
        assert_true(price->first > 0 && price->second > 0 && m->facts.text_seconds > 0);
        assert_true(m->facts.text_seconds <= fmin(price->first, price->second));
        assert_string_equal(m->facts.answers_as, strcmp(forms[i], "tei") == 0 ? "" : "some/model");
        check_probe_of(m);
        stop(m);
    }
}

static bool turn_round(backend *b, server_request *request, json_t *texts, int n)
{
    json_t *turned = json_array();

    (void)n;
    for (size_t i = json_array_size(texts); i > 0; i--)
        json_array_append(turned, json_array_get(texts, i - 1));
    bool keep = backend_send(request, 200, backend_answer(b, turned));
    json_decref(turned);
    (void)keep;
    return true;
}

static void one_that_gives_vectors_in_another_order_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meeting *m = start(forms[i]);
        m->b.fault = turn_round;
        assert_int_equal(meet_thoroughly(m), TANDEM_E_FORMAT);
        assert_non_null(strstr(m->err.message, "another order"));
        stop(m);
    }
}

static bool refuse_all(backend *b, server_request *request, json_t *texts, int n)
{
    (void)b;
    (void)texts;
    return n > 1 && server_send(request, 429, "Retry-After: 9\r\n", "{}");
}

static bool refuse_several(backend *b, server_request *request, json_t *texts, int n)
{
    (void)b;
    (void)n;
    return json_array_size(texts) > 1 && server_send(request, 413, "", "{}");
}

static bool refuse_one(backend *b, server_request *request, json_t *texts, int n)
{
    const char *text = json_string_value(json_array_get(texts, 0));

    (void)b;
    (void)n;
    return json_array_size(texts) == 1 && strstr(text, "of no price") &&
           server_send(request, 429, "Retry-After: 9\r\n", "{}");
}

static void one_that_refuses_what_a_price_needs_is_met_without(void **state)
{
    static const backend_fault faults[] = {refuse_several, refuse_one};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        meeting *m = start("tei");
        m->b.fault = faults[i];
        assert_int_equal(meet_thoroughly(m), TANDEM_OK);
        assert_int_equal(m->facts.price.n_texts, 0);
        assert_true(m->facts.text_seconds > 0);
        check_probe_of(m);
        stop(m);
    }
    meeting *m = start("tei");
    m->b.items_max = 1;
    assert_int_equal(meet_thoroughly(m), TANDEM_OK);
    assert_int_equal(atomic_load(&m->b.n_asked), 1);
    stop(m);
}

/* Serves its first connection until the end, and nobody else. */
static pthread_mutex_t serial_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t serial_changed = PTHREAD_COND_INITIALIZER;
static int served_fd, n_kept_waiting; /* 0: whoever comes first; -1: everybody */

static bool serve_one(void *user, server_request *request)
{
    pthread_mutex_lock(&serial_lock);
    served_fd = served_fd == 0 ? request->fd : served_fd;
    n_kept_waiting += served_fd != request->fd;
    while (served_fd != -1 && served_fd != request->fd)
        pthread_cond_wait(&serial_changed, &serial_lock);
    bool is_over = served_fd == -1;
    pthread_mutex_unlock(&serial_lock);
    return !is_over && backend_handle(user, request);
}

static void one_that_serves_one_connection_is_met_by_it(void **state)
{
    meeting *m = start("tei");

    (void)state;
    m->b.server->handler = serve_one;
    assert_int_equal(meet_thoroughly(m), TANDEM_OK);
    assert_int_equal(m->facts.price.n_texts, 0);
    assert_int_equal(atomic_load(&m->b.n_asked), 1);
    check_probe_of(m);
    pthread_mutex_lock(&serial_lock);
    served_fd = -1;
    assert_int_equal(n_kept_waiting, 1);
    pthread_cond_broadcast(&serial_changed);
    pthread_mutex_unlock(&serial_lock);
    stop(m);
}

static void a_price_that_is_refused_says_why(void **state)
{
    (void)state;
    meeting *m = start("tei");
    td_embed_price found = {0};
    assert_int_equal(meet(m, NULL), TANDEM_OK);
    m->b.fault = refuse_all;
    assert_int_equal(price(m, &found), TANDEM_E_BUSY);
    assert_non_null(strstr(m->err.context, m->b.url));
    m->b.fault = refuse_several;
    assert_int_equal(price(m, &found), TANDEM_E_TOO_LARGE);
    assert_int_equal(found.n_texts, 0);
    stop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_calls_at_the_same_time_tell_a_price_in_each_form),
        cmocka_unit_test(a_price_that_is_refused_says_why),
        cmocka_unit_test(a_server_that_is_met_thoroughly_tells_a_price_in_two_calls),
        cmocka_unit_test(one_that_gives_vectors_in_another_order_is_refused),
        cmocka_unit_test(one_that_refuses_what_a_price_needs_is_met_without),
        cmocka_unit_test(one_that_serves_one_connection_is_met_by_it),
        cmocka_unit_test(a_server_of_each_form_is_met_and_asked),
        cmocka_unit_test(another_model_midway_is_noticed_in_each_form),
        cmocka_unit_test(another_revision_midway_is_noticed),
        cmocka_unit_test(a_server_that_came_back_with_other_vectors_under_the_same_name_is_noticed),
        cmocka_unit_test(what_is_no_server_of_embeddings_is_told),
        cmocka_unit_test(a_model_that_is_not_told_must_be_named),
        cmocka_unit_test(a_model_that_is_not_there_is_told_by_name),
        cmocka_unit_test(no_time_left_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
