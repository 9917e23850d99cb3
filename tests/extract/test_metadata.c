#include "support.h"

static void reads_the_head(void **state)
{
    td_document *d = test_html("<html lang=en-GB><title> A\n title </title>"
                               "<meta name=description content=' A  page '>"
                               "<meta name=author content=Ada><meta name=date content=2024-01-02>"
                               "<link rel='x canonical' href=/c><p>x");

    (void)state;
    assert_str(d->title, "A title");
    assert_str(d->description, "A page");
    assert_str(d->author, "Ada");
    assert_str(d->date, "2024-01-02");
    assert_str(d->natural_language, "en-GB");
    assert_str(d->canonical, "https://docs.example.org/c");
    assert_false(d->noindex);
    assert_false(d->nofollow);
    td_document_free(d);
}

static void prefers_the_surer_source(void **state)
{
    td_document *d = test_html(
        "<meta property=og:description content=og><meta name=Description content=plain>"
        "<meta property=article:modified_time content=2025><meta name=date content=2024>"
        "<meta property=article:author content=https://h/ada><meta name=dc.creator content=Ada>"
        "<time datetime=2023>x</time><p>x");

    (void)state;
    assert_str(d->description, "plain");
    assert_str(d->date, "2024");
    assert_str(d->author, "Ada");
    td_document_free(d);
}

static void finds_a_title_where_there_is_no_title_element(void **state)
{
    td_document *d = test_html("<meta property=og:title content=og><h1>H</h1>");

    (void)state;
    assert_str(d->title, "og");
    td_document_free(d);
    d = test_html("<svg><title>icon</title></svg><h1>H <b>b</b></h1>");
    assert_str(d->title, "H b");
    td_document_free(d);
}

static void obeys_robots(void **state)
{
    td_document *d = test_html("<meta name=ROBOTS content='NoIndex , follow'><p>x");

    (void)state;
    assert_true(d->noindex);
    assert_false(d->nofollow);
    td_document_free(d);
    d = test_html("<meta name=robots content=none><p>x");
    assert_true(d->noindex && d->nofollow);
    td_document_free(d);
}

static void gives_all_links_of_the_page_also_those_of_the_navigation(void **state)
{
    td_document *d = test_html("<nav><a href=/n>N</a></nav><main><a href=m rel='x nofollow'> M\n m"
                               "</a><a href=i><img alt=pic></a><a href=''>e</a><a>f</a></main>"
                               "<footer><a href='http://o/?a&amp;b'></a></footer>"
                               "<map><area href=area></map>");

    (void)state;
    assert_int_equal(d->n_links, 5);
    assert_str(d->links[0].href, "https://docs.example.org/n");
    assert_str(d->links[0].text, "N");
    assert_false(d->links[0].nofollow);
    assert_str(d->links[1].href, "https://docs.example.org/m");
    assert_str(d->links[1].text, "M m");
    assert_true(d->links[1].nofollow);
    assert_str(d->links[2].text, "pic");
    assert_str(d->links[3].href, "http://o/?a&b");
    assert_str(d->links[4].href, "https://docs.example.org/area");
    td_document_free(d);
}

static void resolves_against_the_base_element(void **state)
{
    td_document *d = test_html("<base href=/d/><base href=/no/><a href=x>y</a>");

    (void)state;
    assert_str(d->links[0].href, "https://docs.example.org/d/x");
    td_document_free(d);
}

static void leaves_links_as_written_without_a_resolver(void **state)
{
    td_document *d = NULL;

    (void)state;
    assert_int_equal(test_read_with(BASE_URI, "text/html", TD_STR("<a href=../x>y</a>"), NULL, &d,
                                    NULL),
                     TANDEM_OK);
    assert_str(d->links[0].href, "../x");
    assert_str(d->text, "[y](../x)\n");
    td_document_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_head),
        cmocka_unit_test(prefers_the_surer_source),
        cmocka_unit_test(finds_a_title_where_there_is_no_title_element),
        cmocka_unit_test(obeys_robots),
        cmocka_unit_test(gives_all_links_of_the_page_also_those_of_the_navigation),
        cmocka_unit_test(resolves_against_the_base_element),
        cmocka_unit_test(leaves_links_as_written_without_a_resolver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
