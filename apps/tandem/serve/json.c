#include "serve/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_BYTES_MAX = 32,
};

static const double WHOLE_MAX = 9007199254740992.0; /* 2^53: a double holds all up to it */

/* -- in -- */

/* jansson's own limit is a constant of 2048, and its parser recurses: looked at before it runs. */
static bool is_too_deep(const char *bytes, size_t n)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* Whole numbers however they are written, 3.0 or 3e0: to JSON Schema, and so to clients, they are
 * the same. */
static json_t *whole(json_t *value)
{
    const char *key;
    json_t *one;
    void *next;
    size_t i;

    if (json_is_real(value)) {
        double number = json_real_value(value);
        if (fabs(number) <= WHOLE_MAX && number == floor(number)) {
            json_decref(value);
            return json_integer((json_int_t)number);
        }
    }
    json_array_foreach(value, i, one)
    {
        json_array_set_new(value, i, whole(json_incref(one)));
    }
    json_object_foreach_safe(value, next, key, one)
    {
        json_object_set_new_nocheck(value, key, whole(json_incref(one)));
    }
    return value;
}

static json_t *load(const char *bytes, size_t n, json_error_t *error)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *value = json_loadb(bytes, n, flags, error);

    if (!value && json_error_code(error) == json_error_numeric_overflow)
        value = json_loadb(bytes, n, flags | JSON_DECODE_INT_AS_REAL, error);
    return value ? whole(value) : NULL;
}

json_t *json_read(const char *bytes, size_t n, char message_out[JSON_ERROR_BYTES])
{
    json_error_t error;

    if (n == 0) {
        snprintf(message_out, JSON_ERROR_BYTES, "the body is empty; JSON is expected");
        return NULL;
    }
    if (is_too_deep(bytes, n)) {
        snprintf(message_out, JSON_ERROR_BYTES, "JSON is nested deeper than %d", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *value = load(bytes, n, &error);
    if (!value)
        snprintf(message_out, JSON_ERROR_BYTES, "malformed JSON at byte %d: %s", error.position,
                 error.text);
    return value;
}

/* -- out -- */

static bool make_room(wire *w, size_t n)
{
    size_t capacity = w->capacity ? w->capacity : 1024;

    if (w->failed)
        return false;
    while (capacity - w->n < n + 1)
        capacity *= 2;
    if (capacity != w->capacity) {
        char *ptr = realloc(w->ptr, capacity);
        if (!ptr) {
            w->failed = true;
            return false;
        }
        w->ptr = ptr;
        w->capacity = capacity;
    }
    return true;
}

void wire_add(wire *w, const char *bytes, size_t n)
{
    if (!make_room(w, n))
        return;
    if (n > 0) /* memcpy takes no NULL, not even for nothing */
        memcpy(w->ptr + w->n, bytes, n);
    w->n += n;
    w->ptr[w->n] = '\0';
}

void wire_text(wire *w, const char *text)
{
    wire_add(w, text, strlen(text));
}

void wire_format(wire *w, const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof(line))
        w->failed = true;
    else
        wire_add(w, line, (size_t)n);
}

/* Bytes of the well-formed character at `at`; 0 if there is none. */
static size_t character_bytes(const unsigned char *at, size_t n)
{
    size_t bytes = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;

    if (bytes == 1)
        return 1;
    if (at[0] < 0xC2 || at[0] > 0xF4 || bytes > n)
        return 0;
    for (size_t i = 1; i < bytes; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    bool outside = (at[0] == 0xED && at[1] >= 0xA0) || (at[0] == 0xF4 && at[1] >= 0x90);
    return overlong || outside ? 0 : bytes;
}

static void add_escaped(wire *w, unsigned char c)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

    if (c == '"' || c == '\\')
        wire_add(w, (char[]){'\\', (char)c}, 2);
    else if (c <= '\r' && named[c])
        wire_text(w, named[c]);
    else
        wire_format(w, "\\u%04x", c);
}

void wire_string(wire *w, tandem_str text)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t from = 0;

    wire_add(w, "\"", 1);
    for (size_t i = 0; i < text.n;) {
        size_t n = character_bytes(bytes + i, text.n - i);
        if (n > 0 && bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\') {
            i += n;
            continue;
        }
        wire_add(w, text.ptr + from, i - from);
        if (n > 0)
            add_escaped(w, bytes[i]);
        else
            wire_text(w, "\xEF\xBF\xBD");
        from = ++i;
    }
    wire_add(w, text.ptr + from, text.n - from);
    wire_add(w, "\"", 1);
}

