#include "extract/content_name.h"

typedef struct row {
    const char *word; /* lower case */
    td_content_name kind;
} row;

/* Whole words. */
static const row WORDS[] = {
    {"headerlink", TD_NAME_NEVER},
    {"permalink", TD_NAME_NEVER},
    {"hash-link", TD_NAME_NEVER},
    {"header-anchor", TD_NAME_NEVER},
    {"heading-anchor", TD_NAME_NEVER},
    {"heading-link", TD_NAME_NEVER},
    {"anchorjs-link", TD_NAME_NEVER},
    {"anchor-link", TD_NAME_NEVER},
    {"self-link", TD_NAME_NEVER},
    {"section-anchor", TD_NAME_NEVER},
    {"viewcode-link", TD_NAME_NEVER},
    {"viewcode-back", TD_NAME_NEVER},
    {"srclink", TD_NAME_NEVER},
    {"selflink", TD_NAME_NEVER},
    {"test-arrow", TD_NAME_NEVER},
    {"fn-backref", TD_NAME_NEVER},
    {"footnote-backref", TD_NAME_NEVER},
    {"reversefootnote", TD_NAME_NEVER},
    {"copybtn", TD_NAME_NEVER},
    {"copybutton", TD_NAME_NEVER},
    {"copy-button", TD_NAME_NEVER},
    {"copy-btn", TD_NAME_NEVER},
    {"copy-code-button", TD_NAME_NEVER},
    {"copy-to-clipboard-button", TD_NAME_NEVER},
    {"btn-clipboard", TD_NAME_NEVER},
    {"bd-clipboard", TD_NAME_NEVER},
    {"btn-copy", TD_NAME_NEVER},
    {"clipboard", TD_NAME_NEVER},
    {"zeroclipboard-container", TD_NAME_NEVER},
    {"code-toolbar-item", TD_NAME_NEVER},
    {"mw-editsection", TD_NAME_NEVER},
    {"mw-jump-link", TD_NAME_NEVER},
    {"edit-this-page", TD_NAME_NEVER},
    {"theme-edit-this-page", TD_NAME_NEVER},
    {"edit-page-link", TD_NAME_NEVER},
    {"edit-page", TD_NAME_NEVER},
    {"editlink", TD_NAME_NEVER},
    {"edit-link", TD_NAME_NEVER},
    {"page-edit", TD_NAME_NEVER},
    {"skip-link", TD_NAME_NEVER},
    {"skip-nav", TD_NAME_NEVER},
    {"skip-to-content", TD_NAME_NEVER},
    {"skiplink", TD_NAME_NEVER},
    {"katex-html", TD_NAME_NEVER},
    {"mathjax_preview", TD_NAME_NEVER},

    {"linenos", TD_NAME_GUTTER},
    {"lineno", TD_NAME_GUTTER},
    {"linenodiv", TD_NAME_GUTTER},
    {"linenumber", TD_NAME_GUTTER},
    {"linenumbers", TD_NAME_GUTTER},
    {"line-number", TD_NAME_GUTTER},
    {"line-numbers", TD_NAME_GUTTER},
    {"line-numbers-wrapper", TD_NAME_GUTTER},
    {"line-numbers-rows", TD_NAME_GUTTER},
    {"react-syntax-highlighter-line-number", TD_NAME_GUTTER},
    {"hljs-ln-numbers", TD_NAME_GUTTER},
    {"hljs-ln-n", TD_NAME_GUTTER},
    {"rouge-gutter", TD_NAME_GUTTER},
    {"code-gutter", TD_NAME_GUTTER},
    {"gutter", TD_NAME_GUTTER},
    {"blob-num", TD_NAME_GUTTER},
    {"lntd", TD_NAME_GUTTER},
    {"lnt", TD_NAME_GUTTER},
    {"ln", TD_NAME_GUTTER},
    {"src-line-numbers", TD_NAME_GUTTER},
    {"nums", TD_NAME_GUTTER},
    {"crayon-nums", TD_NAME_GUTTER},
    {"codelineno", TD_NAME_GUTTER},

    {"toc", TD_NAME_STRUCTURE},
    {"tocs", TD_NAME_STRUCTURE},
    {"table-of-contents", TD_NAME_STRUCTURE},
    {"tableofcontents", TD_NAME_STRUCTURE},
    {"page-toc", TD_NAME_STRUCTURE},
    {"localtoc", TD_NAME_STRUCTURE},
    {"globaltoc", TD_NAME_STRUCTURE},
    {"bd-toc", TD_NAME_STRUCTURE},
    {"gtoc", TD_NAME_STRUCTURE},
    {"on-this-page", TD_NAME_STRUCTURE},
    {"in-page-toc", TD_NAME_STRUCTURE},
    {"sphinxsidebar", TD_NAME_STRUCTURE},
    {"nav", TD_NAME_STRUCTURE},
    {"menu", TD_NAME_STRUCTURE},
    {"mainmenu", TD_NAME_STRUCTURE},
    {"topnav", TD_NAME_STRUCTURE},
    {"bottomnav", TD_NAME_STRUCTURE},
    {"subnav", TD_NAME_STRUCTURE},
    {"topbar", TD_NAME_STRUCTURE},
    {"top-bar", TD_NAME_STRUCTURE},
    {"masthead", TD_NAME_STRUCTURE},
    {"site-header", TD_NAME_STRUCTURE},
    {"global-header", TD_NAME_STRUCTURE},
    {"navheader", TD_NAME_STRUCTURE},
    {"navfooter", TD_NAME_STRUCTURE},
    {"prevnext", TD_NAME_STRUCTURE},
    {"prev-next", TD_NAME_STRUCTURE},
    {"rst-footer-buttons", TD_NAME_STRUCTURE},
    {"next-prev", TD_NAME_STRUCTURE},
    {"theme-doc-footer", TD_NAME_STRUCTURE},
    {"wy-breadcrumbs-aside", TD_NAME_STRUCTURE},
    {"related", TD_NAME_STRUCTURE},
    {"rel", TD_NAME_STRUCTURE},
    {"see-also-links", TD_NAME_STRUCTURE},
    {"jp-relatedposts", TD_NAME_STRUCTURE},
    {"catlinks", TD_NAME_STRUCTURE},
    {"navbox", TD_NAME_STRUCTURE},
    {"vertical-navbox", TD_NAME_STRUCTURE},
    {"printfooter", TD_NAME_STRUCTURE},
    {"contentsub", TD_NAME_STRUCTURE},
    {"sitesub", TD_NAME_STRUCTURE},
    {"widget-area", TD_NAME_STRUCTURE},
    {"colophon", TD_NAME_STRUCTURE},

    {"noprint", TD_NAME_NOISE},
    {"adsbygoogle", TD_NAME_NOISE},
    {"carbonads", TD_NAME_NOISE},
    {"ads", TD_NAME_NOISE},
    {"ad", TD_NAME_NOISE},
    {"addthis", TD_NAME_NOISE},
    {"search-form", TD_NAME_NOISE},
    {"searchbox", TD_NAME_NOISE},
    {"announcement", TD_NAME_NOISE},
    {"copyright", TD_NAME_NOISE},
    {"powered-by", TD_NAME_NOISE},
    {"was-this-helpful", TD_NAME_NOISE},
    {"visually-hidden", TD_NAME_NOISE},
    {"sr-only", TD_NAME_NOISE},
    {"screen-reader-text", TD_NAME_NOISE},
    {"versionwarning", TD_NAME_NOISE},
    {"author-bio", TD_NAME_NOISE},
    {"author-box", TD_NAME_NOISE},
    {"author-info", TD_NAME_NOISE},
    {"author-card", TD_NAME_NOISE},
    {"author-block", TD_NAME_NOISE},
    {"author-profile", TD_NAME_NOISE},
    {"about-author", TD_NAME_NOISE},
    {"about-the-author", TD_NAME_NOISE},
    {"post-author-box", TD_NAME_NOISE},
    {"entry-author-bio", TD_NAME_NOISE},
    {"bio-box", TD_NAME_NOISE},
    {"authorbox", TD_NAME_NOISE},
    {"related-posts", TD_NAME_NOISE},
    {"related-articles", TD_NAME_NOISE},
    {"related-post", TD_NAME_NOISE},
    {"related-links", TD_NAME_NOISE},
    {"related-content", TD_NAME_NOISE},
    {"related-stories", TD_NAME_NOISE},
    {"relatedposts", TD_NAME_NOISE},
    {"relatedarticles", TD_NAME_NOISE},
    {"related_posts", TD_NAME_NOISE},
    {"related_articles", TD_NAME_NOISE},
    {"yarpp-related", TD_NAME_NOISE},
    {"crp_related", TD_NAME_NOISE},
    {"recommended-posts", TD_NAME_NOISE},
    {"read-next", TD_NAME_NOISE},
    {"readnext", TD_NAME_NOISE},
    {"read-more-posts", TD_NAME_NOISE},
    {"more-stories", TD_NAME_NOISE},
    {"more-articles", TD_NAME_NOISE},
    {"also-like", TD_NAME_NOISE},
    {"you-may-also-like", TD_NAME_NOISE},
    {"you-might-like", TD_NAME_NOISE},
    {"most-read", TD_NAME_NOISE},
    {"mostread", TD_NAME_NOISE},
    {"popular-posts", TD_NAME_NOISE},
    {"recent-posts", TD_NAME_NOISE},
    {"top-stories", TD_NAME_NOISE},
    {"trending", TD_NAME_NOISE},
    {"outbrain", TD_NAME_NOISE},
    {"taboola", TD_NAME_NOISE},
    {"recirculation", TD_NAME_NOISE},
    {"latest-news", TD_NAME_NOISE},
    {"read-also", TD_NAME_NOISE},
    {"post-navigation", TD_NAME_NOISE},
    {"posts-navigation", TD_NAME_NOISE},
    {"nav-single", TD_NAME_NOISE},
    {"nav-links", TD_NAME_NOISE},
    {"nav-previous", TD_NAME_NOISE},
    {"nav-next", TD_NAME_NOISE},
    {"nav-below", TD_NAME_NOISE},
    {"nav-above", TD_NAME_NOISE},
    {"post-nav", TD_NAME_NOISE},
    {"post-pager", TD_NAME_NOISE},
    {"email-capture", TD_NAME_NOISE},
    {"email-signup", TD_NAME_NOISE},
    {"mc_embed_signup", TD_NAME_NOISE},
    {"mc4wp-form", TD_NAME_NOISE},
    {"mailchimp", TD_NAME_NOISE},
    {"signup-form", TD_NAME_NOISE},
    {"newsletter-signup", TD_NAME_NOISE},
    {"subscribe-form", TD_NAME_NOISE},
    {"social-links", TD_NAME_NOISE},
    {"social-icons", TD_NAME_NOISE},
    {"social-bar", TD_NAME_NOISE},
    {"social-media", TD_NAME_NOISE},
    {"share-buttons", TD_NAME_NOISE},
    {"share-links", TD_NAME_NOISE},
    {"sharebar", TD_NAME_NOISE},
    {"sharedaddy", TD_NAME_NOISE},
    {"jp-post-flair", TD_NAME_NOISE},
    {"wpcnt", TD_NAME_NOISE},
    {"twitter-share-button", TD_NAME_NOISE},
    {"fb-like", TD_NAME_NOISE},
    {"addtoany_share_save_container", TD_NAME_NOISE},
    {"a2a_kit", TD_NAME_NOISE},
    {"paywall", TD_NAME_NOISE},
    {"tag-cloud", TD_NAME_NOISE},
    {"tagcloud", TD_NAME_NOISE},
    {"widget", TD_NAME_NOISE},
    {"sidebar-widget", TD_NAME_NOISE},
    {"jump-link", TD_NAME_NOISE},
    {"back-to-top", TD_NAME_NOISE},
    {"scroll-top", TD_NAME_NOISE},
    {"browserwarning", TD_NAME_NOISE},
    {"js-browserwarning", TD_NAME_NOISE},
    {"star-ratings", TD_NAME_NOISE},
    {"kk-star-ratings", TD_NAME_NOISE},
    {"post-ratings", TD_NAME_NOISE},
    {"rating-widget", TD_NAME_NOISE},
    {"m-a-box", TD_NAME_NOISE},
    {"jumpbox", TD_NAME_NOISE},
    {"action-bar", TD_NAME_NOISE},
    {"message-userextras", TD_NAME_NOISE},
    {"dropdown-container", TD_NAME_NOISE},
    {"post-buttons", TD_NAME_NOISE},
    {"js-add-answer-component", TD_NAME_NOISE},

    {"comments", TD_NAME_COMMENTS},
    {"comments-area", TD_NAME_COMMENTS},
    {"comments-wrapper", TD_NAME_COMMENTS},
    {"comments-section", TD_NAME_COMMENTS},
    {"comments-container", TD_NAME_COMMENTS},
    {"comments-list", TD_NAME_COMMENTS},
    {"comment-list", TD_NAME_COMMENTS},
    {"commentlist", TD_NAME_COMMENTS},
    {"comment_list", TD_NAME_COMMENTS},
    {"comment-section", TD_NAME_COMMENTS},
    {"comment-area", TD_NAME_COMMENTS},
    {"comments_area", TD_NAME_COMMENTS},
    {"commentarea", TD_NAME_COMMENTS},
    {"comments-block", TD_NAME_COMMENTS},
    {"disqus_thread", TD_NAME_COMMENTS},
    {"disqus", TD_NAME_COMMENTS},
    {"disqus-comments", TD_NAME_COMMENTS},
    {"post-comments", TD_NAME_COMMENTS},
    {"article-comments", TD_NAME_COMMENTS},
    {"reader-comments", TD_NAME_COMMENTS},
    {"usercomments", TD_NAME_COMMENTS},
    {"user-comments", TD_NAME_COMMENTS},
    {"kommentare", TD_NAME_COMMENTS},
    {"comentarios", TD_NAME_COMMENTS},
    {"respond", TD_NAME_COMMENTS},
    {"comment-respond", TD_NAME_COMMENTS},
    {"comment-form", TD_NAME_COMMENTS},
    {"commentform", TD_NAME_COMMENTS},
    {"leave-a-reply", TD_NAME_COMMENTS},
    {"reply-form", TD_NAME_COMMENTS},
    {"fb-comments", TD_NAME_COMMENTS},

    {"markdown-body", TD_NAME_CONTENT},
    {"theme-doc-markdown", TD_NAME_CONTENT},
    {"td-content", TD_NAME_CONTENT},
    {"bd-content", TD_NAME_CONTENT},
    {"rst-content", TD_NAME_CONTENT},
    {"md-content", TD_NAME_CONTENT},
    {"vp-doc", TD_NAME_CONTENT},
    {"post-content", TD_NAME_CONTENT},
    {"entry-content", TD_NAME_CONTENT},
    {"article-content", TD_NAME_CONTENT},
    {"article-body", TD_NAME_CONTENT},
    {"articlebody", TD_NAME_CONTENT},
    {"post-body", TD_NAME_CONTENT},
    {"page-content", TD_NAME_CONTENT},
    {"main-content", TD_NAME_CONTENT},
    {"maincontent", TD_NAME_CONTENT},
    {"mw-content-text", TD_NAME_CONTENT},
    {"mw-parser-output", TD_NAME_CONTENT},
    {"bodycontent", TD_NAME_CONTENT},
    {"documentwrapper", TD_NAME_CONTENT},
    {"doc-content", TD_NAME_CONTENT},
    {"docs-content", TD_NAME_CONTENT},
    {"content-body", TD_NAME_CONTENT},
    {"story-body", TD_NAME_CONTENT},
    {"contents", TD_NAME_MAYBE},
    {"document", TD_NAME_MAYBE},
    {"body", TD_NAME_MAYBE},
    {"content", TD_NAME_MAYBE},
    {"main", TD_NAME_MAYBE},
    {"article", TD_NAME_MAYBE},
    {"post", TD_NAME_MAYBE},
    {"page", TD_NAME_MAYBE},
    {"readme", TD_NAME_MAYBE},
    {"refentry", TD_NAME_MAYBE},
    {"container", TD_NAME_MAYBE},
};

