#include "extract/content_drop.h"

enum {
    COMMENTS_MAX = 3,        /* boxes of comments; more are a thread of posts with remarks */
    COMMENTS_REST_MIN = 300, /* bytes of text beside them that make an article */
    COMMENTS_TIMES_MAX = 8,  /* times the text beside them: more are a discussion of it */
    PAGER_BYTES_MAX = 400,
    PAGER_NODES_MAX = 120,
    PAGER_OTHER_MAX = 60, /* bytes beside the links */
};

/* Sphinx names a section after its title: "related-work" is content there. */
static bool id_is_a_title(const td_node *node)
{
    return node->tag == TD_TAG_SECTION || node->tag == TD_TAG_SPAN || node->tag == TD_TAG_P ||
           node->tag == TD_TAG_DT || node->tag == TD_TAG_DL || node->tag == TD_TAG_A ||
           td_extract_tree_has_class(node, TD_STR("section"));
}

static bool may_have_name(const td_node *node)
{
    switch ((int)node->tag) {
    case TD_TAG_BODY:
    case TD_TAG_MAIN:
    case TD_TAG_ARTICLE:
    case TD_TAG_PRE:
    case TD_TAG_CODE:
    case TD_TAG_H1:
    case TD_TAG_H2:
    case TD_TAG_H3:
    case TD_TAG_H4:
    case TD_TAG_H5:
    case TD_TAG_H6:
    case TD_TAG_TBODY:
    case TD_TAG_TR:
    case TD_TAG_DT:
    case TD_TAG_DD:
        return false;
    default:
        return true;
    }
}

static bool is_link_dense(const td_content_measure *m, uint32_t percent)
{
    return (uint64_t)m->link * 100 >= (uint64_t)m->text * percent;
}

/* Footnotes, hints and the like, which are marked up as <aside> too. */
static bool is_note(const td_node *node)
{
    static const char *const WORDS[] = {"footnote", "footnote-list", "admonition", "note",    "tip",
                                        "warning",  "topic",         "callout",    "citation"};
    td_str role = td_extract_content_measure_role(node);

    if (td_str_eq_nocase(role, TD_STR("note")) || td_str_starts_nocase(role, TD_STR("doc-")))
        return true;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (td_extract_tree_has_class(node, td_str_from(WORDS[i])))
            return true;
    return false;
}

/* Elements that are navigation by their kind alone. */
static bool is_structure_tag(const td_content_finder *f, uint32_t at, bool in_main)
{
    const td_node *node = &f->tree->nodes[at];
    const td_content_measure *m = &f->of[at];
    td_str role = td_extract_content_measure_role(node);

    switch ((int)node->tag) {
    case TD_TAG_NAV:
    case TD_TAG_SEARCH:
    case TD_TAG_DIALOG:
        return true;
    case TD_TAG_MENU:
        return is_link_dense(m, 50);
    case TD_TAG_FORM:
        return (m->has & TD_HAS_FIELD) && !(m->has & (TD_HAS_CODE | TD_HAS_HEADING)) &&
               (uint64_t)m->text * 4 <= f->of[f->body].text;
    case TD_TAG_ASIDE:
        return !is_note(node) && (!in_main || is_link_dense(m, 50));
    case TD_TAG_FOOTER:
        return td_extract_tree_above(f->tree, at, TD_TAG_BLOCKQUOTE) == f->tree->n &&
               td_extract_tree_above(f->tree, at, TD_TAG_FIGURE) == f->tree->n;
    case TD_TAG_HEADER:
        return !(m->has & TD_HAS_HEADING) && (!in_main || is_link_dense(m, 50));
    default:
        break;
    }
    return td_str_eq_nocase(role, TD_STR("navigation")) ||
           td_str_eq_nocase(role, TD_STR("contentinfo")) ||
           td_str_eq_nocase(role, TD_STR("search")) ||
           td_str_eq_nocase(role, TD_STR("alertdialog")) ||
           (td_str_eq_nocase(role, TD_STR("banner")) && !(m->has & TD_HAS_HEADING)) ||
           (td_str_eq_nocase(role, TD_STR("complementary")) && (!in_main || is_link_dense(m, 50)));
}

/* "¶", "#" and the like behind a heading or a term. */
static bool is_permalink(const td_content_finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];
    td_str href = td_extract_tree_get(node, TD_ATTRIBUTE_HREF);
    uint32_t first = at + 1;
    td_str text = TD_STR("");

    if (href.n == 0 || href.ptr[0] != '#')
        return false;
    if (node->end == first + 1 && f->tree->nodes[first].tag == TD_TAG_TEXT)
        text = td_str_trim(f->tree->nodes[first].text);
    return td_str_eq(text, TD_STR("\xC2\xB6")) || td_str_eq(text, TD_STR("#")) ||
           td_str_eq(text, TD_STR("\xC2\xA7")) || td_str_eq(text, TD_STR("\xF0\x9F\x94\x97")) ||
           td_str_eq(text, TD_STR("\xE2\x88\x9E"));
}

