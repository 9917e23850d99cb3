/* Files that lie: each is one error that names the file and, where there is one, the tensor. */
#include "embed/weights/made.h"

#include <stdlib.h>

#define T(name, dtype, shape, begin, end)                                                        \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end \
    "]}"

static void refused(const td_buf *file, tandem_code code, const char *words)
{
    td_weights *weights = NULL;
    tandem_error err = {0};
    tandem_code got = open_made(file, &weights, &err);
    if (got != code || !strstr(err.message, words) || !strstr(err.message, "model.safetensors"))
        fail_msg("got %s \"%s\", wanted \"%s\"", tandem_code_name(got), err.message, words);
    assert_null(strchr(err.message, '\n'));
    assert_null(weights);
}

static void refuses_headers_that_contradict_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t n_data;
        const char *words;
    } cases[] = {
        {"[]", 0, "not a JSON object"},
        {"{", 0, "header byte"},
        {"{}x", 0, "header byte"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[1]]]]}}", 0, "nested"},
        {"{\"a\":1}", 0, "\"a\": its entry"},
        {"{" T("a", "F99", "[1]", "0", "4") "}", 4, "\"a\": dtype \"F99\""},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "\"a\": shape"},
        {"{" T("a", "F32", "[-1]", "0", "4") "}", 4, "\"a\": shape[0]"},
        {"{" T("a", "F32", "[1.0]", "0", "4") "}", 4, "\"a\": shape[0]"},
        {"{" T("a", "F32", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "\"a\": shape"},
        {"{" T("a", "F32", "[4294967296,4294967296]", "0", "4") "}", 4, "\"a\": shape overflows"},
        {"{" T("a", "F32", "[4611686018427387904]", "0", "4") "}", 4, "\"a\": shape[0]"},
        {"{" T("a", "F64", "[9007199254740992,1024]", "0", "4") "}", 4, "do not fill"},
        {"{" T("a", "F32", "[1]", "4", "0") "}", 4, "\"a\": data_offsets [4, 0]"},
        {"{" T("a", "F32", "[2]", "0", "8") "}", 4, "\"a\": data_offsets [0, 8]"},
        {"{" T("a", "F32", "[1]", "-4", "0") "}", 4, "\"a\": data_offsets"},
        {"{" T("a", "F32", "[1]", "0", "3") "}", 4, "do not fill its 3 bytes"},
        {"{" T("a", "F32", "[1]", "0", "4") "," T("b", "F32", "[1]", "2", "6") "}", 6,
         "\"b\": its data overlaps"},
        {"{" T("a", "F32", "[1]", "0", "4") "," T("b", "F32", "[1]", "8", "12") "}", 12,
         "\"b\": its data leaves a hole"},
        {"{" T("a", "F32", "[1]", "4", "8") "}", 8, "\"a\": its data leaves a hole"},
        {"{" T("a", "F32", "[1]", "0", "4") "}", 9, "5 bytes behind"},
        {"{" T("a", "F32", "[1]", "0", "4") "," T("a", "F32", "[1]", "4", "8") "}", 8, "duplicate"},
        {"{\"\xff\":1}", 0, "header byte"},
        {"{\"a\\u0000b\":1}", 0, "header byte"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_buf file = made(cases[i].header, cases[i].n_data);
        refused(&file, TANDEM_E_FORMAT, cases[i].words);
        td_buf_clear(&file);
    }
}

static void refuses_lengths_that_no_file_can_keep(void **state)
{
    (void)state;
    td_buf file = made("{}", 0);
    file.ptr[0] = 3;
    refused(&file, TANDEM_E_FORMAT, "cut off");
    file.ptr[4] = 1; /* more than 4 GB */
    refused(&file, TANDEM_E_FORMAT, "at most 100000000");
    memset(file.ptr, 0xff, 8);
    refused(&file, TANDEM_E_FORMAT, "at most 100000000");
    td_buf_cut(&file, 7);
    refused(&file, TANDEM_E_FORMAT, "7 bytes");
    td_buf_clear(&file);
}

static void refuses_a_header_of_a_million_values_before_it_is_parsed(void **state)
{
    (void)state;
    enum {
        N = 1200000
    };
    char *header = malloc(N + 1);
    assert_non_null(header);
    memset(header, ',', N);
    header[0] = '{';
    header[N] = '\0';
    td_buf file = made(header, 0);
    refused(&file, TANDEM_E_TOO_LARGE, "values");
    td_buf_clear(&file);
    free(header);
}

static void every_cut_of_a_good_file_is_an_error(void **state)
{
    (void)state;
    td_buf file =
        made("{" T("a", "F32", "[2]", "0", "8") "," T("b", "I64", "[1]", "8", "16") "}", 16);
    for (size_t n = 0; n < file.n; n++) {
        td_weights *weights = NULL;
        td_weights_shard shard = {TD_STR("f"), {file.ptr, n}};
        assert_int_equal(td_embed_weights_open(&shard, 1, &weights, NULL), TANDEM_E_FORMAT);
    }
    td_buf_clear(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_headers_that_contradict_the_file),
        cmocka_unit_test(refuses_lengths_that_no_file_can_keep),
        cmocka_unit_test(refuses_a_header_of_a_million_values_before_it_is_parsed),
        cmocka_unit_test(every_cut_of_a_good_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
