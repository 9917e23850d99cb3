#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *kind_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return td_net_address_special((const struct sockaddr *)&v4);
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
        fail_msg("not an address: %s", text);
    return td_net_address_special((const struct sockaddr *)&v6);
}

/* First and last address of each range of reliability.md, "SSRF", and more. */
static void every_special_range_is_special_from_end_to_end(void **state)
{
    static const char *const special[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:101::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "fc00::",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff00::",
        "ff02::1",
        "ffff:ffff::",
        "2606:4700::5efe:127.0.0.1",
        "2606:4700::200:5efe:10.0.0.1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (!kind_of(special[i]))
            fail_msg("%s passes for public", special[i]);
}

static void no_public_neighbour_is_special(void **state)
{
    static const char *const public[] = {
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:93.184.216.34",
        "::ffff:0:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "2001:3::1",
        "2001:20::1",
        "2606:4700::5efe:8.8.8.8",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
        if (kind_of(public[i]))
            fail_msg("%s is called %s", public[i], kind_of(public[i]));
}

static void an_unknown_family_is_special_and_printable(void **state)
{
    struct sockaddr other = {.sa_family = AF_UNIX};
    char text[TD_NET_ADDRESS_TEXT_N];

    (void)state;
    assert_non_null(td_net_address_special(&other));
    td_net_address_text(&other, text);
    assert_string_equal(text, "family 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_special_range_is_special_from_end_to_end),
        cmocka_unit_test(no_public_neighbour_is_special),
        cmocka_unit_test(an_unknown_family_is_special_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
