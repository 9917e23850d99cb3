#include "options.h"

#include "env_file.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum option_kind {
    KIND_FLAG,     /* bool, set to true */
    KIND_UNFLAG,   /* bool, set to false by the flag; the variable says true or false */
    KIND_NUMBER,   /* uint64_t between min and max */
    KIND_SIZE,     /* bytes: a number with k, M or G */
    KIND_DURATION, /* milliseconds: a number with ms or s (default) */
    KIND_TEXT,
    KIND_WORD, /* one of `words` */
    KIND_LIST, /* may be given several times */
} option_kind;

typedef struct option_row {
    const char *name;
    char letter;
    const char *env;
    option_kind kind;
    size_t offset;
    unsigned commands;
    uint64_t min, max;
    const char *words;  /* KIND_WORD: "a|b"; others: what the value is called in --help */
    const char *preset; /* default as text; NULL: none */
    const char *help;
} option_row;

#define AT(field) offsetof(settings, field)
#define JOBS      (CMD_INDEX | CMD_CRAWL | CMD_CHUNK)
#define WEB       (CMD_INDEX | CMD_CRAWL)
#define LANES     (CMD_INDEX | CMD_SEARCH)
#define ONE_MODEL (CMD_EMBED | CMD_TOKENIZE)
#define DB        (CMD_INDEX | CMD_SEARCH | CMD_STATUS | CMD_RM)

