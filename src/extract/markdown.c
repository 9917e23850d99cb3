#include "extract/markdown.h"

#include "extract/markdown_escape.h"
#include "extract/markdown_writer.h"

#include <stdio.h>

/* What is to be done when an element ends. */
typedef enum frame_kind {
    FRAME_BLOCK,
    FRAME_LIST,
    FRAME_ITEM,
    FRAME_QUOTE,
    FRAME_HEADING,
    FRAME_BOLD,
    FRAME_MARK,
    FRAME_QUOTED,
} frame_kind;

struct td_md_frame {
    uint32_t end;
    frame_kind kind;
    size_t n_prefix;     /* to go back to */
    size_t n_blanks;     /* FRAME_ITEM: at its start */
    unsigned level;      /* FRAME_HEADING */
    td_md_mark mark;     /* FRAME_MARK */
    bool ordered, loose; /* FRAME_LIST */
    uint64_t number;     /* FRAME_LIST: of the next item */
};

static tandem_code push(td_md *md, td_md_frame frame)
{
    if (md->n_frames == md->n_frames_max) {
        size_t n_max = md->n_frames_max ? md->n_frames_max * 2 : 64;
        td_md_frame *frames =
            td_arena_grow(md->arena, md->frames, md->n_frames_max * sizeof(*frames),
                          n_max * sizeof(*frames));

        if (!frames)
            return td_arena_fail(md->arena, md->err);
        md->frames = frames;
        md->n_frames_max = n_max;
    }
    frame.n_prefix = md->n_prefix;
    md->frames[md->n_frames++] = frame;
    return TANDEM_OK;
}

static bool marker_pends(const td_md *md)
{
    return memcmp(md->next, md->rest, md->n_prefix) != 0;
}

static void add_prefix(td_md *md, td_str next, td_str rest)
{
    if (md->n_prefix + next.n > TD_MD_PREFIX_MAX)
        return; /* deeper lists stay at the last indentation */
    memcpy(md->next + md->n_prefix, next.ptr, next.n);
    memcpy(md->rest + md->n_prefix, rest.ptr, rest.n);
    md->n_prefix += next.n;
}

void td_extract_markdown_shed(td_md *md)
{
    md->n_prefix = 0;
    for (size_t i = 0; i < md->n_frames; i++)
        md->frames[i].n_prefix = 0;
}

static tandem_code add_trimmed(td_md *md, td_str text)
{
    while (text.n && text.ptr[text.n - 1] == ' ')
        text.n--;
    return td_buf_add(md->out, text, md->err);
}

/* The blank line that was asked for, with the quote marks of the present place. */
static tandem_code write_gap(td_md *md)
{
    tandem_code code = TANDEM_OK;

    if (md->out->n > 0) {
        if (md->out->ptr[md->out->n - 1] != '\n')
            TD_TRY(td_buf_add_byte(md->out, '\n', md->err));
        if (md->gap == TD_MD_BLANK) {
            TD_TRY(add_trimmed(md, (td_str){md->rest, md->n_prefix}));
            TD_TRY(td_buf_add_byte(md->out, '\n', md->err));
            md->n_blanks++;
        }
    }
    md->gap = TD_MD_NO_GAP;
out:
    return code;
}

tandem_code td_extract_markdown_start_line(td_md *md, td_md_gap gap)
{
    tandem_code code = TANDEM_OK;

    if (gap > md->gap)
        md->gap = gap;
    if (md->fresh)
        md->gap = TD_MD_LINE;
    md->fresh = false;
    TD_TRY(write_gap(md));
    TD_TRY(td_buf_add(md->out, (td_str){md->next, md->n_prefix}, md->err));
    memcpy(md->next, md->rest, md->n_prefix);
out:
    return code;
}

static void end_line(td_md *md)
{
    td_buf_cut(&md->line, 0);
    md->space = false;
    md->closed_at = md->code_closed_at = 0;
}

static td_str line_text(const td_md *md)
{
    return td_str_trim(td_buf_str(&md->line));
}