/* Parts of words: "left-sidebar", "cookie_notice". */
static const row PARTS[] = {
    {"cookie", TD_NAME_NOISE},
    {"cookies", TD_NAME_NOISE},
    {"gdpr", TD_NAME_NOISE},
    {"consent", TD_NAME_NOISE},
    {"share", TD_NAME_NOISE},
    {"sharing", TD_NAME_NOISE},
    {"social", TD_NAME_NOISE},
    {"newsletter", TD_NAME_NOISE},
    {"subscribe", TD_NAME_NOISE},
    {"advert", TD_NAME_NOISE},
    {"advertisement", TD_NAME_NOISE},
    {"sponsor", TD_NAME_NOISE},
    {"sponsors", TD_NAME_NOISE},
    {"promo", TD_NAME_NOISE},
    {"feedback", TD_NAME_NOISE},
    {"modal", TD_NAME_NOISE},
    {"popup", TD_NAME_NOISE},
    {"toast", TD_NAME_NOISE},
    {"breadcrumb", TD_NAME_NOISE},
    {"breadcrumbs", TD_NAME_NOISE},
    {"pagination", TD_NAME_NOISE},
    {"pager", TD_NAME_NOISE},
    {"ethical", TD_NAME_NOISE},
    {"navbar", TD_NAME_STRUCTURE},
    {"nav", TD_NAME_STRUCTURE},
    {"navigation", TD_NAME_STRUCTURE},
    {"sidebar", TD_NAME_STRUCTURE},
    {"sidenav", TD_NAME_STRUCTURE},
    {"related", TD_NAME_STRUCTURE},
    {"footer", TD_NAME_STRUCTURE},
    {"menu", TD_NAME_STRUCTURE},
    {"recommended", TD_NAME_STRUCTURE},
    {"recommendations", TD_NAME_STRUCTURE},
};