/* clang-format off */
static const option_row rows[] = {
    {"db", 0, "TANDEM_DB", KIND_TEXT, AT(db), DB, 0, 0, "FILE", NULL,
     "the index; default: tandem/tandem.db in $XDG_DATA_HOME or ~/.local/share"},
    {"gte", 0, "TANDEM_GTE", KIND_TEXT, AT(models[TANDEM_LANE_GTE]), LANES, 0, 0, "MODEL", NULL,
     "model of the prose lane: a Hugging Face folder or name; default: embedded"},
    {"coderank", 0, "TANDEM_CODERANK", KIND_TEXT, AT(models[TANDEM_LANE_CODERANK]), LANES, 0, 0, "MODEL", NULL,
     "model of the code lane"},
    {"model", 'm', NULL, KIND_TEXT, AT(model), ONE_MODEL, 0, 0, "MODEL", NULL,
     "a Hugging Face folder or name, or minilm; default: minilm (embedded)"},
    {"role", 0, NULL, KIND_WORD, AT(role), ONE_MODEL, 0, 0, "document|query", "document",
     "what the texts are; some models put another prompt before each"},
    {"input-format", 0, NULL, KIND_WORD, AT(input_format), CMD_EMBED, 0, 0, "lines|jsonl|files", NULL,
     "standard input is lines of text, or JSON lines with \"text\"; files are taken whole"},
    {"output", 'o', NULL, KIND_TEXT, AT(output), CMD_EMBED, 0, 0, "FILE.npy", NULL,
     "write a NumPy array, float32 [n, dim], instead of JSON lines"},
    {"truncate", 0, NULL, KIND_WORD, AT(truncate), CMD_EMBED, 0, 0, "yes|error", "yes",
     "texts longer than the model takes are cut, or refused"},
    {"precision", 0, "TANDEM_PRECISION", KIND_WORD, AT(precision), LANES | ONE_MODEL, 0, 0, "auto|f32", "auto",
     "arithmetic of the engine"},
    {"isa", 0, "TANDEM_ISA", KIND_WORD, AT(isa), LANES | ONE_MODEL, 0, 0, "plain|avx2|avx512|onednn", NULL,
     "kernels to use; default: the best that this CPU has"},
    {"threads", 0, "TANDEM_THREADS", KIND_NUMBER, AT(threads), CMD_EMBED, 0, 1024, "N", "0",
     "threads; 0: one a core"},

    {"scope", 0, NULL, KIND_WORD, AT(scope), LANES, 0, 0, "global|project|local", NULL,
     "where it belongs; default: project if --project is given, local with --dataset, else global"},
    {"project", 0, NULL, KIND_TEXT, AT(project), LANES, 0, 0, "NAME", NULL, "project that it belongs to"},
    {"dataset", 0, NULL, KIND_TEXT, AT(dataset), LANES, 0, 0, "NAME", NULL, "part of the project"},
    {"hits", 'k', NULL, KIND_NUMBER, AT(hits), CMD_SEARCH, 1, 1000, "N", "10", "how many hits"},
    {"exact", 0, NULL, KIND_FLAG, AT(exact), CMD_SEARCH, 0, 0, NULL, NULL,
     "compare every vector at full precision instead of one bit a dimension first"},
    {"kind", 0, NULL, KIND_WORD, AT(kind), CMD_SEARCH, 0, 0, "prose|code", NULL, "only prose, or only code"},
    {"language", 0, NULL, KIND_TEXT, AT(language), CMD_SEARCH, 0, 0, "NAME", NULL,
     "only chunks in this language: python, c, markdown, ..."},
    {"path", 0, NULL, KIND_TEXT, AT(path), CMD_SEARCH, 0, 0, "GLOB", NULL,
     "only pages whose path or URL matches: 'docs/**', '*.py'"},
    {"source", 0, NULL, KIND_TEXT, AT(source), CMD_SEARCH | CMD_STATUS, 0, 0, "SOURCE", NULL,
     "only this source, as it was named to index"},

    {"recursive", 'r', NULL, KIND_FLAG, AT(recursive), WEB, 0, 0, NULL, NULL,
     "follow links, as deep as they go (see --depth, --max-pages)"},
    {"depth", 0, NULL, KIND_NUMBER, AT(depth), WEB, 0, 1000, "N", "0",
     "follow links N deep; 0 without -r: the named page alone"},
    {"max-pages", 0, NULL, KIND_NUMBER, AT(pages_max), WEB, 0, 10000000, "N", "10000",
     "stop after N pages of a site; 0: no limit"},
    {"below", 0, NULL, KIND_FLAG, AT(below), WEB, 0, 0, NULL, NULL,
     "follow only links below the start page's folder"},
    {"any-host", 0, NULL, KIND_FLAG, AT(any_host), WEB, 0, 0, NULL, NULL, "follow links to other hosts too"},
    {"include", 0, NULL, KIND_LIST, AT(include), JOBS, 0, 0, "GLOB", NULL,
     "only paths or URLs that match; may be repeated"},
    {"exclude", 0, NULL, KIND_LIST, AT(exclude), JOBS, 0, 0, "GLOB", NULL,
     "no paths or URLs that match; may be repeated"},
    {"hidden", 0, NULL, KIND_FLAG, AT(hidden), JOBS, 0, 0, NULL, NULL, "also files whose name starts with a dot"},
    {"no-ignore", 0, NULL, KIND_FLAG, AT(no_ignore), JOBS, 0, 0, NULL, NULL, "do not honour .gitignore and .ignore"},
    {"max-file-size", 0, NULL, KIND_SIZE, AT(file_bytes_max), JOBS, 1024, 1u << 30, "SIZE", "10M",
     "skip larger files and pages"},
    {"whole-page", 0, NULL, KIND_FLAG, AT(whole_page), JOBS | CMD_EXTRACT, 0, 0, NULL, NULL,
     "keep navigation, banners and footers of HTML pages"},
    {"no-robots", 0, NULL, KIND_FLAG, AT(no_robots), WEB, 0, 0, NULL, NULL,
     "do not ask robots.txt (for sites of your own)"},
    {"delay", 0, NULL, KIND_DURATION, AT(delay_ms), WEB, 0, 60000, "TIME", "0",
     "wait between two requests to one host: 0.5, 200ms"},
    {"per-host", 0, NULL, KIND_NUMBER, AT(per_host), WEB, 1, 64, "N", "6", "requests at once to one host"},
    {"timeout", 0, NULL, KIND_DURATION, AT(timeout_ms), WEB, 100, 600000, "TIME", "30", "limit for one request"},
    {"allow-private", 0, NULL, KIND_FLAG, AT(allow_private), WEB, 0, 0, NULL, NULL,
     "also private addresses beyond the host that is named"},
    {"user-agent", 0, "TANDEM_USER_AGENT", KIND_TEXT, AT(user_agent), WEB, 0, 0, "TEXT", NULL,
     "how to introduce oneself to servers"},

    {"chunk-size", 0, "CHUNK_SIZE", KIND_NUMBER, AT(chunk_size), CMD_INDEX | CMD_CHUNK, 64, 100000, "N", "1600",
     "characters of a chunk, at most"},
    {"chunk-overlap", 0, "CHUNK_OVERLAP", KIND_NUMBER, AT(chunk_overlap), CMD_INDEX | CMD_CHUNK, 0, 50000, "N", "200",
     "characters of prose that a chunk repeats of the one before"},
    {"strategy", 0, "EMBEDDING_STRATEGY", KIND_WORD, AT(strategy), CMD_INDEX, 0, 0, "auto|pipelined|rounds|sequential", "auto",
     "how the two lanes share the machine"},
    {"no-parallel", 0, "ENABLE_PARALLEL_EMBEDDING", KIND_UNFLAG, AT(parallel), CMD_INDEX, 0, 0, NULL, "true",
     "one lane after the other"},
    {"concurrency", 0, "MAX_EMBEDDING_CONCURRENCY", KIND_NUMBER, AT(concurrency), CMD_INDEX, 1, 1024, "N", NULL,
     "batches in flight over both lanes; default: one a core in process, 2 for servers"},
    {"batch-size", 0, "EMBEDDING_BATCH_SIZE", KIND_NUMBER, AT(batch_size), CMD_INDEX, 1, 4096, "N", "32",
     "chunks of a batch, at most"},
    {"no-metrics", 0, "EMBEDDING_METRICS_ENABLED", KIND_UNFLAG, AT(metrics), CMD_INDEX, 0, 0, NULL, "true",
     "no metrics in log and summary"},
    {"cache-size", 0, "TANDEM_CACHE_SIZE", KIND_SIZE, AT(cache_bytes_max), CMD_INDEX, 0, 1ull << 40, "SIZE", "1G",
     "keep at most this much of cached vectors; 0: no limit"},

    {"json", 0, NULL, KIND_FLAG, AT(json), CMD_ALL & ~(unsigned)(CMD_CHUNK | CMD_EMBED), 0, 0, NULL, NULL,
     "results as JSON"},
    {"quiet", 'q', NULL, KIND_FLAG, AT(quiet), CMD_ALL, 0, 0, NULL, NULL, "no progress, no notes"},
    {"verbose", 'v', NULL, KIND_FLAG, AT(verbose), CMD_ALL, 0, 0, NULL, NULL, "say more of what happens"},
};
/* clang-format on */
enum {
    N_ROWS = sizeof(rows) / sizeof(rows[0]),
    OPT_HELP = 1000,
    OPT_ENV_FILE = 1001
};

