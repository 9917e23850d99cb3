/* embed/tokenize/json.h - fields of an untrusted JSON file, with errors that name file and field.
 *
 * `where` is the path of the object that is asked: "model", or "" for the root.
 * Threads:  one owner per document
 */
#ifndef TD_EMBED_TOKENIZE_JSON_H
#define TD_EMBED_TOKENIZE_JSON_H

#include "base/error.h"
#include "base/str.h"

typedef struct json_t td_json; /* jansson's; borrowed from its document but for the root */

typedef struct td_json_file {
    const char *name; /* "tokenizer.json" */
    td_json *root;    /* an object */
} td_json_file;

/* Parses; the root must be an object. Errors: E_FORMAT with line and reason (a key that comes twice
 * is one), E_TOO_LARGE past the caps on bytes, values and depth, E_NOMEM. */
tandem_code td_embed_tokenize_json_open(const char *name, td_str bytes, td_json_file *file_out,
                                        tandem_error *err);
void td_embed_tokenize_json_close(td_json_file *file);

/* NULL if there is none, or null. */
const td_json *td_embed_tokenize_json_get(const td_json *object, const char *key);

/* NULL unless it is a string; a string that contains NUL is no name of anything. */
bool td_embed_tokenize_json_is_text(const td_json *value, td_str *out);
bool td_embed_tokenize_json_is_flag(const td_json *value, bool *out);
/* A whole number from 0 to UINT32_MAX. */
bool td_embed_tokenize_json_is_count(const td_json *value, uint32_t *out);

/* Optional fields: `*out` keeps its default when there is none, or null. Errors: E_FORMAT. */
tandem_code td_embed_tokenize_json_flag(const td_json_file *file, const char *where,
                                        const td_json *object, const char *key, bool *out,
                                        tandem_error *err);
tandem_code td_embed_tokenize_json_text(const td_json_file *file, const char *where,
                                        const td_json *object, const char *key, td_str *out,
                                        tandem_error *err);
tandem_code td_embed_tokenize_json_count(const td_json_file *file, const char *where,
                                         const td_json *object, const char *key, uint32_t *out,
                                         tandem_error *err);

/* The object's "type": E_FORMAT when the object is none or has no such text. */
tandem_code td_embed_tokenize_json_type(const td_json_file *file, const char *where,
                                        const td_json *object, td_str *out, tandem_error *err);

/* Items of an array (n 0 if it is none), members of an object. */
size_t td_embed_tokenize_json_n(const td_json *array_or_object);
bool td_embed_tokenize_json_is_array(const td_json *value);
bool td_embed_tokenize_json_is_object(const td_json *value);
const td_json *td_embed_tokenize_json_at(const td_json *array, size_t index);

/* Calls `each` for every member until it fails. */
typedef tandem_code (*td_json_member)(void *user, td_str key, const td_json *value,
                                      tandem_error *err);
tandem_code td_embed_tokenize_json_each(const td_json *object, td_json_member each, void *user,
                                        tandem_error *err);

#endif
