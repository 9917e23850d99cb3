#include "source/cdp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A protocol between two pipes, whose far ends are the test's. */
typedef struct talk {
    td_source_cdp *cdp;
    int heard, said; /* what the browser would read, and write to */
    int near[2];
} talk;

static talk talk_new(size_t message_bytes_max)
{
    int to[2], from[2];
    talk t = {.cdp = NULL};

    assert_int_equal(pipe2(to, O_NONBLOCK), 0);
    assert_int_equal(pipe2(from, O_NONBLOCK), 0);
    t = (talk){NULL, to[0], from[1], {to[1], from[0]}};
    assert_int_equal(td_source_cdp_new(to[1], from[0], message_bytes_max, &t.cdp, NULL), TANDEM_OK);
    assert_int_equal(td_source_cdp_to(t.cdp), to[1]);
    assert_int_equal(td_source_cdp_from(t.cdp), from[0]);
    return t;
}

static void talk_free(talk *t)
{
    td_source_cdp_free(t->cdp);
    close(t->heard);
    close(t->said);
    close(t->near[0]);
    close(t->near[1]);
}

static void say(const talk *t, td_str bytes)
{
    assert_int_equal(write(t->said, bytes.ptr, bytes.n), bytes.n);
    assert_int_equal(td_source_cdp_move(t->cdp, NULL), TANDEM_OK);
}

static void a_call_is_one_line_of_json_that_ends_in_a_nul(void **state)
{
    static const char expected[] =
        "{\"id\":1,\"method\":\"A.b\",\"params\":{}}\0"
        "{\"id\":2,\"method\":\"C.d\",\"params\":{\"x\":\"y\"},\"sessionId\":\"s\"}";
    talk t = talk_new(1000);
    char got[200];
    uint64_t id = 0;

    (void)state;
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR(""), "A.b", NULL, NULL, ""), TANDEM_OK);
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR("s"), "C.d", &id, NULL, "{s:s%}", "x", "yz",
                                        (size_t)1),
                     TANDEM_OK);
    assert_int_equal(id, 2);
    assert_true(td_source_cdp_is_behind(t.cdp));
    assert_int_equal(td_source_cdp_move(t.cdp, NULL), TANDEM_OK);
    assert_false(td_source_cdp_is_behind(t.cdp));
    assert_int_equal(read(t.heard, got, sizeof(got)), sizeof(expected));
    assert_memory_equal(got, expected, sizeof(expected));
    talk_free(&t);
}

static void a_call_that_cannot_be_sent_says_why(void **state)
{
    talk t = talk_new(64);
    tandem_error err = {.code = TANDEM_OK};

    (void)state;
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR(""), "A.b", NULL, &err, "{s:s}", "x", "\xff"),
                     TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "A.b cannot be sent"));
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR(""), "A.b", NULL, &err, "{s:s}", "x",
                                        "more than sixty-four bytes, all in all, of this"),
                     TANDEM_E_TOO_LARGE);
    assert_false(td_source_cdp_is_behind(t.cdp));
    talk_free(&t);
}

static void messages_come_whole_whatever_pieces_they_came_in(void **state)
{
    static const char bytes[] = "{\"id\":7,\"result\":{\"a\":{\"b\":\"c\",\"n\":5,\"t\":true}}}\0"
                                "no json\0[1]\0{\"method\":\"E\"}";
    talk t = talk_new(1000);
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        say(&t, (td_str){bytes + i, 1});
        td_source_message *m = td_source_cdp_take(t.cdp);
        n += m != NULL;
        if (n == 1 && m) {
            assert_int_equal(td_source_cdp_number(m, "id"), 7);
            assert_true(td_str_eq(td_source_cdp_text(m, "result.a.b"), TD_STR("c")));
            assert_int_equal(td_source_cdp_number(m, "result.a.n"), 5);
            assert_int_equal(td_source_cdp_number(m, "result.a.t"), 1);
            assert_true(td_source_cdp_has(m, "result.a"));
            assert_false(td_source_cdp_has(m, "result.x.b"));
            assert_int_equal(td_source_cdp_text(m, "result.a").n, 0);
            assert_int_equal(td_source_cdp_text(m, "id.b").n, 0);
        }
        td_source_cdp_drop(m);
    }
    assert_int_equal(n, 3); /* what is no JSON is left out, the list and the event are not */
    talk_free(&t);
}

