#include "extract/main_content.h"

#include "extract/content_name.h"

/* What stands below a node, itself included. */
enum {
    HAS_CODE = 1,    /* a pre with text */
    HAS_MAIN = 2,    /* main, role=main, or the page's only article */
    HAS_HEADING = 4, /* h1 */
    HAS_LETTER = 8,  /* text that is more than digits and signs */
};

enum {
    MAIN_BYTES_MIN = 50, /* an element that says it is the content is believed from here on */
    PAGER_BYTES_MAX = 400,
    PAGER_NODES_MAX = 120,
    PAGER_OTHER_MAX = 60, /* bytes beside the links */
};

typedef struct measure {
    uint32_t text, link; /* bytes without white space; those inside links */
    uint8_t has;
} measure;

enum {
    N_CLASSES = 64, /* a page has few, and each many times */
};

typedef struct finder {
    td_tree *tree;
    struct {
        td_str value;
        td_content_name name;
    } classes[N_CLASSES]; /* of class attributes that were looked at, by a hash */
    measure *of;          /* [tree->n] */
    uint32_t body;
    uint32_t n_articles;
} finder;

static td_str role_of(const td_node *node)
{
    return td_extract_tree_get(node, TD_ATTRIBUTE_ROLE);
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
        return node->n_attributes > 0 &&
               (td_extract_tree_has(node, TD_ATTRIBUTE_HIDDEN) ||
                td_str_eq(td_extract_tree_get(node, TD_ATTRIBUTE_ARIA_HIDDEN), TD_STR("true")));
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

uint32_t td_extract_main_content_body(const td_tree *tree)
{
    for (uint32_t i = 1; i < tree->n; i = tree->nodes[i].end)
        if (tree->nodes[i].tag == TD_TAG_BODY)
            return i;
    return 0;
}

static bool is_letter(unsigned char c)
{
    return c >= 0x80 || (unsigned)((c | 0x20) - 'a') < 26u;
}

static measure measure_text(td_str text)
{
    measure m = {0};

    for (size_t i = 0; i < text.n; i++)
        m.text += (unsigned char)text.ptr[i] > ' ';
    for (size_t i = 0; i < text.n && !m.has; i++)
        if (is_letter((unsigned char)text.ptr[i]))
            m.has = HAS_LETTER;
    return m;
}

/* Of the texts, which stay as they are whatever is dropped. */
static void measure_texts(finder *f)
{
    const td_node *nodes = f->tree->nodes;

    for (uint32_t i = 0; i < f->tree->n; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED)
            i = nodes[i].end - 1;
        else if (nodes[i].tag == TD_TAG_TEXT)
            f->of[i] = measure_text(nodes[i].text);
    }
}

static bool is_main(const finder *f, const td_node *node)
{
    return node->tag == TD_TAG_MAIN || td_str_eq_nocase(role_of(node), TD_STR("main")) ||
           (node->tag == TD_TAG_ARTICLE && f->n_articles == 1);
}

/* Fills f->of for elements, leaving out what is dropped. */
static void measure_all(finder *f)
{
    td_node *nodes = f->tree->nodes;
    uint32_t n = f->tree->n;

    for (uint32_t i = 0; i < n; i++)
        if (nodes[i].tag != TD_TAG_TEXT)
            f->of[i] = (measure){0};
    for (uint32_t i = n; i-- > 1;) {
        measure *m = &f->of[i], *above = &f->of[nodes[i].parent];

        if (nodes[i].flags & TD_NODE_DROPPED)
            continue;
        if (nodes[i].tag == TD_TAG_A)
            m->link = m->text;
        if (nodes[i].tag == TD_TAG_PRE && m->text)
            m->has |= HAS_CODE;
        if (nodes[i].tag == TD_TAG_H1 && m->text)
            m->has |= HAS_HEADING;
        if (nodes[i].n_attributes && is_main(f, &nodes[i]))
            m->has |= HAS_MAIN;
        if (nodes[i].tag == TD_TAG_MAIN || (nodes[i].tag == TD_TAG_ARTICLE && f->n_articles == 1))
            m->has |= HAS_MAIN;
        above->text += m->text;
        above->link += m->link;
        above->has |= m->has;
    }
}

