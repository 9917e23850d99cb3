/* serve/json.h - JSON in, with limits, and out, fast.
 *
 * Threads:  pure functions
 */
#ifndef SERVE_JSON_H
#define SERVE_JSON_H

#include "output.h"

enum {
    JSON_DEPTH_MAX = 64,
    JSON_ERROR_BYTES = 200,
};

/* Reads one value. A number without a fraction becomes an integer, however it is written, and one
 * too big for that a real. NULL with a message for what is none, is nested deeper than
 * JSON_DEPTH_MAX, or is not UTF-8. */
json_t *json_read(const char *bytes, size_t n, char message_out[JSON_ERROR_BYTES]);

/* Bytes of an answer as they come together; `failed` once memory was out. */
typedef struct wire {
    char *ptr;
    size_t n, capacity;
    bool failed;
} wire;

void wire_add(wire *w, const char *bytes, size_t n);
void wire_text(wire *w, const char *text);
void wire_format(wire *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With its quotes; bytes that are no UTF-8 become U+FFFD. */
void wire_string(wire *w, tandem_str text);
/* "[0.25,-1]": each reads back as the same float. NaN and infinities, which JSON has not, null. */
void wire_floats(wire *w, const float *values, size_t n);
/* The same in base64 of little-endian float32, with quotes. */
void wire_base64(wire *w, const float *values, size_t n);
/* A jansson value; takes the reference. */
void wire_json(wire *w, json_t *value);
void wire_clear(wire *w);

/* A JSON string, bytes that are no UTF-8 replaced; NULL when memory is out. */
json_t *json_text(tandem_str text);
/* Characters of UTF-8, as JSON Schema counts them. */
size_t json_count_chars(tandem_str text);

#endif
