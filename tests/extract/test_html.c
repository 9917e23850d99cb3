#include "support.h"

#include <dirent.h>
#include <pthread.h>

static void read_golden(const char *name, td_buf *out)
{
    char path[1024];
    tandem_error err = {0};

    snprintf(path, sizeof(path), "%s/extract/%s", getenv("TANDEM_GOLDEN"), name);
    if (td_os_read_file(path, 1 << 20, out, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
}

static void check(const char *source, const char *expected, const char *uri)
{
    td_buf html = TD_BUF(1 << 20), markdown = TD_BUF(1 << 20);
    td_document *document;

    read_golden(source, &html);
    read_golden(expected, &markdown);
    document = test_read(uri, "", td_buf_str(&html));
    if (!td_str_eq(document->text, td_buf_str(&markdown))) {
        print_error("--- %s gives\n%.*s\n", source, TD_STR_FMT(document->text));
        fail();
    }
    td_document_free(document);
    td_buf_clear(&html);
    td_buf_clear(&markdown);
}

#define GOLDEN(name)                                                        \
    static void gives_the_markdown_written_by_hand_for_##name(void **state) \
    {                                                                       \
        (void)state;                                                        \
        check(#name ".html", #name ".md", BASE_URI);                        \
    }
GOLDEN(sphinx)
GOLDEN(blog)
GOLDEN(lists)
GOLDEN(tables)
GOLDEN(inline)
GOLDEN(code)
GOLDEN(landing)
GOLDEN(index)

static void gives_the_markdown_written_by_hand_for_man_pages(void **state)
{
    (void)state;
    check("man/frob.1", "man/frob.md", "/usr/share/man/man1/frob.1");
    check("man/frobd.8", "man/frobd.md", "/usr/share/man/man8/frobd.8");
}

static void gives_the_markdown_written_by_hand_for_a_notebook(void **state)
{
    (void)state;
    check("frob.ipynb", "frob.md", "/data/frob.ipynb");
}

static void keeps_navigation_when_the_whole_page_is_asked_for(void **state)
{
    td_extract_options options = test_options();
    td_document *document = NULL;
    const char *html = "<body><nav><a href=/a>Menu</a></nav><main><h1>T</h1><p>Text.</p></main>"
                       "<footer>Foot</footer><script>bad()</script></body>";

    (void)state;
    options.whole_page = true;
    assert_int_equal(test_read_with(BASE_URI, "text/html", td_str_from(html), &options, &document,
                                    NULL),
                     TANDEM_OK);
    assert_str(document->text, "[Menu](https://docs.example.org/a)\n\n# T\n\nText.\n\nFoot\n");
    td_document_free(document);
}

static void never_gives_nothing_for_a_page_that_has_text(void **state)
{
    (void)state;
    assert_markdown("<body><nav>Only navigation</nav></body>", "Only navigation\n");
    assert_markdown("<body><div hidden>Only hidden</div></body>", "Only hidden\n");
    assert_markdown("<body><noscript>Please enable scripts</noscript></body>",
                    "Please enable scripts\n");
    assert_markdown("<main></main><div>Outside of main</div>", "Outside of main\n");
    assert_markdown("<div class=cookie-banner>All there is</div>", "All there is\n");
}

static void says_empty_for_a_page_without_text(void **state)
{
    td_document *document = NULL;
    tandem_error err = {0};

    (void)state;
    assert_int_equal(test_read_with(BASE_URI, "text/html",
                                    TD_STR("<title>x</title><script>var a;</script><img src=x>"),
                                    NULL, &document, &err),
                     TANDEM_E_EMPTY);
    assert_null(document);
}

/* The titles of a theme whose heading stands above the content. */
static void keeps_the_heading_that_stands_above_the_content(void **state)
{
    (void)state;
    assert_markdown("<title>Queues - Docs</title><body><div class=hd><h1>Queues</h1></div>"
                    "<div><div class=markdown-body><p>Text of the page that is long enough.</p>"
                    "</div></div></body>",
                    "# Queues\n\nText of the page that is long enough.\n");
}

/* Hostile input: what matters is that it ends, soon and without an error of the sanitizers; the
 * times are figures of the benchmark. The small stack proves that nothing recurses. */
typedef struct hostile {
    const char *what, *end;
    size_t n;
    tandem_code code;
} hostile;

static const hostile HOSTILE[] = {
    {"<div>", "text", 100000, TANDEM_OK},
    {"<b><i><p>", "text", 30000, TANDEM_OK},
    {"<ul><li>", "text", 50000, TANDEM_OK},
    {"<blockquote>", "text", 100000, TANDEM_OK},
    {"<table><tr><td>", "text", 30000, TANDEM_OK},
    {"<svg><g>", "text", 50000, TANDEM_OK},
    {"<a href=x>link</a> ", "text", 20000, TANDEM_OK},
    {"<a href=x>link", "text", 20000, TANDEM_OK},
    {"<b id=1><p>x", "text", 20000, TANDEM_OK},
    {"<select><table></select><td><div></td>", "text", 20000, TANDEM_OK},
    {"<table><template><td><div></td>", "text", 20000, TANDEM_OK},
    {"<form><p>", "text", 50000, TANDEM_OK},
    {"<pre>", "text", 50000, TANDEM_OK},
    {"<code>`", "text", 20000, TANDEM_OK},
    {"<dl><dt>", "text", 50000, TANDEM_OK},
    {"<h1>", "text", 50000, TANDEM_OK},
    {"<q>", "text", 50000, TANDEM_OK},
    {"<math><mi>", "text", 50000, TANDEM_OK},
    {"<", " text", 200000, TANDEM_OK},
    {"</p>", "text", 50000, TANDEM_OK},
    {"<!--", "text", 50000, TANDEM_E_EMPTY},
    {"<script><!--<script>", "text", 50000, TANDEM_E_EMPTY},
    {"<a b=\"", "text", 50000, TANDEM_E_EMPTY},
    {"<frameset>", "<frame src=a>", 50000, TANDEM_E_EMPTY},
};

static void *read_hostile(void *arg)
{
    const char **failed = arg;

    for (size_t i = 0; i < sizeof(HOSTILE) / sizeof(*HOSTILE) && !*failed; i++) {
        td_str html = test_repeat(HOSTILE[i].what, HOSTILE[i].n, HOSTILE[i].end);
        td_document *document = NULL;

        if (test_read_with(BASE_URI, "text/html", html, NULL, &document, NULL) != HOSTILE[i].code ||
            (document &&
             td_str_find(document->text, td_str_from(HOSTILE[i].end), 0) == TD_STR_NONE))
            *failed = HOSTILE[i].what;
        td_document_free(document);
        free((char *)(uintptr_t)html.ptr);
    }
    return NULL;
}

static void reads_hostile_pages_on_a_stack_of_256_kb(void **state)
{
    pthread_attr_t attributes;
    pthread_t thread;
    const char *failed = NULL;

    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
    assert_int_equal(pthread_create(&thread, &attributes, read_hostile, &failed), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    if (failed)
        fail_msg("%s again and again", failed);
}

static void reads_a_tag_with_100000_attributes(void **state)
{
    td_buf html = TD_BUF(1 << 24);
    td_document *document;

    (void)state;
    assert_int_equal(td_buf_add(&html, TD_STR("<p "), NULL), TANDEM_OK);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(td_buf_add_fmt(&html, NULL, "a%d=%d id=%d ", i, i, i), TANDEM_OK);
    assert_int_equal(td_buf_add(&html, TD_STR(">text"), NULL), TANDEM_OK);
    document = test_read(BASE_URI, "text/html", td_buf_str(&html));
    assert_str(document->text, "text\n");
    td_document_free(document);
    td_buf_clear(&html);
}

static void gives_plain_lines_when_a_page_needs_too_much_memory(void **state)
{
    td_str html = test_repeat("<p>one<td>two<br>", 600000, "<p>end");
    td_document *document = test_read(BASE_URI, "text/html", html);

    (void)state;
    assert_true(td_str_starts(document->text, TD_STR("one")));
    assert_true(td_str_ends(document->text, TD_STR("end\n")));
    td_document_free(document);
    free((char *)(uintptr_t)html.ptr);
}

/* Real pages, where they are installed (Debian's python3-doc): no example loses a byte. The page's
 * own pre elements are cut out of its source here, by hand, without any parser. */
static size_t count_examples(td_str html, td_str markdown, const char *name)
{
    size_t n = 0;

    for (size_t at = 0; (at = td_str_find(html, TD_STR("<pre><span></span>"), at)) != TD_STR_NONE;
         n++) {
        size_t end = td_str_find(html, TD_STR("</pre>"), at += 18);
        td_buf text = TD_BUF(1 << 20);

        for (size_t i = at; i < end; i++) {
            td_str rest = td_str_slice(html, i, end);
            static const char *const ENTITIES[][2] = {
                {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}};
            size_t e = 0;

            if (html.ptr[i] == '<') {
                i = td_str_find_byte(html, '>', i);
                continue;
            }
            while (e < 5 && !td_str_starts(rest, td_str_from(ENTITIES[e][0])))
                e++;
            if (e < 5)
                i += strlen(ENTITIES[e][0]) - 1;
            assert_int_equal(td_buf_add_byte(&text, e < 5 ? ENTITIES[e][1][0] : html.ptr[i], NULL),
                             TANDEM_OK);
        }
        assert_int_equal(td_buf_add(&text, TD_STR("```\n"), NULL), TANDEM_OK);
        if (td_str_find(markdown, td_buf_str(&text), 0) == TD_STR_NONE)
            fail_msg("%s lost an example: %.200s", name, text.ptr);
        td_buf_clear(&text);
    }
    return n;
}

static void keeps_every_example_of_the_python_documentation_byte_for_byte(void **state)
{
    static const char *const FOLDERS[] = {"library", "tutorial", "howto", "c-api", "reference"};
    size_t n = 0;

    (void)state;
    for (size_t f = 0; f < 5; f++) {
        char path[1024];
        struct dirent *entry;
        DIR *folder;

        snprintf(path, sizeof(path), "/usr/share/doc/python3-doc/html/%s", FOLDERS[f]);
        folder = opendir(path);
        while (folder && (entry = readdir(folder))) {
            td_buf html = TD_BUF(1 << 24);
            td_document *document;

            if (!td_str_ends(td_str_from(entry->d_name), TD_STR(".html")))
                continue;
            snprintf(path, sizeof(path), "/usr/share/doc/python3-doc/html/%s/%s", FOLDERS[f],
                     entry->d_name);
            assert_int_equal(td_os_read_file(path, 1 << 24, &html, NULL), TANDEM_OK);
            document = test_read(path, "", td_buf_str(&html));
            n += count_examples(td_buf_str(&html), document->text, path);
            td_document_free(document);
            td_buf_clear(&html);
        }
        if (folder)
            closedir(folder);
    }
    if (n == 0) {
        print_message("package python3-doc is not installed\n");
        skip();
    }
    assert_true(n > 1000);
}

static void gives_links_without_the_text_where_that_is_enough(void **state)
{
    td_extract_options options = test_options();
    td_document *document = NULL;

    (void)state;
    options.links_only = true;
    assert_int_equal(test_read_with("x.html", "text/html",
                                    TD_STR("<title>T</title><p>Text <a href=\"/a\">a</a>"),
                                    &options, &document, NULL),
                     TANDEM_OK);
    assert_str(document->title, "T");
    assert_int_equal(document->text.n, 0);
    assert_int_equal(document->n_links, 1);
    td_document_free(document);
}

static void reads_templates_that_are_in_their_place_at_once(void **state)
{
    (void)state;
    assert_markdown("<x-a><template shadowrootmode=\"open\"><p>Shadow.</p><template>No.</template>"
                    "<p>More.</p></template><p>Light.</p></x-a><template><p>No.</p></template>",
                    "Shadow.\n\nMore.\n\nLight.\n");
}

static void reads_formulas_that_scripts_hold(void **state)
{
    (void)state;
    assert_markdown(
        "<p>As <script type=\"math/tex\">a_1 < b^2</script> is.</p><script>no()</script>",
        "As a_1 < b^2 is.\n");
}

static void reads_text_that_does_not_say_its_charset(void **state)
{
    td_document *d = test_read("https://a.example/", "text/html",
                               TD_STR("<p>\xDD\xF2\xEE \xF1\xF2\xF0\xE0\xED\xE8\xF6\xE0."));

    (void)state;
    assert_str(d->text, "\xD0\xAD\xD1\x82\xD0\xBE \xD1\x81\xD1\x82\xD1\x80\xD0\xB0\xD0\xBD\xD0\xB8"
                        "\xD1\x86\xD0\xB0.\n");
    td_document_free(d);
    d = test_read("https://a.example/", "text/html",
                  TD_STR("<\0p\0>\0I\0n\0 \0\xFC\0b\0e\0r\0.\0"));
    assert_str(d->text, "In \xC3\xBC"
                        "ber.\n");
    td_document_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_sphinx),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_blog),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_lists),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_tables),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_inline),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_code),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_landing),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_index),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_man_pages),
        cmocka_unit_test(gives_the_markdown_written_by_hand_for_a_notebook),
        cmocka_unit_test(keeps_navigation_when_the_whole_page_is_asked_for),
        cmocka_unit_test(never_gives_nothing_for_a_page_that_has_text),
        cmocka_unit_test(says_empty_for_a_page_without_text),
        cmocka_unit_test(keeps_the_heading_that_stands_above_the_content),
        cmocka_unit_test(reads_hostile_pages_on_a_stack_of_256_kb),
        cmocka_unit_test(reads_a_tag_with_100000_attributes),
        cmocka_unit_test(gives_plain_lines_when_a_page_needs_too_much_memory),
        cmocka_unit_test(keeps_every_example_of_the_python_documentation_byte_for_byte),
        cmocka_unit_test(gives_links_without_the_text_where_that_is_enough),
        cmocka_unit_test(reads_templates_that_are_in_their_place_at_once),
        cmocka_unit_test(reads_formulas_that_scripts_hold),
        cmocka_unit_test(reads_text_that_does_not_say_its_charset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
