#include "extract/notebook.h"

#include "base/utf8.h"
#include "extract/code_name.h"

#include <jansson.h>

static tandem_code add_source(td_buf *out, const json_t *source, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = json_is_array(source) ? json_array_size(source) : 1;

    for (size_t i = 0; i < n; i++) {
        const json_t *part = json_is_array(source) ? json_array_get(source, i) : source;

        if (json_is_string(part))
            TD_TRY(td_utf8_add_clean(out,
                                     (td_str){json_string_value(part), json_string_length(part)},
                                     err));
    }
out:
    return code;
}

static size_t fence_n(td_str text)
{
    size_t best = 2, run = 0;

    for (size_t i = 0; i < text.n; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return best + 1;
}

static tandem_code add_fence(td_buf *out, size_t n, td_str language, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    while (n-- > 0)
        TD_TRY(td_buf_add_byte(out, '`', err));
    TD_TRY(td_buf_add(out, language, err));
    TD_TRY(td_buf_add_byte(out, '\n', err));
out:
    return code;
}

/* "%%bash": what a cell's first line says that it is in, else the notebook's language. */
static td_str language_of_cell(td_str text, td_str language)
{
    size_t n = 2;

    if (!td_str_starts(text, TD_STR("%%")))
        return language;
    while (n < text.n && text.ptr[n] != '\n' && text.ptr[n] != ' ')
        n++;
    td_str named = td_extract_code_name_canonical(td_str_slice(text, 2, n));
    return named.n ? named : language;
}

/* A cell of nbformat 3 that is a heading: its signs; nothing for all others. */
static tandem_code add_heading_mark(td_buf *out, const json_t *cell, tandem_error *err)
{
    const char *type = json_string_value(json_object_get(cell, "cell_type"));
    json_int_t level = json_integer_value(json_object_get(cell, "level"));

    if (!type || strcmp(type, "heading") != 0)
        return TANDEM_OK;
    level = level < 1 ? 1 : level > 6 ? 6 : level;
    return td_buf_add_fmt(out, err, "%.*s ", (int)level, "######");
}

static tandem_code add_cell(td_buf *out, const json_t *cell, td_str language, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *type = json_string_value(json_object_get(cell, "cell_type"));
    const json_t *source = json_object_get(cell, "source");
    bool is_code = type && strcmp(type, "code") == 0;
    td_buf text = TD_BUF(out->n_max);
    size_t n;

    if (!source)
        source = json_object_get(cell, "input"); /* nbformat 3 */
    TD_TRY(add_source(&text, source, err));
    if (td_str_trim(td_buf_str(&text)).n == 0)
        goto out;
    n = fence_n(td_buf_str(&text));
    if (out->n > 0)
        TD_TRY(td_buf_add_byte(out, '\n', err));
    if (is_code)
        TD_TRY(add_fence(out, n, language_of_cell(td_buf_str(&text), language), err));
    TD_TRY(add_heading_mark(out, cell, err));
    TD_TRY(td_buf_add(out, td_buf_str(&text), err));
    if (text.ptr[text.n - 1] != '\n')
        TD_TRY(td_buf_add_byte(out, '\n', err));
    if (is_code)
        TD_TRY(add_fence(out, n, TD_STR(""), err));
out:
    td_buf_clear(&text);
    return code;
}

static td_str language_of(const json_t *notebook)
{
    const json_t *metadata = json_object_get(notebook, "metadata");
    const char *name =
        json_string_value(json_object_get(json_object_get(metadata, "language_info"), "name"));

    if (!name)
        name =
            json_string_value(json_object_get(json_object_get(metadata, "kernelspec"), "language"));
    if (name && td_extract_code_name_canonical(td_str_from(name)).n)
        return td_extract_code_name_canonical(td_str_from(name));
    return TD_STR("python");
}

tandem_code td_extract_notebook_write(td_str json, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_error_t why;
    json_t *notebook = json_loadb(json.ptr, json.n, JSON_ALLOW_NUL, &why);
    const json_t *cells, *cell;
    td_str language;
    size_t i;

    if (!notebook)
        TD_FAIL(err,
                json_error_code(&why) == json_error_out_of_memory ? TANDEM_E_NOMEM
                                                                  : TANDEM_E_FORMAT,
                "notebook is no JSON: %s at line %d", why.text, why.line);
    cells = json_object_get(notebook, "cells");
    if (!cells)
        cells =
            json_object_get(json_array_get(json_object_get(notebook, "worksheets"), 0), "cells");
    if (!json_is_array(cells))
        TD_FAIL(err, TANDEM_E_FORMAT, "notebook has no list of cells");
    language = language_of(notebook);
    json_array_foreach((json_t *)(uintptr_t)cells, i, cell)
        TD_TRY(add_cell(out, cell, language, err));
out:
    json_decref(notebook);
    return code;
}
