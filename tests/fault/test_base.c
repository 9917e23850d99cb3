#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/os.h"
#include "base/queue.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "fault/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static tandem_code use_buf(void *user, tandem_error *err)
{
    (void)user;
    tandem_code code = TANDEM_OK;
    td_buf buf = TD_BUF(1 << 20);
    td_buf taken = TD_BUF(0);

    for (int i = 0; i < 2000; i++) {
        size_t n = buf.n;
        code = td_buf_add_fmt(&buf, err, "line %d\n", i);
        assert_true(code == TANDEM_OK || buf.n == n);
        TD_TRY(code);
    }
    TD_TRY(td_buf_add(&buf, TD_STR("end"), err));
    taken = td_buf_take(&buf);
    TD_TRY(td_buf_add_byte(&buf, 'x', err));
    TD_TRY(td_utf8_add_clean(&buf, TD_STR("a\xFF\xFF"), err));
    assert_string_equal(buf.ptr, "xa\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_true(td_str_ends(td_buf_str(&taken), TD_STR("line 1999\nend")));

out:
    td_buf_clear(&buf);
    td_buf_clear(&taken);
    return code;
}

static void a_buf_survives_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(use_buf, NULL, FAULT_STRICT);
}

static tandem_code use_arena(void *user, tandem_error *err)
{
    (void)user;
    td_arena *arena = td_arena_new(16 << 20);
    tandem_code code = TANDEM_OK;
    char *grown = NULL;

    if (!arena)
        return td_fail_nomem(err, "arena");
    for (size_t n = 1; n <= 1 << 20; n *= 2) {
        char *more = td_arena_grow(arena, grown, n / 2, n);
        if (!more) {
            code = td_arena_fail(arena, err);
            goto out;
        }
        memset(more + n / 2, (int)(n % 251), n - n / 2);
        grown = more;
    }
    if (!td_arena_zalloc(arena, 5000, 16) || !td_arena_copy(arena, TD_STR("text")).ptr ||
        !td_arena_fmt(arena, "%4000d", 1).ptr) {
        code = td_arena_fail(arena, err);
        goto out;
    }
    assert_int_equal((unsigned char)grown[1 << 19], (1 << 20) % 251);

out:
    td_arena_free(arena);
    return code;
}

static void an_arena_survives_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(use_arena, NULL, FAULT_STRICT);
}

static void *pass_on(void *user)
{
    void *item;
    while (td_queue_pop(user, &item))
        ;
    return NULL;
}

static tandem_code use_queue(void *user, tandem_error *err)
{
    td_queue *queue = td_queue_new(2);
    pthread_t thread;
    tandem_code code;

    if (!queue)
        return td_fail_nomem(err, "queue");
    code = td_thread_start(&thread, "passes", pass_on, queue, err);
    if (code == TANDEM_OK) {
        for (int i = 0; i < 10; i++)
            assert_true(td_queue_push(queue, user));
        td_queue_end(queue);
        pthread_join(thread, NULL);
        assert_int_equal(td_queue_n(queue), 0);
    }
    td_queue_free(queue);
    return code;
}

static void a_queue_and_its_thread_survive_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(use_queue, NULL, FAULT_STRICT);
}

static tandem_code use_files(void *user, tandem_error *err)
{
    const char *path = user;
    tandem_code code = TANDEM_OK;
    td_buf buf = TD_BUF(1 << 20);
    td_os_map map = {0};

    TD_TRY(td_os_write_file(path, TD_STR("hello"), err));
    TD_TRY(td_os_read_file(path, 100, &buf, err));
    assert_string_equal(buf.ptr, "hello");
    TD_TRY(td_os_map_open(path, &map, err));
    td_buf_cut(&buf, 0);
    setenv("HOME", "/nowhere", 1);
    TD_TRY(td_os_data_dir(&buf, err));

out:
    td_os_map_close(&map);
    td_buf_clear(&buf);
    return code;
}

static void files_survive_every_failed_allocation(void **state)
{
    (void)state;
    const char *where = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof(path), "%s/tandem-fault-%ld", where ? where : "/tmp", (long)getpid());
    fault_each(use_files, path, FAULT_STRICT);
    assert_int_equal(unlink(path), 0);
}

static tandem_code ask_system(void *user, tandem_error *err)
{
    (void)user;
    (void)err;
    assert_true(td_os_n_cpus() >= 1);
    assert_true(td_os_memory_bytes() > 0);
    assert_true(td_os_rss_peak_bytes() > 0);
    td_os_rss_bytes(); /* 0 when it can't know */
    return TANDEM_OK;
}

static void the_system_has_an_answer_without_memory(void **state)
{
    (void)state;
    fault_each(ask_system, NULL, FAULT_MAY_DO_WITHOUT);
}

static tandem_code make_metrics(void *user, tandem_error *err)
{
    unsigned *n_made = user;
    char labels[32];
    snprintf(labels, sizeof(labels), "run=\"%u\"", ++*n_made);
    td_metrics_add(td_metrics_counter("fault_total", labels), 1);
    td_metrics_observe(td_metrics_histogram("fault_seconds", labels), 1);
    td_buf buf = TD_BUF(1 << 20);
    tandem_code code = td_metrics_write(&buf, err);
    assert_true(code == TANDEM_OK || buf.n == 0);
    td_buf_clear(&buf);
    return code;
}

static void metrics_take_what_cannot_be_kept(void **state)
{
    (void)state;
    unsigned n_made = 0;
    fault_each(make_metrics, &n_made, FAULT_MAY_DO_WITHOUT | FAULT_MAY_KEEP);
}

static void swallow(void *user, td_log_level level, const char *room, const char *line)
{
    (void)user;
    (void)level;
    (void)room;
    (void)line;
}

static tandem_code use_what_needs_none(void *user, tandem_error *err)
{
    (void)user;
    char text[64];
    assert_true(td_str_glob(TD_STR("**/*[a-z].c"), TD_STR("a/b/c.c")));
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("limti"), 3), 1);
    assert_int_equal(td_str_find(TD_STR("abc"), TD_STR("c"), 0), 2);
    td_hash_hex(td_hash_of_parts(&TD_STR("abc"), 1), text);
    td_clock_iso(td_clock_wall_ms(), text);
    td_log_set(swallow, NULL, TD_DEBUG);
    td_log(TD_INFO, "fault", "text=%s", text);
    td_log_set(NULL, NULL, TD_ERROR);
    td_fail(err, TANDEM_E_IO, "%s", text);
    td_context(err, "page %d", 1);
    err->code = TANDEM_OK;
    return TANDEM_OK;
}

static void text_hashes_errors_and_logs_need_no_memory(void **state)
{
    (void)state;
    assert_int_equal(fault_count(use_what_needs_none, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buf_survives_every_failed_allocation),
        cmocka_unit_test(an_arena_survives_every_failed_allocation),
        cmocka_unit_test(a_queue_and_its_thread_survive_every_failed_allocation),
        cmocka_unit_test(files_survive_every_failed_allocation),
        cmocka_unit_test(the_system_has_an_answer_without_memory),
        cmocka_unit_test(metrics_take_what_cannot_be_kept),
        cmocka_unit_test(text_hashes_errors_and_logs_need_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
