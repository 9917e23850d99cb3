/* extract/content_name.h - what the words in class and id attributes say about an element.
 *
 * Threads:  pure functions
 * Source:   the names that Sphinx, MkDocs, Docusaurus, VitePress, Hugo, Jekyll, WordPress,
 *           MediaWiki, GitHub, Blogger, XenForo, phpBB, javadoc, rustdoc, Bootstrap and the usual
 *           highlighters give their elements
 */
#ifndef TD_EXTRACT_CONTENT_NAME_H
#define TD_EXTRACT_CONTENT_NAME_H

#include "base/str.h"

typedef enum td_content_name {
    TD_NAME_NONE,
    TD_NAME_NEVER,     /* permalinks, copy buttons, edit links: never text of the page */
    TD_NAME_NOISE,     /* cookie banners, share bars, newsletters: gone unless they are the page */
    TD_NAME_STRUCTURE, /* navigation, sidebars, footers: gone unless they hold the content */
    TD_NAME_COMMENTS,  /* what readers wrote below an article: gone unless they are the page */
    TD_NAME_GUTTER,    /* line numbers beside code: gone when there are digits only */
    TD_NAME_CONTENT,   /* usually the content itself */
    TD_NAME_MAYBE,     /* often the content */
} td_content_name;

/* Of one word of a class attribute, or of an id: its parts are those between "-" and "_", and of a
 * class also those that begin with a capital ("siteFooter"; an id may be a function, setCookie). */
td_content_name td_extract_content_name(td_str word, bool is_id);

/* Whether the text of a link or button is a call to do something with the page ("Edit this page"),
 * not part of it. */
bool td_extract_content_name_is_action(td_str text);

#endif
