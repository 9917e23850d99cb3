#include "extract/html.h"

#include "base/utf8.h"
#include "extract/flatten.h"
#include "extract/main_content.h"
#include "extract/markdown.h"
#include "extract/metadata.h"
#include "extract/skim.h"

enum {
    SCRATCH_KEEP_BYTES = 4 << 20, /* of a scratch arena; a page of 100 KB needs half of it */
    NESTING_MOST = 5000,          /* more would let a page take minutes, whatever the options say */
};

/* Many themes keep the title above the element with the text. */
static tandem_code write_title(const td_tree *tree, uint32_t root, const td_document *document,
                               td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(1 << 20);

    for (uint32_t i = root; i < tree->nodes[root].end; i++)
        if (tree->nodes[i].tag == TD_TAG_H1)
            goto out;
    for (uint32_t i = 0; i < root && text.n == 0; i++) {
        if (tree->nodes[i].flags & TD_NODE_DROPPED)
            i = tree->nodes[i].end - 1;
        else if (tree->nodes[i].tag == TD_TAG_H1)
            TD_TRY(td_extract_tree_text(tree, i, 500, &text, err));
    }
    if (text.n && td_str_find(document->title, td_buf_str(&text), 0) != TD_STR_NONE)
        TD_TRY(td_buf_add_fmt(out, err, "# %.*s\n", TD_STR_FMT(td_buf_str(&text))));
out:
    td_buf_clear(&text);
    return code;
}

static void undrop(td_tree *tree)
{
    for (uint32_t i = 0; i < tree->n; i++)
        tree->nodes[i].flags &= (uint8_t)~TD_NODE_DROPPED;
}

/* The content; if that is nothing, the whole body; if that is nothing, hidden text too: a page
 * that has text is never given back empty. */
static tandem_code write_text(td_tree *tree, td_str base, const td_extract_options *options,
                              td_arena *arena, const td_document *document, td_buf *out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t root = td_extract_main_content_body(tree), body = root;

    td_extract_main_content_drop_hidden(tree);
    if (!options->whole_page) {
        TD_TRY(td_extract_main_content_find(tree, arena, &root, err));
        TD_TRY(write_title(tree, root, document, out, err));
    }
    TD_TRY(td_extract_markdown_write(tree, root, base, options, arena, out, err));
    if (td_utf8_is_blank(td_buf_str(out)) && !options->whole_page) {
        td_buf_cut(out, 0);
        undrop(tree);
        td_extract_main_content_drop_hidden(tree);
        TD_TRY(td_extract_markdown_write(tree, body, base, options, arena, out, err));
    }
    if (td_utf8_is_blank(td_buf_str(out))) {
        td_buf_cut(out, 0);
        undrop(tree);
        TD_TRY(td_extract_markdown_write(tree, body, base, options, arena, out, err));
    }
out:
    return code;
}

/* Text without any structure: what is left of a page that no tree could be made of. */
static tandem_code write_lines(const td_tree *tree, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (uint32_t i = 0; i < tree->n; i++) {
        td_str rest = tree->nodes[i].text, line;

        while (td_str_next(&rest, '\n', &line)) {
            line = td_str_trim(line);
            if (line.n == 0)
                continue;
            if (out->n > 0)
                TD_TRY(td_buf_add_byte(out, '\n', err));
            TD_TRY(td_buf_add(out, line, err));
            TD_TRY(td_buf_add_byte(out, '\n', err));
        }
    }
out:
    return code;
}

static tandem_code read_once(td_str html, td_str uri, const td_extract_options *options,
                             size_t nesting_max, td_buf *text, td_document *document,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_arena *arena = options->scratch ? options->scratch : td_arena_new(TD_EXTRACT_SCRATCH_BYTES);
    td_buf flat = TD_BUF(html.n * 4 + 1024);
    td_tree tree = {0};
    td_str base;

    if (!arena)
        TD_TRY(td_fail_nomem(err, "HTML tree"));
    td_arena_clear(arena, SCRATCH_KEEP_BYTES);
    if (options->links_only)
        TD_TRY(td_extract_skim(html, &flat, err));
    else
        TD_TRY(td_extract_flatten(html, nesting_max, &flat, err));
    TD_TRY(td_extract_tree_parse(td_buf_str(&flat), arena, &tree, err));
    if (nesting_max == 0) {
        TD_TRY(write_lines(&tree, text, err));
        goto out;
    }
    TD_TRY(td_extract_metadata_base(&tree, uri, options, document, &base, err));
    TD_TRY(td_extract_metadata_read(&tree, base, options, document, err));
    TD_TRY(td_extract_metadata_links(&tree, base, options, document, err));
    if (!options->links_only)
        TD_TRY(write_text(&tree, base, options, arena, document, text, err));
out:
    td_buf_clear(&flat);
    if (options->scratch)
        td_arena_clear(arena, SCRATCH_KEEP_BYTES);
    else
        td_arena_free(arena);
    return code;
}

tandem_code td_extract_html_read(td_str html, td_str uri, const td_extract_options *options,
                                 td_document *document, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t nesting_max = options->nesting_max < NESTING_MOST ? options->nesting_max : NESTING_MOST;
    td_buf text = TD_BUF(options->text_bytes_max);

    code = read_once(html, uri, options, nesting_max, &text, document, err);
    if (code == TANDEM_E_TOO_LARGE && nesting_max > 0 && !options->links_only) {
        td_buf_cut(&text, 0);
        code = read_once(html, uri, options, 0, &text, document, err);
    }
    if (code != TANDEM_OK)
        goto out;
    document->format = TD_FORMAT_MARKDOWN;
    document->text = td_arena_copy(document->arena, td_buf_str(&text));
    if (!document->text.ptr)
        TD_TRY(td_arena_fail(document->arena, err));
out:
    td_buf_clear(&text);
    return code;
}