tandem_code td_extract_markdown_flush(td_md *md)
{
    tandem_code code = TANDEM_OK;
    td_str rest = line_text(md), line;
    td_md_gap gap = marker_pends(md) ? TD_MD_LINE : TD_MD_BLANK;

    if (md->single) {
        md->space = true;
        return TANDEM_OK;
    }
    while (td_str_next(&rest, '\n', &line)) {
        size_t at = td_extract_markdown_escape_line(line);

        TD_TRY(td_extract_markdown_start_line(md, gap));
        if (at != TD_STR_NONE) {
            TD_TRY(td_buf_add(md->out, td_str_slice(line, 0, at), md->err));
            TD_TRY(td_buf_add_byte(md->out, '\\', md->err));
            line = td_str_slice(line, at, line.n);
        }
        TD_TRY(td_buf_add(md->out, line, md->err));
        gap = TD_MD_LINE;
    }
    end_line(md);
out:
    return code;
}

/* One line made of the gathered text between two signs. */
static tandem_code write_single(td_md *md, td_str before, td_str after)
{
    tandem_code code = TANDEM_OK;
    td_str text = line_text(md);

    if (text.n > 0) {
        TD_TRY(td_extract_markdown_start_line(md, marker_pends(md) ? TD_MD_LINE : TD_MD_BLANK));
        TD_TRY(td_buf_add(md->out, before, md->err));
        TD_TRY(td_buf_add(md->out, text, md->err));
        TD_TRY(td_buf_add(md->out, after, md->err));
        md->gap = TD_MD_BLANK;
    }
    end_line(md);
out:
    return code;
}

static tandem_code leave(td_md *md)
{
    tandem_code code = TANDEM_OK;
    td_md_frame frame = md->frames[--md->n_frames];
    td_md_frame *list;

    switch (frame.kind) {
    case FRAME_MARK:
        return td_extract_markdown_inline_close(md, frame.mark);
    case FRAME_QUOTED:
        md->space = false;
        return td_extract_markdown_inline_raw(md, TD_STR("\""));
    case FRAME_HEADING:
        md->single--;
        md->plain--;
        return write_single(md, td_str_slice(TD_STR("###### "), 6 - frame.level, 7), TD_STR(""));
    case FRAME_BOLD:
        md->single--;
        md->open[TD_MD_STRONG]--;
        return write_single(md, TD_STR("**"), TD_STR("**"));
    case FRAME_BLOCK:
        return td_extract_markdown_flush(md);
    case FRAME_ITEM:
        TD_TRY(td_extract_markdown_flush(md));
        list = md->n_frames ? &md->frames[md->n_frames - 1] : NULL;
        if (list && list->kind == FRAME_LIST && md->n_blanks != frame.n_blanks)
            list->loose = true;
        break;
    case FRAME_LIST:
        TD_TRY(td_extract_markdown_flush(md));
        break;
    case FRAME_QUOTE:
        TD_TRY(td_extract_markdown_flush(md));
        md->fresh = false;
        md->gap = TD_MD_BLANK;
        break;
    }
    md->n_prefix = frame.n_prefix;
out:
    return code;
}

static tandem_code enter_list(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    const td_node *node = &md->tree->nodes[at];
    td_md_frame frame = {.end = node->end, .kind = FRAME_LIST, .number = 1};
    td_str start = td_extract_tree_get(node, TD_ATTRIBUTE_START);
    bool in_item = false;

    TD_TRY(td_extract_markdown_flush(md));
    for (size_t i = md->n_frames; i-- > 0 && !in_item;)
        in_item = md->frames[i].kind == FRAME_ITEM;
    frame.ordered = node->tag == TD_TAG_OL;
    td_str_to_u64(start, &frame.number);
    if (frame.number > 999999999)
        frame.number = 1;
    if (!in_item && !md->single)
        md->gap = TD_MD_BLANK;
    TD_TRY(push(md, frame));
out:
    return code;
}

/* Javadoc makes a list of a page's sections, blogs one of their posts: what begins with a heading
 * is a section, and in an item it would be no heading to a reader of Markdown. */
static bool is_section(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;

    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED)
            i = nodes[i].end - 1;
        else if (nodes[i].tag >= TD_TAG_H1 && nodes[i].tag <= TD_TAG_H6)
            return true;
        else if (td_str_trim(nodes[i].text).n > 0 ||
                 td_extract_tree_get(&nodes[i], TD_ATTRIBUTE_ALT).n > 0)
            return false;
    }
    return false;
}