/* -- values -- */

static bool parse_number(const char *text, char **end, double *value_out)
{
    errno = 0;
    double value = text[0] >= '0' && text[0] <= '9' ? strtod(text, end) : -1;
    if (value < 0 || errno || *end == text)
        return false;
    *value_out = value;
    return true;
}

static bool scale(const option_row *row, const char *unit, double *value)
{
    if (row->kind == KIND_NUMBER)
        return unit[0] == '\0' && *value == (double)(uint64_t)*value;
    if (row->kind == KIND_DURATION) {
        if (!strcmp(unit, "ms"))
            return true;
        *value *= 1000;
        return unit[0] == '\0' || !strcmp(unit, "s");
    }
    static const char units[] = "kMG";
    const char *at = unit[0] ? strchr(units, unit[0] == 'K' ? 'k' : unit[0]) : NULL;
    for (const char *u = units; at && u <= at; u++)
        *value *= 1024;
    return unit[0] == '\0' || (at && (unit[1] == '\0' || !strcmp(unit + 1, "B")));
}

static void print_range(const option_row *row, char *out, size_t n)
{
    if (row->kind == KIND_DURATION)
        snprintf(out, n, "%g to %g seconds, or with ms", (double)row->min / 1000,
                 (double)row->max / 1000);
    else
        snprintf(out, n, "%llu to %llu%s", (unsigned long long)row->min,
                 (unsigned long long)row->max,
                 row->kind == KIND_SIZE ? " bytes, with k, M or G" : "");
}

/* `name` is what the user wrote: "--depth", or "CHUNK_SIZE in .env". */
static int bad_value(const option_row *row, const char *name, const char *value)
{
    char allowed[160];

    if (row->kind == KIND_WORD)
        snprintf(allowed, sizeof(allowed), "%s", row->words);
    else if (row->kind == KIND_UNFLAG)
        snprintf(allowed, sizeof(allowed), "true or false");
    else
        print_range(row, allowed, sizeof(allowed));
    output_error("%s is \"%s\": allowed is %s", name, value, allowed);
    return 2;
}

