#include "support.h"

#define TEXT "Words that make up the text of the page and are many more than a few."
#define LEAD "What the article says in short, before it says it."

static void keeps_the_lead_before_the_text(void **state)
{
    (void)state;
    assert_markdown(
        "<div><div class=article><h1>T</h1><div class=meta>Today</div><p class=teaser-text>" LEAD
        "</p><div itemprop=articleBody><p>" TEXT "</p></div><div>Tags</div></div>"
        "</div>",
        "# T\n\n" LEAD "\n\n" TEXT "\n");
    assert_markdown("<div><div><p class=lead>" LEAD "</p></div><div itemprop=articleBody><p>" TEXT
                    "</p></div></div>",
                    LEAD "\n\n" TEXT "\n");
}

static void takes_no_link_and_no_other_box_for_a_lead(void **state)
{
    (void)state;
    assert_markdown("<div><p class=teaser><a href=/x>" LEAD
                    "</a></p><div itemprop=articleBody><p>" TEXT "</p></div></div>",
                    TEXT "\n");
    assert_markdown("<div><p class=leader>" LEAD "</p><div itemprop=articleBody><p>" TEXT
                    "</p></div></div>",
                    TEXT "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_lead_before_the_text),
        cmocka_unit_test(takes_no_link_and_no_other_box_for_a_lead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
