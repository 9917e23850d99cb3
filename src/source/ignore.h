/* source/ignore.h - which paths a .gitignore file rules out.
 *
 * In:       the bytes of an ignore file; a path relative to the folder that the file lies in
 * Out:      ignored, kept by a "!", or nothing said
 * Threads:  pure functions; rules are read only once made
 * Source:   gitignore(5) and git's wildmatch.c with WM_PATHNAME; tests/source compares with git
 *           itself, golden by golden
 */
#ifndef TD_SOURCE_IGNORE_H
#define TD_SOURCE_IGNORE_H

#include "base/arena.h"

typedef enum td_source_verdict {
    TD_SOURCE_UNDECIDED,
    TD_SOURCE_IGNORED,
    TD_SOURCE_KEPT,
} td_source_verdict;

typedef struct td_source_rule {
    td_str pattern;   /* without "!", leading and trailing '/' */
    bool is_negated;  /* started with "!" */
    bool is_for_dirs; /* ended in '/' */
    bool has_slash;   /* is matched against the whole path, not against the last part alone */
} td_source_rule;

typedef struct td_source_rules {
    td_source_rule *items; /* in the arena */
    size_t n;
} td_source_rules;

enum {
    TD_SOURCE_IGNORE_BYTES_MAX = 1 << 20
};

/* The rules of an ignore file; `text` must live as long as they. Any bytes are fine: a line that
 * is no pattern matches nothing, as in git. Errors: E_NOMEM, E_TOO_LARGE of the arena. */
tandem_code td_source_ignore_parse(td_str text, td_arena *arena, td_source_rules *rules_out,
                                   tandem_error *err);

/* What the last rule that fits says. */
td_source_verdict td_source_ignore_match(const td_source_rules *rules, td_str path, bool is_dir);

/* Git's wildcards: `*` and `?` not over '/', `**` as a whole part over any, classes, `\`.
 * Cost: at most pattern * text * folders in the text. */
bool td_source_ignore_glob(td_str pattern, td_str text);

#endif
