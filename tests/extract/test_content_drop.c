#include "support.h"

#define LINE "Words that make up the text of the page and are many more than a few."
#define TEXT LINE " "
#define SAID "Words of a reader who has much to say on this and says it at length. "
#define MANY SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID SAID

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

static void drops_what_runs_an_example_or_links_a_line_to_itself(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><p>f :: Int<a class=selflink href=#f>#</a></p>"
                    "<pre>x</pre><a class=test-arrow href=/play>Run</a></main>",
                    "Words that make up the text of the page and are many more than a few.\n\n"
                    "f :: Int\n\n```\nx\n```\n");
}

static void keeps_a_form_that_has_the_page_s_title_or_code(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT TEXT "</p><form><h1>Try it</h1><input type=text></form>"
                    "<form><pre>x = 1</pre><input type=text></form><form>Mail <input type=text>"
                    "</form></main>",
                    LINE " " LINE "\n\n# Try it\n\n```\nx = 1\n```\n");
}

static void keeps_comments_beside_which_little_stands(void **state)
{
    (void)state;
    assert_markdown("<div><p>" TEXT "</p></div><div id=comments><p>" SAID "</p></div>",
                    LINE "\n\n"
                         "Words of a reader who has much to say on this and says it at length.\n");
}

static void drops_comments_below_an_article(void **state)
{
    (void)state;
    assert_markdown(
        "<div><h1>T</h1><p>" TEXT TEXT TEXT TEXT TEXT TEXT "</p></div>"
        "<div id=comments><h3>2 comments</h3><ol class=comment-list><li>First!</ol></div>"
        "<div class=comment-respond><form><p>Name</p><input type=text></form></div>",
        "# T\n\n" LINE " " LINE " " LINE " " LINE " " LINE " " LINE "\n");
}

/* Each answer of a page of questions has some; a discussion of two lines is nothing without. */
static void keeps_comments_that_are_the_page(void **state)
{
    (void)state;
    assert_markdown("<h1>T</h1><div class=comments><p>" TEXT "</p></div>", "# T\n\n" LINE "\n");
    assert_markdown("<main><h1>T</h1><p>" TEXT TEXT TEXT TEXT TEXT TEXT "</p>"
                    "<div class=comments><p>One.</div><div class=comments><p>Two.</div>"
                    "<div class=comments><p>Three.</div><div class=comments><p>Four.</div></main>",
                    "# T\n\n" LINE " " LINE " " LINE " " LINE " " LINE " " LINE
                    "\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n");
}

/* Unless the page says that it is an article. */
static void keeps_comments_that_are_many_times_the_text(void **state)
{
    static const char PAGE[] = "<body><div><h1>T</h1><p>" TEXT TEXT TEXT TEXT TEXT TEXT
                               "</p></div><div class=comments><p>" MANY MANY MANY MANY "</p></div>";
    char article[sizeof(PAGE) + 64];
    td_document *document;

    (void)state;
    snprintf(article, sizeof(article), "<meta property=og:type content=article>%s", PAGE);
    assert_markdown(article, "# T\n\n" LINE " " LINE " " LINE " " LINE " " LINE " " LINE "\n");
    document = test_html(PAGE);
    assert_true(td_str_find(document->text, TD_STR("Words of a reader"), 0) != TD_STR_NONE);
    td_document_free(document);
}

/* A manual's section on comments in its language. */
static void keeps_a_section_on_comments(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT TEXT TEXT TEXT TEXT TEXT "</p>"
                    "<section id=comments><h2>Comments</h2><p>Begin with a hash.</p></section>"
                    "<div id=Comments><p>And end the line.</p></div></main>",
                    LINE " " LINE " " LINE " " LINE " " LINE " " LINE
                         "\n\n## Comments\n\nBegin with a hash.\n\nAnd end the line.\n");
    assert_markdown("<p>" TEXT TEXT TEXT TEXT TEXT TEXT "</p>"
                    "<pre><span class=comments># Of code.</span>\nmake</pre>",
                    LINE " " LINE " " LINE " " LINE " " LINE " " LINE
                         "\n\n```\n# Of code.\nmake\n```\n");
}

static void drops_forms_to_type_in_beside_the_content(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><form><p>Your mail</p><input type=email></form>"
                    "<form><p>No field.</p><input type=hidden></form></main>",
                    LINE "\n\nNo field.\n");
}

static void drops_what_is_about_authors_and_other_articles(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT TEXT "</p><div class=author-bio><p>Ann writes.</p></div>"
                    "<div class=related-posts><h3>More</h3><p>A teaser.</p></div></main>",
                    LINE " " LINE "\n");
}

/* A table of contents in a manual is a table of links, too. */
static void drops_an_aside_that_is_a_sidebar_inside_an_article(void **state)
{
    (void)state;
    assert_markdown("<meta property=og:type content=article><body><main><p>" TEXT
                    "</p><aside class=sidebar><h3>Videos</h3></aside></main>",
                    LINE "\n");
    assert_markdown("<main><p>" TEXT "</p><aside class=sidebar><p>By the way.</p></aside></main>",
                    LINE "\n\nBy the way.\n");
}

static void drops_tables_that_are_boxes_of_links_alone(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><table class=vertical-navbox><tr><td><a href=/a>A field"
                    "</a></table><table class=menu><tr><td><a href=/b>A part</a></table></main>",
                    LINE "\n\n[A part](https://docs.example.org/b)\n");
}

/* An RFC's sections, in one pre, are links to themselves. */
static void keeps_numbers_of_sections_inside_of_code(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><pre><a class=selflink href=#s4>4</a>. Requests"
                    "<a class=viewcode-back href=/x>[docs]</a></pre></main>",
                    LINE "\n\n```\n4. Requests\n```\n");
}

static void drops_what_folds_and_what_is_said_again(void **state)
{
    (void)state;
    assert_markdown(
        "<h2>Methods <small><a href=\"#\">collapse</a></small></h2><p><a href=/show>show</a>"
        "</p><p>Counts. <a href=\"#details\">More...</a></p>",
        "## Methods\n\n[show](https://docs.example.org/show)\n\nCounts.\n");
    assert_markdown(
        "<p class=shortcomment>Counts.</p> <div class=fullcomment><p>Counts. And more.</p>"
        "</div><p class=shortcomment>Alone.</p>",
        "Counts. And more.\n\nAlone.\n");
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
        cmocka_unit_test(drops_the_steps_to_the_pages_before_and_after),
        cmocka_unit_test(keeps_a_page_inside_one_large_form),
        cmocka_unit_test(drops_what_runs_an_example_or_links_a_line_to_itself),
        cmocka_unit_test(keeps_a_form_that_has_the_page_s_title_or_code),
        cmocka_unit_test(keeps_comments_beside_which_little_stands),
        cmocka_unit_test(drops_comments_below_an_article),
        cmocka_unit_test(keeps_comments_that_are_the_page),
        cmocka_unit_test(keeps_comments_that_are_many_times_the_text),
        cmocka_unit_test(keeps_a_section_on_comments),
        cmocka_unit_test(drops_forms_to_type_in_beside_the_content),
        cmocka_unit_test(drops_what_is_about_authors_and_other_articles),
        cmocka_unit_test(drops_an_aside_that_is_a_sidebar_inside_an_article),
        cmocka_unit_test(drops_tables_that_are_boxes_of_links_alone),
        cmocka_unit_test(keeps_numbers_of_sections_inside_of_code),
        cmocka_unit_test(drops_what_folds_and_what_is_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
