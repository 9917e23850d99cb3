#include "extract/main_content.h"

#include "extract/content_drop.h"
#include "extract/content_lead.h"
#include "extract/content_related.h"

enum {
    MAIN_BYTES_MIN = 50, /* an element that says it is the content is believed from here on */
    HEADING_BYTES_MAX = 200,
    HEADING_TIMES_MAX = 30,
    ARTICLE_PERCENT_MIN = 60, /* of the content's text; more of it is the article's body */
};

/* All but the panels of tabs, of which a reader will see each, and what a search finds. */
static bool says_hidden(const td_node *node)
{
    td_str hidden = td_extract_tree_get(node, TD_ATTRIBUTE_HIDDEN);

    if (td_str_eq_nocase(td_extract_content_measure_role(node), TD_STR("tabpanel")))
        return false;
    return (td_extract_tree_has(node, TD_ATTRIBUTE_HIDDEN) &&
            !td_str_eq_nocase(hidden, TD_STR("until-found"))) ||
           td_str_eq(td_extract_tree_get(node, TD_ATTRIBUTE_ARIA_HIDDEN), TD_STR("true"));
}

static bool is_hidden(const td_node *node)
{
    switch ((int)node->tag) {
    case TD_TAG_HEAD:
    case TD_TAG_SCRIPT:
    case TD_TAG_STYLE:
    case TD_TAG_TEMPLATE:
    case TD_TAG_NOSCRIPT:
    case TD_TAG_SVG:
    case TD_TAG_IFRAME:
    case TD_TAG_OBJECT:
    case TD_TAG_CANVAS:
    case TD_TAG_AUDIO:
    case TD_TAG_VIDEO:
    case TD_TAG_SELECT:
    case TD_TAG_DATALIST:
    case TD_TAG_TEXTAREA:
    case TD_TAG_BUTTON:
    case TD_TAG_MAP:
    case TD_TAG_CLIPBOARD_COPY:
    case TD_TAG_APPLET:
    case TD_TAG_NOEMBED:
        return true;
    case TD_TAG_HTML:
    case TD_TAG_BODY:
    case TD_TAG_MAIN:
    case TD_TAG_ARTICLE:
    case TD_TAG_TEXT:
        return false;
    default:
        return node->n_attributes > 0 && says_hidden(node);
    }
}

void td_extract_main_content_drop_hidden(td_tree *tree)
{
    for (uint32_t i = 1; i < tree->n; i++) {
        td_node *node = &tree->nodes[i];

        if (is_hidden(node)) {
            node->flags |= TD_NODE_DROPPED;
            i = node->end - 1;
        }
    }
}

/* Doxygen's title of a page is a div of that class in another, "headertitle". */
static void name_title(td_tree *tree)
{
    for (uint32_t i = 1; i < tree->n; i++) {
        td_node *node = &tree->nodes[i];

        if (node->tag == TD_TAG_H1)
            return;
        if (node->tag == TD_TAG_DIV && node->n_attributes &&
            td_extract_tree_has_class(node, TD_STR("title")) &&
            td_extract_tree_has_class(&tree->nodes[node->parent], TD_STR("headertitle"))) {
            node->tag = TD_TAG_H1;
            return;
        }
    }
}

uint32_t td_extract_main_content_body(const td_tree *tree)
{
    for (uint32_t i = 1; i < tree->n; i = tree->nodes[i].end)
        if (tree->nodes[i].tag == TD_TAG_BODY)
            return i;
    return 0;
}

static bool is_headed(const td_content_finder *f, const td_node *node)
{
    return node->tag == TD_TAG_ARTICLE && (f->of[node - f->tree->nodes].has & TD_HAS_HEADING);
}

/* Several are a list of articles, none of which is the page. */
static uint32_t count_headed(const td_content_finder *f)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t n = 0;

    for (uint32_t i = 1; i < f->tree->n; i++) {
        bool is_one = !(nodes[i].flags & TD_NODE_DROPPED) && is_headed(f, &nodes[i]);

        n += is_one;
        if (is_one || (nodes[i].flags & TD_NODE_DROPPED))
            i = nodes[i].end - 1;
    }
    return n;
}

