#include "extract/metadata.h"

enum {
    TITLE_BYTES_MAX = 1000,
    LINK_TEXT_BYTES_MAX = 300,
    URL_BYTES_MAX = 8 << 10, /* servers refuse longer ones */
    LINKS_MAX = 250000,
    LINKS_BYTES_MAX = 32 << 20,
};

/* A copy of `href` as an absolute address, where there is a resolver and it can. */
static tandem_code resolve(td_str base, td_str href, const td_extract_options *options,
                           td_arena *arena, td_str *url_out, tandem_error *err)
{
    td_buf absolute = TD_BUF(1 << 20);
    td_str url = href;

    if (options->resolve && options->resolve(options->resolve_user, base, href, &absolute))
        url = td_buf_str(&absolute);
    if (url.n > URL_BYTES_MAX)
        url = TD_STR("");
    url = td_arena_copy(arena, url);
    td_buf_clear(&absolute);
    if (!url.ptr)
        return td_arena_fail(arena, err);
    *url_out = url;
    return TANDEM_OK;
}

tandem_code td_extract_metadata_base(const td_tree *tree, td_str uri,
                                     const td_extract_options *options, td_document *document,
                                     td_str *base_out, tandem_error *err)
{
    *base_out = uri;
    for (uint32_t i = 0; i < tree->n; i++) {
        td_str href = td_extract_tree_get(&tree->nodes[i], TD_ATTRIBUTE_HREF);

        if (tree->nodes[i].tag == TD_TAG_BASE && href.n)
            return resolve(uri, td_str_trim(href), options, document->arena, base_out, err);
    }
    return TANDEM_OK;
}

static tandem_code copy_folded(td_str text, td_document *document, td_str *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf buf = TD_BUF(1 << 20);
    td_str word, copy;

    while (buf.n < TITLE_BYTES_MAX && td_extract_tree_next_word(&text, &word)) {
        if (buf.n)
            TD_TRY(td_buf_add_byte(&buf, ' ', err));
        TD_TRY(td_buf_add(&buf, word, err));
    }
    copy = td_arena_copy(document->arena, td_buf_str(&buf));
    if (!copy.ptr)
        TD_TRY(td_arena_fail(document->arena, err));
    *out = copy;
out:
    td_buf_clear(&buf);
    return code;
}

/* Robots directives: words between commas; "none" is both. */
static void read_robots(td_str content, td_document *document)
{
    td_str part;

    while (td_str_next(&content, ',', &part)) {
        part = td_str_trim(part);
        if (td_str_eq_nocase(part, TD_STR("noindex")) || td_str_eq_nocase(part, TD_STR("none")))
            document->noindex = true;
        if (td_str_eq_nocase(part, TD_STR("nofollow")) || td_str_eq_nocase(part, TD_STR("none")))
            document->nofollow = true;
    }
}

/* Names of meta elements by what they tell, best first. */
typedef enum fact {
    FACT_DESCRIPTION,
    FACT_AUTHOR,
    FACT_DATE,
    FACT_TITLE,
    FACT_LANGUAGE,
    N_FACTS,
} fact;

static const struct {
    fact fact;
    const char *name;
} NAMES[] = {
    {FACT_DESCRIPTION, "description"},
    {FACT_DESCRIPTION, "og:description"},
    {FACT_DESCRIPTION, "twitter:description"},
    {FACT_DESCRIPTION, "dc.description"},
    {FACT_AUTHOR, "author"},
    {FACT_AUTHOR, "article:author"},
    {FACT_AUTHOR, "dc.creator"},
    {FACT_AUTHOR, "dcterms.creator"},
    {FACT_AUTHOR, "citation_author"},
    {FACT_DATE, "article:published_time"},
    {FACT_DATE, "datepublished"},
    {FACT_DATE, "date"},
    {FACT_DATE, "dc.date"},
    {FACT_DATE, "dc.date.issued"},
    {FACT_DATE, "dcterms.date"},
    {FACT_DATE, "dcterms.created"},
    {FACT_DATE, "citation_publication_date"},
    {FACT_DATE, "pubdate"},
    {FACT_DATE, "article:modified_time"},
    {FACT_DATE, "datemodified"},
    {FACT_DATE, "og:updated_time"},
    {FACT_DATE, "last-modified"},
    {FACT_TITLE, "og:title"},
    {FACT_TITLE, "dc.title"},
    {FACT_TITLE, "twitter:title"},
    {FACT_LANGUAGE, "content-language"},
    {FACT_LANGUAGE, "og:locale"},
};
enum {
    N_NAMES = sizeof(NAMES) / sizeof(*NAMES)
};

