#include "embed/wire.h"

#include "base/utf8.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DEPTH_MAX = 8,
    /* Values besides those of the vectors: a few a vector, and what a server tells of itself. */
    VALUES_EXTRA = 4096,
    VALUES_PER_TEXT = 16,
    NAMES_SHOWN_BYTES = 120,
};

/* ---- asking ---- */

static size_t escaped_bytes(td_str s)
{
    size_t n = s.n;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        n += c < ' ' ? 5 : c == '"' || c == '\\';
    }
    return n;
}

size_t td_embed_wire_text_bytes(td_str prompt, td_str text)
{
    return escaped_bytes(prompt) + escaped_bytes(text) + 2;
}

static tandem_code add_escaped(td_buf *out, td_str s, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t from = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        TD_TRY(td_buf_add(out, td_str_slice(s, from, i), err));
        if (c < ' ')
            TD_TRY(td_buf_add_fmt(out, err, "\\u%04x", c));
        else
            TD_TRY(td_buf_add_fmt(out, err, "\\%c", c));
        from = i + 1;
    }
    TD_TRY(td_buf_add(out, td_str_slice(s, from, s.n), err));

out:
    return code;
}

tandem_code td_embed_wire_add_text(td_buf *out, td_str prompt, td_str text, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_reserve(out, td_embed_wire_text_bytes(prompt, text), err));
    TD_TRY(td_buf_add_byte(out, '"', err));
    TD_TRY(add_escaped(out, prompt, err));
    TD_TRY(add_escaped(out, text, err));
    TD_TRY(td_buf_add_byte(out, '"', err));

out:
    return code;
}

tandem_code td_embed_wire_add_texts(td_buf *out, td_str prompt, const td_str *texts, size_t n,
                                    tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < n; i++) {
        TD_TRY(td_buf_add_byte(out, i == 0 ? '[' : ',', err));
        TD_TRY(td_embed_wire_add_text(out, prompt, texts[i], err));
    }
    TD_TRY(td_buf_add(out, n == 0 ? TD_STR("[]") : TD_STR("]"), err));

out:
    return code;
}

tandem_code td_embed_wire_add_request(td_buf *out, const char *model, td_str prompt,
                                      const td_str *texts, size_t n, const char *rest,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(out, TD_STR("{\"model\":"), err));
    TD_TRY(td_embed_wire_add_text(out, TD_STR(""), td_str_from(model), err));
    TD_TRY(td_buf_add(out, TD_STR(",\"input\":"), err));
    TD_TRY(td_embed_wire_add_texts(out, prompt, texts, n, err));
    TD_TRY(td_buf_add(out, td_str_from(rest), err));

out:
    return code;
}

/* ---- reading ---- */

/* Counts values and nesting outside of strings before the tree is built, which takes some 60 bytes
 * a value: a server decides what comes, but not how much memory it takes. */
