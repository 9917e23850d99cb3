#include "embed/tokenize/json.h"

#include <jansson.h>

enum {
    BYTES_MAX = 64 * (1 << 20), /* the largest tokenizer.json in use has 34 MB */
    /* The parsed tree takes about 100 bytes a value: these caps bound memory before it is built. */
    VALUES_MAX = 4 * 1000 * 1000,
    DEPTH_MAX = 16,
};

/* Counts values and nesting outside of strings, so that the parser never meets a bomb. */
static tandem_code check_size(const char *name, td_str bytes, tandem_error *err)
{
    size_t depth = 0, n_values = 0;
    bool in_string = false;

    if (bytes.n > BYTES_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "%s: %zu bytes, at most %d are read", name, bytes.n,
                       BYTES_MAX);
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        n_values += c == ',' || c == ':' || c == '[';
        if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return td_fail(err, TANDEM_E_FORMAT, "%s: nested deeper than %d", name, DEPTH_MAX);
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    if (n_values > VALUES_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "%s: %zu values, at most %d are read", name,
                       n_values, VALUES_MAX);
    return TANDEM_OK;
}

tandem_code td_embed_tokenize_json_open(const char *name, td_str bytes, td_json_file *file_out,
                                        tandem_error *err)
{
    json_error_t why;
    tandem_code code = check_size(name, bytes, err);
    if (code != TANDEM_OK)
        return code;
    json_t *root = json_loadb(bytes.ptr, bytes.n, JSON_REJECT_DUPLICATES, &why);
    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return td_fail_nomem(err, name);
    if (!root)
        return td_fail(err, TANDEM_E_FORMAT, "%s: line %d: %s", name, why.line, why.text);
    if (!json_is_object(root)) {
        json_decref(root);
        return td_fail(err, TANDEM_E_FORMAT, "%s: is not a JSON object", name);
    }
    *file_out = (td_json_file){name, root};
    return TANDEM_OK;
}

void td_embed_tokenize_json_close(td_json_file *file)
{
    json_decref(file->root);
    file->root = NULL;
}

const td_json *td_embed_tokenize_json_get(const td_json *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool td_embed_tokenize_json_is_text(const td_json *value, td_str *out)
{
    if (!json_is_string(value))
        return false;
    *out = (td_str){json_string_value(value), json_string_length(value)};
    return true;
}

bool td_embed_tokenize_json_is_flag(const td_json *value, bool *out)
{
    if (!json_is_boolean(value))
        return false;
    *out = json_is_true(value);
    return true;
}

bool td_embed_tokenize_json_is_count(const td_json *value, uint32_t *out)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static tandem_code fail_field(const td_json_file *file, const char *where, const char *key,
                              const char *what, tandem_error *err)
{
    return td_fail(err, TANDEM_E_FORMAT, "%s: %s%s%s is not %s", file->name, where,
                   *where ? "." : "", key, what);
}

tandem_code td_embed_tokenize_json_flag(const td_json_file *file, const char *where,
                                        const td_json *object, const char *key, bool *out,
                                        tandem_error *err)
{
    const td_json *value = td_embed_tokenize_json_get(object, key);
    if (!value || td_embed_tokenize_json_is_flag(value, out))
        return TANDEM_OK;
    return fail_field(file, where, key, "true or false", err);
}

tandem_code td_embed_tokenize_json_text(const td_json_file *file, const char *where,
                                        const td_json *object, const char *key, td_str *out,
                                        tandem_error *err)
{
    const td_json *value = td_embed_tokenize_json_get(object, key);
    if (!value || td_embed_tokenize_json_is_text(value, out))
        return TANDEM_OK;
    return fail_field(file, where, key, "a text", err);
}

tandem_code td_embed_tokenize_json_count(const td_json_file *file, const char *where,
                                         const td_json *object, const char *key, uint32_t *out,
                                         tandem_error *err)
{
    const td_json *value = td_embed_tokenize_json_get(object, key);
    if (!value || td_embed_tokenize_json_is_count(value, out))
        return TANDEM_OK;
    return fail_field(file, where, key, "a whole number", err);
}

tandem_code td_embed_tokenize_json_type(const td_json_file *file, const char *where,
                                        const td_json *object, td_str *out, tandem_error *err)
{
    if (!json_is_object(object))
        return td_fail(err, TANDEM_E_FORMAT, "%s: %s is not an object", file->name, where);
    if (!td_embed_tokenize_json_get(object, "type"))
        return td_fail(err, TANDEM_E_FORMAT, "%s: %s.type is missing", file->name, where);
    return td_embed_tokenize_json_text(file, where, object, "type", out, err);
}

size_t td_embed_tokenize_json_n(const td_json *array_or_object)
{
    return json_is_object(array_or_object) ? json_object_size(array_or_object)
                                           : json_array_size(array_or_object);
}

bool td_embed_tokenize_json_is_array(const td_json *value)
{
    return json_is_array(value);
}

bool td_embed_tokenize_json_is_object(const td_json *value)
{
    return json_is_object(value);
}

const td_json *td_embed_tokenize_json_at(const td_json *array, size_t index)
{
    return json_array_get(array, index);
}

tandem_code td_embed_tokenize_json_each(const td_json *object, td_json_member each, void *user,
                                        tandem_error *err)
{
    const char *key;
    json_t *value;
    json_t *whole = (json_t *)(uintptr_t)object; /* jansson's macro takes no const; it only reads */
    json_object_foreach(whole, key, value)
    {
        tandem_code code = each(user, td_str_from(key), value, err);
        if (code != TANDEM_OK)
            return code;
    }
    return TANDEM_OK;
}
