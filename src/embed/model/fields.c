#include "embed/model/fields.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>

enum {
    FILE_BYTES_MAX = 4 << 20,
    DEPTH_MAX = 32
};

struct td_fields {
    const char *file;
    json_t *root;
};

/* The parser recurses: nesting is checked before it starts. */
static bool too_deep(td_str bytes)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return true;
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    return false;
}

tandem_code td_embed_model_fields_open(const char *file, td_str bytes, td_fields **fields_out,
                                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_fields *fields = calloc(1, sizeof(*fields));
    json_error_t json_err;

    if (!fields) {
        code = td_fail_nomem(err, file);
        goto out;
    }
    fields->file = file;
    if (!bytes.ptr)
        TD_FAIL(err, TANDEM_E_FORMAT, "%s is missing", file);
    if (bytes.n > FILE_BYTES_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "%s: %zu bytes, at most %d are read", file, bytes.n,
                FILE_BYTES_MAX);
    if (too_deep(bytes))
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: nested deeper than %d", file, DEPTH_MAX);
    fields->root = json_loadb(bytes.ptr, bytes.n, JSON_REJECT_DUPLICATES, &json_err);
    if (!fields->root)
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: line %d: %.120s", file, json_err.line, json_err.text);
    *fields_out = fields;
    fields = NULL;

out:
    td_embed_model_fields_close(fields);
    return code;
}

void td_embed_model_fields_close(td_fields *fields)
{
    if (!fields)
        return;
    json_decref(fields->root);
    free(fields);
}

const char *td_embed_model_fields_file(const td_fields *fields)
{
    return fields->file;
}

/* The value at a path; NULL if absent or null. */
static const json_t *find(const td_fields *fields, const char *path)
{
    const json_t *value = fields->root;
    td_str rest = td_str_from(path), part;
    char key[128];

    while (value && td_str_next(&rest, '.', &part)) {
        uint64_t index = 0;
        if (json_is_array(value)) {
            value = td_str_to_u64(part, &index) ? json_array_get(value, index) : NULL;
            continue;
        }
        if (part.n >= sizeof(key))
            return NULL;
        memcpy(key, part.ptr, part.n);
        key[part.n] = '\0';
        value = json_object_get(value, key);
    }
    return json_is_null(value) ? NULL : value;
}

bool td_embed_model_fields_has(const td_fields *fields, const char *path)
{
    return find(fields, path) != NULL;
}

size_t td_embed_model_fields_count(const td_fields *fields, const char *path)
{
    const json_t *value = find(fields, path);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

static tandem_code missing(const td_fields *fields, const char *path, tandem_error *err)
{
    return td_fail(err, TANDEM_E_FORMAT, "%s: \"%s\" is missing", fields->file, path);
}

tandem_code td_embed_model_fields_number(const td_fields *fields, const char *path, double min,
                                         double max, double otherwise, double *value_out,
                                         tandem_error *err)
{
    const json_t *found = find(fields, path);
    if (!found && otherwise == TD_FIELD_NEEDED_F)
        return missing(fields, path, err);
    double value = found ? json_number_value(found) : otherwise;
    if (found && (!json_is_number(found) || !(value >= min && value <= max)))
        return td_fail(err, TANDEM_E_FORMAT, "%s: \"%s\" is not a number from %g to %g",
                       fields->file, path, min, max);
    *value_out = value;
    return TANDEM_OK;
}

tandem_code td_embed_model_fields_size(const td_fields *fields, const char *path, size_t min,
                                       size_t max, size_t otherwise, size_t *value_out,
                                       tandem_error *err)
{
    const json_t *found = find(fields, path);
    if (!found && otherwise == TD_FIELD_NEEDED)
        return missing(fields, path, err);
    if (!found) {
        *value_out = otherwise;
        return TANDEM_OK;
    }
    double value = json_number_value(found);
    if (!json_is_number(found) || value != floor(value) ||
        !(value >= (double)min && value <= (double)max))
        return td_fail(err, TANDEM_E_FORMAT, "%s: \"%s\" is not a whole number from %zu to %zu",
                       fields->file, path, min, max);
    *value_out = (size_t)value;
    return TANDEM_OK;
}

tandem_code td_embed_model_fields_bool(const td_fields *fields, const char *path, bool otherwise,
                                       bool *value_out, tandem_error *err)
{
    const json_t *found = find(fields, path);
    if (found && !json_is_boolean(found))
        return td_fail(err, TANDEM_E_FORMAT, "%s: \"%s\" is neither true nor false", fields->file,
                       path);
    *value_out = found ? json_is_true(found) : otherwise;
    return TANDEM_OK;
}

tandem_code td_embed_model_fields_text(const td_fields *fields, const char *path,
                                       const char *otherwise, const char **value_out,
                                       tandem_error *err)
{
    const json_t *found = find(fields, path);
    if (found && !json_is_string(found))
        return td_fail(err, TANDEM_E_FORMAT, "%s: \"%s\" is not a text", fields->file, path);
    *value_out = found ? json_string_value(found) : otherwise;
    return TANDEM_OK;
}

tandem_code td_embed_model_fields_must_be(const td_fields *fields, const char *path,
                                          const char *value, tandem_error *err)
{
    const char *found = NULL;
    tandem_code code = td_embed_model_fields_text(fields, path, value, &found, err);
    if (code == TANDEM_OK && strcmp(found, value) != 0)
        code =
            td_fail(err, TANDEM_E_UNSUPPORTED, "%s: \"%s\" is \"%.60s\"; only \"%s\" is supported",
                    fields->file, path, found, value);
    return code;
}

tandem_code td_embed_model_fields_must_be_bool(const td_fields *fields, const char *path,
                                               bool value, tandem_error *err)
{
    bool found = value;
    tandem_code code = td_embed_model_fields_bool(fields, path, value, &found, err);
    if (code == TANDEM_OK && found != value)
        code = td_fail(err, TANDEM_E_UNSUPPORTED, "%s: \"%s\" is %s, which is not supported",
                       fields->file, path, found ? "true" : "false");
    return code;
}