static tandem_code check_size(td_str body, size_t values_max, tandem_error *err)
{
    size_t depth = 0, n_values = 0;
    bool in_string = false;

    for (size_t i = 0; i < body.n; i++) {
        char c = body.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        n_values += c == ',' || c == ':' || c == '[' || c == '{';
        if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return td_fail(err, TANDEM_E_FORMAT, "the answer is nested deeper than %d", DEPTH_MAX);
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    if (n_values > values_max)
        return td_fail(err, TANDEM_E_FORMAT,
                       "the answer holds %zu values, expected are at most %zu", n_values,
                       values_max);
    return TANDEM_OK;
}

static tandem_code parse(td_str body, size_t values_max, json_t **root_out, tandem_error *err)
{
    json_error_t why;
    tandem_code code = check_size(body, values_max, err);

    if (code != TANDEM_OK)
        return code;
    if (body.n == 0)
        return td_fail(err, TANDEM_E_FORMAT, "the answer is no JSON: it is empty");
    json_t *root = json_loadb(body.ptr, body.n, JSON_REJECT_DUPLICATES, &why);
    if (root) {
        *root_out = root;
        return TANDEM_OK;
    }
    if (json_error_code(&why) == json_error_out_of_memory)
        return td_fail_nomem(err, "an answer");
    return td_fail(err, TANDEM_E_FORMAT, "the answer is no JSON: line %d: %.100s", why.line,
                   why.text);
}

static size_t values_max_of(const td_wire_answer *answer)
{
    size_t dim = answer->dim ? answer->dim : TD_WIRE_DIM_MAX;
    return answer->n * (dim + VALUES_PER_TEXT) + VALUES_EXTRA;
}

/* Where vector i stands: rows are apart by the width, which the first vector may set. */
static float *row_of(const td_wire_answer *answer, size_t i)
{
    return answer->vectors + i * answer->dim;
}

static tandem_code check_width(td_wire_answer *answer, size_t i, size_t width, tandem_error *err)
{
    if (width == 0)
        return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu is empty", i + 1, answer->n);
    if (answer->dim == 0 && width <= TD_WIRE_DIM_MAX)
        answer->dim = width;
    if (answer->dim == 0)
        return td_fail(err, TANDEM_E_FORMAT, "vectors of %zu values: at most %d are supported",
                       width, TD_WIRE_DIM_MAX);
    if (width != answer->dim)
        return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu has %zu values instead of %zu",
                       i + 1, answer->n, width, answer->dim);
    return TANDEM_OK;
}

/* Scaled to length 1. */
static tandem_code check_values(const td_wire_answer *answer, size_t i, tandem_error *err)
{
    float *row = row_of(answer, i);
    double sum = 0; /* a NaN or an infinity anywhere ends up here */

    for (size_t d = 0; d < answer->dim; d++)
        sum += (double)row[d] * (double)row[d];
    if (!isfinite(sum))
        return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu is not finite", i + 1, answer->n);
    double length = sqrt(sum);
    if (length < 1e-12)
        return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu is all zeros", i + 1, answer->n);
    for (size_t d = 0; d < answer->dim; d++)
        row[d] = (float)((double)row[d] / length);
    return TANDEM_OK;
}

static tandem_code read_list(const json_t *list, td_wire_answer *answer, size_t i,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (!json_is_array(list))
        TD_FAIL(err, TANDEM_E_FORMAT, "vector %zu of %zu is no list of numbers", i + 1, answer->n);
    TD_TRY(check_width(answer, i, json_array_size(list), err));
    for (size_t d = 0; d < answer->dim; d++) {
        const json_t *value = json_array_get(list, d);
        if (!json_is_number(value))
            TD_FAIL(err, TANDEM_E_FORMAT, "value %zu of vector %zu of %zu is no number", d + 1,
                    i + 1, answer->n);
        row_of(answer, i)[d] = (float)json_number_value(value);
    }
    TD_TRY(check_values(answer, i, err));

out:
    return code;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bytes of little-endian floats, as the OpenAI form packs them. */
static tandem_code read_base64(td_str text, td_wire_answer *answer, size_t i, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t bits = 0, word = 0;
    size_t n_bits = 0, n_bytes = 0;

    while (text.n > 0 && text.ptr[text.n - 1] == '=')
        text.n--;
    if (text.n % 4 == 1 || text.n * 3 / 4 % sizeof(float) != 0)
        TD_FAIL(err, TANDEM_E_FORMAT, "vector %zu of %zu is no base64 of floats", i + 1, answer->n);
    TD_TRY(check_width(answer, i, text.n * 3 / 4 / sizeof(float), err));
    for (size_t at = 0; at < text.n; at++) {
        int value = base64_value(text.ptr[at]);
        if (value < 0)
            TD_FAIL(err, TANDEM_E_FORMAT, "vector %zu of %zu is no base64", i + 1, answer->n);
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        word |= (bits >> n_bits & 0xff) << 8 * (n_bytes % 4);
        if (++n_bytes % 4 == 0) {
            memcpy(row_of(answer, i) + n_bytes / 4 - 1, &word, sizeof(word));
            word = 0;
        }
    }
    TD_TRY(check_values(answer, i, err));

out:
    return code;
}

/* A name goes into errors and fingerprints: printable or not at all. */
static void copy_name(const json_t *value, char out[TD_WIRE_NAME_N])
{
    const char *text = json_string_value(value);
    size_t n = json_string_length(value);

    out[0] = '\0';
    if (!text || n >= TD_WIRE_NAME_N)
        return;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return;
    memcpy(out, text, n + 1);
}

static size_t count_of(const json_t *value)
{
    json_int_t number = json_integer_value(value);
    return number > 0 && number <= INT32_MAX ? (size_t)number : 0;
}

static tandem_code check_count(size_t n, const td_wire_answer *answer, tandem_error *err)
{
    if (n == answer->n)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_FORMAT, "%zu vectors came for %zu texts", n, answer->n);
}

