#include "chunk/chunk.h"
#include "chunk/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(const char *markdown, const char *plain)
{
    td_buf out = TD_BUF(1u << 20);

    assert_int_equal(td_chunk_plain_add(td_str_from(markdown), &out, NULL), TANDEM_OK);
    assert_string_equal(out.n ? out.ptr : "", plain);
    td_buf_clear(&out);
}

static void drops_the_targets_of_links_and_images(void **state)
{
    (void)state;
    expect("See [the guide](http://a.b/c?d=(e)) now.", "See the guide now.");
    expect("![a cat](cat.png \"title\")", "a cat");
    expect("[`PyObject`](structures.html#c.PyObject) and [b](c)", "`PyObject` and b");
    expect("[![badge](b.svg)](http://x)", "badge");
}

static void keeps_what_is_no_link(void **state)
{
    (void)state;
    expect("a[i](x", "a[i](x");
    expect("[1] and (2)", "[1] and (2)");
    expect("~~~c\na\\.b [x](y)\n~~~\n\\.", "~~~c\na\\.b [x](y)\n~~~\n.");
    expect("a ~~~ \\. ~~~", "a ~~~ . ~~~");
    expect("`a[i](x)` stays, ``b`[j](y)`` too", "`a[i](x)` stays, ``b`[j](y)`` too");
    expect("\\[no\\](link)", "[no](link)");
    expect("[a](b\nc)", "[a](b\nc)");
    expect("](x) [", "](x) [");
    expect("", "");
}

static void signs_are_read_without_their_backslashes(void **state)
{
    (void)state;
    expect("\\_\\_init__ \\<T> 1\\. \\# a", "__init__ <T> 1. # a");
    expect("\\frac \\\\x \\d+ a\\", "\\frac \\\\x \\d+ a\\");
    expect("`\\*` \\*", "`\\*` *");
    expect("\\\\*a \\\\_b", "\\\\*a \\\\_b");
    expect("[\\*a](b)", "*a");
}

static td_str text_for(tandem_chunk chunk, td_arena *arena)
{
    td_str text = {0};

    assert_int_equal(td_chunk_model_text(&chunk, arena, &text, NULL), TANDEM_OK);
    return text;
}

static void puts_prose_under_its_heading_and_leaves_code_alone(void **state)
{
    td_arena *arena = td_arena_new(1u << 16);
    tandem_chunk prose = {.text = TD_STR("Some [words](x)."), .heading = TD_STR("A > B")};
    tandem_chunk headed = {.text = TD_STR("## B\n\nWords."), .heading = TD_STR("A > B")};
    tandem_chunk code = {.text = TD_STR("a[i](x)"), .heading = TD_STR("A > B"), .is_code = true};

    (void)state;
    assert_true(td_str_eq(text_for(prose, arena), TD_STR("A > B\n\nSome words.")));
    assert_true(td_str_eq(text_for(headed, arena), TD_STR("## B\n\nWords.")));
    assert_ptr_equal(text_for(code, arena).ptr, code.text.ptr);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_the_targets_of_links_and_images),
        cmocka_unit_test(keeps_what_is_no_link),
        cmocka_unit_test(signs_are_read_without_their_backslashes),
        cmocka_unit_test(puts_prose_under_its_heading_and_leaves_code_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