typedef struct facts {
    td_str value[N_FACTS];
    size_t rank[N_FACTS]; /* place in NAMES; N_NAMES: nothing yet */
} facts;

static void offer(facts *all, fact which, size_t rank, td_str value)
{
    if (td_str_trim(value).n == 0 || rank >= all->rank[which])
        return;
    if (which == FACT_AUTHOR && td_str_starts_nocase(value, TD_STR("http")))
        return; /* article:author may be a profile's address */
    all->value[which] = value;
    all->rank[which] = rank;
}

static void read_meta(const td_node *node, facts *all, td_document *document)
{
    td_str content = td_extract_tree_get(node, TD_ATTRIBUTE_CONTENT);
    static const td_attribute KEYS[] = {TD_ATTRIBUTE_NAME, TD_ATTRIBUTE_PROPERTY,
                                        TD_ATTRIBUTE_HTTP_EQUIV, TD_ATTRIBUTE_ITEMPROP};

    for (size_t k = 0; k < sizeof(KEYS) / sizeof(*KEYS); k++) {
        td_str key = td_extract_tree_get(node, KEYS[k]);

        if (key.n == 0)
            continue;
        if (td_str_eq_nocase(key, TD_STR("robots")))
            read_robots(content, document);
        for (size_t i = 0; i < N_NAMES; i++)
            if (td_str_eq_nocase(key, td_str_from(NAMES[i].name)))
                offer(all, NAMES[i].fact, i, content);
    }
}

static bool has_word(td_str words, td_str word)
{
    td_str one;

    while (td_extract_tree_next_word(&words, &one))
        if (td_str_eq_nocase(one, word))
            return true;
    return false;
}

/* The text right below a node, for author names and dates in the page itself. */
static td_str own_text(const td_tree *tree, uint32_t at)
{
    for (uint32_t i = at + 1; i < tree->nodes[at].end; i++)
        if (tree->nodes[i].tag == TD_TAG_TEXT && td_str_trim(tree->nodes[i].text).n)
            return tree->nodes[i].text;
    return TD_STR("");
}

static void read_body_node(const td_tree *tree, uint32_t at, facts *all)
{
    const td_node *node = &tree->nodes[at];
    td_str itemprop = td_extract_tree_get(node, TD_ATTRIBUTE_ITEMPROP);
    td_str datetime = td_extract_tree_get(node, TD_ATTRIBUTE_DATETIME);

    if (td_str_eq_nocase(itemprop, TD_STR("datePublished")))
        offer(all, FACT_DATE, N_NAMES - 2, datetime.n ? datetime : own_text(tree, at));
    else if (node->tag == TD_TAG_TIME)
        offer(all, FACT_DATE, N_NAMES - 1, datetime);
    if (td_str_eq_nocase(itemprop, TD_STR("author")) ||
        (node->tag == TD_TAG_A &&
         has_word(td_extract_tree_get(node, TD_ATTRIBUTE_REL), TD_STR("author"))))
        offer(all, FACT_AUTHOR, N_NAMES - 1, own_text(tree, at));
}

static tandem_code read_title(const td_tree *tree, td_tag tag, td_document *document,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(1 << 20);

    for (uint32_t i = 0; i < tree->n && text.n == 0; i++)
        if (tree->nodes[i].tag == tag && td_extract_tree_above(tree, i, TD_TAG_SVG) == tree->n)
            TD_TRY(td_extract_tree_text(tree, i, TITLE_BYTES_MAX, &text, err));
    TD_TRY(copy_folded(td_buf_str(&text), document, &document->title, err));
out:
    td_buf_clear(&text);
    return code;
}

static tandem_code read_canonical(const td_node *node, td_str base,
                                  const td_extract_options *options, td_document *document,
                                  tandem_error *err)
{
    td_str href = td_str_trim(td_extract_tree_get(node, TD_ATTRIBUTE_HREF));

    if (document->canonical.n || href.n == 0 ||
        !has_word(td_extract_tree_get(node, TD_ATTRIBUTE_REL), TD_STR("canonical")))
        return TANDEM_OK;
    return resolve(base, href, options, document->arena, &document->canonical, err);
}

