/* extract/markdown_writer.h - what the files of the Markdown writer share.
 *
 * States:
 *  1. `line` gathers the inline text of the present block (md_text, md_code, ...); white space is
 *     folded into `space`, which is written only before the next text.
 *  2. td_extract_markdown_flush writes it as a paragraph; headings, terms, cells take it instead.
 *  3. While `single` > 0 nothing may start a block: all text goes on in one line.
 * Threads:  one owner
 */
#ifndef TD_EXTRACT_MARKDOWN_WRITER_H
#define TD_EXTRACT_MARKDOWN_WRITER_H

#include "extract/extract.h"
#include "extract/tree.h"

enum {
    TD_MD_PREFIX_MAX = 80,
    TD_MD_PENDING_MAX = 8
};

/* Signs around inline text. */
typedef enum td_md_mark {
    TD_MD_STRONG,
    TD_MD_EMPHASIS,
    TD_MD_DELETED,
    TD_MD_LINK,
    TD_MD_N_MARKS,
} td_md_mark;

/* How far the next block keeps from the one before. */
typedef enum td_md_gap {
    TD_MD_NO_GAP,
    TD_MD_LINE,
    TD_MD_BLANK,
} td_md_gap;

typedef struct td_md_frame td_md_frame;

typedef struct td_md {
    const td_tree *tree;
    td_arena *arena;
    td_buf *out;
    td_str base;
    const td_extract_options *options;
    tandem_error *err;

    char next[TD_MD_PREFIX_MAX]; /* before the next line: quote marks, list markers */
    char rest[TD_MD_PREFIX_MAX]; /* before all lines after it; as long as `next` */
    size_t n_prefix;
    td_md_gap gap;
    bool after_term; /* the line before is a term: its body follows without a blank line */
    bool fresh;      /* a quotation has just begun: no blank line before its first block */
    size_t n_blanks; /* blank lines written so far */

    size_t heading_at; /* where in `out` the line begins that was written last of this kind */

    td_buf line;
    bool space;
    unsigned single; /* inside a heading, term or table cell */
    unsigned plain;  /* no marks and links: headings */
    unsigned open[TD_MD_N_MARKS];
    td_md_mark pending[TD_MD_PENDING_MAX]; /* opened, not written: no text came yet */
    size_t n_pending;
    td_md_mark closed; /* the mark written last, if the line still ends there */
    size_t closed_at;
    size_t code_closed_at; /* the same for a code span in single back-quotes */
    size_t link_at;        /* where the open link's '[' stands */
    td_buf url;            /* of the open link */

    size_t *signs; /* where in `line` the page's own text has one of "*_`~" */
    size_t n_signs, n_signs_max;

    td_md_frame *frames; /* open elements that do something at their end */
    size_t n_frames, n_frames_max;
} td_md;

/* markdown.c */
/* Asks for a gap before the next block and writes it and the prefix. */
tandem_code td_extract_markdown_start_line(td_md *md, td_md_gap gap);
tandem_code td_extract_markdown_flush(td_md *md);
/* Writes nodes [from, to) into the present state. */
tandem_code td_extract_markdown_walk(td_md *md, uint32_t from, uint32_t to);
/* List and quote prefixes end here: what follows starts at the margin. */
void td_extract_markdown_shed(td_md *md);

/* A list's or quotation's mark waits for the next line. */
bool td_extract_markdown_marker_pends(const td_md *md);

/* markdown_leaf.c */
tandem_code td_extract_markdown_leaf_rule(td_md *md);
tandem_code td_extract_markdown_leaf_raised(td_md *md, uint32_t at);
/* *at moves to the formula's last node where its source is known. */
tandem_code td_extract_markdown_leaf_formula(td_md *md, uint32_t *at);
tandem_code td_extract_markdown_leaf_image(td_md *md, const td_node *node);
tandem_code td_extract_markdown_leaf_checkbox(td_md *md, const td_node *node);
/* The signature of a function or class in an API reference. */
bool td_extract_markdown_leaf_is_signature(const td_md *md, uint32_t at);
/* Whether the terms of a list are such: what is said of them stays at the margin, for it is the
 * text of the page. */
bool td_extract_markdown_leaf_has_signatures(const td_md *md, uint32_t at);
/* Titles that are no headings, written in bold. */
bool td_extract_markdown_leaf_is_title(const td_md *md, uint32_t at);
/* A heading right below the same one: a bar at the page's top repeats its title. */
bool td_extract_markdown_leaf_is_repeated(const td_md *md, td_str before, td_str text);
/* Whether an item of a list begins with a heading. */
bool td_extract_markdown_leaf_is_section(const td_md *md, uint32_t at);

/* markdown_inline.c */
tandem_code td_extract_markdown_inline_text(td_md *md, td_str text);
tandem_code td_extract_markdown_inline_code(td_md *md, uint32_t at);
tandem_code td_extract_markdown_inline_break(td_md *md);
void td_extract_markdown_inline_open(td_md *md, td_md_mark mark);
tandem_code td_extract_markdown_inline_close(td_md *md, td_md_mark mark);
/* Whether this link will be written as one; then its URL is in md->url. */
tandem_code td_extract_markdown_inline_link(td_md *md, uint32_t at, bool *is_link_out);
tandem_code td_extract_markdown_inline_raw(td_md *md, td_str text);

/* markdown_escape.c */
/* The next byte of `line` is a sign of the text. */
tandem_code td_extract_markdown_escape_note(td_md *md);
/* Puts backslashes before the signs in `line` that would be emphasis or code; forgets them all. */
tandem_code td_extract_markdown_escape_signs(td_md *md);
/* Where a backslash has to stand so that a line stays a line of a paragraph; TD_STR_NONE. */
size_t td_extract_markdown_escape_line(td_str line);

/* markdown_table.c */
/* Whether the table holds data, not layout. */
bool td_extract_markdown_table_is_data(const td_md *md, uint32_t at);
tandem_code td_extract_markdown_table_write(td_md *md, uint32_t at);
/* The same for Javadoc's tables of boxes, which its style sheet puts into columns. */
bool td_extract_markdown_table_is_grid(const td_md *md, uint32_t at);
tandem_code td_extract_markdown_table_write_grid(td_md *md, uint32_t at);

/* markdown_code.c */
tandem_code td_extract_markdown_code_write(td_md *md, uint32_t at);
/* Code blocks that are no pre: Doxygen's fragments, GitHub's lines. */
bool td_extract_markdown_code_is(const td_md *md, uint32_t at);

#endif
