/* extract/content_measure.h - how much text, how many links and what else stands below each node.
 *
 * Threads:  pure functions on the caller's own tree
 */
#ifndef TD_EXTRACT_CONTENT_MEASURE_H
#define TD_EXTRACT_CONTENT_MEASURE_H

#include "extract/content_name.h"
#include "extract/tree.h"

/* What stands below a node, itself included. */
enum {
    TD_HAS_CODE = 1,    /* a pre with text */
    TD_HAS_MAIN = 2,    /* main, role=main, or the page's only article */
    TD_HAS_HEADING = 4, /* h1 */
    TD_HAS_LETTER = 8,  /* text that is more than digits and signs */
    TD_HAS_FIELD = 16,  /* something to type in */
};

typedef struct td_content_measure {
    uint32_t text, link; /* bytes without white space; those inside links */
    uint8_t has;
} td_content_measure;

enum {
    TD_CONTENT_CLASSES = 64, /* a page has few, and each many times */
};

typedef struct td_content_finder {
    td_tree *tree;
    struct {
        td_str value;
        td_content_name name;
    } classes[TD_CONTENT_CLASSES]; /* of class attributes that were looked at, by a hash */
    td_content_measure *of;        /* [tree->n] */
    uint32_t body;
    uint32_t n_articles;
    uint32_t n_headed; /* articles with a heading, none inside another */
    bool is_article;   /* the page says of itself that it is one, and no site or product */
} td_content_finder;

/* Of the texts, which stay as they are whatever is dropped. Once, before measure_all. */
void td_extract_content_measure_texts(td_content_finder *f);

/* Fills f->of for elements, leaving out what is dropped. Cost: linear in the nodes. */
void td_extract_content_measure_all(td_content_finder *f);

/* The strongest word among the classes, and if there is none, with `with_id`, the id. */
td_content_name td_extract_content_measure_name(td_content_finder *f, const td_node *node,
                                                bool with_id);

/* A main element, role=main, or the page's only article. */
bool td_extract_content_measure_is_main(const td_content_finder *f, const td_node *node);

td_str td_extract_content_measure_role(const td_node *node);

/* Links count little: lists of them are what navigation is made of. */
uint64_t td_extract_content_measure_weight(const td_content_measure *m);

#endif
