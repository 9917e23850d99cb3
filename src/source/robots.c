/* A group is one or more User-agent lines and the rules behind them. All groups that name the
 * crawler are one; only if there is none do those for `*` count.
 *
 *  1. A User-agent line right behind a User-agent line joins its group; behind a rule it starts a
 *     new one. No other line ends a group or counts as a rule (RFC 9309 2.2.4).
 *  2. Crawl-delay is for the agents named before it, even if more are named after it.
 *  3. The longest pattern that fits decides; of two as long, Allow (RFC 9309 2.2.2).
 */
#include "source/robots.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"

enum {
    LINE_BYTES_MAX =
        2083 * 8 - 1, /* Google cuts there: eight times the longest URL of old browsers */
    ARENA_BYTES_MAX = 32 << 20,
    DELAY_S_MAX = 1000 * 1000,
};

typedef struct rule {
    td_str pattern; /* percent-encoded */
    bool is_allow;
} rule;

typedef struct list {
    void *items;
    size_t n, capacity;
} list;

/* What is known about one kind of agent: ours by name, or `*`. */
typedef struct agent_rules {
    list rules; /* of rule */
    int64_t delay_ms;
    bool is_current; /* the group that is being read is for it */
    bool was_named;
} agent_rules;

struct td_source_robots {
    td_arena *arena; /* owns the struct too */
    agent_rules ours, all;
    list sitemaps; /* of td_str */
};

typedef struct reader {
    td_source_robots *robots;
    td_str agent;
    bool behind_rule; /* a User-agent line would start a new group */
} reader;

static void *list_add(td_arena *arena, list *items, size_t item_bytes)
{
    if (items->n == items->capacity) {
        size_t larger = items->capacity ? items->capacity * 2 : 16;
        void *grown =
            td_arena_grow(arena, items->items, items->capacity * item_bytes, larger * item_bytes);
        if (!grown)
            return NULL;
        items->items = grown;
        items->capacity = larger;
    }
    return (char *)items->items + item_bytes * items->n++;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Non-ASCII bytes as escapes, escapes in upper case; ptr is NULL when out of memory. */
static td_str escape(td_arena *arena, td_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n_more = 0, n = 0;

    for (size_t i = 0; i < value.n; i++)
        n_more += (unsigned char)value.ptr[i] >= 0x80 ? 2 : 0;
    char *out = td_arena_alloc(arena, value.n + n_more + 1);
    if (!out)
        return (td_str){NULL, 0};
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '%' && i + 2 < value.n && is_hex(value.ptr[i + 1]) && is_hex(value.ptr[i + 2])) {
            out[n++] = '%';
            for (size_t k = 1; k <= 2; k++) {
                char hex = value.ptr[i + k];
                out[n++] = (char)(hex >= 'a' ? hex - ('a' - 'A') : hex);
            }
            i += 2;
        } else if (c >= 0x80) {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        } else {
            out[n++] = (char)c;
        }
    }
    return (td_str){out, n};
}

static bool add_rule(td_source_robots *robots, agent_rules *agent, td_str pattern, bool is_allow)
{
    rule *added = list_add(robots->arena, &agent->rules, sizeof(*added));
    if (added)
        *added = (rule){pattern, is_allow};
    return added != NULL;
}

/* "/a/index.html" also allows "/a/" itself. */
static td_str folder_of_index(td_arena *arena, td_str pattern)
{
    size_t slash = td_str_find_last_byte(pattern, '/');

    if (slash == TD_STR_NONE ||
        !td_str_starts(td_str_slice(pattern, slash, pattern.n), TD_STR("/index.htm")))
        return (td_str){"", 0};
    return td_arena_fmt(arena, "%.*s$", TD_STR_FMT(td_str_slice(pattern, 0, slash + 1)));
}

