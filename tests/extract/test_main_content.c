#include "support.h"

#define TEXT "Words that make up the text of the page and are many more than a few. "

static void takes_the_element_with_most_text_where_none_has_a_name(void **state)
{
    (void)state;
    assert_markdown("<div><ul><li><a href=/1>one</a><li><a href=/2>two</a></ul></div>"
                    "<div><p>" TEXT TEXT TEXT "</p><p>" TEXT TEXT TEXT "</p></div>",
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few.\n");
}

static void keeps_all_answers_of_a_thread(void **state)
{
    (void)state;
    assert_markdown("<div id=thread><article><p>" TEXT "</p></article><article><p>" TEXT
                    "</p></article></div>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
}

static void keeps_a_short_page_that_steps_stand_around(void **state)
{
    (void)state;
    assert_markdown("<nav><ol><li><a href=a>A chapter</a></li></ol></nav><div><main>"
                    "<h1 id=t><a class=header href=#t>Type system</a></h1></main>"
                    "<nav><a rel=prev href=p></a><a rel=next href=n></a></nav></div>",
                    "# Type system\n");
}

static void believes_a_main_element_with_a_heading_however_short(void **state)
{
    (void)state;
    assert_markdown("<div class=teaser><p>" TEXT "</p></div><main><h1>Types</h1></main>",
                    "# Types\n");
}

/* The title in the main element, the text below it: WordPress with builders of pages. */
static void takes_a_main_element_beside_much_text_for_a_heading(void **state)
{
    td_str rest = test_repeat("<p>" TEXT "</p>", 30, "</div>");
    td_buf page = TD_BUF(1 << 20);

    (void)state;
    assert_int_equal(td_buf_add(&page, TD_STR("<main><h1>Types</h1></main><div>"), NULL), 0);
    assert_int_equal(td_buf_add(&page, rest, NULL), 0);
    td_document *d = test_read("https://a.example/", "text/html", td_buf_str(&page));
    assert_true(td_str_starts(d->text, TD_STR("# Types\n\nWords that")));
    td_document_free(d);
    td_buf_clear(&page);
    free((char *)(uintptr_t)rest.ptr);
}

/* AsciiDoc's manual pages; a heading with links in its box is a site's. */
static void keeps_the_heading_that_has_a_box_before_the_content(void **state)
{
    (void)state;
    assert_markdown("<div id=header><h1>stash(1)</h1><h2>NAME</h2><p>stash - puts away</p></div>"
                    "<div id=content><h2>SYNOPSIS</h2><p>" TEXT TEXT TEXT "</p></div>"
                    "<div id=footer>Last updated</div>",
                    "# stash(1)\n\n## NAME\n\nstash - puts away\n\n## SYNOPSIS\n\n"
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few.\n");
    assert_markdown("<div id=top><h1><a href=/>Site</a></h1>Slogan</div>"
                    "<div id=content><h2>SYNOPSIS</h2><p>" TEXT "</p></div>",
                    "# Site\n\n## SYNOPSIS\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
    assert_markdown("<div id=top><h1>Site</h1>Slogan</div><div id=content><h2>A</h2><p>" TEXT TEXT
                        TEXT "</p></div><div><p>" TEXT "</p></div>",
                    "# Site\n\n## A\n\n"
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few.\n");
}

/* A manual page's name may link to others, and an author's address is a link. */
static void keeps_the_heading_of_an_asciidoc_page_with_links(void **state)
{
    (void)state;
    assert_markdown("<body class=manpage><div id=header><h1>stash(1)</h1>"
                    "<div id=toc><ul><li><a href=#s>SYNOPSIS</a></ul></div>"
                    "<h2>NAME</h2><p>stash - puts away (see <a href=x.html>bag(5)</a>)</p></div>"
                    "<div id=content><h2 id=s>SYNOPSIS</h2><p>" TEXT TEXT TEXT "</p></div>"
                    "<div id=footer>Last updated</div>",
                    "# stash(1)\n\n## NAME\n\nstash - puts away (see "
                    "[bag(5)](https://docs.example.org/x.html))\n\n## SYNOPSIS\n\n"
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few. "
                    "Words that make up the text of the page and are many more than a few.\n");
    assert_markdown("<body class=article><div id=header><h1>stash(1)</h1></div>"
                    "<main id=content><h2>A</h2><p>" TEXT "</p></main>",
                    "# stash(1)\n\n## A\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
}

/* Their lead stands before it, and what follows is about others; the page must say what it is. */
static void leaves_out_what_follows_the_body_of_an_article(void **state)
{
    static const char PAGE[] =
        "<body><main><h1>T</h1><p>A lead.</p><div class=entry-content><p>" TEXT
        "</p></div><div><p>A teaser.</p></div></main>";
    char article[sizeof(PAGE) + 64];

    (void)state;
    snprintf(article, sizeof(article), "<meta property=og:type content=article>%s", PAGE);
    assert_markdown(article, "# T\n\nA lead.\n\n"
                             "Words that make up the text of the page and are many more than a "
                             "few.\n");
    assert_markdown(PAGE, "# T\n\nA lead.\n\n"
                          "Words that make up the text of the page and are many more than a few."
                          "\n\nA teaser.\n");
}

static void keeps_the_code_that_follows_the_body_of_an_article(void **state)
{
    (void)state;
    assert_markdown("<meta property=og:type content=article><body><main><h1>T</h1>"
                    "<div class=entry-content><p>" TEXT "</p></div>"
                    "<div><p>Run:<pre>make</pre></div><div><p>A teaser.</p></div></main>",
                    "# T\n\n"
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Run:\n\n```\nmake\n```\n");
}

static void takes_the_article_with_the_heading_of_the_page(void **state)
{
    (void)state;
    assert_markdown(
        "<div><div><article><h1>T</h1><p>" TEXT "</p></article></div>"
        "<div><article><p>A teaser.</p></article><p>A table of goals, of some length."
        "</p></div></div>",
        "# T\n\nWords that make up the text of the page and are many more than a few.\n");
}

static void keeps_all_articles_with_headings(void **state)
{
    (void)state;
    assert_markdown("<article><h1>A</h1><p>" TEXT "</p></article>"
                    "<article><h1>B</h1><p>" TEXT "</p></article>",
                    "# A\n\nWords that make up the text of the page and are many more than a few."
                    "\n\n# B\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
}

static void takes_the_title_of_doxygen_for_a_heading(void **state)
{
    (void)state;
    assert_markdown(
        "<title>P: a.h File Reference</title><div class=header><div class=headertitle>"
        "<div class=title>a.h File Reference</div></div></div><div class=contents><p>" TEXT
        "</p></div>",
        "# a.h File Reference\n\n"
        "Words that make up the text of the page and are many more than a few.\n");
}

static void keeps_the_panels_of_tabs_that_are_not_in_front(void **state)
{
    (void)state;
    assert_markdown("<main><div role=tabpanel><pre>npm i</pre></div><div role=tabpanel hidden>"
                    "<pre>yarn add</pre></div><p hidden=until-found>Found.</p><p hidden>Gone.</p>"
                    "<p aria-hidden=true>Gone.</p></main>",
                    "```\nnpm i\n```\n\n```\nyarn add\n```\n\nFound.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_element_with_most_text_where_none_has_a_name),
        cmocka_unit_test(keeps_all_answers_of_a_thread),
        cmocka_unit_test(keeps_a_short_page_that_steps_stand_around),
        cmocka_unit_test(believes_a_main_element_with_a_heading_however_short),
        cmocka_unit_test(takes_a_main_element_beside_much_text_for_a_heading),
        cmocka_unit_test(keeps_the_heading_that_has_a_box_before_the_content),
        cmocka_unit_test(keeps_the_heading_of_an_asciidoc_page_with_links),
        cmocka_unit_test(leaves_out_what_follows_the_body_of_an_article),
        cmocka_unit_test(keeps_the_code_that_follows_the_body_of_an_article),
        cmocka_unit_test(takes_the_article_with_the_heading_of_the_page),
        cmocka_unit_test(keeps_all_articles_with_headings),
        cmocka_unit_test(takes_the_title_of_doxygen_for_a_heading),
        cmocka_unit_test(keeps_the_panels_of_tabs_that_are_not_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