/* VitePress writes the language's name over the code. */
static bool is_code_label(const td_content_finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];

    return node->tag == TD_TAG_SPAN && td_extract_tree_has_class(node, TD_STR("lang")) &&
           td_str_starts(td_extract_tree_get(&f->tree->nodes[node->parent], TD_ATTRIBUTE_CLASS),
                         TD_STR("language-"));
}

/* Scaladoc writes the first sentence of what it says once more before it, for the folded page. */
static bool is_said_again(const td_content_finder *f, uint32_t at)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t next = nodes[at].end, end = nodes[nodes[at].parent].end;

    if (!td_extract_tree_has_class(&nodes[at], TD_STR("shortcomment")))
        return false;
    while (next < end && nodes[next].tag == TD_TAG_TEXT)
        next++;
    return next < end && td_extract_tree_has_class(&nodes[next], TD_STR("fullcomment"));
}

/* YARD's lists fold at a click; "show" elsewhere may be a function. Doxygen's sentence at a page's
 * head ends so. */
static bool is_fold(const td_content_finder *f, uint32_t at, td_str text)
{
    static const char *const WORDS[] = {"collapse", "expand", "[+]", "[-]", "hide", "show"};
    td_str href = td_extract_tree_get(&f->tree->nodes[at], TD_ATTRIBUTE_HREF);

    if (td_str_starts(href, TD_STR("#")) && td_str_eq(text, TD_STR("More...")))
        return true;
    if (!td_str_eq(href, TD_STR("#")))
        return false;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (td_str_eq_nocase(text, td_str_from(WORDS[i])))
            return true;
    return false;
}

static bool is_action_link(const td_content_finder *f, uint32_t at)
{
    const td_node *nodes = f->tree->nodes;
    td_str text = TD_STR("");

    if (f->of[at].text > 32)
        return false;
    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        td_str part = nodes[i].tag == TD_TAG_TEXT ? td_str_trim(nodes[i].text) : TD_STR("");

        if (part.n && text.n)
            return false;
        if (part.n)
            text = part;
    }
    return td_extract_content_name_is_action(text) || is_fold(f, at, text);
}

static bool is_step_link(const td_content_finder *f, uint32_t at)
{
    static const char *const WORDS[] = {"prev",  "previous", "next",          "up",       "home",
                                        "index", "contents", "top",           "<",        ">",
                                        "<<",    ">>",       "previous page", "next page"};
    const td_node *node = &f->tree->nodes[at];
    td_str rel = td_extract_tree_get(node, TD_ATTRIBUTE_REL);
    td_str text = TD_STR("");

    for (uint32_t i = at + 1; i < node->end && text.n == 0; i++)
        text = f->tree->nodes[i].tag == TD_TAG_IMG
                   ? td_extract_tree_get(&f->tree->nodes[i], TD_ATTRIBUTE_ALT)
                   : td_str_trim(f->tree->nodes[i].text);
    if (td_str_eq_nocase(rel, TD_STR("next")) || td_str_eq_nocase(rel, TD_STR("prev")) ||
        td_str_eq_nocase(rel, TD_STR("previous")) || td_str_eq_nocase(rel, TD_STR("up")))
        return true;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (td_str_eq_nocase(text, td_str_from(WORDS[i])))
            return true;
    return false;
}

/* "Next: x, Previous: y, Up: z" at the head and foot of pages by texinfo, gtk-doc, DocBook. */
static bool is_pager(const td_content_finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];
    const td_content_measure *m = &f->of[at];
    size_t n = 0;

    if ((node->tag != TD_TAG_P && node->tag != TD_TAG_DIV && node->tag != TD_TAG_TABLE &&
         node->tag != TD_TAG_UL) ||
        (m->has & (TD_HAS_MAIN | TD_HAS_HEADING | TD_HAS_CODE)) || m->text > PAGER_BYTES_MAX ||
        node->end - at > PAGER_NODES_MAX ||
        (m->text - m->link > PAGER_OTHER_MAX && !is_link_dense(m, 40)))
        return false;
    for (uint32_t i = at + 1; i < node->end; i++)
        n += f->tree->nodes[i].tag == TD_TAG_A && is_step_link(f, i);
    return n >= 2;
}

/* MediaWiki's boxes of links to pages on one field. Other tables that sound like navigation are
 * tables of contents, which a manual's page may consist of. */
static bool is_navigation_box(const td_node *node)
{
    return td_extract_tree_has_class(node, TD_STR("navbox")) ||
           td_extract_tree_has_class(node, TD_STR("vertical-navbox"));
}

