#include "api/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static tandem_index *filled(void)
{
    tandem_index *index = NULL;
    tandem_job_options options = TANDEM_JOB_OPTIONS;
    tandem_job *job = NULL;
    tandem_summary summary;
    const char *source = tree;

    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    options.project = "Garden";
    options.chunk_size = 64;
    options.chunk_overlap = 0;
    put_file("long.md",
             "# One\n\nThe first part is about the gate and who may open it at night.\n"
             "\n# Two\n\nThe second part is about the well and how deep it has become.\n"
             "\n# Three\n\nThe third part is about the bees and the man who keeps them.\n");
    assert_int_equal(tandem_job_open(index, &source, 1, &options, &job, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_get_summary(job, &summary, NULL), TANDEM_OK);
    tandem_job_close(job);
    return index;
}

static void see_scope(void *user, const tandem_scope_info *info)
{
    assert_int_equal(info->pages, 3);
    assert_true(info->chunks >= 5 && info->chunks_code >= 1 && info->chunks_code < info->chunks);
    assert_int_equal(info->name.n, strlen("project_garden"));
    assert_memory_equal(info->name.ptr, "project_garden", info->name.n);
    assert_memory_equal(info->project.ptr, "Garden", info->project.n);
    (*(int *)user)++;
}

static void counts_what_each_scope_holds(void **state)
{
    tandem_index *index = filled();
    int n = 0;

    (void)state;
    assert_int_equal(tandem_index_each_scope(index, see_scope, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 1);
    tandem_index_close(index);
}

typedef struct seen {
    size_t n;
    uint64_t last;
} seen;

static void see_page(void *user, const tandem_page_info *info)
{
    seen *s = user;

    assert_true(info->id > s->last);
    assert_true(info->chunks > 0 && !info->is_web);
    s->last = info->id;
    s->n++;
}

static void gives_pages_in_order_and_each_with_its_text(void **state)
{
    tandem_index *index = filled();
    tandem_page *page = NULL;
    tandem_error error = {0};
    char path[256];
    seen s = {0, 0};

    (void)state;
    assert_int_equal(tandem_index_each_page(index, 0, 2, see_page, &s, NULL), TANDEM_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(tandem_index_each_page(index, s.last, 2, see_page, &s, NULL), TANDEM_OK);
    assert_int_equal(s.n, 3);
    snprintf(path, sizeof(path), "%s/shed.md", tree);
    assert_int_equal(tandem_index_open_page(index, (tandem_str){path, strlen(path)}, &page, &error),
                     TANDEM_OK);
    assert_memory_equal(tandem_page_get_text(page).ptr, "# Shed\n", 7);
    assert_int_equal(tandem_page_get_info(page)->uri.n, strlen(path));
    tandem_page_free(page);
    page = NULL;
    assert_int_equal(tandem_index_open_page(index, (tandem_str){"/no", 3}, &page, &error),
                     TANDEM_E_NOT_FOUND);
    assert_null(page);
    tandem_index_close(index);
}

static void gives_a_chunk_with_its_neighbours_of_the_same_page(void **state)
{
    tandem_index *index = filled();
    tandem_search_options options = TANDEM_SEARCH_OPTIONS;
    tandem_hits *found = NULL, *around = NULL;
    tandem_error error = {0};
    size_t n = 0, n_around = 0;

    (void)state;
    options.path_glob = "**/long.md";
    assert_int_equal(tandem_index_search(index, (tandem_str){"well", 4}, &options, &found, NULL),
                     TANDEM_OK);
    const tandem_hit *hits = tandem_hits_get(found, &n);
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(hits[i].project.ptr, "Garden", 6);
        assert_memory_equal(hits[i].scope.ptr, "project", 7);
        assert_int_equal(tandem_index_get_chunk(index, hits[i].id, 1, &around, &error), TANDEM_OK);
        const tandem_hit *near = tandem_hits_get(around, &n_around);
        size_t wanted = hits[i].index == 0 || hits[i].index == n - 1 ? 2 : 3;
        assert_int_equal(n_around, wanted);
        for (size_t k = 0; k < n_around; k++) {
            assert_int_equal(near[k].path.n, hits[i].path.n);
            assert_int_equal(near[k].index, near[0].index + k);
        }
        tandem_hits_free(around);
    }
    assert_int_equal(tandem_index_get_chunk(index, 1000000, 1, &around, &error),
                     TANDEM_E_NOT_FOUND);
    assert_int_equal(tandem_index_get_chunk(index, 0, 0, &around, &error), TANDEM_E_NOT_FOUND);
    assert_int_equal(tandem_index_get_chunk(index, UINT64_MAX, 100, &around, &error),
                     TANDEM_E_NOT_FOUND);
    assert_int_equal(tandem_index_get_chunk(index, 1, 101, &around, &error), TANDEM_E_INVALID);
    tandem_hits_free(found);
    tandem_index_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_what_each_scope_holds),
        TEST(gives_pages_in_order_and_each_with_its_text),
        TEST(gives_a_chunk_with_its_neighbours_of_the_same_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