/* The strongest word of a class attribute. */
static td_content_name name_of_class(finder *f, td_str value)
{
    size_t hash =
        value.n ? value.n * 7 + (uint8_t)value.ptr[0] * 3 + (uint8_t)value.ptr[value.n / 2] : 0;
    size_t at = hash % N_CLASSES;
    td_content_name kind = TD_NAME_NONE;
    td_str rest = value, word;

    if (value.n == 0 || (f->classes[at].value.n && td_str_eq(f->classes[at].value, value)))
        return value.n ? f->classes[at].name : TD_NAME_NONE;
    while (td_extract_tree_next_word(&rest, &word)) {
        td_content_name one = td_extract_content_name(word);

        if (one != TD_NAME_NONE && (kind == TD_NAME_NONE || one < kind))
            kind = one;
    }
    f->classes[at].value = value;
    f->classes[at].name = kind;
    return kind;
}

/* The strongest word among class and id. */
static td_content_name name_of(finder *f, const td_node *node, bool with_id)
{
    td_content_name kind = name_of_class(f, td_extract_tree_get(node, TD_ATTRIBUTE_CLASS));

    if (with_id && kind == TD_NAME_NONE)
        kind = td_extract_content_name(td_extract_tree_get(node, TD_ATTRIBUTE_ID));
    return kind;
}

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
    case TD_TAG_TABLE:
    case TD_TAG_TBODY:
    case TD_TAG_TR:
    case TD_TAG_DT:
    case TD_TAG_DD:
        return false;
    default:
        return true;
    }
}

static bool is_link_dense(const measure *m, uint32_t percent)
{
    return (uint64_t)m->link * 100 >= (uint64_t)m->text * percent;
}

/* Footnotes, hints and the like, which are marked up as <aside> too. */
static bool is_note(const td_node *node)
{
    static const char *const WORDS[] = {"footnote", "footnote-list", "admonition", "note",    "tip",
                                        "warning",  "topic",         "callout",    "citation"};
    td_str role = role_of(node);

    if (td_str_eq_nocase(role, TD_STR("note")) || td_str_starts_nocase(role, TD_STR("doc-")))
        return true;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (td_extract_tree_has_class(node, td_str_from(WORDS[i])))
            return true;
    return false;
}

/* Elements that are navigation by their kind alone. */
static bool is_structure_tag(const finder *f, uint32_t at, bool in_main)
{
    const td_node *node = &f->tree->nodes[at];
    const measure *m = &f->of[at];
    td_str role = role_of(node);

    switch ((int)node->tag) {
    case TD_TAG_NAV:
    case TD_TAG_SEARCH:
    case TD_TAG_DIALOG:
        return true;
    case TD_TAG_MENU:
        return is_link_dense(m, 50);
    case TD_TAG_ASIDE:
        return !is_note(node) && (!in_main || is_link_dense(m, 50));
    case TD_TAG_FOOTER:
        return td_extract_tree_above(f->tree, at, TD_TAG_BLOCKQUOTE) == f->tree->n &&
               td_extract_tree_above(f->tree, at, TD_TAG_FIGURE) == f->tree->n;
    case TD_TAG_HEADER:
        return !(m->has & HAS_HEADING) && (!in_main || is_link_dense(m, 50));
    default:
        break;
    }
    return td_str_eq_nocase(role, TD_STR("navigation")) ||
           td_str_eq_nocase(role, TD_STR("contentinfo")) ||
           td_str_eq_nocase(role, TD_STR("search")) ||
           td_str_eq_nocase(role, TD_STR("alertdialog")) ||
           (td_str_eq_nocase(role, TD_STR("banner")) && !(m->has & HAS_HEADING)) ||
           (td_str_eq_nocase(role, TD_STR("complementary")) && (!in_main || is_link_dense(m, 50)));
}

