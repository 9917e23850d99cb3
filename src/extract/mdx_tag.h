/* extract/mdx_tag.h - one JSX tag of an MDX file, and the words in it that its reader will see.
 *
 * Threads:  pure functions
 * Source:   JSX specification (facebook.github.io/jsx); components of Docusaurus, Nextra, Fumadocs,
 *           Starlight, Mintlify, Storybook
 */
#ifndef TD_EXTRACT_MDX_TAG_H
#define TD_EXTRACT_MDX_TAG_H

#include "base/buf.h"

enum {
    TD_MDX_ATTRIBUTES_MAX = 32 /* of a tag; more are read over */
};

typedef struct td_mdx_attribute {
    td_str name;
    td_str value; /* between its quotes or braces, as written */
    bool in_braces;
} td_mdx_attribute;

typedef struct td_mdx_tag {
    td_str name; /* "Tabs.Item"; empty for a fragment */
    bool is_end, closes_itself;
    size_t end; /* behind its '>' */
    td_mdx_attribute attributes[TD_MDX_ATTRIBUTES_MAX];
    size_t n_attributes;
} td_mdx_tag;

/* Reads the tag that begins with the '<' at text[at]; false if none does: `tag_out` is then
 * undefined. `in_paragraph`: a blank line ends the search. Cost: linear in what is read, which
 * *n_read grows by. */
bool td_extract_mdx_tag_read(td_str text, size_t at, bool in_paragraph, td_mdx_tag *tag_out,
                             size_t *n_read);

/* Appends the texts of attributes that a page shows: titles, labels, names of fields, descriptions,
 * an image's alternative; the title in bold if `in_bold`, and as a link where the tag has a target.
 * Nothing for a tag without any. `nested`: how deep in data the tag is.
 * Errors: E_NOMEM, E_TOO_LARGE (the cap of `out`; a few bytes more than the tag has). */
tandem_code td_extract_mdx_tag_write(const td_mdx_tag *tag, bool in_bold, unsigned nested,
                                     td_buf *out, tandem_error *err);

/* Appends the lists, objects and JSX in the other attributes of a component as Markdown, in lines
 * without an end behind the last. Errors as above. */
tandem_code td_extract_mdx_tag_data(const td_mdx_tag *tag, unsigned nested, td_buf *out,
                                    tandem_error *err);

/* Where href or `to` lead; empty for places in the page and what a program computes. */
td_str td_extract_mdx_tag_target(const td_mdx_tag *tag);

/* Whether td_extract_mdx_tag_write has a title to write. */
bool td_extract_mdx_tag_has_title(const td_mdx_tag *tag);

/* The source code that the tag shows by itself, code={`...`} or a snippet's text, as written; empty
 * if none. */
td_str td_extract_mdx_tag_code(const td_mdx_tag *tag);

/* The language that the tag says its code is in; empty if it says none. */
td_str td_extract_mdx_tag_language(const td_mdx_tag *tag);

#endif
