#include "extract/content_lead.h"

enum {
    LEVELS_MAX = 4,
    LEAD_BYTES_MIN = 30, /* of text that is no link */
    LEAD_BYTES_MAX = 1200,
};

static bool says_lead(td_str word)
{
    static const char *const PARTS[] = {"lead",       "teaser",  "intro",    "abstract",
                                        "standfirst", "excerpt", "subtitle", "subheadline",
                                        "dek",        "leadin",  "vorspann", "chapo"};
    size_t start = 0;

    for (size_t i = 0; i <= word.n; i++) {
        if (i < word.n && word.ptr[i] != '-' && word.ptr[i] != '_')
            continue;
        for (size_t k = 0; k < sizeof(PARTS) / sizeof(*PARTS); k++)
            if (td_str_eq_nocase(td_str_slice(word, start, i), td_str_from(PARTS[k])))
                return true;
        start = i + 1;
    }
    return false;
}

static bool is_lead(const td_content_finder *f, uint32_t at)
{
    const td_content_measure *m = &f->of[at];
    td_str rest = td_extract_tree_get(&f->tree->nodes[at], TD_ATTRIBUTE_CLASS), word;

    if (m->text < LEAD_BYTES_MIN || m->text > LEAD_BYTES_MAX || m->link * 3 > m->text)
        return false;
    while (td_extract_tree_next_word(&rest, &word))
        if (says_lead(word))
            return true;
    return false;
}

/* The lead in [from, to); 0 if there is none. */
static uint32_t find_lead(const td_content_finder *f, uint32_t from, uint32_t to)
{
    const td_node *nodes = f->tree->nodes;

    for (uint32_t i = from; i < to; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED)
            i = nodes[i].end - 1;
        else if (nodes[i].tag != TD_TAG_TEXT && nodes[i].n_attributes && is_lead(f, i))
            return i;
    }
    return 0;
}

/* Everything between `top` and `root` but what holds a heading or the lead. */
static void drop_others(td_content_finder *f, uint32_t top, uint32_t root, uint32_t lead)
{
    td_node *nodes = f->tree->nodes;

    for (uint32_t i = top + 1; i < nodes[top].end; i++) {
        bool holds = (i <= root && root < nodes[i].end) || (i <= lead && lead < nodes[i].end);

        if (i == root || i == lead || nodes[i].tag == TD_TAG_H1) {
            i = nodes[i].end - 1;
        } else if (!holds && !(i < root && (f->of[i].has & TD_HAS_HEADING))) {
            nodes[i].flags |= TD_NODE_DROPPED;
            i = nodes[i].end - 1;
        }
    }
}

uint32_t td_extract_content_lead_join(td_content_finder *f, uint32_t root)
{
    const td_node *nodes = f->tree->nodes;
    uint32_t top = root;

    for (size_t level = 0; level < LEVELS_MAX && top != f->body && top != 0; level++) {
        uint32_t from, lead;

        if (f->of[top].has & TD_HAS_MAIN)
            break;
        from = nodes[top].parent + 1;
        lead = find_lead(f, from, top);
        top = nodes[top].parent;
        if (lead && top != f->body) {
            drop_others(f, top, root, lead);
            return top;
        }
    }
    return root;
}