static bool read_rule(reader *r, td_str value, bool is_allow)
{
    agent_rules *agents[2] = {&r->robots->ours, &r->robots->all};
    td_arena *arena = r->robots->arena;

    r->behind_rule = true;
    if (value.n == 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if (!agents[i]->is_current)
            continue;
        td_str pattern = escape(arena, value);
        td_str folder = is_allow && pattern.ptr ? folder_of_index(arena, pattern) : (td_str){"", 0};
        if (!pattern.ptr || !folder.ptr || !add_rule(r->robots, agents[i], pattern, is_allow))
            return false;
        if (folder.n > 0 && !add_rule(r->robots, agents[i], folder, true))
            return false;
    }
    return true;
}

td_str td_source_robots_token(td_str user_agent)
{
    size_t n = 0;

    for (; n < user_agent.n; n++) {
        char c = user_agent.ptr[n];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-' && c != '_')
            break;
    }
    return td_str_slice(user_agent, 0, n);
}

static void read_agent(reader *r, td_str value)
{
    td_source_robots *robots = r->robots;

    if (r->behind_rule)
        robots->ours.is_current = robots->all.is_current = r->behind_rule = false;
    if (value.n > 0 && value.ptr[0] == '*' &&
        (value.n == 1 || value.ptr[1] == ' ' || value.ptr[1] == '\t')) {
        robots->all.is_current = robots->all.was_named = true;
        return;
    }
    /* RFC 9309 knows no digits in a name, but there are crawlers called "bot1". */
    td_str token = td_source_robots_token(value), word = value;
    for (size_t i = 0; i < word.n; i++)
        if (word.ptr[i] == ' ' || word.ptr[i] == '\t' || word.ptr[i] == '/')
            word.n = i;
    if ((token.n > 0 && td_str_eq_nocase(token, r->agent)) ||
        (word.n > 0 && td_str_eq_nocase(word, r->agent)))
        robots->ours.is_current = robots->ours.was_named = true;
}

/* Seconds, perhaps with a fraction. */
static bool parse_delay(td_str value, int64_t *delay_ms_out)
{
    size_t dot = td_str_find_byte(value, '.', 0);
    td_str whole = td_str_slice(value, 0, dot == TD_STR_NONE ? value.n : dot);
    td_str part = dot == TD_STR_NONE ? (td_str){"", 0} : td_str_slice(value, dot + 1, value.n);
    uint64_t seconds = 0, thousandths = 0, scale = 100;

    if ((whole.n == 0 && part.n == 0) || (whole.n > 0 && !td_str_to_u64(whole, &seconds)))
        return false;
    for (size_t i = 0; i < part.n; i++, scale /= 10) {
        if (part.ptr[i] < '0' || part.ptr[i] > '9')
            return false;
        thousandths += (uint64_t)(part.ptr[i] - '0') * scale;
    }
    seconds = seconds > DELAY_S_MAX ? DELAY_S_MAX : seconds;
    *delay_ms_out = (int64_t)(seconds * 1000 + thousandths);
    return true;
}

static void read_delay(reader *r, td_str value)
{
    agent_rules *agents[2] = {&r->robots->ours, &r->robots->all};
    int64_t delay_ms;

    if (!parse_delay(value, &delay_ms))
        return;
    for (size_t i = 0; i < 2; i++)
        if (agents[i]->is_current && delay_ms > agents[i]->delay_ms)
            agents[i]->delay_ms = delay_ms;
}

static bool read_sitemap(reader *r, td_str value)
{
    list *sitemaps = &r->robots->sitemaps;
    const td_str *known = sitemaps->items;

    /* A handful is usual; past a thousand the square of their number would cost. */
    if (value.n == 0 || sitemaps->n >= 1000)
        return true;
    for (size_t i = 0; i < sitemaps->n; i++)
        if (td_str_eq(known[i], value))
            return true;
    td_str copy = td_arena_copy(r->robots->arena, value);
    td_str *added = copy.ptr ? list_add(r->robots->arena, sitemaps, sizeof(*added)) : NULL;
    if (added)
        *added = copy;
    return added != NULL;
}

static bool is_one_of(td_str key, const char *const *names)
{
    for (; *names; names++)
        if (td_str_eq_nocase(key, td_str_from(*names)))
            return true;
    return false;
}

