/* extract/mdx_reader.h - what the files of the MDX reader share.
 *
 * States, from line to line:
 *  1. in a fence (or a block of formulas): lines are copied up to its end.
 *  2. at the start of a block (`may_begin`): a module statement or a list may begin here.
 *  3. in a paragraph: what spans lines ends before a blank line, unless the line begins with it.
 * The line ends of what went are owed, and paid with the next line that is no text: a blank line
 * amid a paragraph would cut it in two.
 * Threads:  one owner
 */
#ifndef TD_EXTRACT_MDX_READER_H
#define TD_EXTRACT_MDX_READER_H

#include "base/buf.h"
#include "extract/mdx_tag.h"

enum {
    TD_MDX_OPEN_MAX = 64,   /* elements that indent; deeper ones do not count */
    TD_MDX_MARKS_MAX = 8,   /* links, code and emphasis in one another */
    TD_MDX_READ_TIMES = 16, /* of the text, in search of ends: then the rest is text */
    TD_MDX_UNKNOWN = -1
};

typedef struct td_mdx_element {
    td_str name;
    ptrdiff_t indent;  /* of its tag */
    ptrdiff_t content; /* of the first line in it; TD_MDX_UNKNOWN before it */
    size_t strip;      /* columns that its lines lose */
} td_mdx_element;

/* What stands around the text of a link, of code, of what is emphasised. */
typedef struct td_mdx_mark {
    td_str name; /* of its tag */
    td_str opens, closes, target;
    bool written; /* `opens` is: some text came */
} td_mdx_mark;

typedef struct td_mdx {
    td_str in;
    size_t at;
    td_buf *out;
    tandem_error *err;

    unsigned nested; /* how deep in the data of other JSX this text is */

    td_mdx_element open[TD_MDX_OPEN_MAX];
    size_t n_open;
    td_mdx_mark marks[TD_MDX_MARKS_MAX];
    size_t n_marks;
    bool may_begin, in_list;

    char fence; /* its sign; 0 outside */
    size_t fence_n, fence_strip;

    size_t indent;    /* of the present line */
    size_t body;      /* where its text begins, behind list and quote marks */
    size_t out_line;  /* where it begins in `out` */
    size_t out_begin; /* and its indentation */
    bool began;       /* the line begins with what went */
    bool touched;     /* something of it went */
    bool just_went;   /* right before `at` */
    bool parts;       /* the next text is another word */
    td_str lead;      /* the mark of a heading or an item, before the text to come */
    td_str language;  /* that the last tag named; for one block of code */
    size_t owed;
    size_t n_read;   /* in search of ends */
    size_t n_tables; /* that were tried */
} td_mdx;

/* Whether more may be read in search of ends. */
static inline bool td_extract_mdx_reader_may_search(const td_mdx *r)
{
    return r->n_read / TD_MDX_READ_TIMES <= r->in.n;
}

static inline bool td_extract_mdx_reader_at_line_start(const td_mdx *r)
{
    return r->out->n == r->out_line;
}

static inline bool td_extract_mdx_reader_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline size_t td_extract_mdx_reader_count_lines(td_str text)
{
    size_t n = 0;

    for (size_t at = 0; (at = td_str_find_byte(text, '\n', at)) != TD_STR_NONE; at++)
        n++;
    return n;
}

/* How many bytes from `at` on are the same. */
static inline size_t td_extract_mdx_reader_run(td_str text, size_t at)
{
    size_t end = at;

    while (end < text.n && text.ptr[end] == text.ptr[at])
        end++;
    return end - at;
}

/* mdx.c */
/* Appends the Markdown of a text that is `nested` levels deep in the data of other JSX. */
tandem_code td_extract_mdx_reader_nested(td_str text, unsigned nested, td_buf *out,
                                         tandem_error *err);

/* mdx_inline.c */
/* Reads on from r->at, where there is no line end: a tag, an expression, code, or text. */
tandem_code td_extract_mdx_inline_read(td_mdx *r);

/* A line end that the file has not: one less is owed for it. */
tandem_code td_extract_mdx_inline_end_line(td_mdx *r);

/* mdx_mark.c */
/* Opens a mark if the tag is a link with a target, code or emphasis that ends in its paragraph. */
void td_extract_mdx_mark_open(td_mdx *r, const td_mdx_tag *tag);
/* Writes what opens the marks that wait for their text. */
tandem_code td_extract_mdx_mark_write(td_mdx *r);
bool td_extract_mdx_mark_waits(const td_mdx *r);
/* Closes the mark of that name, if there is one: behind its text, before white space. */
tandem_code td_extract_mdx_mark_close(td_mdx *r, td_str name);

/* mdx_block.c */
/* A string without the backslashes that it needs. */
tandem_code td_extract_mdx_block_literal(td_mdx *r, td_str text);
/* A string of several lines as a block of code, in the language that the last tag named. */
tandem_code td_extract_mdx_block_code(td_mdx *r, td_str text);
/* What a component is given as data: a list, or words in the present line; `goes_on`: after words
 * of the same tag. */
tandem_code td_extract_mdx_block_data(td_mdx *r, const td_mdx_tag *tag, bool goes_on);
/* The table whose tag begins at `start`, if it holds data: then r->at moves behind it. Not in data
 * of a component, which becomes one line. */
tandem_code td_extract_mdx_block_table(td_mdx *r, size_t start);

#endif
