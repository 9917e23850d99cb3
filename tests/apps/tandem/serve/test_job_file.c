#include "serve/job_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char id[] = "0123456789abcdef0123456789abcdef";

static void replaces_a_file_whole_or_not_at_all(void **state)
{
    char folder[] = "/tmp/tandem-jobs-XXXXXX";
    json_t *object = json_pack("{s:i}", "a", 1);
    char command[80];

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_null(job_file_read(folder, id));
    assert_true(job_file_write(folder, id, object));
    json_t *back = job_file_read(folder, id);
    assert_true(json_equal(object, back));
    json_decref(back);
    assert_false(job_file_write("/nowhere/at/all", id, object));
    assert_int_equal(errno, ENOENT);
    job_file_remove(folder, id);
    assert_null(job_file_read(folder, id));
    snprintf(command, sizeof(command), "rmdir '%s'", folder);
    assert_int_equal(system(command), 0); /* nothing is left behind */
    json_decref(object);
}

static void only_ids_are_files_of_jobs(void **state)
{
    char out[33];

    (void)state;
    assert_true(job_file_is_id("0123456789abcdef0123456789abcdef.json", out));
    assert_string_equal(out, id);
    assert_false(job_file_is_id("0123456789abcdef0123456789abcdef.pages", out));
    assert_false(job_file_is_id("0123456789abcdef0123456789abcdef.json~", out));
    assert_false(job_file_is_id("../456789abcdef0123456789abcdef.json", out));
    assert_false(job_file_is_id("", out));
}

static void a_page_is_one_line_whatever_it_holds(void **state)
{
    tandem_link links[] = {{{"http://a/b", 10}, {"b", 1}}};
    tandem_item item = {.uri = {"http://a/", 9},
                        .body = {"<p>\xff\n", 5},
                        .text = {"# A\n\ntwo  w\xc3\xb6rds\n", 17},
                        .title = {"A \"quoted\"", 10},
                        .links = links,
                        .n_links = 1};
    char line[1000] = {0};
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    size_t n = job_file_add_page(file, &item, true);
    rewind(file);
    assert_int_equal(fread(line, 1, sizeof(line), file), n);
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    json_t *page = json_loads(line, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(page, "word_count")), 4);
    assert_int_equal(json_integer_value(json_object_get(page, "char_count")), 16);
    assert_true(json_is_null(json_object_get(page, "source_url")));
    assert_int_equal(json_array_size(json_object_get(page, "discovered_links")), 1);
    json_decref(page);
    fclose(file);
}

static void pages_come_back_with_commas_between_them(void **state)
{
    tandem_item item = {.uri = {"http://a/", 9}, .text = {"a\nb", 3}};
    wire w = {.ptr = NULL};
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    assert_true(job_file_read_pages(file, &w)); /* none */
    assert_int_equal(w.n, 0);
    for (int i = 0; i < 200; i++) /* more than one block of the file */
        assert_true(job_file_add_page(file, &item, true) > 0);
    rewind(file);
    wire_text(&w, "[");
    assert_true(job_file_read_pages(file, &w));
    wire_text(&w, "]");
    json_t *pages = json_loadb(w.ptr, w.n, 0, NULL);
    assert_int_equal(json_array_size(pages), 200);
    json_decref(pages);
    wire_clear(&w);
    assert_true(job_file_end_pages(file));
}

static void pages_that_do_not_fit_are_told(void **state)
{
    tandem_item item = {.uri = {"http://a/", 9}};
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    if (!full)
        skip(); /* Linux has it */
    job_file_add_page(full, &item, true);
    assert_false(job_file_end_pages(full));
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_a_file_whole_or_not_at_all),
        cmocka_unit_test(only_ids_are_files_of_jobs),
        cmocka_unit_test(a_page_is_one_line_whatever_it_holds),
        cmocka_unit_test(pages_come_back_with_commas_between_them),
        cmocka_unit_test(pages_that_do_not_fit_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