static td_content_name look_up(const row *rows, size_t n, td_str word)
{
    char first = (char)(word.ptr[0] | 0x20);

    for (size_t i = 0; i < n; i++)
        if (rows[i].word[0] == first && td_str_eq_nocase(word, td_str_from(rows[i].word)))
            return rows[i].kind;
    return TD_NAME_NONE;
}

/* "has-sharing", "no-sidebar" tell what stands in or beside the element, not what it is. */
static bool is_a_state(td_str word)
{
    static const char *const STATES[] = {"has-", "no-", "with-", "without-"};

    if (!strchr("hnw", word.ptr[0]))
        return false;
    for (size_t i = 0; i < sizeof(STATES) / sizeof(*STATES); i++)
        if (td_str_starts(word, td_str_from(STATES[i])))
            return true;
    return false;
}

/* "siteFooter" has two parts. */
static bool is_hump(td_str word, size_t at)
{
    return (unsigned)(word.ptr[at] - 'A') < 26u && (unsigned)(word.ptr[at - 1] - 'a') < 26u;
}

/* "sidebar2" is a sidebar. */
static td_content_name kind_of_part(td_str part)
{
    while (part.n && (unsigned)(part.ptr[part.n - 1] - '0') < 10u)
        part.n--;
    return part.n > 2 ? look_up(PARTS, sizeof(PARTS) / sizeof(*PARTS), part) : TD_NAME_NONE;
}

