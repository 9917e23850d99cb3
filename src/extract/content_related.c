#include "extract/content_related.h"

enum {
    LINE_BYTES_MAX = 160,
    HEADING_BYTES_MAX = 60,
    LINK_PERCENT_MIN = 50, /* of the text below the heading */
    PAGE_PERCENT_MAX = 40, /* of the page's text; more of it is what the page is */
    SECTIONS_MAX = 100,    /* that are looked at: each may reach to the page's end */
};

/* Lower case where that is ASCII, without a sign behind. */
static const char *const HEADINGS[] = {
    "related",
    "related articles",
    "related posts",
    "related stories",
    "related content",
    "related news",
    "related topics",
    "related reading",
    "related coverage",
    "read next",
    "read more",
    "read this next",
    "up next",
    "more stories",
    "more news",
    "more articles",
    "more on this story",
    "more from this author",
    "you may also like",
    "you might also like",
    "you may also be interested in",
    "recommended",
    "recommended for you",
    "recommended reading",
    "recommended articles",
    "explore further",
    "trending",
    "trending now",
    "most popular",
    "most read",
    "most viewed",
    "most commented",
    "popular posts",
    "popular articles",
    "popular videos",
    "popular stories",
    "latest news",
    "latest articles",
    "latest posts",
    "latest stories",
    "recent posts",
    "recent articles",
    "top stories",
    "editors' picks",
    "editor's picks",
    "\xC3\xA4hnliche beitr\xC3\xA4ge",
    "\xC3\x84hnliche beitr\xC3\xA4ge",
    "\xC3\xA4hnliche artikel",
    "\xC3\x84hnliche artikel",
    "auch interessant",
    "das k\xC3\xB6nnte dich auch interessieren",
    "das k\xC3\xB6nnte sie auch interessieren",
    "das k\xC3\xB6nnte dir auch gefallen",
    "das k\xC3\xB6nnte ihnen auch gefallen",
    "mehr zum thema",
    "mehr zu diesem thema",
    "zum thema",
    "passend zum thema",
    "lesen sie auch",
    "lies auch",
    "lesen sie mehr",
    "weiterlesen",
    "weitere artikel",
    "weitere beitr\xC3\xA4ge",
    "weitere themen",
    "weitere meldungen",
    "weitere nachrichten",
    "verwandte artikel",
    "verwandte beitr\xC3\xA4ge",
    "verwandte themen",
    "meist gelesene artikel",
    "meistgelesene artikel",
    "meistgelesen",
    "meistkommentiert",
    "beliebte artikel",
    "beliebte beitr\xC3\xA4ge",
    "neueste artikel",
    "neueste beitr\xC3\xA4ge",
    "aktuelle beitr\xC3\xA4ge",
    "aktuelle artikel",
    "videos zum thema",
    "empfehlungen der redaktion",
    "\xC3\xA0 lire aussi",
    "\xC3\x80 lire aussi",
    "a lire aussi",
    "lire aussi",
    "articles similaires",
    "articles li\xC3\xA9s",
    "articles les plus lus",
    "les plus lus",
    "sur le m\xC3\xAAme sujet",
    "sur le m\xC3\xAAme th\xC3\xA8me",
    "vous aimerez aussi",
    "te puede interesar",
    "tambi\xC3\xA9n te puede interesar",
    "art\xC3\xAD"
    "culos relacionados",
    "noticias relacionadas",
    "lo m\xC3\xA1s le\xC3\xAD"
    "do",
    "lea tambi\xC3\xA9n",
    "leer m\xC3\xA1s",
    "leggi anche",
    "articoli correlati",
    "potrebbe interessarti anche",
    "ti potrebbe interessare",
    "leia tamb\xC3\xA9m",
    "veja tamb\xC3\xA9m",
    "artigos relacionados",
    "not\xC3\xAD"
    "cias relacionadas",
    "mais lidas",
    "zobacz r\xC3\xB3wnie\xC5\xBC",
    "zobacz tak\xC5\xBC"
    "e",
    "czytaj tak\xC5\xBC"
    "e",
    "czytaj te\xC5\xBC",
    "przeczytaj tak\xC5\xBC"
    "e",
    "powi\xC4\x85zane artyku\xC5\x82y",
    "podobne artyku\xC5\x82y",
    "lees ook",
    "gerelateerde artikelen",
    "lees meer",
    "meest gelezen",
};

/* Whole lines, and how some begin. */
static const char *const SAID[] = {
    "comments are closed",
    "comments are off",
    "comments closed",
    "post a comment",
    "leave a comment",
    "be sociable, share",
    "like it? share it",
    "share this",
    "share this post",
    "share this article",
    "like this",
    "liked this post",
    "kommentare sind geschlossen",
    "die kommentare sind geschlossen",
    "teilen mit",
    "teile diesen beitrag",
    "gef\xC3\xA4llt mir",
    "schreibe einen kommentar",
};
static const char *const SAID_AT_HEAD[] = {
    "this site uses akismet to reduce spam",
    "diese website verwendet akismet",
};

/* In lower case, without white space, dots, colons and the like at its ends. */
static td_str normal(td_str line, char out[LINE_BYTES_MAX])
{
    size_t n = line.n < LINE_BYTES_MAX ? line.n : LINE_BYTES_MAX;

    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned)(line.ptr[i] - 'A') < 26u ? (char)(line.ptr[i] | 0x20) : line.ptr[i];
    while (n > 0 && strchr(" .:!?>", out[n - 1]))
        n--;
    return (td_str){out, n};
}

static bool is_one_of(td_str line, const char *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i][0] == line.ptr[0] && td_str_eq(line, td_str_from(rows[i])))
            return true;
    return false;
}