tandem_code td_embed_wire_rows(td_str body, td_wire_answer *answer, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_t *root = NULL;

    TD_TRY(parse(body, values_max_of(answer), &root, err));
    const json_t *list = json_is_object(root) ? json_object_get(root, "embeddings") : root;
    if (!json_is_array(list))
        TD_FAIL(err, TANDEM_E_FORMAT, "the answer holds no list of vectors");
    TD_TRY(check_count(json_array_size(list), answer, err));
    for (size_t i = 0; i < answer->n; i++)
        TD_TRY(read_list(json_array_get(list, i), answer, i, err));
    answer->n_tokens = count_of(json_object_get(root, "prompt_eval_count"));
    copy_name(json_object_get(root, "model"), answer->model);

out:
    json_decref(root);
    return code;
}

/* One entry goes where its index says. */
static tandem_code read_entry(const json_t *entry, size_t at, td_wire_answer *answer, bool *taken,
                              tandem_error *err)
{
    const json_t *index = json_object_get(entry, "index");
    const json_t *vector = json_object_get(entry, "embedding");
    json_int_t i = json_integer_value(index);

    if (!json_is_integer(index) || i < 0 || (size_t)i >= answer->n)
        return td_fail(err, TANDEM_E_FORMAT, "entry %zu of %zu has no index below %zu", at + 1,
                       answer->n, answer->n);
    if (taken[i])
        return td_fail(err, TANDEM_E_FORMAT, "two vectors came for text %zu of %zu", (size_t)i + 1,
                       answer->n);
    taken[i] = true;
    if (json_is_string(vector))
        return read_base64((td_str){json_string_value(vector), json_string_length(vector)}, answer,
                           (size_t)i, err);
    return read_list(vector, answer, (size_t)i, err);
}

tandem_code td_embed_wire_objects(td_str body, td_wire_answer *answer, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_t *root = NULL;
    bool *taken = calloc(answer->n ? answer->n : 1, sizeof(*taken));

    if (!taken)
        TD_TRY(td_fail_nomem(err, "an answer"));
    TD_TRY(parse(body, values_max_of(answer), &root, err));
    const json_t *data = json_object_get(root, "data");
    if (!json_is_array(data))
        TD_FAIL(err, TANDEM_E_FORMAT, "the answer has no list \"data\"");
    TD_TRY(check_count(json_array_size(data), answer, err));
    for (size_t at = 0; at < answer->n; at++)
        TD_TRY(read_entry(json_array_get(data, at), at, answer, taken, err));
    const json_t *usage = json_object_get(root, "usage");
    answer->n_tokens = count_of(json_object_get(usage, "prompt_tokens"));
    copy_name(json_object_get(root, "model"), answer->model);

out:
    json_decref(root);
    free(taken);
    return code;
}

/* ---- what servers tell of themselves ---- */

