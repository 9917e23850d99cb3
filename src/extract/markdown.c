#include "extract/markdown.h"

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
    FRAME_TERM,
    FRAME_MARK,
    FRAME_QUOTED,
} frame_kind;

struct td_md_frame {
    uint32_t end;
    frame_kind kind;
    size_t n_prefix;        /* to go back to */
    size_t n_blanks;        /* FRAME_ITEM: at its start */
    unsigned level;         /* FRAME_HEADING */
    td_md_mark mark;        /* FRAME_MARK */
    bool ordered, loose;    /* FRAME_LIST */
    bool of_term, has_body; /* FRAME_ITEM */
    uint64_t number;        /* FRAME_LIST: of the next item */
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

bool td_extract_markdown_marker_pends(const td_md *md)
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
    md->fresh = md->after_term = false;
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

static td_md_gap gap_before(const td_md *md)
{
    return md->after_term || td_extract_markdown_marker_pends(md) ? TD_MD_LINE : TD_MD_BLANK;
}

tandem_code td_extract_markdown_flush(td_md *md)
{
    tandem_code code = TANDEM_OK;
    td_str rest, line;
    td_md_gap gap;

    if (md->single) {
        md->space = true;
        return TANDEM_OK;
    }
    TD_TRY(td_extract_markdown_escape_signs(md));
    rest = line_text(md);
    gap = gap_before(md);
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

/* Puts a mark on both sides of the gathered text. */
static tandem_code wrap(td_md *md, td_str mark)
{
    tandem_code code = TANDEM_OK;
    size_t n = md->line.n;

    TD_TRY(td_buf_add(&md->line, mark, md->err));
    TD_TRY(td_buf_add(&md->line, mark, md->err));
    memmove(md->line.ptr + mark.n, md->line.ptr, n);
    memcpy(md->line.ptr, mark.ptr, mark.n);
    for (size_t i = 0; i < md->n_signs; i++)
        md->signs[i] += mark.n;
out:
    return code;
}

/* One line of the gathered text: with signs before it, or in bold. */
static tandem_code write_single(td_md *md, td_str before, bool bold)
{
    tandem_code code = TANDEM_OK;

    if (line_text(md).n > 0 && !td_extract_markdown_leaf_is_repeated(md, before, line_text(md))) {
        if (bold)
            TD_TRY(wrap(md, TD_STR("**")));
        TD_TRY(td_extract_markdown_escape_signs(md));
        TD_TRY(td_extract_markdown_start_line(md, gap_before(md)));
        md->heading_at = md->out->n;
        TD_TRY(td_buf_add(md->out, before, md->err));
        TD_TRY(td_buf_add(md->out, line_text(md), md->err));
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
        return write_single(md, td_str_slice(TD_STR("###### "), 6 - frame.level, 7), false);
    case FRAME_BOLD:
    case FRAME_TERM:
        md->single--;
        md->open[TD_MD_STRONG]--;
        TD_TRY(write_single(md, TD_STR(""), true));
        if (frame.kind == FRAME_TERM) {
            md->gap = TD_MD_NO_GAP; /* its body goes on in the next line */
            md->after_term = true;
        }
        return TANDEM_OK;
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

static td_md_frame *list_of(td_md *md)
{
    for (size_t i = md->n_frames; i-- > 0 && md->frames[i].kind != FRAME_ITEM;)
        if (md->frames[i].kind == FRAME_LIST)
            return &md->frames[i];
    return NULL;
}

static tandem_code open_item(td_md *md, uint32_t end, const td_md_frame *list, td_str marker)
{
    td_md_frame frame = {.end = end, .kind = FRAME_ITEM};
    tandem_code code = TANDEM_OK;

    if (list && list->loose)
        md->gap = TD_MD_BLANK;
    else if (md->gap == TD_MD_NO_GAP)
        md->gap = TD_MD_LINE;
    frame.n_blanks = md->n_blanks + (md->gap == TD_MD_BLANK && md->out->n > 0 && !md->fresh);
    TD_TRY(push(md, frame));
    if (!md->single)
        add_prefix(md, marker, (td_str){"               ", marker.n});
out:
    return code;
}

static tandem_code enter_item(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    uint32_t end = md->tree->nodes[at].end;
    td_md_frame *list;
    char marker[16];
    int n;

    TD_TRY(td_extract_markdown_flush(md));
    list = list_of(md);
    if (!(list && list->ordered) && !md->single && td_extract_markdown_leaf_is_section(md, at)) {
        md->gap = TD_MD_BLANK;
        if (list)
            list->loose = true;
        return push(md, (td_md_frame){.end = end, .kind = FRAME_BLOCK});
    }
    n = list && list->ordered ? snprintf(marker, sizeof(marker), "%llu. ",
                                         (unsigned long long)list->number++ % 1000000000)
                              : snprintf(marker, sizeof(marker), "- ");
    TD_TRY(open_item(md, end, list, (td_str){marker, (size_t)n}));
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
    if (md->out->n > 0 && !td_extract_markdown_marker_pends(md)) {
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

/* The item that the last term began, where nothing has begun inside it. */
static td_md_frame *term_item(td_md *md)
{
    td_md_frame *top = md->n_frames ? &md->frames[md->n_frames - 1] : NULL;

    return top && top->of_term ? top : NULL;
}

/* A term and what is said of it are an item of a list, which keeps them together. The item ends
 * with the next term after that. */
static tandem_code enter_term(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    const td_node *nodes = md->tree->nodes;
    td_md_frame *item;

    TD_TRY(td_extract_markdown_flush(md));
    if (md->single)
        goto out;
    item = term_item(md);
    if (item && item->has_body)
        TD_TRY(leave(md));
    if (!item || item->has_body) {
        TD_TRY(open_item(md, nodes[nodes[at].parent].end, list_of(md), TD_STR("- ")));
        md->frames[md->n_frames - 1].of_term = true;
    }
    TD_TRY(push(md, (td_md_frame){.end = nodes[at].end, .kind = FRAME_TERM}));
    md->single++;
    md->open[TD_MD_STRONG]++;
out:
    return code;
}

static tandem_code enter_body(td_md *md, uint32_t at)
{
    td_md_frame *item = term_item(md);

    if (item)
        item->has_body = true;
    return enter_block(md, at);
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
        code = write_single(md, TD_STR(""), true);
out:
    return code;
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
    else if (td_extract_markdown_leaf_is_signature(md, start) && !md->single)
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
        return td_extract_markdown_leaf_image(md, node);
    case TD_TAG_HR:
        return td_extract_markdown_leaf_rule(md);
    case TD_TAG_INPUT:
        return td_extract_markdown_leaf_checkbox(md, node);
    case TD_TAG_MATH:
        return td_extract_markdown_leaf_formula(md, at);
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
        return td_extract_markdown_leaf_raised(md, *at);
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
    case TD_TAG_DL:
        return td_extract_markdown_leaf_has_signatures(md, *at) ? enter_block(md, *at)
                                                                : enter_list(md, *at);
    case TD_TAG_DT:
        return enter_term(md, *at);
    case TD_TAG_DD:
        return enter_body(md, *at);
    case TD_TAG_LI:
        return enter_item(md, *at);
    case TD_TAG_BLOCKQUOTE:
        return enter_quote(md, *at);
    default:
        if (td_extract_markdown_leaf_is_title(md, *at))
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