/* "¶", "#" and the like behind a heading or a term. */
static bool is_permalink(const finder *f, uint32_t at)
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
static bool is_code_label(const finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];

    return node->tag == TD_TAG_SPAN && td_extract_tree_has_class(node, TD_STR("lang")) &&
           td_str_starts(td_extract_tree_get(&f->tree->nodes[node->parent], TD_ATTRIBUTE_CLASS),
                         TD_STR("language-"));
}

static bool is_action_link(const finder *f, uint32_t at)
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
    return td_extract_content_name_is_action(text);
}

static bool is_step_link(const finder *f, uint32_t at)
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
static bool is_pager(const finder *f, uint32_t at)
{
    const td_node *node = &f->tree->nodes[at];
    const measure *m = &f->of[at];
    size_t n = 0;

    if ((node->tag != TD_TAG_P && node->tag != TD_TAG_DIV && node->tag != TD_TAG_TABLE &&
         node->tag != TD_TAG_UL) ||
        (m->has & (HAS_MAIN | HAS_HEADING | HAS_CODE)) || m->text > PAGER_BYTES_MAX ||
        node->end - at > PAGER_NODES_MAX ||
        (m->text - m->link > PAGER_OTHER_MAX && !is_link_dense(m, 40)))
        return false;
    for (uint32_t i = at + 1; i < node->end; i++)
        n += f->tree->nodes[i].tag == TD_TAG_A && is_step_link(f, i);
    return n >= 2;
}

static bool drops_by_name(const finder *f, uint32_t at, td_content_name kind, bool in_main)
{
    const measure *m = &f->of[at];
    uint64_t total = f->of[f->body].text;

    if (kind == TD_NAME_NEVER)
        return m->text <= 64;
    if (kind == TD_NAME_GUTTER)
        return !(m->has & HAS_LETTER);
    if (kind != TD_NAME_NOISE && kind != TD_NAME_STRUCTURE)
        return false;
    if (m->has & (HAS_CODE | HAS_MAIN))
        return false;
    if (kind == TD_NAME_NOISE)
        return (uint64_t)m->text * 4 <= total;
    if (is_link_dense(m, 50))
        return true;
    return !in_main && !(m->has & HAS_HEADING) && (uint64_t)m->text * 2 <= total;
}

static bool is_no_content(finder *f, uint32_t at, bool in_main, bool in_code)
{
    const td_node *node = &f->tree->nodes[at];
    td_content_name kind;

    if (node->tag == TD_TAG_TEXT || node->tag == TD_TAG_BODY)
        return false;
    if (!in_code && is_structure_tag(f, at, in_main))
        return !(f->of[at].has & HAS_MAIN);
    if (node->tag == TD_TAG_A && (is_permalink(f, at) || is_action_link(f, at)))
        return true;
    if (!in_code && is_pager(f, at))
        return true;
    if (node->n_attributes == 0)
        return false;
    if (is_code_label(f, at))
        return true;
    if (!may_have_name(node))
        return node->tag == TD_TAG_PRE && name_of(f, node, false) == TD_NAME_GUTTER &&
               !(f->of[at].has & HAS_LETTER);
    kind = name_of(f, node, !id_is_a_title(node));
    if (in_code && kind != TD_NAME_GUTTER && kind != TD_NAME_NEVER)
        return false;
    return drops_by_name(f, at, kind, in_main);
}

static void drop_no_content(finder *f)
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
        if (i >= main_end && (node->tag == TD_TAG_ARTICLE || is_main(f, node)))
            main_end = node->end;
        if (i >= code_end && node->tag == TD_TAG_PRE)
            code_end = node->end;
    }
}

/* Links count little: lists of them are what navigation is made of. */
static uint64_t weight(const measure *m)
{
    return (uint64_t)m->text * 10 - (uint64_t)m->link * 8;
}