static tandem_code enter_item(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    const td_node *node = &md->tree->nodes[at];
    td_md_frame frame = {.end = node->end, .kind = FRAME_ITEM};
    td_md_frame *list = NULL;
    char marker[16];
    int n;

    TD_TRY(td_extract_markdown_flush(md));
    for (size_t i = md->n_frames; i-- > 0 && !list && md->frames[i].kind != FRAME_ITEM;)
        if (md->frames[i].kind == FRAME_LIST)
            list = &md->frames[i];
    if (!(list && list->ordered) && !md->single && is_section(md, at)) {
        md->gap = TD_MD_BLANK;
        if (list)
            list->loose = true;
        return push(md, (td_md_frame){.end = node->end, .kind = FRAME_BLOCK});
    }
    n = list && list->ordered ? snprintf(marker, sizeof(marker), "%llu. ",
                                         (unsigned long long)list->number++ % 1000000000)
                              : snprintf(marker, sizeof(marker), "- ");
    if (list && list->loose)
        md->gap = TD_MD_BLANK;
    else if (md->gap == TD_MD_NO_GAP)
        md->gap = TD_MD_LINE;
    frame.n_blanks = md->n_blanks + (md->gap == TD_MD_BLANK && md->out->n > 0 && !md->fresh);
    TD_TRY(push(md, frame));
    if (!md->single)
        add_prefix(md, (td_str){marker, (size_t)n}, (td_str){"               ", (size_t)n});
out:
    return code;
}

static tandem_code enter_quote(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    TD_TRY(push(md, (td_md_frame){.end = md->tree->nodes[at].end, .kind = FRAME_QUOTE}));
    if (md->single)
        goto out;
    if (md->out->n > 0 && !marker_pends(md)) {
        md->gap = TD_MD_BLANK;
        TD_TRY(write_gap(md));
        md->fresh = true;
    }
    add_prefix(md, TD_STR("> "), TD_STR("> "));
out:
    return code;
}

static tandem_code enter_heading(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    const td_node *node = &md->tree->nodes[at];

    TD_TRY(td_extract_markdown_flush(md));
    if (md->single)
        goto out;
    TD_TRY(push(md, (td_md_frame){.end = node->end,
                                  .kind = FRAME_HEADING,
                                  .level = (unsigned)(node->tag - TD_TAG_H1 + 1)}));
    md->single++;
    md->plain++;
out:
    return code;
}

static tandem_code enter_bold(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    if (md->single)
        goto out;
    TD_TRY(push(md, (td_md_frame){.end = md->tree->nodes[at].end, .kind = FRAME_BOLD}));
    md->single++;
    md->open[TD_MD_STRONG]++;
out:
    return code;
}

static tandem_code enter_block(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    TD_TRY(push(md, (td_md_frame){.end = md->tree->nodes[at].end, .kind = FRAME_BLOCK}));
out:
    return code;
}

static tandem_code enter_mark(td_md *md, uint32_t at, td_md_mark mark)
{
    if (md->tree->nodes[at].flags & TD_NODE_HAS_BLOCK)
        return TANDEM_OK;
    td_extract_markdown_inline_open(md, mark);
    return push(md,
                (td_md_frame){.end = md->tree->nodes[at].end, .kind = FRAME_MARK, .mark = mark});
}

/* The signature of a function or class in an API reference: one code span, in bold. */
static tandem_code write_signature(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    md->single++;
    code = td_extract_markdown_inline_code(md, at);
    md->single--;
    if (code == TANDEM_OK)
        code = write_single(md, TD_STR("**"), TD_STR("**"));
out:
    return code;
}

static bool is_signature(const td_node *node)
{
    if (node->n_attributes == 0)
        return false;
    if (node->tag == TD_TAG_DIV) /* Javadoc's */
        return td_extract_tree_has_class(node, TD_STR("member-signature")) ||
               td_extract_tree_has_class(node, TD_STR("type-signature"));
    return node->tag == TD_TAG_DT && (td_extract_tree_has_class(node, TD_STR("sig")) ||
                                      td_extract_tree_has_class(node, TD_STR("sig-object")));
}

