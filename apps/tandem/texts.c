#include "texts.h"

#include "input.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static tandem_str copy_of(const char *text, size_t n)
{
    char *copy = malloc(n + 1);

    if (copy)
        memcpy(copy, text, n);
    return (tandem_str){copy, n};
}

static int text_of_json(texts *t, size_t n, tandem_str *text_out)
{
    json_error_t why;
    json_t *value = json_loadb(t->line, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    json_t *text = json_is_object(value) ? json_object_get(value, "text") : value;

    if (!json_is_string(text)) {
        output_error("line %zu: %s", t->n_lines,
                     value ? "neither a string nor an object with \"text\"" : why.text);
        json_decref(value);
        return 1;
    }
    *text_out = copy_of(json_string_value(text), json_string_length(text));
    json_decref(value);
    return text_out->ptr ? 0 : 1;
}

int texts_next(texts *t, tandem_str *text_out, bool *end_out)
{
    *end_out = false;
    if (t->n_paths) {
        *end_out = t->at == t->n_paths;
        return *end_out ? 0 : input_read(t->paths[t->at++], text_out);
    }
    size_t n = 0;
    int status = input_line(&t->line, &t->line_capacity, t->n_lines + 1, &n, end_out);
    if (status != 0 || *end_out)
        return status;
    t->n_lines++;
    if (t->jsonl)
        return text_of_json(t, n, text_out);
    *text_out = copy_of(t->line, n);
    if (!text_out->ptr)
        output_error("line %zu: out of memory", t->n_lines);
    return text_out->ptr ? 0 : 1;
}

void texts_clear(texts *t)
{
    free(t->line);
    t->line = NULL;
}
