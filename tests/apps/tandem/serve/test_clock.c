#include "serve/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void a_trickle_does_not_buy_time(void **state)
{
    (void)state;
    assert_int_equal(clock_allowed_ms(CLOCK_IDLE, true, 0), CLOCK_HEAD_MS);
    assert_int_equal(clock_allowed_ms(CLOCK_HEAD, false, 0), CLOCK_HEAD_MS);
    /* One byte a second for an hour: as late as one that sends nothing. */
    assert_true(clock_allowed_ms(CLOCK_BODY, false, 3600) < CLOCK_HEAD_MS + 4000);
}

static void a_body_at_the_least_rate_is_in_time(void **state)
{
    (void)state;
    assert_true(clock_allowed_ms(CLOCK_BODY, false, 100 * CLOCK_BODY_RATE) > 100 * 1000);
    assert_true(clock_allowed_ms(CLOCK_BUSY, false, 0) == INT64_MAX);
    assert_true(clock_allowed_ms(CLOCK_IDLE, false, 0) > CLOCK_HEAD_MS);
}

static void keeps_connections_apart_whatever_the_order_they_go(void **state)
{
    serve_clock *clock = clock_open(true);
    clock_entry *entries[3];
    int fds[2];

    (void)state;
    assert_non_null(clock);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    for (int i = 0; i < 3; i++)
        assert_non_null(entries[i] = clock_add(clock, fds[0]));
    clock_set(clock, entries[0], CLOCK_BODY);
    clock_received(clock, entries[0], 7);
    clock_remove(clock, entries[1]);
    clock_remove(clock, entries[2]);
    clock_remove(clock, NULL);
    clock_close(clock);                         /* frees the one that is left */
    assert_int_equal(write(fds[0], "x", 1), 1); /* nobody was late */
    close(fds[0]);
    close(fds[1]);
}

static void ends_the_connection_of_one_that_left_with_its_last_byte(void **state)
{
    serve_clock *clock = clock_open(true);
    int fds[2];
    char byte;

    (void)state;
    assert_non_null(clock);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    clock_set(clock, clock_add(clock, fds[0]), CLOCK_HEAD);
    assert_false(clock_has_left(fds[0]));
    assert_int_equal(write(fds[1], "G", 1), 1);
    assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
    assert_true(clock_has_left(fds[0]));
    assert_int_equal(read(fds[1], &byte, 1), 0); /* until the clock has shut it down */
    clock_close(clock);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trickle_does_not_buy_time),
        cmocka_unit_test(a_body_at_the_least_rate_is_in_time),
        cmocka_unit_test(keeps_connections_apart_whatever_the_order_they_go),
        cmocka_unit_test(ends_the_connection_of_one_that_left_with_its_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
