#include "store_fixture.h"

static bool see_scope(void *user, const td_store_scope_row *row)
{
    char *out = user;
    size_t n = strlen(out);

    snprintf(out + n, 256 - n, "%.*s %.*s %llu/%llu/%llu;", TD_STR_FMT(row->scope),
             TD_STR_FMT(row->name), (unsigned long long)row->pages, (unsigned long long)row->chunks,
             (unsigned long long)row->chunks_code);
    return true;
}

static void counts_pages_and_chunks_of_a_scope(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char seen[256] = "";

    fixture_put_page(f, "a.md", "words|code|words", ids);
    fixture_put_page(f, "b.md", "words", ids);
    ok_or_fail(f, f->store->flush(f->store, &f->err));
    ok_or_fail(f, f->store->each_scope(f->store, see_scope, seen, &f->err));
    assert_string_equal(seen, "global global_knowledge 2/4/1;");
}

typedef struct list {
    int64_t ids[8];
    size_t n;
} list;

static bool see_page(void *user, const td_store_page_row *row)
{
    list *l = user;

    l->ids[l->n++] = row->id;
    return l->n < 8;
}

static void lists_pages_by_id_a_few_at_a_time(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    list first = {.n = 0}, rest = {.n = 0};

    fixture_put_page(f, "a.md", "one", ids);
    fixture_put_page(f, "b.md", "two", ids);
    fixture_put_page(f, "c.md", "three", ids);
    ok_or_fail(f, f->store->flush(f->store, &f->err));
    ok_or_fail(f, f->store->each_page(f->store, 0, 2, see_page, &first, &f->err));
    ok_or_fail(f, f->store->each_page(f->store, first.ids[1], 9, see_page, &rest, &f->err));
    assert_int_equal(first.n, 2);
    assert_int_equal(rest.n, 1);
    assert_true(first.ids[0] < first.ids[1] && first.ids[1] < rest.ids[0]);
}

static void finds_a_page_by_either_of_its_names(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    td_arena *arena = td_arena_new(1 << 20);
    td_store_page_row page;
    td_str text;
    bool found = false;

    fixture_put_page_of(f, TD_STR("http://a/old"), TD_STR("http://a/new"), true, TD_STR("T"),
                        TD_STR("one|two"), ids);
    ok_or_fail(f, f->store->flush(f->store, &f->err));
    static const char *const names[] = {"http://a/old", "http://a/new"};
    for (size_t i = 0; i < 2; i++) {
        ok_or_fail(f, f->store->page_get(f->store, td_str_from(names[i]), arena, &page, &text,
                                         &found, &f->err));
        assert_true(found && page.is_web);
        assert_true(td_str_eq(text, TD_STR("one|two")));
        assert_true(td_str_eq(page.uri, TD_STR("http://a/new")));
        assert_int_equal(page.chunks, 2);
    }
    ok_or_fail(f, f->store->page_get(f->store, TD_STR("http://a/"), arena, &page, &text, &found,
                                     &f->err));
    assert_false(found);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_pages_and_chunks_of_a_scope, fixture_setup_begun,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(lists_pages_by_id_a_few_at_a_time, fixture_setup_begun,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_a_page_by_either_of_its_names, fixture_setup_begun,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