/* Key and value of a line; false if it has none. */
static bool split_line(td_str line, td_str *key_out, td_str *value_out)
{
    size_t end = td_str_find_byte(line, '#', 0), separator;

    line = td_str_trim(td_str_slice(line, 0, end == TD_STR_NONE ? line.n : end));
    separator = td_str_find_byte(line, ':', 0);
    if (separator == TD_STR_NONE) {
        /* "disallow /x" is read as meant, but only if it is those two words. */
        for (separator = 0; separator < line.n; separator++)
            if (line.ptr[separator] == ' ' || line.ptr[separator] == '\t')
                break;
        td_str value = td_str_trim(td_str_slice(line, separator, line.n));
        if (value.n == 0 || td_str_find_byte(value, ' ', 0) != TD_STR_NONE ||
            td_str_find_byte(value, '\t', 0) != TD_STR_NONE)
            return false;
        *value_out = value;
    } else {
        *value_out = td_str_trim(td_str_slice(line, separator + 1, line.n));
    }
    *key_out = td_str_trim(td_str_slice(line, 0, separator));
    return key_out->n > 0;
}

static bool read_line(reader *r, td_str line)
{
    static const char *const agent[] = {"user-agent", "useragent", "user agent", "useg-agent",
                                        NULL};
    static const char *const allow[] = {"allow", NULL};
    static const char *const disallow[] = {"disallow", "dissallow", "dissalow", "disalow",
                                           "diasllow", "disallaw",  "desallow", NULL};
    static const char *const sitemap[] = {"sitemap", "site-map", NULL};
    static const char *const delay[] = {"crawl-delay", "crawldelay", NULL};
    static const char *const web[] = {"http", "https", NULL};
    td_str key, value;

    if (!split_line(td_str_slice(line, 0, LINE_BYTES_MAX), &key, &value))
        return true;
    if (is_one_of(key, agent))
        read_agent(r, value);
    else if (is_one_of(key, allow) || is_one_of(key, disallow))
        return read_rule(r, value, is_one_of(key, allow));
    else if (is_one_of(key, delay))
        read_delay(r, value);
    else if (is_one_of(key, sitemap))
        return read_sitemap(r, value);
    else if (is_one_of(key, web) && td_str_find(value, TD_STR("sitemap"), 0) != TD_STR_NONE)
        return read_sitemap(r, td_str_trim(line)); /* a URL without its "sitemap:" */
    return true;
}

static bool read_lines(reader *r, td_str text)
{
    while (text.n > 0) {
        size_t end = 0;
        while (end < text.n && text.ptr[end] != '\n' && text.ptr[end] != '\r')
            end++;
        if (!read_line(r, td_str_slice(text, 0, end)))
            return false;
        text = td_str_slice(text, end + 1, text.n);
    }
    return true;
}

/* UTF-16 with a mark at its start as UTF-8 into the arena; all else as it is, without its mark. */
static bool to_utf8(td_arena *arena, td_str bytes, td_str *text_out)
{
    bool is_big = td_str_starts(bytes, TD_STR("\xfe\xff"));

    *text_out = bytes;
    if (td_str_starts(bytes, TD_STR("\xef\xbb\xbf")))
        *text_out = td_str_slice(bytes, 3, bytes.n);
    if (!is_big && !td_str_starts(bytes, TD_STR("\xff\xfe")))
        return true;
    char *out = td_arena_alloc(arena, bytes.n * 2);
    size_t n = 0;
    for (size_t i = 2; out && i + 1 < bytes.n; i += 2) {
        unsigned char high = (unsigned char)bytes.ptr[is_big ? i : i + 1];
        unsigned char low = (unsigned char)bytes.ptr[is_big ? i + 1 : i];
        /* Halves of a pair become nothing: no rule needs them. */
        n += td_utf8_put((uint32_t)high << 8 | low, out + n);
    }
    *text_out = (td_str){out, n};
    return out != NULL;
}