bool td_extract_content_related_is_heading(td_str line)
{
    char bytes[LINE_BYTES_MAX];

    if (line.n < 4 || line.n > HEADING_BYTES_MAX)
        return false;
    line = normal(line, bytes);
    return line.n && is_one_of(line, HEADINGS, sizeof(HEADINGS) / sizeof(*HEADINGS));
}

bool td_extract_content_related_is_said_by_software(td_str line)
{
    char bytes[LINE_BYTES_MAX];

    if (line.n < 4 || line.n > LINE_BYTES_MAX)
        return false;
    line = normal(line, bytes);
    for (size_t i = 0; i < sizeof(SAID_AT_HEAD) / sizeof(*SAID_AT_HEAD); i++)
        if (td_str_starts(line, td_str_from(SAID_AT_HEAD[i])))
            return true;
    return line.n && is_one_of(line, SAID, sizeof(SAID) / sizeof(*SAID));
}

/* The text below `at`, white space folded, if it fits into `out`. */
static td_str line_of(const td_tree *tree, uint32_t at, char out[LINE_BYTES_MAX])
{
    size_t n = 0;

    for (uint32_t i = at + 1; i < tree->nodes[at].end; i++) {
        td_str text = tree->nodes[i].text;

        if (tree->nodes[i].flags & TD_NODE_DROPPED) {
            i = tree->nodes[i].end - 1;
            continue;
        }
        for (size_t k = 0; k < text.n; k++) {
            bool space = (unsigned char)text.ptr[k] <= ' ';

            if (space && (n == 0 || out[n - 1] == ' '))
                continue;
            if (n == LINE_BYTES_MAX)
                return TD_STR("");
            out[n++] = space ? ' ' : text.ptr[k];
        }
    }
    return td_str_trim((td_str){out, n});
}

static bool is_heading_tag(uint8_t tag)
{
    return tag >= TD_TAG_H1 && tag <= TD_TAG_H6;
}

/* The outermost element that has nothing but what `at` has. */
static uint32_t whole_of(const td_content_finder *f, uint32_t at)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t parent = nodes[at].parent;

    while (parent != f->body && parent != 0 && f->of[parent].text == f->of[at].text) {
        at = parent;
        parent = nodes[at].parent;
    }
    return at;
}

/* What the heading stands above: up to the next heading that is not below it. */
static uint32_t end_of_section(const td_content_finder *f, uint32_t at, uint8_t heading,
                               td_content_measure *m)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t i = nodes[at].end, end = nodes[nodes[at].parent].end;

    *m = (td_content_measure){0};
    while (i < end && !(is_heading_tag(nodes[i].tag) && nodes[i].tag <= heading)) {
        if (!(nodes[i].flags & TD_NODE_DROPPED)) {
            m->text += f->of[i].text;
            m->link += f->of[i].link;
            m->has |= f->of[i].has;
        }
        i = nodes[i].end;
    }
    return i;
}

static bool drop_section(td_content_finder *f, uint32_t at)
{
    td_node *nodes = f->tree->nodes;
    uint8_t heading = is_heading_tag(nodes[at].tag) ? nodes[at].tag : (uint8_t)TD_TAG_H6;
    uint32_t whole = whole_of(f, at), end;
    td_content_measure below;

    end = end_of_section(f, whole, heading, &below);
    if ((below.has & (TD_HAS_CODE | TD_HAS_MAIN)) ||
        (uint64_t)below.link * 100 < (uint64_t)below.text * LINK_PERCENT_MIN ||
        (uint64_t)below.text * 100 > (uint64_t)f->of[f->body].text * PAGE_PERCENT_MAX)
        return false;
    for (uint32_t i = whole; i < end; i = nodes[i].end)
        nodes[i].flags |= TD_NODE_DROPPED;
    return true;
}

/* Most lines of a page begin otherwise; to gather them would take longer than all else here. */
static bool may_begin(const td_tree *tree, uint32_t at)
{
    for (uint32_t i = at + 1; i < tree->nodes[at].end; i++) {
        td_str text = td_str_trim(tree->nodes[i].text);

        if (text.n)
            return (unsigned char)text.ptr[0] == 0xC3 ||
                   strchr("abcdeglmnprstuvwyz", text.ptr[0] | 0x20);
    }
    return false;
}

bool td_extract_content_related_drop(td_content_finder *f)
{
    td_node *nodes = f->tree->nodes;
    bool may_have_lists = f->is_article || !(f->of[f->body].has & TD_HAS_CODE);
    char bytes[LINE_BYTES_MAX];
    size_t n_sections = 0;
    bool dropped = false;

    for (uint32_t i = f->body + 1; i < nodes[f->body].end; i++) {
        td_str line;

        if ((nodes[i].flags & TD_NODE_DROPPED) || nodes[i].tag == TD_TAG_PRE) {
            i = nodes[i].end - 1;
            continue;
        }
        if (nodes[i].tag == TD_TAG_TEXT || f->of[i].text > LINE_BYTES_MAX || f->of[i].text < 4 ||
            !td_extract_tag_is(nodes[i].tag, TD_TAG_IS_BLOCK) || !may_begin(f->tree, i))
            continue;
        line = line_of(f->tree, i, bytes);
        if (td_extract_content_related_is_said_by_software(line)) {
            nodes[i].flags |= TD_NODE_DROPPED;
            i = nodes[i].end - 1;
            dropped = true;
        } else if (may_have_lists && n_sections < SECTIONS_MAX &&
                   td_extract_content_related_is_heading(line)) {
            n_sections++;
            dropped |= drop_section(f, i);
        }
    }
    return dropped;
}
