/* chunk/chunk.h - cuts a document into chunks at its own joints; code and prose apart.
 *
 * In:       td_document
 * Out:      td_chunks whose texts are slices of the document's text
 * Threads:  pure functions; call from any thread
 */
#ifndef TD_CHUNK_H
#define TD_CHUNK_H

#include "base/error.h"
#include "flow/chunks.h"
#include "flow/document.h"

/* Tells how many tokens a text has by itself, with all that the model adds to a text. The sum of
 * two parts may be another than the whole's. A count past the size asked for need not be exact. */
typedef struct td_chunk_meter {
    tandem_code (*count)(void *user, td_str text, size_t *n_out, tandem_error *err);
    void *user;
} td_chunk_meter;

typedef struct td_chunk_options {
    size_t struct_size;
    uint32_t size;    /* a chunk's text has at most this many of the unit, 64..100000 */
    uint32_t overlap; /* of prose with the chunk before it; < size */
    /* The unit: what these count in prose and in code; both `count` NULL: code points. Called on
     * the thread that cuts. */
    td_chunk_meter prose_meter, code_meter;
    /* Whether code in a language goes where prose goes; NULL: none does. A chunk of such code fits
     * by both meters. Called as they are. */
    bool (*is_prose)(td_str text, td_str language);
} td_chunk_options;

#define TD_CHUNK_OPTIONS                                                      \
    (td_chunk_options)                                                        \
    {                                                                         \
        .struct_size = sizeof(td_chunk_options), .size = 1600, .overlap = 200 \
    }

/* Cuts. Arrays, headings and symbols live in `arena`; texts point into document->text. NULL for
 * `options` means the defaults. White space alone makes no chunk, and ends none. What is in no
 * chunk is white space, the lines of fences, rules ("---") and RST's code directives.
 *
 *   - Prose: sections gather up to the size, a heading with its first paragraph; sections under
 *     level 1 and 2 headings that are a quarter of the size each stay apart. A list item, table
 *     row or code block that fits is never cut. Only parts of one section overlap, from a
 *     sentence's or an item's start on; where none begins in the last `overlap` characters,
 *     nothing is repeated.
 *   - Code in prose is a chunk of its own, and the prose before and behind it are two, even if
 *     they are one line. It stays in the prose if it has under 80 characters, or under 3 lines
 *     and 160 characters, or if it is a session ("console") of at most half the size. Fences
 *     without a language or with "text", indented and literal blocks, and unmarked lines are
 *     code if they look like it.
 *   - Source files: see code.h. JSON, YAML, HTML, CSS, make and other markup and configuration
 *     count as code; Markdown, logs and tables of values (csv) as prose, even if the format is
 *     TD_FORMAT_CODE.
 *   - confidence: 1 where a fence or a file's name says the language, else how likely it is code in
 *     that language, by the scorer. For prose it is the share of it that does not look like
 *     unmarked code.
 *   - overlap counts as size / 2 at most.
 *
 * lane is set to what is_code says; route decides. Errors: E_INVALID for options out of range,
 * E_NOMEM, E_TOO_LARGE (the arena's cap), those of the meters. Cost: linear in the text; each
 * meter reads it once in pieces, and once more in chunks. */
tandem_code td_chunk_split(const td_document *document, const td_chunk_options *options,
                           td_arena *arena, td_chunks *chunks_out, tandem_error *err);

/* What a model is to read of a chunk: code as it is; prose under its heading path and without the
 * targets of its links, which are most of the tokens of a reference page and none of its meaning.
 * Lives in `arena`, or is the chunk's own text. Errors: E_NOMEM, E_TOO_LARGE (the arena's cap). */
tandem_code td_chunk_model_text(const tandem_chunk *chunk, td_arena *arena, td_str *text_out,
                                tandem_error *err);

/* How code-like a text is on its own, and what it most likely is (static text). Code: programs,
 * markup and configuration (HTML, CSS, JSON, YAML, TOML, INI, make ...), diffs, shell sessions
 * ("console"). Not code: prose ("markdown"), logs and stack traces ("log"), tables of values
 * ("csv"). "unknown" is code of no known language. Long texts are judged by samples. Cost:
 * linear. */
typedef struct td_chunk_look {
    float code;       /* 0..1; >= 0.5: code */
    float confidence; /* of that decision, 0.5..1 */
    float named;      /* how likely it is that language, 0..confidence; 0 for "unknown" */
    td_str language;
    float second_named; /* the same of the next likely of the languages of code; 0: none is */
    td_str second;
} td_chunk_look;
td_chunk_look td_chunk_look_at(td_str text);

/* How much likelier than not a text is code by its features alone, in nats. Cost: linear. */
float td_chunk_look_odds(td_str text);

#endif