static td_str within_limit(td_str bytes)
{
    if (bytes.n <= TD_SOURCE_ROBOTS_BYTES_MAX)
        return bytes;
    bytes.n = TD_SOURCE_ROBOTS_BYTES_MAX;
    /* "Disallow: /" of a "Disallow: /private" that was cut would forbid all. */
    while (bytes.n > 0 && bytes.ptr[bytes.n - 1] != '\n' && bytes.ptr[bytes.n - 1] != '\r')
        bytes.n--;
    return bytes;
}

tandem_code td_source_robots_new(td_str bytes, td_str agent, td_source_robots **robots_out,
                                 tandem_error *err)
{
    td_arena *arena = td_arena_new(ARENA_BYTES_MAX);
    td_source_robots *robots = arena ? td_arena_zalloc(arena, 1, sizeof(*robots)) : NULL;
    td_str text;

    if (!robots) {
        td_arena_free(arena);
        return td_fail_nomem(err, "robots.txt");
    }
    robots->arena = arena;
    robots->ours.delay_ms = robots->all.delay_ms = -1;
    reader r = {.robots = robots, .agent = agent};
    if (!to_utf8(arena, within_limit(bytes), &text) || !read_lines(&r, text)) {
        td_arena_free(arena);
        return td_fail_nomem(err, "robots.txt");
    }
    *robots_out = robots;
    return TANDEM_OK;
}

void td_source_robots_free(td_source_robots *robots)
{
    if (robots)
        td_arena_free(robots->arena);
}

/* Whether the pattern fits the start of the path. Taking each part between two `*` as early as
 * possible leaves most room for the rest, so nothing needs to be tried twice. */
static bool fits(td_str pattern, td_str path)
{
    bool to_end = td_str_ends(pattern, TD_STR("$"));
    size_t at = 0, start = 0;

    pattern.n -= to_end;
    for (bool is_first = true;; is_first = false) {
        size_t star = td_str_find_byte(pattern, '*', start);
        bool is_last = star == TD_STR_NONE;
        td_str part = td_str_slice(pattern, start, is_last ? pattern.n : star);
        td_str left = td_str_slice(path, at, path.n);
        if (is_first && !td_str_starts(left, part))
            return false;
        if (is_last && to_end)
            return is_first ? part.n == left.n : td_str_ends(left, part);
        size_t found = is_first ? at : td_str_find(path, part, at);
        if (found == TD_STR_NONE)
            return false;
        if (is_last)
            return true;
        at = found + part.n;
        start = star + 1;
    }
}

/* Path and query as they stand in the URL: from the first '/', '?' or ';' behind the host. */
static td_str path_of(td_str url)
{
    size_t scheme = td_str_find(url, TD_STR("//"), 0);
    size_t i = scheme == TD_STR_NONE ? 0 : scheme + 2;
    size_t end = td_str_find_byte(url, '#', 0);

    url = td_str_slice(url, 0, end == TD_STR_NONE ? url.n : end);
    while (i < url.n && url.ptr[i] != '/' && url.ptr[i] != '?' && url.ptr[i] != ';')
        i++;
    return i < url.n && url.ptr[i] == '/' ? td_str_slice(url, i, url.n) : TD_STR("/");
}

bool td_source_robots_allows(const td_source_robots *robots, td_str url)
{
    const agent_rules *agent = robots->ours.was_named ? &robots->ours : &robots->all;
    const rule *rules = agent->rules.items;
    td_str path = path_of(url);
    size_t longest = 0;
    bool allowed = true;

    for (size_t i = 0; i < agent->rules.n; i++) {
        size_t n = rules[i].pattern.n;
        if (n < longest || (n == longest && allowed) || !fits(rules[i].pattern, path))
            continue;
        longest = n;
        allowed = rules[i].is_allow;
    }
    return allowed;
}

int64_t td_source_robots_delay_ms(const td_source_robots *robots)
{
    return robots->ours.was_named ? robots->ours.delay_ms : robots->all.delay_ms;
}

size_t td_source_robots_sitemaps(const td_source_robots *robots, const td_str **sitemaps_out)
{
    *sitemaps_out = robots->sitemaps.items;
    return robots->sitemaps.n;
}
