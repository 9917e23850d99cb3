#include "base/error.h"
#include "embed/embed.h"
#include "embed/wire.h"
#include "fault/fault.h"
#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Nobody listens there: a run without a fault ends in E_NETWORK where nothing is pinned, and in a
 * lane that waits for its server where something is. */
static tandem_code open_lane(void *user, tandem_error *err)
{
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;
    td_embedder *lane = NULL;
    td_str text = TD_STR("text");
    float vector[2];
    td_batch batch = {.texts = &text, .n = 1, .vectors = vector};

    options.urls = user;
    options.api = "tei";
    options.key = "key";
    options.model = "m";
    options.ca_file = "/nonexistent";
    options.pinned = TD_STR("m@1 dim=2 probe=1");
    options.pinned_dim = 2;
    options.may_be_absent = true;
    tandem_code code = td_embed_remote_open(&options, &lane, err);
    if (code != TANDEM_OK)
        return code;
    code = lane->embed(lane, &batch, NULL, err);
    lane->close(lane);
    return code == TANDEM_E_NETWORK ? TANDEM_OK : code;
}

static void a_lane_on_servers_survives_every_failed_allocation(void **state)
{
    char urls[200];

    (void)state;
    snprintf(urls, sizeof(urls), "http://127.0.0.1:%u,http://127.0.0.1:%u/x", server_dead_port(),
             server_dead_port());
    open_lane(urls, NULL);                             /* starts libcurl, which stays */
    fault_each(open_lane, urls, FAULT_MAY_DO_WITHOUT); /* one server is enough */
}

static tandem_code read_answers(void *user, tandem_error *err)
{
    float vectors[4];
    td_wire_answer answer = {.n = 2, .dim = 2, .vectors = vectors};
    td_buf out = TD_BUF(1000);
    const td_str texts[2] = {TD_STR("a"), TD_STR("b")};
    tandem_code code = td_embed_wire_rows(TD_STR("[[1,0],[0,1]]"), &answer, err);

    (void)user;
    if (code == TANDEM_OK)
        code = td_embed_wire_objects(TD_STR("{\"data\":[{\"index\":1,\"embedding\":[0,1]},"
                                            "{\"index\":0,\"embedding\":[1,0]}]}"),
                                     &answer, err);
    if (code == TANDEM_OK)
        code = td_embed_wire_add_texts(&out, TD_STR("p: "), texts, 2, err);
    td_buf_clear(&out);
    return code;
}

static void answers_survive_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(read_answers, NULL, FAULT_STRICT);
}

static tandem_code open_down(void *user, tandem_error *err)
{
    tandem_error why = {.code = TANDEM_E_NETWORK};
    td_embedder *lane = NULL;
    tandem_code code = td_embed_down_open(&why, &lane, err);

    (void)user;
    if (code == TANDEM_OK)
        lane->close(lane);
    return code;
}

static void a_lane_that_is_down_survives_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(open_down, NULL, FAULT_STRICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lane_on_servers_survives_every_failed_allocation),
        cmocka_unit_test(answers_survive_every_failed_allocation),
        cmocka_unit_test(a_lane_that_is_down_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
