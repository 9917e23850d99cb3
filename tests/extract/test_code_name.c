#include "extract/code_name.h"
#include "support.h"

/* The info string that the one code block of a page gets. */
static void check(const char *html, const char *expected)
{
    td_document *document = test_html(html);
    td_str text = document->text;
    size_t start = td_str_find(text, TD_STR("```"), 0);

    assert_int_not_equal(start, TD_STR_NONE);
    assert_str(td_str_slice(text, start + 3, td_str_find_byte(text, '\n', start)), expected);
    td_document_free(document);
}

static void knows_names_and_what_people_write_for_them(void **state)
{
    (void)state;
    assert_str(td_extract_code_name_canonical(TD_STR("Py3")), "python");
    assert_str(td_extract_code_name_canonical(TD_STR("C++")), "cpp");
    assert_str(td_extract_code_name_canonical(TD_STR("bash")), "shell");
    assert_str(td_extract_code_name_canonical(TD_STR("rust")), "rust");
    assert_str(td_extract_code_name_canonical(TD_STR("klingon")), "");
    assert_str(td_extract_code_name_canonical(TD_STR("")), "");
}

static void reads_the_classes_of_the_usual_highlighters(void **state)
{
    static const char *const CASES[][2] = {
        {"<div class=highlight-python3><div class=highlight><pre>x=1</pre></div></div>", "python"},
        {"<div class='highlight highlight-source-shell'><pre>ls</pre></div>", "shell"},
        {"<pre><code class=language-js>x</code></pre>", "javascript"},
        {"<pre class='prism language-tsx'>x</pre>", "typescript"},
        {"<pre><code class='hljs go'>x</code></pre>", "go"},
        {"<pre class='brush: ruby; gutter: false'>x</pre>", "ruby"},
        {"<pre class='brush:php'>x</pre>", "php"},
        {"<pre class='src src-lisp'>x</pre>", "lisp"},
        {"<div class='mw-highlight mw-highlight-lang-lua'><pre>x</pre></div>", "lua"},
        {"<figure data-language=css><pre>x</pre></figure>", "css"},
        {"<pre lang=perl>x</pre>", "perl"},
        {"<pre class='prettyprint lang-sql'>x</pre>", "sql"},
        {"<pre class=sourceCode><code class='sourceCode haskell'>x</code></pre>", "haskell"},
        {"<pre><code class=language-klingon>x</code></pre>", "klingon"},
        {"<pre><code class='language-text'>x</code></pre>", "text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++)
        check(CASES[i][0], CASES[i][1]);
}

static void says_nothing_where_the_page_says_nothing(void **state)
{
    (void)state;
    check("<pre>x</pre>", "");
    check("<div class='highlight-wrapper code-box'><pre>x</pre></div>", "");
    check("<div class='highlight-default'><pre><span></span>words only</pre></div>", "");
    check("<section class=language-c><p>y</p><ul><li><pre>x</pre></ul></section>", "");
}

static void takes_an_interactive_session_for_python(void **state)
{
    (void)state;
    check("<pre>&gt;&gt;&gt; 1 + 1\n2</pre>", "python");
    check("<div class=highlight-pycon><pre>&gt;&gt;&gt; 1</pre></div>", "python");
    check("<div class=highlight-default><pre><span class=kn>import</span> x</pre></div>", "python");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_names_and_what_people_write_for_them),
        cmocka_unit_test(reads_the_classes_of_the_usual_highlighters),
        cmocka_unit_test(says_nothing_where_the_page_says_nothing),
        cmocka_unit_test(takes_an_interactive_session_for_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