static bool drops_by_name(const td_content_finder *f, uint32_t at, td_content_name kind,
                          bool in_main)
{
    const td_content_measure *m = &f->of[at];
    uint64_t total = f->of[f->body].text;

    if (kind == TD_NAME_NEVER)
        return m->text <= 64;
    if (kind == TD_NAME_GUTTER)
        return !(m->has & TD_HAS_LETTER);
    if (kind != TD_NAME_NOISE && kind != TD_NAME_STRUCTURE)
        return false;
    if (kind == TD_NAME_NOISE && f->tree->nodes[at].tag == TD_TAG_TABLE)
        return false;
    if (m->has & (TD_HAS_CODE | TD_HAS_MAIN))
        return false;
    if (kind == TD_NAME_NOISE)
        return (uint64_t)m->text * 4 <= total;
    if (f->tree->nodes[at].tag == TD_TAG_TABLE)
        return is_link_dense(m, 50) && is_navigation_box(&f->tree->nodes[at]);
    if (is_link_dense(m, 50))
        return true;
    /* In an article; in documentation a sidebar of the text is an aside of that class too. */
    if (in_main && f->is_article && f->tree->nodes[at].tag == TD_TAG_ASIDE)
        return true;
    return !in_main && !(m->has & TD_HAS_HEADING) && (uint64_t)m->text * 2 <= total;
}

/* The number of a section of an RFC links to itself; "[docs]" and a pilcrow are no words. */
static bool starts_with_a_word(const td_content_finder *f, uint32_t at)
{
    for (uint32_t i = at + 1; i < f->tree->nodes[at].end; i++) {
        td_str text = td_str_trim(f->tree->nodes[i].text);

        if (text.n)
            return (unsigned)(text.ptr[0] - '0') < 10u ||
                   (unsigned)((text.ptr[0] | 0x20) - 'a') < 26u;
    }
    return false;
}

static bool is_no_content(td_content_finder *f, uint32_t at, bool in_main, bool in_code)
{
    const td_node *node = &f->tree->nodes[at];
    td_content_name kind;

    if (node->tag == TD_TAG_TEXT || node->tag == TD_TAG_BODY)
        return false;
    if (!in_code && is_structure_tag(f, at, in_main))
        return !(f->of[at].has & TD_HAS_MAIN);
    if (node->tag == TD_TAG_A && (is_permalink(f, at) || is_action_link(f, at)))
        return true;
    if (!in_code && is_pager(f, at))
        return true;
    if (node->n_attributes == 0)
        return false;
    if (is_code_label(f, at) || is_said_again(f, at))
        return true;
    if (!may_have_name(node))
        return node->tag == TD_TAG_PRE &&
               td_extract_content_measure_name(f, node, false) == TD_NAME_GUTTER &&
               !(f->of[at].has & TD_HAS_LETTER);
    kind = td_extract_content_measure_name(f, node, !id_is_a_title(node));
    if (in_code && kind == TD_NAME_NEVER && node->tag == TD_TAG_A)
        return !starts_with_a_word(f, at);
    if (in_code && kind != TD_NAME_GUTTER && kind != TD_NAME_NEVER)
        return false;
    return drops_by_name(f, at, kind, in_main);
}

/* Whether a box of comments begins here. An id may be the title of a section ("Comments" in a
 * language's manual): a box has a form, too. */
static bool is_comments(td_content_finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];
    td_str id = td_extract_tree_get(node, TD_ATTRIBUTE_ID);

    if (node->n_attributes == 0 || f->of[at].text == 0 || (f->of[at].has & TD_HAS_MAIN) ||
        !may_have_name(node))
        return false;
    if (td_extract_content_measure_name(f, node, false) == TD_NAME_COMMENTS)
        return true;
    return id.n && td_extract_content_name(id, true) == TD_NAME_COMMENTS && id.ptr[0] >= 'a' &&
           (!id_is_a_title(node) || (f->of[at].has & TD_HAS_FIELD));
}

void td_extract_content_drop_comments(td_content_finder *f)
{
    td_node *nodes = f->tree->nodes;
    uint64_t left = f->of[f->body].text - f->of[f->body].link, said = 0;
    uint32_t boxes[COMMENTS_MAX];
    size_t n = 0;

    for (uint32_t i = 1; i < f->tree->n; i++) {
        if (!(nodes[i].flags & TD_NODE_DROPPED) && nodes[i].tag != TD_TAG_PRE) {
            if (!is_comments(f, i))
                continue;
            if (n == COMMENTS_MAX)
                return;
            left -= f->of[i].text - f->of[i].link;
            said += f->of[i].text - f->of[i].link;
            boxes[n++] = i;
        }
        i = nodes[i].end - 1;
    }
    if (left < COMMENTS_REST_MIN || (!f->is_article && left * COMMENTS_TIMES_MAX < said))
        return;
    for (size_t i = 0; i < n; i++)
        nodes[boxes[i]].flags |= TD_NODE_DROPPED;
}

void td_extract_content_drop_boxes(td_content_finder *f)
{
    uint32_t main_end = 0, code_end = 0;

    for (uint32_t i = 1; i < f->tree->n; i++) {
        td_node *node = &f->tree->nodes[i];

        if (!(node->flags & TD_NODE_DROPPED) && is_no_content(f, i, i < main_end, i < code_end))
            node->flags |= TD_NODE_DROPPED;
        if (node->flags & TD_NODE_DROPPED) {
            i = node->end - 1;
            continue;
        }
        if (i >= main_end &&
            (node->tag == TD_TAG_ARTICLE || td_extract_content_measure_is_main(f, node)))
            main_end = node->end;
        if (i >= code_end && node->tag == TD_TAG_PRE)
            code_end = node->end;
    }
}
