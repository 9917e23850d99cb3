/* extract/man_writer.h - what the man and mdoc readers share.
 *
 * Threads:  one owner
 */
#ifndef TD_EXTRACT_MAN_WRITER_H
#define TD_EXTRACT_MAN_WRITER_H

#include "extract/man_text.h"

enum {
    TD_MAN_ARGS_MAX = 64
};

typedef enum td_man_want {
    TD_MAN_NOTHING,
    TD_MAN_SECTION, /* the next line of text is a heading (.SH alone) */
    TD_MAN_SUBSECTION,
    TD_MAN_TAG, /* the next line of text is the term of a list (.TP) */
} td_man_want;

/* mdoc's .Sm: with "off" words join, but not the first one to what was there before. */
typedef enum td_man_spacing {
    TD_MAN_SPACED,
    TD_MAN_JOINS_NEXT,
    TD_MAN_JOINED,
} td_man_spacing;

typedef struct td_man {
    td_buf *out;
    td_buf line; /* the paragraph being gathered */
    td_buf tag;  /* term of the list item whose text is being gathered */
    bool in_code;
    bool code_open; /* the fence is written */
    bool no_space;  /* the next word joins on */
    td_man_want want;
    bool mdoc;
    td_buf name;   /* mdoc: what a bare .Nm says */
    bool tag_open; /* mdoc: the words go to the term of an item */
    bool in_term;  /* mdoc: between Xo and Xc the lines are parts of the term */
    td_man_spacing spacing;
    unsigned skip_depth; /* lines up to the matching \} are left out */
    bool else_holds;     /* an .el that follows is to be read */
    bool in_macro;       /* inside .de, up to ".." */
    bool in_equation;    /* inside .EQ */
    bool in_table;       /* inside .TS */
    bool table_head;     /* its format lines are not over yet */
    bool cell_open;      /* inside T{ ... T} */
    char table_tab;      /* the byte between cells */
    size_t n_cells, n_rows;
    unsigned nested; /* conditions inside conditions on one line */
    tandem_error *err;
} td_man;

/* man.c */
tandem_code td_extract_man_flush(td_man *m);
tandem_code td_extract_man_heading(td_man *m, unsigned level, td_str text);
/* Adds a word to the paragraph, a space before it unless it joins on. */
tandem_code td_extract_man_word(td_man *m, td_str word);
/* Ends the paragraph and starts a list item with that term (escapes not yet resolved). */
tandem_code td_extract_man_item(td_man *m, td_str tag);
tandem_code td_extract_man_code(td_man *m, bool on);
tandem_code td_extract_man_code_line(td_man *m, td_str line);

/* man_table.c: tbl(1) between .TS and .TE as a Markdown table. */
tandem_code td_extract_man_table(td_man *m, bool on);
tandem_code td_extract_man_table_line(td_man *m, td_str line);

/* man_mdoc.c: a macro line of mdoc; *known_out is false for what is none. */
tandem_code td_extract_man_mdoc(td_man *m, td_str macro, td_str rest, bool *known_out);

#endif