static bool is_word_of(const char *words, const char *value)
{
    size_t n = strlen(value);

    for (const char *at = words; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (!strncmp(at, value, n) && (at[n] == '|' || at[n] == '\0'))
            return n > 0;
    return false;
}

static bool parse_bool(const char *value, bool *out)
{
    static const char *const yes[] = {"true", "1", "yes", "on"};
    static const char *const no[] = {"false", "0", "no", "off"};

    for (size_t i = 0; i < 4; i++) {
        if (!strcasecmp(value, yes[i]) || !strcasecmp(value, no[i])) {
            *out = !strcasecmp(value, yes[i]);
            return true;
        }
    }
    return false;
}

static int set_number(const option_row *row, const char *name, const char *value, void *field)
{
    double number = 0;
    char *end = NULL;

    if (!parse_number(value, &end, &number) || !scale(row, end, &number) ||
        number < (double)row->min || number > (double)row->max)
        return bad_value(row, name, value);
    *(uint64_t *)field = (uint64_t)number;
    return 0;
}

static int set(settings *s, const option_row *row, const char *name, const char *value)
{
    void *field = (char *)s + row->offset;
    text_list *list = field;

    switch (row->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return 0;
    case KIND_UNFLAG:
        return value ? (parse_bool(value, field) ? 0 : bad_value(row, name, value))
                     : (*(bool *)field = false, 0);
    case KIND_NUMBER:
    case KIND_SIZE:
    case KIND_DURATION:
        return set_number(row, name, value, field);
    case KIND_WORD:
        if (!is_word_of(row->words, value))
            return bad_value(row, name, value);
        break;
    case KIND_LIST:
        if (list->n == LIST_MAX) {
            output_error("%s is given more than %d times", name, LIST_MAX);
            return 2;
        }
        list->items[list->n++] = value;
        return 0;
    case KIND_TEXT:
        break;
    }
    *(const char **)field = value;
    return 0;
}

/* -- environment -- */

static int set_from_environment(settings *s, unsigned commands, const env_file *env)
{
    int status = 0;

    for (size_t i = 0; i < N_ROWS && status == 0; i++) {
        char name[128];
        const char *from = NULL;
        const char *value = rows[i].env ? env_file_get(env, rows[i].env, &from) : NULL;
        if (!value || !(rows[i].commands & commands))
            continue;
        snprintf(name, sizeof(name), "%s in %s", rows[i].env, from);
        status = set(s, &rows[i], name, value);
    }
    return status;
}

/* A variable that is nearly one of ours is most likely a misspelt one. */
static void warn_near_names(const env_file *env)
{
    const char *names[N_ROWS];
    size_t n = 0;

    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].env)
            names[n++] = rows[i].env;
    for (size_t i = 0; i < env->n; i++) {
        const char *near = options_nearest(env->names[i], names, n);
        if (near && strcmp(near, env->names[i]))
            output_note("%s in %s is not known: did you mean %s?", env->names[i], env->path, near);
    }
}

/* -- near names -- */

static size_t distance(const char *a, const char *b)
{
    enum {
        MOST = 40
    };
    size_t before[MOST + 1], row[MOST + 1];
    size_t n = strlen(b);

    if (n > MOST || strlen(a) > MOST)
        return MOST;
    for (size_t j = 0; j <= n; j++)
        before[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = before[j - 1] + (a[i - 1] != b[j - 1]);
            size_t least = before[j] < row[j - 1] ? before[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
        memcpy(before, row, sizeof(before));
    }
    return before[n];
}

const char *options_nearest(const char *misspelt, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least = strlen(misspelt) / 3 + 1; /* a third of the letters may be wrong */

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(misspelt, names[i]);
        if (d <= least && (!best || d < least)) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

static int unknown_option(const command *cmd, const char *given)
{
    const char *names[N_ROWS];
    char name[64];
    size_t n = 0;

    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].commands & cmd->bit)
            names[n++] = rows[i].name;
    snprintf(name, sizeof(name), "%s", given + strspn(given, "-"));
    name[strcspn(name, "=")] = '\0';
    const char *near = options_nearest(name, names, n);
    if (near)
        output_error("%s is no option of tandem %s: did you mean --%s?", given, cmd->name, near);
    else
        output_error("%s is no option of tandem %s; `tandem %s --help` lists them", given,
                     cmd->name, cmd->name);
    return 2;
}

/* -- the command line -- */

typedef struct parser {
    struct option longs[N_ROWS + 3];
    const option_row *of[N_ROWS + 3];
    char letters[2 * N_ROWS + 8];
} parser;