static bool is_title(const td_node *node)
{
    return node->tag == TD_TAG_DT || node->tag == TD_TAG_SUMMARY ||
           (node->tag == TD_TAG_P && node->n_attributes &&
            (td_extract_tree_has_class(node, TD_STR("admonition-title")) ||
             td_extract_tree_has_class(node, TD_STR("topic-title")) ||
             td_extract_tree_has_class(node, TD_STR("sidebar-title")) ||
             td_extract_tree_has_class(node, TD_STR("rubric"))));
}

static tandem_code write_rule(td_md *md)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    if (md->single || md->out->n == 0)
        goto out;
    TD_TRY(td_extract_markdown_start_line(md, TD_MD_BLANK));
    TD_TRY(td_buf_add(md->out, TD_STR("---"), md->err));
    md->gap = TD_MD_BLANK;
out:
    return code;
}

/* Raised numbers and single letters are exponents; all else that is raised is text. */
static tandem_code enter_raised(td_md *md, uint32_t at)
{
    const td_node *node = &md->tree->nodes[at];
    td_str text = node->end == at + 2 ? td_str_trim(node[1].text) : TD_STR("");
    bool exponent = text.n > 0 && text.n <= 4 && !md->space && md->line.n > 0;

    for (size_t i = 0; i < text.n; i++)
        exponent = exponent && ((text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
                                (i == 0 && text.n > 1 && text.ptr[i] == '-') ||
                                (text.n == 1 && (unsigned)((text.ptr[i] | 0x20) - 'a') < 26u));
    return exponent ? td_extract_markdown_inline_raw(md, TD_STR("^")) : TANDEM_OK;
}

static tandem_code enter_link(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    bool is_link = false;

    TD_TRY(td_extract_markdown_inline_link(md, at, &is_link));
    if (is_link)
        TD_TRY(enter_mark(md, at, TD_MD_LINK));
out:
    return code;
}

static tandem_code write_formula(td_md *md, uint32_t *at)
{
    const td_node *nodes = md->tree->nodes;
    td_str text = td_extract_tree_get(&nodes[*at], TD_ATTRIBUTE_ALTTEXT);
    uint32_t end = nodes[*at].end;
    tandem_code code = TANDEM_OK;

    if (text.n) {
        code = td_extract_markdown_inline_text(md, text);
        *at = end - 1;
        return code;
    }
    for (uint32_t i = *at + 1; i < end; i++) {
        if (nodes[i].tag != TD_TAG_ANNOTATION)
            continue;
        code = td_extract_markdown_walk(md, i + 1, nodes[i].end);
        *at = end - 1;
        break;
    }
    return code;
}

static tandem_code write_checkbox(td_md *md, const td_node *node)
{
    if (!td_str_eq_nocase(td_extract_tree_get(node, TD_ATTRIBUTE_TYPE), TD_STR("checkbox")) ||
        md->line.n > 0 || !marker_pends(md))
        return TANDEM_OK;
    md->space = true;
    return td_buf_add(&md->line,
                      td_extract_tree_has(node, TD_ATTRIBUTE_CHECKED) ? TD_STR("[x]")
                                                                      : TD_STR("[ ]"),
                      md->err);
}

/* Elements whose whole content is written at once; *at moves to its last node. */
static tandem_code write_whole(td_md *md, uint32_t *at, bool *done_out)
{
    const td_node *node = &md->tree->nodes[*at];
    uint32_t start = *at;
    tandem_code code = TANDEM_OK;

    *done_out = true;
    if (node->tag == TD_TAG_PRE || node->tag == TD_TAG_LISTING ||
        td_extract_markdown_code_is(md, start))
        code = td_extract_markdown_code_write(md, start);
    else if (is_signature(node) && !md->single)
        code = write_signature(md, start);
    else if (node->tag == TD_TAG_TABLE && td_extract_markdown_table_is_data(md, start))
        code = td_extract_markdown_table_write(md, start);
    else if (node->tag == TD_TAG_DIV && node->n_attributes &&
             td_extract_markdown_table_is_grid(md, start))
        code = td_extract_markdown_table_write_grid(md, start);
    else if ((node->tag == TD_TAG_CODE || node->tag == TD_TAG_KBD || node->tag == TD_TAG_SAMP ||
              node->tag == TD_TAG_TT) &&
             !(node->flags & TD_NODE_HAS_BLOCK))
        code = td_extract_markdown_inline_code(md, start);
    else
        *done_out = false;
    if (*done_out)
        *at = node->end - 1;
    return code;
}

static tandem_code enter(td_md *md, uint32_t *at)
{
    const td_node *node = &md->tree->nodes[*at];
    bool done = false;
    tandem_code code = write_whole(md, at, &done);

    if (done || code != TANDEM_OK)
        return code;
    switch ((int)node->tag) {
    case TD_TAG_BR:
        return td_extract_markdown_inline_break(md);
    case TD_TAG_IMG:
        return td_extract_markdown_inline_text(md, td_extract_tree_get(node, TD_ATTRIBUTE_ALT));
    case TD_TAG_HR:
        return write_rule(md);
    case TD_TAG_INPUT:
        return write_checkbox(md, node);
    case TD_TAG_MATH:
        return write_formula(md, at);
    case TD_TAG_STRONG:
    case TD_TAG_B:
        return enter_mark(md, *at, TD_MD_STRONG);
    case TD_TAG_EM:
    case TD_TAG_I:
    case TD_TAG_VAR:
    case TD_TAG_DFN:
    case TD_TAG_CITE:
        return enter_mark(md, *at, TD_MD_EMPHASIS);
    case TD_TAG_DEL:
    case TD_TAG_S:
    case TD_TAG_STRIKE:
        return enter_mark(md, *at, TD_MD_DELETED);
    case TD_TAG_A:
        return enter_link(md, *at);
    case TD_TAG_SUP:
        return enter_raised(md, *at);
    case TD_TAG_Q:
        code = push(md, (td_md_frame){.end = node->end, .kind = FRAME_QUOTED});
        return code == TANDEM_OK ? td_extract_markdown_inline_raw(md, TD_STR("\"")) : code;
    case TD_TAG_H1:
    case TD_TAG_H2:
    case TD_TAG_H3:
    case TD_TAG_H4:
    case TD_TAG_H5:
    case TD_TAG_H6:
        return enter_heading(md, *at);
    case TD_TAG_UL:
    case TD_TAG_OL:
    case TD_TAG_MENU:
    case TD_TAG_DIR:
        return enter_list(md, *at);
    case TD_TAG_LI:
        return enter_item(md, *at);
    case TD_TAG_BLOCKQUOTE:
        return enter_quote(md, *at);
    default:
        if (is_title(node))
            return enter_bold(md, *at);
        return td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK) ? enter_block(md, *at) : TANDEM_OK;
    }
}

