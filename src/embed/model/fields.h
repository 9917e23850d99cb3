/* embed/model/fields.h - typed values out of a small JSON file that nobody vouches for.
 *
 * A path names a value: "rope_parameters.full_attention.rope_theta", "architectures.0". A value
 * that is absent or null takes the default; one of another type or outside the bounds is E_FORMAT
 * with file, path and bounds.
 * Threads:  read-only once made
 */
#ifndef TD_EMBED_MODEL_FIELDS_H
#define TD_EMBED_MODEL_FIELDS_H

#include "base/error.h"
#include "base/str.h"

typedef struct td_fields td_fields;

/* The defaults that mean "must be there". */
#define TD_FIELD_NEEDED   SIZE_MAX
#define TD_FIELD_NEEDED_F (-1e300)

/* `file` is a literal, for errors. Errors: E_FORMAT, E_TOO_LARGE. */
tandem_code td_embed_model_fields_open(const char *file, td_str bytes, td_fields **fields_out,
                                       tandem_error *err);
void td_embed_model_fields_close(td_fields *fields);

/* The file's name, for errors. */
const char *td_embed_model_fields_file(const td_fields *fields);

/* Whether a value is there and not null. */
bool td_embed_model_fields_has(const td_fields *fields, const char *path);

/* Items of an array ("" is the root), members of an object; 0 for all else. */
size_t td_embed_model_fields_count(const td_fields *fields, const char *path);

/* A whole number (1e3 and 1000.0 count) in [min, max]. */
tandem_code td_embed_model_fields_size(const td_fields *fields, const char *path, size_t min,
                                       size_t max, size_t otherwise, size_t *value_out,
                                       tandem_error *err);

/* Any number in [min, max]. */
tandem_code td_embed_model_fields_number(const td_fields *fields, const char *path, double min,
                                         double max, double otherwise, double *value_out,
                                         tandem_error *err);
tandem_code td_embed_model_fields_bool(const td_fields *fields, const char *path, bool otherwise,
                                       bool *value_out, tandem_error *err);

/* Borrowed; `otherwise` may be NULL. */
tandem_code td_embed_model_fields_text(const td_fields *fields, const char *path,
                                       const char *otherwise, const char **value_out,
                                       tandem_error *err);

/* E_UNSUPPORTED unless the value is absent, null or this. */
tandem_code td_embed_model_fields_must_be(const td_fields *fields, const char *path,
                                          const char *value, tandem_error *err);
tandem_code td_embed_model_fields_must_be_bool(const td_fields *fields, const char *path,
                                               bool value, tandem_error *err);

#endif