/* Between 1/1000 and 10 eleven places after the point are more than a float tells apart; such a
 * number is written by one multiplication and a loop, ten times faster than by printf. */
static size_t write_float(float value, char out[NUMBER_BYTES_MAX])
{
    enum {
        PLACES = 11
    };
    float size = fabsf(value);
    char digits[PLACES + 1];
    size_t n = 0;

    if (!isfinite(value))
        return (size_t)snprintf(out, NUMBER_BYTES_MAX, "null");
    if (size < 1e-3f || size >= 10)
        return (size_t)snprintf(out, NUMBER_BYTES_MAX, "%.9g", (double)value);
    uint64_t number = (uint64_t)((double)size * 1e11 + 0.5);
    for (int i = PLACES; i >= 0; i--, number /= 10)
        digits[i] = (char)('0' + number % 10);
    int last = PLACES;
    while (last > 0 && digits[last] == '0')
        last--;
    if (value < 0)
        out[n++] = '-';
    out[n++] = digits[0];
    if (last > 0)
        out[n++] = '.';
    memcpy(out + n, digits + 1, (size_t)last);
    return n + (size_t)last;
}

void wire_floats(wire *w, const float *values, size_t n)
{
    if (!make_room(w, 2 + n * NUMBER_BYTES_MAX))
        return;
    char *at = w->ptr + w->n;
    *at++ = '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *at++ = ',';
        at += write_float(values[i], at);
    }
    *at++ = ']';
    *at = '\0';
    w->n = (size_t)(at - w->ptr);
}

void wire_base64(wire *w, const float *values, size_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = (const unsigned char *)values;
    size_t n_bytes = n * sizeof(*values);

    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats go out as they lie");
    if (!make_room(w, n_bytes / 3 * 4 + 6))
        return;
    char *at = w->ptr + w->n;
    *at++ = '"';
    for (size_t i = 0; i < n_bytes; i += 3) {
        unsigned b1 = i + 1 < n_bytes ? bytes[i + 1] : 0;
        unsigned b2 = i + 2 < n_bytes ? bytes[i + 2] : 0;
        unsigned three = (unsigned)bytes[i] << 16 | b1 << 8 | b2;
        *at++ = letters[three >> 18];
        *at++ = letters[three >> 12 & 63];
        *at++ = i + 1 < n_bytes ? letters[three >> 6 & 63] : '=';
        *at++ = i + 2 < n_bytes ? letters[three & 63] : '=';
    }
    *at++ = '"';
    *at = '\0';
    w->n = (size_t)(at - w->ptr);
}

static int add_dumped(const char *bytes, size_t n, void *user)
{
    wire_add(user, bytes, n);
    return 0;
}

void wire_json(wire *w, json_t *value)
{
    if (!value || json_dump_callback(value, add_dumped, w,
                                     JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)))
        w->failed = true;
    json_decref(value);
}

void wire_clear(wire *w)
{
    free(w->ptr);
    *w = (wire){.ptr = NULL};
}

json_t *json_text(tandem_str text)
{
    json_t *value = json_stringn(text.n ? text.ptr : "", text.n);
    wire w = {.ptr = NULL};
    size_t from = 0;

    if (value)
        return value;
    for (size_t i = 0; i < text.n;) {
        size_t n = character_bytes((const unsigned char *)text.ptr + i, text.n - i);
        if (n > 0) {
            i += n;
            continue;
        }
        wire_add(&w, text.ptr + from, i - from);
        wire_text(&w, "\xEF\xBF\xBD");
        from = ++i;
    }
    wire_add(&w, text.ptr + from, text.n - from);
    if (!w.failed)
        value = json_stringn(w.ptr, w.n);
    wire_clear(&w);
    return value;
}

size_t json_count_chars(tandem_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n;
}