/* How sure an element is the content by its own looks, 0..4. */
static int rank_of(finder *f, const td_node *node)
{
    td_str itemprop;

    if (node->tag == TD_TAG_TEXT || !td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK))
        return 0;
    if (node->tag == TD_TAG_MAIN || td_str_eq_nocase(role_of(node), TD_STR("main")))
        return 4;
    if (node->tag == TD_TAG_ARTICLE)
        return f->n_articles == 1 ? 3 : 1;
    if (node->n_attributes == 0 || node->tag == TD_TAG_BODY)
        return 0;
    itemprop = td_extract_tree_get(node, TD_ATTRIBUTE_ITEMPROP);
    if (td_str_eq_nocase(itemprop, TD_STR("articleBody")))
        return 3;
    switch (name_of(f, node, true)) {
    case TD_NAME_CONTENT:
        return 2;
    case TD_NAME_MAYBE:
        return 1;
    default:
        return 0;
    }
}

/* Whether what calls itself the main content is taken at its word, however little it is: a page
 * may be a heading and no more. */
static bool is_believed(const measure *m, int rank)
{
    return rank == 4 &&
           (m->text >= MAIN_BYTES_MIN || ((m->has & HAS_HEADING) && (m->has & HAS_LETTER)));
}

/* The first choice: highest rank, then most text; it must hold a fair part of the page. */
static uint32_t choose(finder *f)
{
    static const unsigned PERCENT_MIN[] = {100, 60, 50, 40, 25};
    const td_node *nodes = f->tree->nodes;
    uint64_t total = weight(&f->of[f->body]), best_weight = 0;
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
        here = weight(&f->of[i]);
        if (rank == 0)
            continue;
        if (here * 100 < total * PERCENT_MIN[rank] && !is_believed(&f->of[i], rank))
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
static uint32_t narrow(const finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint64_t total = weight(&f->of[root]);
    uint8_t heading = f->of[root].has & HAS_HEADING;

    for (;;) {
        uint32_t next = root;

        for (uint32_t i = root + 1; i < nodes[root].end; i = nodes[i].end) {
            if (nodes[i].tag == TD_TAG_TEXT || (nodes[i].flags & TD_NODE_DROPPED) ||
                !td_extract_tag_is(nodes[i].tag, TD_TAG_IS_BLOCK) || nodes[i].tag == TD_TAG_TABLE)
                continue;
            if (weight(&f->of[i]) * 100 >= total * 90 && (f->of[i].has & HAS_HEADING) == heading)
                next = i;
        }
        if (next == root || nodes[next].tag == TD_TAG_PRE || nodes[next].tag == TD_TAG_UL ||
            nodes[next].tag == TD_TAG_OL || nodes[next].tag == TD_TAG_DL ||
            nodes[next].tag == TD_TAG_P || nodes[next].tag == TD_TAG_BLOCKQUOTE)
            return root;
        root = next;
    }
}

/* The parent, where the page's heading stands in a box of its own before the content (AsciiDoc has
 * the name of a manual page there) and nothing else is beside the two. */
static uint32_t with_heading(const finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t parent = nodes[root].parent;
    uint64_t total = weight(&f->of[parent]), both = weight(&f->of[root]);
    bool found = false;

    if (root == f->body || (f->of[root].has & (HAS_HEADING | HAS_MAIN)))
        return root;
    for (uint32_t i = parent + 1; i < root && !found; i = nodes[i].end) {
        found = !(nodes[i].flags & TD_NODE_DROPPED) && (f->of[i].has & HAS_HEADING) &&
                f->of[i].link == 0;
        both += found ? weight(&f->of[i]) : 0;
    }
    return found && (total - both) * 20 <= total ? parent : root;
}

tandem_code td_extract_main_content_find(td_tree *tree, td_arena *arena, uint32_t *root_out,
                                         tandem_error *err)
{
    finder f = {.tree = tree, .body = td_extract_main_content_body(tree)};
    uint32_t root;

    f.of = td_arena_zalloc(arena, tree->n, sizeof(*f.of));
    if (!f.of)
        return td_arena_fail(arena, err);
    for (uint32_t i = 0; i < tree->n; i++)
        f.n_articles += tree->nodes[i].tag == TD_TAG_ARTICLE;
    measure_texts(&f);
    measure_all(&f);
    drop_no_content(&f);
    measure_all(&f);
    root = choose(&f);
    *root_out = root == f.body ? narrow(&f, root) : with_heading(&f, root);
    return TANDEM_OK;
}
