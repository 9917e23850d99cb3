#include "chunk/patch.h"

enum {
    COUNT_MAX = 1 << 24
};

static td_str line_at(td_str text, size_t start)
{
    size_t end = td_str_find_byte(text, '\n', start);
    td_str line = td_str_slice(text, start, end == TD_STR_NONE ? text.n : end);
    if (line.n > 0 && line.ptr[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* "12,7" at `i`: where it ends, and the 7; "12" alone has one line. 0 if it is something else. */
static size_t read_range(td_str line, size_t i, size_t *n_out)
{
    size_t numbers[2] = {0, 1}, k = 0, start = i;
    for (; i < line.n && ((line.ptr[i] >= '0' && line.ptr[i] <= '9') || line.ptr[i] == ','); i++) {
        if (line.ptr[i] == ',') {
            if (k++ > 0)
                return 0;
            numbers[1] = 0;
        } else {
            numbers[k] = numbers[k] * 10 + (size_t)(line.ptr[i] - '0');
            if (numbers[k] > COUNT_MAX)
                return 0;
        }
    }
    *n_out = numbers[1];
    return i > start ? i : 0;
}

static bool begins_hunk(td_chunk_patch *patch, td_str line)
{
    td_chunk_patch hunk = {0};
    if (!td_str_starts(line, TD_STR("@@ -")))
        return false;
    size_t i = read_range(line, 4, &hunk.n_old);
    if (i == 0 || !td_str_starts(td_str_slice(line, i, line.n), TD_STR(" +")))
        return false;
    i = read_range(line, i + 2, &hunk.n_new);
    if (i == 0 || !td_str_starts(td_str_slice(line, i, line.n), TD_STR(" @@")))
        return false;
    *patch = hunk;
    return true;
}

/* A line inside of a hunk; false if the hunk has no such line. */
static bool is_of_hunk(td_chunk_patch *patch, td_str line)
{
    char mark = line.n > 0 ? line.ptr[0] : ' ';
    bool old = mark == '-' || mark == ' ', new = mark == '+' || mark == ' ';
    if (patch->n_old + patch->n_new == 0 || (old && patch->n_old == 0) ||
        (new && patch->n_new == 0) || (!old && !new &&mark != '\\'))
        return false;
    patch->n_old -= old;
    patch->n_new -= new;
    return true;
}

/* Between "diff" or "Index:" and the names. */
static bool is_head(td_str line)
{
    static const char *const heads[] = {"index ",     "old mode ",   "new mode ", "deleted file ",
                                        "new file ",  "similarity ", "rename ",   "copy ",
                                        "--- ",       "+++ ",        "====",      "Binary files ",
                                        "GIT binary "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (td_str_starts(line, td_str_from(heads[i])))
            return true;
    }
    return false;
}

static bool begins_file(td_str text, size_t start, td_str line)
{
    size_t end = start + line.n;
    td_str rest = td_str_slice(text, end, text.n);
    size_t next = end + (td_str_starts(rest, TD_STR("\r")) ? 2 : 1);
    td_str behind = next < text.n ? line_at(text, next) : TD_STR("");
    if (td_str_starts(line, TD_STR("--- ")))
        return td_str_starts(behind, TD_STR("+++ "));
    if (td_str_starts(line, TD_STR("Index: ")))
        return td_str_starts(behind, TD_STR("===="));
    return td_str_starts(line, TD_STR("diff --git ")) ||
           (td_str_starts(line, TD_STR("diff -")) && td_str_starts(behind, TD_STR("--- ")));
}

bool td_chunk_patch_takes(td_chunk_patch *patch, td_str text, size_t start)
{
    td_str line = line_at(text, start);
    if (is_of_hunk(patch, line))
        return true;
    bool last = patch->n_old + patch->n_new == 0 && td_str_starts(line, TD_STR("\\ No newline"));
    bool head = patch->head && is_head(line);
    *patch = (td_chunk_patch){0};
    if (begins_hunk(patch, line))
        return true;
    bool file = begins_file(text, start, line);
    patch->head = file || (head && !td_str_starts(line, TD_STR("+++ ")));
    return file || head || last;
}