/* How sure an element is the content by its own looks, 0..4. */
static int rank_of(td_content_finder *f, const td_node *node)
{
    td_str itemprop;

    if (node->tag == TD_TAG_TEXT || !td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK))
        return 0;
    if (node->tag == TD_TAG_MAIN ||
        td_str_eq_nocase(td_extract_content_measure_role(node), TD_STR("main")))
        return 4;
    if (node->tag == TD_TAG_ARTICLE)
        return f->n_articles == 1 || (f->n_headed == 1 && is_headed(f, node)) ? 3 : 1;
    if (node->n_attributes == 0 || node->tag == TD_TAG_BODY)
        return 0;
    itemprop = td_extract_tree_get(node, TD_ATTRIBUTE_ITEMPROP);
    if (td_str_eq_nocase(itemprop, TD_STR("articleBody")))
        return 3;
    switch (td_extract_content_measure_name(f, node, true)) {
    case TD_NAME_CONTENT:
        return 2;
    case TD_NAME_MAYBE:
        return 1;
    default:
        return 0;
    }
}

/* Whether what calls itself the main content is taken at its word, however little it is: a page
 * may be a heading and no more. With many times its text beside it, it is the heading alone. */
static bool is_believed(const td_content_measure *m, int rank, uint64_t total)
{
    return rank == 4 &&
           (m->text >= HEADING_BYTES_MAX ||
            td_extract_content_measure_weight(m) * HEADING_TIMES_MAX >= total) &&
           (m->text >= MAIN_BYTES_MIN || ((m->has & TD_HAS_HEADING) && (m->has & TD_HAS_LETTER)));
}

/* The first choice: highest rank, then most text; it must hold a fair part of the page. */
static uint32_t choose(td_content_finder *f)
{
    static const unsigned PERCENT_MIN[] = {100, 60, 50, 40, 25};
    const td_node *nodes = f->tree->nodes;
    uint64_t total = td_extract_content_measure_weight(&f->of[f->body]), best_weight = 0;
    uint32_t best = f->body;
    int best_rank = 0;

    for (uint32_t i = f->body + 1; i < nodes[f->body].end; i++) {
        uint64_t here;
        int rank;

        if (nodes[i].flags & TD_NODE_DROPPED) {
            i = nodes[i].end - 1;
            continue;
        }
        rank = rank_of(f, &nodes[i]);
        here = td_extract_content_measure_weight(&f->of[i]);
        if (rank == 0)
            continue;
        if (here * 100 < total * PERCENT_MIN[rank] && !is_believed(&f->of[i], rank, total))
            continue;
        if (rank > best_rank || (rank == best_rank && here > best_weight)) {
            best = i;
            best_rank = rank;
            best_weight = here;
        }
    }
    return best;
}

/* Goes down while one child holds nearly all, so that what stands beside it is left out. */
static uint32_t narrow(const td_content_finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint64_t total = td_extract_content_measure_weight(&f->of[root]);
    uint8_t heading = f->of[root].has & TD_HAS_HEADING;

    for (;;) {
        uint32_t next = root;

        for (uint32_t i = root + 1; i < nodes[root].end; i = nodes[i].end) {
            if (nodes[i].tag == TD_TAG_TEXT || (nodes[i].flags & TD_NODE_DROPPED) ||
                !td_extract_tag_is(nodes[i].tag, TD_TAG_IS_BLOCK) || nodes[i].tag == TD_TAG_TABLE)
                continue;
            if (td_extract_content_measure_weight(&f->of[i]) * 100 >= total * 90 &&
                (f->of[i].has & TD_HAS_HEADING) == heading)
                next = i;
        }
        if (next == root || nodes[next].tag == TD_TAG_PRE || nodes[next].tag == TD_TAG_UL ||
            nodes[next].tag == TD_TAG_OL || nodes[next].tag == TD_TAG_DL ||
            nodes[next].tag == TD_TAG_P || nodes[next].tag == TD_TAG_BLOCKQUOTE)
            return root;
        root = next;
    }
}

/* AsciiDoc puts a page's title, authors and, in a manual page, its name into a box "header" before
 * the box "content". */
static bool is_asciidoc(const td_content_finder *f, uint32_t root)
{
    const td_node *body = &f->tree->nodes[f->body];

    return td_str_eq(td_extract_tree_get(&f->tree->nodes[root], TD_ATTRIBUTE_ID),
                     TD_STR("content")) &&
           (td_extract_tree_has_class(body, TD_STR("manpage")) ||
            td_extract_tree_has_class(body, TD_STR("article")) ||
            td_extract_tree_has_class(body, TD_STR("book")));
}

