/* extract/tag.h - the HTML elements and attributes that mean something to us, by number.
 *
 * Threads:  pure functions
 * Source:   HTML Living Standard, 13.1.2 (kinds of elements) and 13.2.4.2 (special, formatting)
 */
#ifndef TD_EXTRACT_TAG_H
#define TD_EXTRACT_TAG_H

#include "base/str.h"

/* What an element does, as bits. */
enum {
    TD_TAG_IS_BLOCK = 1,    /* starts a block of its own in Markdown */
    TD_TAG_IS_VOID = 2,     /* has no content and no end tag */
    TD_TAG_IS_SPECIAL = 4,  /* end tags of inline elements do not reach past it */
    TD_TAG_IS_FORMAT = 8,   /* opened again in the next block when it was left open */
    TD_TAG_IS_RAW = 16,     /* only its own end tag ends its text */
    TD_TAG_CLOSES_P = 32,   /* an open paragraph ends before it */
    TD_TAG_IS_BOUNDARY = 64 /* end tags do not reach past it */
};

/* clang-format off */
#define TD_KIND_B (TD_TAG_IS_BLOCK | TD_TAG_IS_SPECIAL | TD_TAG_CLOSES_P)
#define TD_KIND_S TD_TAG_IS_SPECIAL
#define TD_KIND_T (TD_TAG_IS_BLOCK | TD_TAG_IS_SPECIAL)
#define TD_KIND_V TD_TAG_IS_VOID
#define TD_KIND_F TD_TAG_IS_FORMAT
#define TD_KIND_R TD_TAG_IS_RAW
#define TD_KIND_X TD_TAG_IS_BOUNDARY

/* Sorted by name: td_extract_tag_find halves its way. */
#define TD_EXTRACT_TAGS(X) \
    X(A, "a", 0) X(ABBR, "abbr", 0) X(ADDRESS, "address", TD_KIND_B) \
    X(ANNOTATION, "annotation", 0) X(APPLET, "applet", TD_KIND_S | TD_KIND_X) \
    X(AREA, "area", TD_KIND_V) X(ARTICLE, "article", TD_KIND_B) X(ASIDE, "aside", TD_KIND_B) \
    X(AUDIO, "audio", 0) X(B, "b", TD_KIND_F) X(BASE, "base", TD_KIND_V) \
    X(BASEFONT, "basefont", TD_KIND_V) X(BGSOUND, "bgsound", TD_KIND_V) X(BIG, "big", TD_KIND_F) \
    X(BLOCKQUOTE, "blockquote", TD_KIND_B) X(BODY, "body", TD_KIND_T) X(BR, "br", TD_KIND_V) \
    X(BUTTON, "button", TD_KIND_S) X(CANVAS, "canvas", 0) \
    X(CAPTION, "caption", TD_KIND_T | TD_KIND_X) X(CENTER, "center", TD_KIND_B) \
    X(CITE, "cite", 0) X(CLIPBOARD_COPY, "clipboard-copy", 0) X(CODE, "code", TD_KIND_F) \
    X(COL, "col", TD_KIND_V) X(COLGROUP, "colgroup", TD_KIND_S) X(DATALIST, "datalist", 0) \
    X(DD, "dd", TD_KIND_B) X(DEL, "del", 0) X(DETAILS, "details", TD_KIND_B) \
    X(DFN, "dfn", 0) X(DIALOG, "dialog", TD_KIND_T) X(DIR, "dir", TD_KIND_B) \
    X(DIV, "div", TD_KIND_B) X(DL, "dl", TD_KIND_B) X(DT, "dt", TD_KIND_B) X(EM, "em", TD_KIND_F) \
    X(EMBED, "embed", TD_KIND_V) X(FIELDSET, "fieldset", TD_KIND_B) \
    X(FIGCAPTION, "figcaption", TD_KIND_B) X(FIGURE, "figure", TD_KIND_B) \
    X(FONT, "font", TD_KIND_F) X(FOOTER, "footer", TD_KIND_B) X(FORM, "form", TD_KIND_B) \
    X(FRAME, "frame", TD_KIND_V) X(FRAMESET, "frameset", TD_KIND_T) X(H1, "h1", TD_KIND_B) \
    X(H2, "h2", TD_KIND_B) X(H3, "h3", TD_KIND_B) X(H4, "h4", TD_KIND_B) X(H5, "h5", TD_KIND_B) \
    X(H6, "h6", TD_KIND_B) X(HEAD, "head", TD_KIND_T) X(HEADER, "header", TD_KIND_B) \
    X(HGROUP, "hgroup", TD_KIND_B) X(HR, "hr", TD_KIND_V | TD_KIND_B) \
    X(HTML, "html", TD_KIND_T | TD_KIND_X) X(I, "i", TD_KIND_F) X(IFRAME, "iframe", TD_KIND_R) \
    X(IMG, "img", TD_KIND_V) X(INPUT, "input", TD_KIND_V) X(INS, "ins", 0) X(KBD, "kbd", 0) \
    X(KEYGEN, "keygen", TD_KIND_V) X(LABEL, "label", 0) X(LEGEND, "legend", TD_TAG_IS_BLOCK) \
    X(LI, "li", TD_KIND_B) X(LINK, "link", TD_KIND_V) X(LISTING, "listing", TD_KIND_B) \
    X(MAIN, "main", TD_KIND_B) X(MAP, "map", 0) X(MARK, "mark", 0) \
    X(MARQUEE, "marquee", TD_KIND_S | TD_KIND_X) X(MATH, "math", 0) X(MENU, "menu", TD_KIND_T) \
    X(META, "meta", TD_KIND_V) X(NAV, "nav", TD_KIND_B) X(NOBR, "nobr", TD_KIND_F) \
    X(NOEMBED, "noembed", TD_KIND_R) X(NOFRAMES, "noframes", TD_KIND_R) \
    X(NOSCRIPT, "noscript", TD_KIND_S) X(OBJECT, "object", TD_KIND_S | TD_KIND_X) \
    X(OL, "ol", TD_KIND_B) X(OPTGROUP, "optgroup", 0) X(OPTION, "option", 0) X(P, "p", TD_KIND_B) \
    X(PARAM, "param", TD_KIND_V) X(PLAINTEXT, "plaintext", TD_KIND_B) X(PRE, "pre", TD_KIND_B) \
    X(Q, "q", 0) X(RP, "rp", 0) X(RT, "rt", 0) X(S, "s", TD_KIND_F) X(SAMP, "samp", 0) \
    X(SCRIPT, "script", TD_KIND_R) X(SEARCH, "search", TD_KIND_B) \
    X(SECTION, "section", TD_KIND_B) X(SELECT, "select", TD_KIND_S | TD_KIND_X) X(SLOT, "slot", 0) \
    X(SMALL, "small", TD_KIND_F) X(SOURCE, "source", TD_KIND_V) X(SPAN, "span", 0) \
    X(STRIKE, "strike", TD_KIND_F) X(STRONG, "strong", TD_KIND_F) X(STYLE, "style", TD_KIND_R) \
    X(SUB, "sub", 0) X(SUMMARY, "summary", TD_KIND_B) X(SUP, "sup", 0) X(SVG, "svg", 0) \
    X(TABLE, "table", TD_KIND_T | TD_KIND_X) X(TBODY, "tbody", TD_KIND_T) \
    X(TD, "td", TD_KIND_T | TD_KIND_X) X(TEMPLATE, "template", TD_KIND_S | TD_KIND_X) \
    X(TEXTAREA, "textarea", TD_KIND_R) X(TFOOT, "tfoot", TD_KIND_T) \
    X(TH, "th", TD_KIND_T | TD_KIND_X) X(THEAD, "thead", TD_KIND_T) X(TIME, "time", 0) \
    X(TITLE, "title", TD_KIND_R) X(TR, "tr", TD_KIND_T) X(TRACK, "track", TD_KIND_V) \
    X(TT, "tt", TD_KIND_F) X(U, "u", TD_KIND_F) X(UL, "ul", TD_KIND_B) X(VAR, "var", 0) \
    X(VIDEO, "video", 0) X(WBR, "wbr", TD_KIND_V) X(XMP, "xmp", TD_KIND_B | TD_KIND_R)