static void init_parser(parser *p, unsigned commands)
{
    size_t n = 0;
    char *letter = p->letters;

    *letter++ = ':'; /* a missing value is told apart */
    *letter++ = 'h';
    p->longs[n++] = (struct option){"help", no_argument, NULL, OPT_HELP};
    p->longs[n++] = (struct option){"env-file", required_argument, NULL, OPT_ENV_FILE};
    for (size_t i = 0; i < N_ROWS; i++) {
        bool takes = rows[i].kind != KIND_FLAG && rows[i].kind != KIND_UNFLAG;
        if (!(rows[i].commands & commands))
            continue;
        p->of[n] = &rows[i];
        p->longs[n] =
            (struct option){rows[i].name, takes ? required_argument : no_argument, NULL, (int)n};
        n++;
        if (rows[i].letter) {
            *letter++ = rows[i].letter;
            if (takes)
                *letter++ = ':';
        }
    }
    *letter = '\0';
    p->longs[n] = (struct option){0};
}

static const option_row *row_of(const parser *p, int got)
{
    if (got < OPT_HELP && got < (int)(sizeof(p->of) / sizeof(p->of[0])) && p->of[got])
        return p->of[got];
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].letter == got)
            return &rows[i];
    return NULL;
}

static int parse_flags(const command *cmd, parser *p, int argc, char **argv, settings *s)
{
    int got;

    optind = 1;
    opterr = 0;
    while ((got = getopt_long(argc, argv, p->letters, p->longs, NULL)) != -1) {
        const char *given = argv[optind - 1];
        char name[80];
        if (got == '?')
            return unknown_option(cmd, given);
        if (got == ':') {
            output_error("%s needs a value; `tandem %s --help` tells which", given, cmd->name);
            return 2;
        }
        const option_row *row = row_of(p, got);
        if (!row)
            continue; /* --env-file: read already */
        snprintf(name, sizeof(name), "--%s", row->name);
        int status = set(s, row, name, optarg);
        if (status)
            return status;
    }
    s->operands = argv + optind;
    s->n_operands = (size_t)(argc - optind);
    return 0;
}

/* --help and --env-file come before all others: the file's values are weaker than any flag. */
static int find_first(parser *p, int argc, char **argv, const char **env_path)
{
    int got;

    optind = 1;
    opterr = 0;
    while ((got = getopt_long(argc, argv, p->letters, p->longs, NULL)) != -1) {
        if (got == OPT_HELP || got == 'h')
            return -1;
        if (got == OPT_ENV_FILE)
            *env_path = optarg;
    }
    return 0;
}

static int check_operands(const command *cmd, const settings *s)
{
    if (s->n_operands < cmd->n_operands_min)
        output_error("tandem %s needs %s; `tandem %s --help` shows how", cmd->name, cmd->operands,
                     cmd->name);
    else if (s->n_operands > cmd->n_operands_max)
        output_error("tandem %s takes no \"%s\"", cmd->name, s->operands[cmd->n_operands_max]);
    else
        return 0;
    return 2;
}

int options_parse(const command *cmd, int argc, char **argv, settings *out)
{
    static env_file env; /* texts of the settings point in here */
    static parser p;
    const char *env_path = NULL;
    int status;

    *out = (settings){0};
    init_parser(&p, cmd->bit);
    if (find_first(&p, argc, argv, &env_path) < 0) {
        options_help(cmd);
        return -1;
    }
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].preset)
            set(out, &rows[i], rows[i].name, rows[i].preset);
    if ((status = env_file_read(&env, env_path)) ||
        (status = set_from_environment(out, cmd->bit, &env)) ||
        (status = parse_flags(cmd, &p, argc, argv, out)))
        return status;
    output_set_quiet(out->quiet);
    warn_near_names(&env);
    return check_operands(cmd, out);
}

/* -- help -- */

static void print_row(const option_row *row)
{
    char left[80];
    bool takes = row->kind != KIND_FLAG && row->kind != KIND_UNFLAG;
    int n = snprintf(left, sizeof(left), "%c%c --%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->name, takes ? " " : "",
                     takes ? row->words : "");

    printf("  %-28s ", left);
    if (n > 28)
        printf("\n%31s", "");
    printf("%s", row->help);
    if (row->preset && takes && strcmp(row->preset, "0"))
        printf(" [%s]", row->preset);
    if (row->env)
        printf(" ($%s)", row->env);
    putchar('\n');
}

void options_help(const command *cmd)
{
    printf("tandem %s - %s\n\n  tandem %s [OPTION...] %s\n\n%s\nExamples:\n%s\nOptions:\n",
           cmd->name, cmd->summary, cmd->name, cmd->operands, cmd->text, cmd->examples);
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].commands & cmd->bit)
            print_row(&rows[i]);
    printf("     --env-file FILE          variables from this file [.env.crawl4ai, .env]\n"
           "  -h --help                   this page\n");
}