/* A site's own heading leads to its front page; one that tells of the page links to little. */
static bool is_heading_box(const td_content_finder *f, uint32_t at, bool asciidoc)
{
    const td_node *node = &f->tree->nodes[at];
    const td_content_measure *m = &f->of[at];

    if ((node->flags & TD_NODE_DROPPED) || !(m->has & TD_HAS_HEADING))
        return false;
    return m->link == 0 ||
           (asciidoc && m->link < m->text &&
            td_str_eq(td_extract_tree_get(node, TD_ATTRIBUTE_ID), TD_STR("header")));
}

/* The parent, where the page's heading stands in a box of its own before the content and nothing
 * else is beside the two. */
static uint32_t with_heading(const td_content_finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t parent = nodes[root].parent;
    uint64_t total = td_extract_content_measure_weight(&f->of[parent]),
             both = td_extract_content_measure_weight(&f->of[root]);
    bool found = false, asciidoc = is_asciidoc(f, root);

    if (root == f->body || (f->of[root].has & TD_HAS_HEADING) ||
        ((f->of[root].has & TD_HAS_MAIN) && !asciidoc))
        return root;
    for (uint32_t i = parent + 1; i < root && !found; i = nodes[i].end) {
        found = is_heading_box(f, i, asciidoc);
        both += found ? td_extract_content_measure_weight(&f->of[i]) : 0;
    }
    return found && (total - both) * 20 <= total ? parent : root;
}

/* Down to the article's own body, where one element says to be it and holds most of the text. */
static uint32_t article_body(td_content_finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint64_t total = td_extract_content_measure_weight(&f->of[root]);
    uint32_t best = root;

    for (uint32_t i = root + 1; i < nodes[root].end; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED) {
            i = nodes[i].end - 1;
            continue;
        }
        if (rank_of(f, &nodes[i]) >= 2 &&
            td_extract_content_measure_weight(&f->of[i]) * 100 >= total * ARTICLE_PERCENT_MIN)
            best = i;
    }
    return best;
}

/* What follows the body of an article is about other articles, its author or its readers. What
 * stands before it is its title and lead. Code is its own wherever it stands. */
static void drop_behind(td_content_finder *f, uint32_t root, uint32_t body)
{
    td_node *nodes = f->tree->nodes;

    for (uint32_t i = nodes[body].end; body != root && i < nodes[root].end; i = nodes[i].end)
        if (!(f->of[i].has & TD_HAS_CODE))
            nodes[i].flags |= TD_NODE_DROPPED;
}

/* By what it tells other programs; WordPress tells its style sheets. */
static bool is_article_page(const td_content_finder *f)
{
    const td_node *nodes = f->tree->nodes;

    for (uint32_t i = 1; i < f->body; i++) {
        td_str property = td_extract_tree_get(&nodes[i], TD_ATTRIBUTE_PROPERTY);

        if (nodes[i].tag != TD_TAG_META)
            continue;
        if (td_str_eq_nocase(property, TD_STR("og:type")) &&
            td_str_eq_nocase(td_extract_tree_get(&nodes[i], TD_ATTRIBUTE_CONTENT),
                             TD_STR("article")))
            return true;
        if (td_str_eq_nocase(property, TD_STR("article:published_time")))
            return true;
    }
    return td_extract_tree_has_class(&nodes[f->body], TD_STR("single-post"));
}

tandem_code td_extract_main_content_find(td_tree *tree, td_arena *arena, uint32_t *root_out,
                                         tandem_error *err)
{
    td_content_finder f = {.tree = tree, .body = td_extract_main_content_body(tree)};
    uint32_t root;

    f.of = td_arena_zalloc(arena, tree->n, sizeof(*f.of));
    if (!f.of)
        return td_arena_fail(arena, err);
    for (uint32_t i = 0; i < tree->n; i++)
        f.n_articles += tree->nodes[i].tag == TD_TAG_ARTICLE;
    f.is_article = is_article_page(&f);
    name_title(tree);
    td_extract_content_measure_texts(&f);
    td_extract_content_measure_all(&f);
    td_extract_content_drop_comments(&f);
    td_extract_content_measure_all(&f);
    td_extract_content_drop_boxes(&f);
    td_extract_content_measure_all(&f);
    if (td_extract_content_related_drop(&f))
        td_extract_content_measure_all(&f);
    f.n_headed = count_headed(&f);
    root = choose(&f);
    if (f.is_article)
        drop_behind(&f, root, article_body(&f, root));
    root = root == f.body ? narrow(&f, root) : with_heading(&f, root);
    *root_out = td_extract_content_lead_join(&f, root);
    return TANDEM_OK;
}