td_content_name td_extract_content_name(td_str word, bool is_id)
{
    td_content_name kind = TD_NAME_NONE;
    size_t start = 0;

    if (word.n == 0 || word.n > 48 || is_a_state(word))
        return TD_NAME_NONE;
    kind = look_up(WORDS, sizeof(WORDS) / sizeof(*WORDS), word);
    for (size_t i = 1; i <= word.n && kind == TD_NAME_NONE; i++) {
        bool is_mark = i < word.n && (word.ptr[i] == '-' || word.ptr[i] == '_');

        if (i < word.n && !is_mark && (is_id || !is_hump(word, i)))
            continue;
        kind = kind_of_part(td_str_slice(word, start, i));
        start = i + is_mark;
    }
    return kind;
}

bool td_extract_content_name_is_action(td_str text)
{
    static const char *const ACTIONS[] = {
        "edit this page",
        "edit page",
        "edit on github",
        "edit on gitlab",
        "edit this page on github",
        "edit source",
        "improve this page",
        "improve this doc",
        "view page source",
        "show source",
        "view source",
        "view on github",
        "report an issue",
        "report a bug",
        "report issue",
        "suggest edits",
        "suggest an edit",
        "skip to content",
        "skip to main content",
        "skip navigation",
        "skip to navigation",
        "skip to search",
        "back to top",
        "go to top",
        "print this page",
        "copy",
        "copy code",
        "copy link",
        "copy to clipboard",
        "[edit]",
        "[source]",
        "give feedback",
        "report this page",
    };

    if (text.n > 32)
        return false;
    for (size_t i = 0; i < sizeof(ACTIONS) / sizeof(*ACTIONS); i++)
        if (td_str_eq_nocase(text, td_str_from(ACTIONS[i])))
            return true;
    return false;
}