tandem_code td_embed_wire_info(td_str body, td_wire_about *about, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_t *root = NULL;

    TD_TRY(parse(body, VALUES_EXTRA, &root, err));
    *about = (td_wire_about){0};
    copy_name(json_object_get(root, "model_id"), about->model);
    if (!about->model[0])
        TD_FAIL(err, TANDEM_E_FORMAT, "the answer names no \"model_id\"");
    copy_name(json_object_get(root, "model_sha"), about->revision);
    about->items_max = count_of(json_object_get(root, "max_client_batch_size"));
    about->tokens_max = count_of(json_object_get(root, "max_input_length"));

out:
    json_decref(root);
    return code;
}

/* Ollama calls "name:latest" also "name". */
static bool is_same_name(const char *have, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(have, wanted, n) == 0 && (have[n] == '\0' || strcmp(have + n, ":latest") == 0);
}

static void copy_model(const json_t *entry, td_wire_about *about)
{
    *about = (td_wire_about){0};
    copy_name(json_object_get(entry, "id"), about->model);
    if (!about->model[0])
        copy_name(json_object_get(entry, "name"), about->model);
    copy_name(json_object_get(entry, "digest"), about->revision);
    about->tokens_max = count_of(json_object_get(entry, "max_model_len"));
}

static tandem_code fail_models(const json_t *list, const char *wanted, tandem_error *err)
{
    char names[NAMES_SHOWN_BYTES] = "";
    size_t at = 0;

    for (size_t i = 0; i < json_array_size(list) && at < sizeof(names); i++) {
        td_wire_about one;
        copy_model(json_array_get(list, i), &one);
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "", one.model);
    }
    if (!names[0])
        return td_fail(err, TANDEM_E_NOT_FOUND, "the server has no model");
    if (wanted)
        return td_fail(err, TANDEM_E_NOT_FOUND, "the server has no model %.60s, but %s", wanted,
                       names);
    return td_fail(err, TANDEM_E_NOT_FOUND, "the server has several models, name one of them: %s",
                   names);
}

tandem_code td_embed_wire_models(td_str body, const char *wanted, td_wire_about *about,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_t *root = NULL;
    bool found = false;

    TD_TRY(parse(body, VALUES_EXTRA * 64, &root, err));
    const json_t *list = json_object_get(root, "data");
    if (!json_is_array(list))
        list = json_object_get(root, "models");
    if (!json_is_array(list))
        TD_FAIL(err, TANDEM_E_FORMAT, "the answer holds no list of models");
    if (!wanted && json_array_size(list) == 1) {
        copy_model(json_array_get(list, 0), about);
        found = about->model[0] != '\0';
    }
    for (size_t i = 0; wanted && !found && i < json_array_size(list); i++) {
        td_wire_about one;
        copy_model(json_array_get(list, i), &one);
        found = one.model[0] && is_same_name(one.model, wanted);
        if (found)
            *about = one;
    }
    if (!found)
        TD_TRY(fail_models(list, wanted, err));

out:
    json_decref(root);
    return code;
}

bool td_embed_wire_is_version(td_str body)
{
    json_t *root = NULL;
    bool is_one = parse(body, VALUES_EXTRA, &root, NULL) == TANDEM_OK &&
                  json_is_string(json_object_get(root, "version"));
    json_decref(root);
    return is_one;
}

void td_embed_wire_complaint(td_str body, char *out, size_t out_bytes)
{
    json_t *root = NULL;
    const char *text = NULL;

    out[0] = '\0';
    if (parse(body, VALUES_EXTRA, &root, NULL) == TANDEM_OK) {
        const json_t *error = json_object_get(root, "error");
        text = json_string_value(json_is_object(error) ? json_object_get(error, "message") : error);
        text = text ? text : json_string_value(json_object_get(root, "message"));
        text = text ? text : json_string_value(json_object_get(root, "detail"));
    }
    if (text) {
        snprintf(out, out_bytes, "%s", text);
        out[td_utf8_valid_n(td_str_from(out))] = '\0'; /* cut at a character */
    }
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    json_decref(root);
}
