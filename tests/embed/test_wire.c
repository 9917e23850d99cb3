#include "embed/wire.h"
#include "net/client.h"

#include <math.h>

/* Reads `body` as the answer to n texts; the message of the failure, or "". */
static const char *read_with(tandem_code (*read)(td_str, td_wire_answer *, tandem_error *),
                             const char *body, size_t n, size_t dim, float *vectors)
{
    static tandem_error err;
    td_wire_answer got = {.n = n, .dim = dim, .vectors = vectors};

    err = (tandem_error){0};
    tandem_code code = read(td_str_from(body), &got, &err);
    assert_int_equal(code, err.code);
    if (code != TANDEM_OK)
        assert_int_equal(code, TANDEM_E_FORMAT);
    return err.message;
}

static const char *rows(const char *body, size_t n, size_t dim)
{
    static float vectors[8 * TD_WIRE_DIM_MAX];
    return read_with(td_embed_wire_rows, body, n, dim, vectors);
}

static const char *objects(const char *body, size_t n, size_t dim)
{
    static float vectors[8 * TD_WIRE_DIM_MAX];
    return read_with(td_embed_wire_objects, body, n, dim, vectors);
}

static void rows_come_out_in_order_and_of_length_1(void **state)
{
    float v[4] = {0};
    td_wire_answer got = {.n = 2, .dim = 2, .vectors = v};

    (void)state;
    assert_int_equal(td_embed_wire_rows(TD_STR("[[3,4],[0,-2]]"), &got, NULL), TANDEM_OK);
    assert_float_equal(v[0], 0.6, 1e-6);
    assert_float_equal(v[1], 0.8, 1e-6);
    assert_float_equal(v[3], -1, 1e-6);
    assert_int_equal(got.n_tokens, 0);
    assert_string_equal(got.model, "");
    assert_int_equal(td_embed_wire_rows(TD_STR("{\"embeddings\":[[1,0],[0,1]],\"model\":\"m\","
                                               "\"prompt_eval_count\":9}"),
                                        &got, NULL),
                     TANDEM_OK);
    assert_string_equal(got.model, "m");
    assert_int_equal(got.n_tokens, 9);
    assert_float_equal(v[3], 1, 1e-6);
}

static void the_first_vector_sets_the_width_that_is_not_known(void **state)
{
    static float v[TD_WIRE_DIM_MAX];
    td_wire_answer got = {.n = 1, .vectors = v};

    (void)state;
    assert_int_equal(td_embed_wire_rows(TD_STR("[[0,5,0]]"), &got, NULL), TANDEM_OK);
    assert_int_equal(got.dim, 3);
    assert_float_equal(v[1], 1, 1e-6);
}

static void what_is_wrong_with_rows_is_said(void **state)
{
    (void)state;
    assert_string_equal(rows("[[1,0]]", 2, 2), "1 vectors came for 2 texts");
    assert_string_equal(rows("[[1,0],[1,0],[1,0]]", 2, 2), "3 vectors came for 2 texts");
    assert_string_equal(rows("[[1,0],[1]]", 2, 2), "vector 2 of 2 has 1 values instead of 2");
    assert_string_equal(rows("[[1,0],[0,0]]", 2, 2), "vector 2 of 2 is all zeros");
    assert_string_equal(rows("[[]]", 1, 0), "vector 1 of 1 is empty");
    assert_string_equal(rows("[[1,null]]", 1, 2), "value 2 of vector 1 of 1 is no number");
    assert_string_equal(rows("[[1,\"2\"]]", 1, 2), "value 2 of vector 1 of 1 is no number");
    assert_string_equal(rows("[[1,1e300]]", 1, 2), "vector 1 of 1 is not finite");
    assert_non_null(strstr(rows("[[1,NaN]]", 1, 2), "no JSON"));
    assert_non_null(strstr(rows("[[1,1e999]]", 1, 2), "no JSON"));
    assert_non_null(strstr(rows("[[1,0", 1, 2), "no JSON"));
    assert_string_equal(rows("", 1, 2), "the answer is no JSON: it is empty");
    assert_string_equal(rows("{\"error\":\"x\"}", 1, 2), "the answer holds no list of vectors");
    assert_string_equal(rows("[1,0]", 2, 2), "vector 1 of 2 is no list of numbers");
    assert_non_null(strstr(rows("[[[[[[[[[[1]]]]]]]]]]", 1, 2), "nested deeper"));
}