tandem_code td_extract_metadata_read(const td_tree *tree, td_str base,
                                     const td_extract_options *options, td_document *document,
                                     tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    facts all = {0};

    for (int i = 0; i < N_FACTS; i++) {
        all.rank[i] = N_NAMES;
        all.value[i] = TD_STR("");
    }
    for (uint32_t i = 0; i < tree->n; i++) {
        const td_node *node = &tree->nodes[i];

        if (node->tag == TD_TAG_META)
            read_meta(node, &all, document);
        else if (node->tag == TD_TAG_LINK)
            TD_TRY(read_canonical(node, base, options, document, err));
        else if (node->n_attributes)
            read_body_node(tree, i, &all);
    }
    TD_TRY(read_title(tree, TD_TAG_TITLE, document, err));
    if (document->title.n == 0)
        TD_TRY(copy_folded(all.value[FACT_TITLE], document, &document->title, err));
    if (document->title.n == 0)
        TD_TRY(read_title(tree, TD_TAG_H1, document, err));
    TD_TRY(copy_folded(all.value[FACT_DESCRIPTION], document, &document->description, err));
    TD_TRY(copy_folded(all.value[FACT_AUTHOR], document, &document->author, err));
    TD_TRY(copy_folded(all.value[FACT_DATE], document, &document->date, err));
    if (td_extract_tree_has(&tree->nodes[0], TD_ATTRIBUTE_LANG))
        all.value[FACT_LANGUAGE] = td_extract_tree_get(&tree->nodes[0], TD_ATTRIBUTE_LANG);
    TD_TRY(copy_folded(all.value[FACT_LANGUAGE], document, &document->natural_language, err));
out:
    return code;
}

typedef struct collector {
    const td_tree *tree;
    td_str base;
    const td_extract_options *options;
    td_document *document;
    size_t n_max;
    td_buf text;
} collector;

static tandem_code add_link(collector *c, uint32_t at, td_str href, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_document *document = c->document;
    const td_node *node = &c->tree->nodes[at];
    td_link link = {0};

    if (document->n_links == c->n_max) {
        size_t n_max = c->n_max ? c->n_max * 2 : 32;
        td_link *links = td_arena_grow(document->arena, document->links, c->n_max * sizeof(*links),
                                       n_max * sizeof(*links));

        if (!links)
            return td_arena_fail(document->arena, err);
        document->links = links;
        c->n_max = n_max;
    }
    TD_TRY(resolve(c->base, href, c->options, document->arena, &link.href, err));
    if (link.href.n == 0)
        goto out;
    td_buf_cut(&c->text, 0);
    TD_TRY(td_extract_tree_text(c->tree, at, LINK_TEXT_BYTES_MAX, &c->text, err));
    for (uint32_t i = at + 1; i < node->end && c->text.n == 0; i++)
        if (c->tree->nodes[i].tag == TD_TAG_IMG)
            TD_TRY(td_buf_add(&c->text, td_extract_tree_get(&c->tree->nodes[i], TD_ATTRIBUTE_ALT),
                              err));
    link.text = td_arena_copy(document->arena, td_buf_str(&c->text));
    if (!link.text.ptr)
        TD_TRY(td_arena_fail(document->arena, err));
    link.nofollow = has_word(td_extract_tree_get(node, TD_ATTRIBUTE_REL), TD_STR("nofollow"));
    document->links[document->n_links++] = link;
out:
    return code;
}

tandem_code td_extract_metadata_links(const td_tree *tree, td_str base,
                                      const td_extract_options *options, td_document *document,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    collector c = {.tree = tree, .base = base, .options = options, .document = document};
    size_t bytes = td_arena_bytes(document->arena);

    c.text = TD_BUF(1 << 20);
    for (uint32_t i = 0; i < tree->n; i++) {
        const td_node *node = &tree->nodes[i];
        td_str href = TD_STR("");

        if (node->tag == TD_TAG_A || node->tag == TD_TAG_AREA)
            href = td_extract_tree_get(node, TD_ATTRIBUTE_HREF);
        else if (node->tag == TD_TAG_FRAME)
            href = td_extract_tree_get(node, TD_ATTRIBUTE_SRC);
        href = td_str_trim(href);
        if (href.n == 0)
            continue;
        if (document->n_links == LINKS_MAX ||
            td_arena_bytes(document->arena) - bytes > LINKS_BYTES_MAX)
            break;
        TD_TRY(add_link(&c, i, href, err));
    }
out:
    td_buf_clear(&c.text);
    return code;
}