tandem_code td_extract_markdown_walk(td_md *md, uint32_t from, uint32_t to)
{
    tandem_code code = TANDEM_OK;
    size_t n_frames = md->n_frames;

    for (uint32_t i = from; i < to; i++) {
        const td_node *node = &md->tree->nodes[i];

        while (md->n_frames > n_frames && md->frames[md->n_frames - 1].end <= i)
            TD_TRY(leave(md));
        if (node->flags & TD_NODE_DROPPED)
            i = node->end - 1;
        else if (node->tag == TD_TAG_TEXT)
            TD_TRY(td_extract_markdown_inline_text(md, node->text));
        else
            TD_TRY(enter(md, &i));
    }
    while (md->n_frames > n_frames)
        TD_TRY(leave(md));
out:
    return code;
}

tandem_code td_extract_markdown_write(const td_tree *tree, uint32_t root, td_str base,
                                      const td_extract_options *options, td_arena *arena,
                                      td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_md md = {
        .tree = tree, .arena = arena, .out = out, .base = base, .options = options, .err = err};

    md.line = TD_BUF(options->text_bytes_max);
    md.url = TD_BUF(1 << 20);
    TD_TRY(td_extract_markdown_walk(&md, root, tree->nodes[root].end));
    TD_TRY(td_extract_markdown_flush(&md));
    if (out->n > 0 && out->ptr[out->n - 1] != '\n')
        TD_TRY(td_buf_add_byte(out, '\n', err));
out:
    td_buf_clear(&md.line);
    td_buf_clear(&md.url);
    return code;
}
