#include "extract/content_measure.h"

td_str td_extract_content_measure_role(const td_node *node)
{
    return td_extract_tree_get(node, TD_ATTRIBUTE_ROLE);
}

static bool is_letter(unsigned char c)
{
    return c >= 0x80 || (unsigned)((c | 0x20) - 'a') < 26u;
}

static td_content_measure measure_text(td_str text)
{
    td_content_measure m = {0};

    for (size_t i = 0; i < text.n; i++)
        m.text += (unsigned char)text.ptr[i] > ' ';
    for (size_t i = 0; i < text.n && !m.has; i++)
        if (is_letter((unsigned char)text.ptr[i]))
            m.has = TD_HAS_LETTER;
    return m;
}

void td_extract_content_measure_texts(td_content_finder *f)
{
    const td_node *nodes = f->tree->nodes;

    for (uint32_t i = 0; i < f->tree->n; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED)
            i = nodes[i].end - 1;
        else if (nodes[i].tag == TD_TAG_TEXT)
            f->of[i] = measure_text(nodes[i].text);
    }
}

bool td_extract_content_measure_is_main(const td_content_finder *f, const td_node *node)
{
    return node->tag == TD_TAG_MAIN ||
           td_str_eq_nocase(td_extract_content_measure_role(node), TD_STR("main")) ||
           (node->tag == TD_TAG_ARTICLE && f->n_articles == 1);
}

static bool is_field(const td_node *node)
{
    static const char *const OTHERS[] = {"hidden", "checkbox", "radio", "button",
                                         "image",  "submit",   "reset"};
    td_str type = td_extract_tree_get(node, TD_ATTRIBUTE_TYPE);

    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++)
        if (td_str_eq_nocase(type, td_str_from(OTHERS[i])))
            return false;
    return true;
}

void td_extract_content_measure_all(td_content_finder *f)
{
    td_node *nodes = f->tree->nodes;
    uint32_t n = f->tree->n;

    for (uint32_t i = 0; i < n; i++)
        if (nodes[i].tag != TD_TAG_TEXT)
            f->of[i] = (td_content_measure){0};
    for (uint32_t i = n; i-- > 1;) {
        td_content_measure *m = &f->of[i], *above = &f->of[nodes[i].parent];

        if (nodes[i].tag == TD_TAG_TEXTAREA ||
            (nodes[i].tag == TD_TAG_INPUT && is_field(&nodes[i])))
            above->has |= TD_HAS_FIELD;
        if (nodes[i].flags & TD_NODE_DROPPED)
            continue;
        if (nodes[i].tag == TD_TAG_A)
            m->link = m->text;
        if (nodes[i].tag == TD_TAG_PRE && m->text)
            m->has |= TD_HAS_CODE;
        if (nodes[i].tag == TD_TAG_H1 && m->text)
            m->has |= TD_HAS_HEADING;
        if (nodes[i].n_attributes && td_extract_content_measure_is_main(f, &nodes[i]))
            m->has |= TD_HAS_MAIN;
        if (nodes[i].tag == TD_TAG_MAIN || (nodes[i].tag == TD_TAG_ARTICLE && f->n_articles == 1))
            m->has |= TD_HAS_MAIN;
        above->text += m->text;
        above->link += m->link;
        above->has |= m->has;
    }
}

/* The strongest word of a class attribute. */
static td_content_name name_of_class(td_content_finder *f, td_str value)
{
    size_t hash =
        value.n ? value.n * 7 + (uint8_t)value.ptr[0] * 3 + (uint8_t)value.ptr[value.n / 2] : 0;
    size_t at = hash % TD_CONTENT_CLASSES;
    td_content_name kind = TD_NAME_NONE;
    td_str rest = value, word;

    if (value.n == 0 || (f->classes[at].value.n && td_str_eq(f->classes[at].value, value)))
        return value.n ? f->classes[at].name : TD_NAME_NONE;
    while (td_extract_tree_next_word(&rest, &word)) {
        td_content_name one = td_extract_content_name(word, false);

        if (one != TD_NAME_NONE && (kind == TD_NAME_NONE || one < kind))
            kind = one;
    }
    f->classes[at].value = value;
    f->classes[at].name = kind;
    return kind;
}

td_content_name td_extract_content_measure_name(td_content_finder *f, const td_node *node,
                                                bool with_id)
{
    td_content_name kind = name_of_class(f, td_extract_tree_get(node, TD_ATTRIBUTE_CLASS));

    if (with_id && kind == TD_NAME_NONE)
        kind = td_extract_content_name(td_extract_tree_get(node, TD_ATTRIBUTE_ID), true);
    return kind;
}

uint64_t td_extract_content_measure_weight(const td_content_measure *m)
{
    return (uint64_t)m->text * 10 - (uint64_t)m->link * 8;
}