static void count_member(void *user, td_str name, td_str value)
{
    size_t *n = user;

    *n += name.n * 100 + value.n;
}

static void members_of_an_object_are_its_texts(void **state)
{
    talk t = talk_new(1000);
    size_t n = 0;

    (void)state;
    say(&t, TD_STR("{\"h\":{\"ab\":\"c\",\"n\":1,\"d\":\"\"},\"l\":[]}\0"));
    td_source_message *m = td_source_cdp_take(t.cdp);
    assert_non_null(m);
    td_source_cdp_each(m, "h", count_member, &n);
    td_source_cdp_each(m, "l", count_member, &n);
    td_source_cdp_each(m, "none", count_member, &n);
    assert_int_equal(n, 301);
    td_source_cdp_drop(m);
    talk_free(&t);
}

static void a_message_without_end_and_a_closed_end_are_failures(void **state)
{
    talk t = talk_new(100);
    char many[200];
    tandem_error err = {.code = TANDEM_OK};

    (void)state;
    memset(many, 'x', sizeof(many));
    assert_int_equal(write(t.said, many, sizeof(many)), sizeof(many));
    assert_int_equal(td_source_cdp_move(t.cdp, &err), TANDEM_E_TOO_LARGE);
    talk_free(&t);

    t = talk_new(100);
    close(t.said);
    t.said = open("/dev/null", O_WRONLY);
    assert_int_equal(td_source_cdp_move(t.cdp, &err), TANDEM_E_NETWORK);
    assert_string_equal(err.message, "the browser has ended");
    talk_free(&t);

    t = talk_new(100);
    close(t.heard);
    t.heard = open("/dev/null", O_RDONLY);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR(""), "A", NULL, NULL, ""), TANDEM_OK);
    assert_int_equal(td_source_cdp_move(t.cdp, &err), TANDEM_E_NETWORK);
    talk_free(&t);
}

static void more_than_a_pipe_holds_waits_for_the_reader(void **state)
{
    talk t = talk_new(1 << 20);
    char *large = calloc(1, 300001), got[65536];
    size_t n = 0;

    (void)state;
    assert_non_null(large);
    memset(large, 'a', 300000);
    assert_int_equal(td_source_cdp_call(t.cdp, TD_STR(""), "A", NULL, NULL, "{s:s}", "x", large),
                     TANDEM_OK);
    while (td_source_cdp_is_behind(t.cdp)) {
        assert_int_equal(td_source_cdp_move(t.cdp, NULL), TANDEM_OK);
        for (ssize_t some; (some = read(t.heard, got, sizeof(got))) > 0;)
            n += (size_t)some;
    }
    assert_true(n > 300000);
    free(large);
    talk_free(&t);
}

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"\xff\xfe\xfd", "//79"}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        td_buf out = TD_BUF(100);
        assert_int_equal(td_source_cdp_base64(td_str_from(pairs[i][0]), &out, NULL), TANDEM_OK);
        assert_true(td_str_eq(td_buf_str(&out), td_str_from(pairs[i][1])));
        td_buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_one_line_of_json_that_ends_in_a_nul),
        cmocka_unit_test(a_call_that_cannot_be_sent_says_why),
        cmocka_unit_test(messages_come_whole_whatever_pieces_they_came_in),
        cmocka_unit_test(members_of_an_object_are_its_texts),
        cmocka_unit_test(a_message_without_end_and_a_closed_end_are_failures),
        cmocka_unit_test(more_than_a_pipe_holds_waits_for_the_reader),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