static void more_values_than_were_asked_for_are_not_even_parsed(void **state)
{
    td_buf body = TD_BUF(1 << 20);

    (void)state;
    assert_int_equal(td_buf_add(&body, TD_STR("[[1"), NULL), TANDEM_OK);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(td_buf_add(&body, TD_STR(",1"), NULL), TANDEM_OK);
    assert_int_equal(td_buf_add(&body, TD_STR("]]"), NULL), TANDEM_OK);
    assert_non_null(strstr(rows(body.ptr, 1, 2), "expected are at most"));
    td_buf_clear(&body);
}

static void entries_go_where_their_index_says(void **state)
{
    float v[4] = {0};
    td_wire_answer got = {.n = 2, .dim = 2, .vectors = v};

    (void)state;
    assert_int_equal(
        td_embed_wire_objects(TD_STR("{\"model\":\"m\",\"usage\":{\"prompt_tokens\":4},\"data\":["
                                     "{\"index\":1,\"embedding\":[0,1]},"
                                     "{\"index\":0,\"embedding\":[1,0]}]}"),
                              &got, NULL),
        TANDEM_OK);
    assert_float_equal(v[0], 1, 1e-6);
    assert_float_equal(v[3], 1, 1e-6);
    assert_int_equal(got.n_tokens, 4);
    assert_string_equal(got.model, "m");
}

static void floats_in_base64_are_read(void **state)
{
    float v[3] = {0};
    td_wire_answer got = {.n = 1, .dim = 3, .vectors = v};

    (void)state;
    /* struct.pack("<3f", 0.0, -3.0, 4.0) */
    assert_int_equal(td_embed_wire_objects(
                         TD_STR("{\"data\":[{\"index\":0,\"embedding\":\"AAAAAAAAQMAAAIBA\"}]}"),
                         &got, NULL),
                     TANDEM_OK);
    assert_float_equal(v[0], 0, 0);
    assert_float_equal(v[1], -0.6, 1e-6);
    assert_float_equal(v[2], 0.8, 1e-6);
}

#define ENTRY(index, vector) "{\"index\":" index ",\"embedding\":" vector "}"

static void what_is_wrong_with_entries_is_said(void **state)
{
    (void)state;
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "[1]") "," ENTRY("0", "[1]") "]}", 2, 1),
                        "two vectors came for text 1 of 2");
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "[1]") "," ENTRY("2", "[1]") "]}", 2, 1),
                        "entry 2 of 2 has no index below 2");
    assert_string_equal(objects("{\"data\":[{\"embedding\":[1]}]}", 1, 1),
                        "entry 1 of 1 has no index below 1");
    assert_string_equal(objects("{\"data\":[]}", 1, 1), "0 vectors came for 1 texts");
    assert_string_equal(objects("{}", 1, 1), "the answer has no list \"data\"");
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "\"AAA\"") "]}", 1, 1),
                        "vector 1 of 1 is no base64 of floats");
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "\"AA!AAA==\"") "]}", 1, 1),
                        "vector 1 of 1 is no base64");
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "\"AADAfw==\"") "]}", 1, 1),
                        "vector 1 of 1 is not finite"); /* a NaN */
    assert_string_equal(objects("{\"data\":[" ENTRY("0", "\"AAAAAA==\"") "]}", 1, 1),
                        "vector 1 of 1 is all zeros");
}

static void texts_are_escaped_and_counted(void **state)
{
    td_buf out = TD_BUF(1000);
    const td_str texts[2] = {TD_STR("a\"b\\c\n\0d"), TD_STR("\xc3\xa9")};

    (void)state;
    assert_int_equal(td_embed_wire_add_texts(&out, TD_STR("q: "), texts, 2, NULL), TANDEM_OK);
    assert_string_equal(out.ptr, "[\"q: a\\\"b\\\\c\\u000a\\u0000d\",\"q: \xc3\xa9\"]");
    assert_int_equal(out.n, 3 + td_embed_wire_text_bytes(TD_STR("q: "), texts[0]) +
                                td_embed_wire_text_bytes(TD_STR("q: "), texts[1]));
    td_buf_clear(&out);
}

