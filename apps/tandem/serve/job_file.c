#include "serve/job_file.h"

#include "serve/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    ID_CHARS = 32,
    PATH_BYTES_MAX = 4200,
};

bool job_file_make_id(char out[33])
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return false;
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* a UUID of version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static void path_of(const char *folder, const char *id, const char *ending, char *out)
{
    snprintf(out, PATH_BYTES_MAX, "%.4096s/%.32s%s", folder, id, ending);
}

static bool write_whole(FILE *file, const json_t *object)
{
    return json_dumpf(object, file, JSON_COMPACT) == 0 && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
}

bool job_file_write(const char *folder, const char *id, const json_t *object)
{
    char path[PATH_BYTES_MAX], next[PATH_BYTES_MAX];

    path_of(folder, id, ".json", path);
    path_of(folder, id, ".next", next);
    FILE *file = fopen(next, "w");
    if (!file)
        return false;
    bool ok = write_whole(file, object);
    int why = errno;
    if (fclose(file) != 0 && ok) {
        why = errno;
        ok = false;
    }
    if (ok && rename(next, path) == 0)
        return true;
    errno = ok ? errno : why;
    why = errno;
    unlink(next);
    errno = why;
    return false;
}

json_t *job_file_read(const char *folder, const char *id)
{
    char path[PATH_BYTES_MAX];

    path_of(folder, id, ".json", path);
    json_t *object = json_load_file(path, 0, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

bool job_file_is_id(const char *name, char *id_out)
{
    if (strspn(name, "0123456789abcdef") != ID_CHARS || strcmp(name + ID_CHARS, ".json") != 0)
        return false;
    memcpy(id_out, name, ID_CHARS);
    id_out[ID_CHARS] = '\0';
    return true;
}

void job_file_remove(const char *folder, const char *id)
{
    char path[PATH_BYTES_MAX];

    path_of(folder, id, ".json", path);
    unlink(path);
    path_of(folder, id, ".pages", path);
    unlink(path);
    path_of(folder, id, ".visits", path);
    unlink(path);
}

FILE *job_file_visits(const char *folder, const char *id, const char *how)
{
    char path[PATH_BYTES_MAX];

    path_of(folder, id, ".visits", path);
    return fopen(path, how);
}

FILE *job_file_pages(const char *folder, const char *id, const char *how)
{
    char path[PATH_BYTES_MAX];

    path_of(folder, id, ".pages", path);
    return fopen(path, how);
}

/* -- pages -- */

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t count_words(tandem_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += !is_space((unsigned char)text.ptr[i]) &&
             (i == 0 || is_space((unsigned char)text.ptr[i - 1]));
    return n;
}

static void write_page(wire *w, const tandem_item *item, bool html)
{
    tandem_str uri = item->final_uri.n ? item->final_uri : item->uri;

    wire_text(w, "{\"url\":");
    wire_string(w, uri);
    wire_text(w, ",\"source_url\":null,\"title\":");
    if (item->title.n)
        wire_string(w, item->title);
    else
        wire_text(w, "null");
    wire_text(w, ",\"markdown_content\":");
    wire_string(w, item->text);
    wire_text(w, ",\"html_content\":");
    wire_string(w, html ? item->body : text_of(""));
    wire_format(w, ",\"word_count\":%zu,\"char_count\":%zu,\"discovered_links\":[",
                count_words(item->text), json_count_chars(item->text));
    for (size_t i = 0; i < item->n_links; i++) {
        if (i > 0)
            wire_text(w, ",");
        wire_string(w, item->links[i].href);
    }
    wire_text(w, "]}\n");
}

size_t job_file_add_page(FILE *file, const tandem_item *item, bool html)
{
    wire w = {.ptr = NULL};

    write_page(&w, item, html);
    size_t n = w.failed || fwrite(w.ptr, 1, w.n, file) != w.n ? 0 : w.n;
    wire_clear(&w);
    return n;
}

bool job_file_end_pages(FILE *file)
{
    int why = ferror(file) ? ENOSPC : 0; /* of an earlier page */

    if (!why && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        why = errno;
    if (fclose(file) != 0 && !why)
        why = errno;
    errno = why;
    return why == 0;
}

bool job_file_read_pages(FILE *file, wire *out)
{
    char block[1 << 14];
    size_t n;

    while ((n = fread(block, 1, sizeof(block), file)) > 0) {
        for (size_t i = 0; i < n; i++)
            if (block[i] == '\n')
                block[i] = ',';
        wire_add(out, block, n);
    }
    if (out->n > 0 && out->ptr[out->n - 1] == ',')
        out->n--;
    return !ferror(file);
}