/* The attributes that are read; all others go before the tree is built. Sorted by name. */
#define TD_EXTRACT_ATTRIBUTES(X) \
    X(ALT, "alt") X(ALTTEXT, "alttext") X(ARIA_HIDDEN, "aria-hidden") \
    X(ARIA_LABEL, "aria-label") X(CHARSET, "charset") X(CHECKED, "checked") X(CLASS, "class") \
    X(COLSPAN, "colspan") X(CONTENT, "content") X(DATA_LANG, "data-lang") \
    X(DATA_LANGUAGE, "data-language") X(DATETIME, "datetime") X(ENCODING, "encoding") \
    X(HIDDEN, "hidden") X(HREF, "href") X(HTTP_EQUIV, "http-equiv") X(ID, "id") \
    X(ITEMPROP, "itemprop") X(LANG, "lang") X(NAME, "name") X(PROPERTY, "property") \
    X(REL, "rel") X(ROLE, "role") X(ROWSPAN, "rowspan") X(SRC, "src") X(START, "start") \
    X(STYLE, "style") X(TYPE, "type") X(VALUE, "value")
/* clang-format on */

typedef enum td_tag {
    TD_TAG_UNKNOWN, /* an element we know nothing of: inline */
    TD_TAG_TEXT,    /* no element: text */
#define TD_TAG_ENUM(id, name, flags) TD_TAG_##id,
    TD_EXTRACT_TAGS(TD_TAG_ENUM)
#undef TD_TAG_ENUM
    TD_N_TAGS
} td_tag;

typedef enum td_attribute {
#define TD_ATTRIBUTE_ENUM(id, name) TD_ATTRIBUTE_##id,
    TD_EXTRACT_ATTRIBUTES(TD_ATTRIBUTE_ENUM)
#undef TD_ATTRIBUTE_ENUM
    TD_N_ATTRIBUTES
} td_attribute;

/* The element of that name in any case; TD_TAG_UNKNOWN. */
td_tag td_extract_tag_find(td_str name);

/* Its name in lower case; empty for TD_TAG_UNKNOWN and TD_TAG_TEXT. Static. */
td_str td_extract_tag_name(td_tag tag);

/* TD_TAG_IS_* bits. */
unsigned td_extract_tag_flags(td_tag tag);

static inline bool td_extract_tag_is(td_tag tag, unsigned flags)
{
    return (td_extract_tag_flags(tag) & flags) != 0;
}

/* The attribute of that name in any case; TD_N_ATTRIBUTES if it is none of ours. */
td_attribute td_extract_tag_attribute_find(td_str name);
td_str td_extract_tag_attribute_name(td_attribute attribute);

#endif
