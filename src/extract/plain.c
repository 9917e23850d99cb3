#include "extract/plain.h"

#include "base/utf8.h"

enum {
    LOOK_LINES = 200,
    TITLE_BYTES_MAX = 300,
    FACT_BYTES_MAX = 1000 /* of front matter */
};

static tandem_code copy(td_str text, td_document *document, td_str *out, tandem_error *err)
{
    td_str made = td_arena_copy(document->arena, text);

    if (!made.ptr)
        return td_arena_fail(document->arena, err);
    *out = made;
    return TANDEM_OK;
}

static td_str unquoted(td_str value)
{
    value = td_str_trim(value);
    if (value.n >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
        value.ptr[value.n - 1] == value.ptr[0])
        value = td_str_slice(value, 1, value.n - 1);
    return value;
}

size_t td_extract_plain_front_matter(td_str text)
{
    td_str rest = text, line;

    if (!td_str_next(&rest, '\n', &line) || line.n < 3 || line.ptr[0] != '-' ||
        !td_str_eq(td_str_trim(line), TD_STR("---")))
        return 0;
    while (td_str_next(&rest, '\n', &line)) {
        size_t end = (size_t)(line.ptr - text.ptr) + line.n;

        line = td_str_trim(line);
        if (td_str_eq(line, TD_STR("---")) || td_str_eq(line, TD_STR("...")))
            return end;
    }
    return 0;
}

/* Lines "key: value" at the head of Markdown, as Jekyll, Hugo and Docusaurus have it. Returns the
 * text behind it. */
static tandem_code read_front_matter(td_str *rest, td_document *document, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t end = td_extract_plain_front_matter(*rest);
    td_str text = td_str_slice(*rest, 0, end), line;

    while (td_str_next(&text, '\n', &line)) {
        size_t colon = td_str_find_byte(line, ':', 0);
        td_str key = td_str_slice(line, 0, colon), value;

        if (colon == TD_STR_NONE)
            continue;
        value = td_utf8_head(unquoted(td_str_slice(line, colon + 1, line.n)), FACT_BYTES_MAX);
        if (td_str_eq(key, TD_STR("title")))
            TD_TRY(copy(value, document, &document->title, err));
        else if (td_str_eq(key, TD_STR("description")))
            TD_TRY(copy(value, document, &document->description, err));
        else if (td_str_eq(key, TD_STR("author")))
            TD_TRY(copy(value, document, &document->author, err));
        else if (td_str_eq(key, TD_STR("date")))
            TD_TRY(copy(value, document, &document->date, err));
        else if (td_str_eq(key, TD_STR("lang")))
            TD_TRY(copy(value, document, &document->natural_language, err));
    }
    *rest = td_str_slice(*rest, end, rest->n);
out:
    return code;
}

static bool is_ruler(td_str line, const char *signs)
{
    line = td_str_trim(line);
    if (line.n < 3 || !strchr(signs, line.ptr[0]))
        return false;
    for (size_t i = 1; i < line.n; i++)
        if (line.ptr[i] != line.ptr[0])
            return false;
    return true;
}

static td_str markdown_title(td_str text)
{
    td_str line, before = TD_STR("");
    bool fenced = false;

    for (size_t i = 0; i < LOOK_LINES && td_str_next(&text, '\n', &line); i++) {
        if (td_str_starts(td_str_trim(line), TD_STR("```")))
            fenced = !fenced;
        if (fenced)
            continue;
        if (td_str_starts(line, TD_STR("# "))) {
            td_str title = td_str_trim(td_str_slice(line, 2, line.n));

            while (title.n && title.ptr[title.n - 1] == '#')
                title.n--;
            return td_str_trim(title);
        }
        if (td_str_trim(before).n && is_ruler(line, "="))
            return td_str_trim(before);
        before = line;
    }
    return TD_STR("");
}

static td_str rst_title(td_str text)
{
    td_str line, before = TD_STR("");

    for (size_t i = 0; i < LOOK_LINES && td_str_next(&text, '\n', &line); i++) {
        td_str title = td_str_trim(before);

        if (title.n && title.n <= td_str_trim(line).n && is_ruler(line, "=-`:'\"~^_*+#<>") &&
            !is_ruler(before, "=-`:'\"~^_*+#<>"))
            return title;
        before = line;
    }
    return TD_STR("");
}

tandem_code td_extract_plain_read(td_str text, td_str name, td_format format, td_document *document,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str body = text, title = TD_STR("");

    document->format = format;
    TD_TRY(copy(text, document, &document->text, err));
    if (format == TD_FORMAT_MARKDOWN) {
        TD_TRY(read_front_matter(&body, document, err));
        title = markdown_title(body);
    } else if (format == TD_FORMAT_RST) {
        title = rst_title(body);
    }
    title = title.n && title.n <= TITLE_BYTES_MAX ? title : name;
    if (document->title.n == 0)
        TD_TRY(copy(title, document, &document->title, err));
out:
    return code;
}