static void info_is_read(void **state)
{
    td_wire_about about;

    (void)state;
    assert_int_equal(td_embed_wire_info(TD_STR("{\"model_id\":\"a/b\",\"model_sha\":null,"
                                               "\"max_client_batch_size\":8}"),
                                        &about, NULL),
                     TANDEM_OK);
    assert_string_equal(about.model, "a/b");
    assert_string_equal(about.revision, "");
    assert_int_equal(about.items_max, 8);
    assert_int_equal(about.tokens_max, 0);
    assert_int_equal(td_embed_wire_info(TD_STR("{\"model_id\":\"a b\"}"), &about, NULL),
                     TANDEM_E_FORMAT);
    assert_int_equal(td_embed_wire_info(TD_STR("[]"), &about, NULL), TANDEM_E_FORMAT);
}

static void a_model_is_found_in_a_list(void **state)
{
    td_wire_about about;
    tandem_error err;
    td_str two = TD_STR("{\"models\":[{\"name\":\"a:latest\",\"digest\":\"d1\"},"
                        "{\"name\":\"b:v2\",\"digest\":\"d2\"}]}");

    (void)state;
    assert_int_equal(td_embed_wire_models(two, "a", &about, NULL), TANDEM_OK);
    assert_string_equal(about.model, "a:latest");
    assert_string_equal(about.revision, "d1");
    assert_int_equal(td_embed_wire_models(two, "b", &about, &err), TANDEM_E_NOT_FOUND);
    assert_string_equal(err.message, "the server has no model b, but a:latest, b:v2");
    assert_int_equal(td_embed_wire_models(two, NULL, &about, &err), TANDEM_E_NOT_FOUND);
    assert_string_equal(err.message,
                        "the server has several models, name one of them: a:latest, b:v2");
    assert_int_equal(td_embed_wire_models(TD_STR("{\"data\":[{\"id\":\"only\"}]}"), NULL, &about,
                                          NULL),
                     TANDEM_OK);
    assert_string_equal(about.model, "only");
    assert_int_equal(td_embed_wire_models(TD_STR("{\"data\":[]}"), NULL, &about, &err),
                     TANDEM_E_NOT_FOUND);
    assert_int_equal(td_embed_wire_models(TD_STR("{}"), NULL, &about, &err), TANDEM_E_FORMAT);
}

static const char *complaint(const char *body)
{
    static char out[12];
    td_embed_wire_complaint(td_str_from(body), out, sizeof(out));
    return out;
}

static void a_complaint_is_one_line_whoever_makes_it(void **state)
{
    (void)state;
    assert_string_equal(complaint("{\"error\":\"a\\nb\",\"error_type\":\"x\"}"), "a b");
    assert_string_equal(complaint("{\"error\":{\"message\":\"m\"}}"), "m");
    assert_string_equal(complaint("{\"detail\":\"d\"}"), "d");
    assert_string_equal(complaint("{\"error\":\"0123456789\xc3\xa9\"}"), "0123456789");
    assert_string_equal(complaint("<html>"), "");
    assert_true(td_embed_wire_is_version(TD_STR("{\"version\":\"1\"}")));
    assert_false(td_embed_wire_is_version(TD_STR("{\"version\":1}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out_in_order_and_of_length_1),
        cmocka_unit_test(the_first_vector_sets_the_width_that_is_not_known),
        cmocka_unit_test(what_is_wrong_with_rows_is_said),
        cmocka_unit_test(more_values_than_were_asked_for_are_not_even_parsed),
        cmocka_unit_test(entries_go_where_their_index_says),
        cmocka_unit_test(floats_in_base64_are_read),
        cmocka_unit_test(what_is_wrong_with_entries_is_said),
        cmocka_unit_test(texts_are_escaped_and_counted),
        cmocka_unit_test(info_is_read),
        cmocka_unit_test(a_model_is_found_in_a_list),
        cmocka_unit_test(a_complaint_is_one_line_whoever_makes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
