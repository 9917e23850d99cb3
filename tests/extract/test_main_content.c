#include "support.h"

#define TEXT "Words that make up the text of the page and are many more than a few. "

static void drops_navigation_around_the_content(void **state)
{
    (void)state;
    assert_markdown("<nav>menu</nav><div role=navigation>more</div><main><p>" TEXT
                    "</p></main><footer>foot</footer>",
                    "Words that make up the text of the page and are many more than a few.\n");
    assert_markdown("<div class=navbar>menu</div><div><p>" TEXT "</p><p>" TEXT
                    "</p></div><div class=site-footer>foot</div>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
}

static void drops_permalinks_edit_links_and_copy_buttons(void **state)
{
    (void)state;
    assert_markdown("<main><h1>T<a class=headerlink href=#t>\xC2\xB6</a></h1><h2>U <a href=#u>#</a>"
                    "<a class=anchor-link href=/x>link</a> <span class=mw-editsection>[edit]</span>"
                    "</h2><p>" TEXT "</p><a href=/edit>Edit this page</a><button>Copy</button>"
                    "</main>",
                    "# T\n\n## U\n\n"
                    "Words that make up the text of the page and are many more than a few.\n");
}

static void drops_cookie_banners_and_share_bars_inside_the_content(void **state)
{
    (void)state;
    assert_markdown("<article><div class=cookie-banner>We use cookies</div><p>" TEXT
                    "</p><div class=share-bar><a href=/s>Share</a></div></article>",
                    "Words that make up the text of the page and are many more than a few.\n");
}

/* Of one length, first and middle letter: all that tells them apart is the rest. */
static void drops_by_the_whole_class_alone(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p>"
                    "<div class=cookie-banner>We use cookies</div>"
                    "<div class=cardie-bacter><p>In it too.</p></div></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "In it too.\n");
}

static void keeps_asides_that_are_notes_of_the_text(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><aside class=footnote><p>Note one.</p></aside>"
                    "<aside><p>A remark in the text.</p></aside></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Note one.\n\nA remark in the text.\n");
}

/* Sphinx gives sections the names of their titles. */
static void keeps_sections_whose_title_sounds_like_noise(void **state)
{
    (void)state;
    assert_markdown("<main><section id=cookie-objects><h2>Cookie Objects</h2><p>" TEXT
                    "</p></section><div class=section id=related><h2>Related</h2><p>Work.</p></div>"
                    "</main>",
                    "## Cookie Objects\n\n"
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "## Related\n\nWork.\n");
}

static void keeps_code_wherever_it_stands_in_the_content(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT
                    "</p><div class=newsletter-example><pre>x = 1</pre></div></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "```\nx = 1\n```\n");
}

static void drops_line_numbers_only_where_there_are_digits(void **state)
{
    (void)state;
    assert_markdown("<pre><span class=lineno> 1 </span>a\n<span class=lineno> 2 </span>b</pre>",
                    "```\na\nb\n```\n");
    assert_markdown("<main><p>" TEXT "</p><div class=gutter>Gutter text is text.</div></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "Gutter text is text.\n");
}

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

static void drops_the_steps_to_the_pages_before_and_after(void **state)
{
    (void)state;
    assert_markdown(
        "<body><div class=header><p>Next: <a href=b rel=next>B</a>, Previous: <a href=a"
        " rel=prev>A</a></p></div><h1>T</h1><p>" TEXT
        "</p><table><tr><td><a href=x>Prev</a><td><a href=y>Next</a></table>",
        "# T\n\nWords that make up the text of the page and are many more than a few.\n");
}

static void keeps_a_page_inside_one_large_form(void **state)
{
    (void)state;
    assert_markdown("<form><p>" TEXT "</p><input type=text value=x><select><option>o</select>"
                    "</form>",
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

static void drops_what_runs_an_example_or_links_a_line_to_itself(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><p>f :: Int<a class=selflink href=#f>#</a></p>"
                    "<pre>x</pre><a class=test-arrow href=/play>Run</a></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "f :: Int\n\n```\nx\n```\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_navigation_around_the_content),
        cmocka_unit_test(drops_permalinks_edit_links_and_copy_buttons),
        cmocka_unit_test(drops_cookie_banners_and_share_bars_inside_the_content),
        cmocka_unit_test(drops_by_the_whole_class_alone),
        cmocka_unit_test(keeps_asides_that_are_notes_of_the_text),
        cmocka_unit_test(keeps_sections_whose_title_sounds_like_noise),
        cmocka_unit_test(keeps_code_wherever_it_stands_in_the_content),
        cmocka_unit_test(drops_line_numbers_only_where_there_are_digits),
        cmocka_unit_test(takes_the_element_with_most_text_where_none_has_a_name),
        cmocka_unit_test(drops_the_steps_to_the_pages_before_and_after),
        cmocka_unit_test(keeps_a_page_inside_one_large_form),
        cmocka_unit_test(keeps_all_answers_of_a_thread),
        cmocka_unit_test(keeps_a_short_page_that_steps_stand_around),
        cmocka_unit_test(believes_a_main_element_with_a_heading_however_short),
        cmocka_unit_test(keeps_the_heading_that_has_a_box_before_the_content),
        cmocka_unit_test(drops_what_runs_an_example_or_links_a_line_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
