#include "serve/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refuses_what_is_nested_too_deep(void **state)
{
    char message[JSON_ERROR_BYTES];
    char text[4 * JSON_DEPTH_MAX] = {0};

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    json_t *value = json_read(text, strlen(text), message);
    assert_non_null(value);
    json_decref(value);
    memset(text, '[', JSON_DEPTH_MAX + 1);
    assert_null(json_read(text, strlen(text), message));
    assert_non_null(strstr(message, "deeper than 64"));
    /* Brackets in strings are no nesting. */
    memset(text, '[', sizeof(text) - 1);
    text[0] = '"';
    text[sizeof(text) - 2] = '"';
    value = json_read(text, strlen(text), message);
    assert_true(json_is_string(value));
    json_decref(value);
}

static void says_where_json_is_malformed(void **state)
{
    static const char *const bad[] = {"",    "{",    "{\"a\":}", "[1,]",       "\"\xff\"",
                                      "nul", "{} x", "1e999",    "\"\\ud800\""};
    char message[JSON_ERROR_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message[0] = '\0';
        assert_null(json_read(bad[i], strlen(bad[i]), message));
        assert_true(message[0]);
    }
}

static void numbers_without_a_fraction_are_whole(void **state)
{
    static const char text[] = "[3.0, -2e2, {\"a\": 7.0}, 0.5, 9007199254740993.0, 1e300, "
                               "123456789012345678901234567890]";
    char message[JSON_ERROR_BYTES];
    json_t *value = json_read(text, strlen(text), message);

    (void)state;
    assert_non_null(value);
    assert_int_equal(json_integer_value(json_array_get(value, 0)), 3);
    assert_int_equal(json_integer_value(json_array_get(value, 1)), -200);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(value, 2), "a")), 7);
    for (size_t i = 3; i < 5; i++)
        assert_true(json_is_real(json_array_get(value, i)) == (i == 3));
    assert_true(json_is_real(json_array_get(value, 5)));
    assert_true(json_is_real(json_array_get(value, 6)));
    json_decref(value);
}

static void writes_floats_that_read_back_the_same(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        float value;
        seed = seed * 1664525u + 1013904223u;
        uint32_t bits = i < 1000 ? seed : (seed & 0x807fffffu) | (112 + (seed >> 8) % 20) << 23;
        memcpy(&value, &bits, sizeof(value));
        wire w = {.ptr = NULL};
        wire_floats(&w, &value, 1);
        if (!isfinite(value))
            assert_string_equal(w.ptr, "[null]");
        else
            assert_true(strtof(w.ptr + 1, NULL) == value);
        assert_int_equal(w.n, strlen(w.ptr));
        wire_clear(&w);
    }
}

static void writes_plain_numbers_plainly(void **state)
{
    const float values[] = {0, 1, -1, 0.25f, -0.5f, 9.5f, 1e-20f, 1e20f};
    wire w = {.ptr = NULL};

    (void)state;
    wire_floats(&w, values, sizeof(values) / sizeof(values[0]));
    assert_string_equal(w.ptr, "[0,1,-1,0.25,-0.5,9.5,9.99999968e-21,1.00000002e+20]");
    wire_clear(&w);
    wire_floats(&w, values, 0);
    assert_string_equal(w.ptr, "[]");
    wire_clear(&w);
}

static void writes_base64_of_little_endian_floats(void **state)
{
    const float values[] = {1, -2};
    wire w = {.ptr = NULL};

    (void)state;
    wire_base64(&w, values, 1);
    assert_string_equal(w.ptr, "\"AACAPw==\"");
    wire_clear(&w);
    wire_base64(&w, values, 2);
    assert_string_equal(w.ptr, "\"AACAPwAAAMA=\"");
    wire_clear(&w);
}

static void makes_any_bytes_a_json_string(void **state)
{
    static const char bytes[] =
        "a\"\\\n\x01\0b \xff \xed\xa0\x80 \xc3\xa9 \xf0\x9f\x90\x88 \xe2\x82";
    char message[JSON_ERROR_BYTES];
    wire w = {.ptr = NULL};

    (void)state;
    wire_string(&w, (tandem_str){bytes, sizeof(bytes) - 1});
    json_t *value = json_read(w.ptr, w.n, message);
    json_t *same = json_text((tandem_str){bytes, sizeof(bytes) - 1});
    assert_true(json_is_string(value));
    assert_true(json_equal(value, same));
    assert_non_null(strstr(w.ptr, "\\u0001"));
    assert_non_null(strstr(w.ptr, "\xc3\xa9"));
    assert_non_null(strstr(w.ptr, "\xEF\xBF\xBD"));
    json_decref(value);
    json_decref(same);
    wire_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_nested_too_deep),
        cmocka_unit_test(says_where_json_is_malformed),
        cmocka_unit_test(numbers_without_a_fraction_are_whole),
        cmocka_unit_test(writes_floats_that_read_back_the_same),
        cmocka_unit_test(writes_plain_numbers_plainly),
        cmocka_unit_test(writes_base64_of_little_endian_floats),
        cmocka_unit_test(makes_any_bytes_a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
