#include "serve/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void two_ports_or_nothing(void **state)
{
    uint16_t ports[2] = {0, 0};

    (void)state;
    assert_true(listen_parse_ports("30001,30002", ports));
    assert_int_equal(ports[0], 30001);
    assert_int_equal(ports[1], 30002);
    assert_false(listen_parse_ports("30001", ports));
    assert_false(listen_parse_ports("30001,", ports));
    assert_false(listen_parse_ports("30001,70000", ports));
    assert_false(listen_parse_ports("30001,30002,3", ports));
    assert_false(listen_parse_ports("-1,2", ports));
    assert_int_equal(ports[1], 30002);
}

static void a_port_that_is_taken_is_refused(void **state)
{
    uint16_t port = 0, again = 0;
    int fd = listen_open("127.0.0.1", 0, &port);

    (void)state;
    assert_true(fd >= 0 && port > 0);
    assert_int_equal(listen_open("127.0.0.1", port, &again), -1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_ports_or_nothing),
        cmocka_unit_test(a_port_that_is_taken_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
