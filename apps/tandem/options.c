#include "options.h"

#include "env_file.h"
#include "options_table.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ; /* POSIX leaves declaring it to the program */

enum {
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
    else if (row->kind == KIND_FLAG || row->kind == KIND_UNFLAG)
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
    case KIND_UNFLAG:
        if (value)
            return parse_bool(value, field) ? 0 : bad_value(row, name, value);
        *(bool *)field = row->kind == KIND_FLAG;
        return 0;
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

    for (size_t i = 0; i < options_table_n && status == 0; i++) {
        char name[128];
        const char *from = NULL;
        const char *value =
            options_table[i].env ? env_file_get(env, options_table[i].env, &from) : NULL;
        if (!value || !(options_table[i].commands & commands))
            continue;
        snprintf(name, sizeof(name), "%s in %s", options_table[i].env, from);
        status = set(s, &options_table[i], name, value);
    }
    return status;
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

/* A variable that is nearly one of ours is most likely a misspelt one. The environment is not for
 * us alone: there only a slip of a letter or two in a long name is taken for one. */
static void warn_near_names(const env_file *env)
{
    const char *names[OPTIONS_MAX];
    char name[64];
    size_t n = 0;

    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].env)
            names[n++] = options_table[i].env;
    for (size_t i = 0; i < env->n; i++) {
        const char *near = options_nearest(env->names[i], names, n);
        if (near && strcmp(near, env->names[i]))
            output_note("%s in %s is not known: did you mean %s?", env->names[i], env->path, near);
    }
    for (char **at = environ; *at; at++) {
        size_t n_name = strcspn(*at, "=");
        if (n_name >= sizeof(name))
            continue;
        memcpy(name, *at, n_name);
        name[n_name] = '\0';
        const char *near = options_nearest(name, names, n);
        if (near && strcmp(near, name) && distance(name, near) <= strlen(near) / 8)
            output_note("%s in the environment is not known: did you mean %s?", name, near);
    }
}

static int unknown_option(const command *cmd, const char *given)
{
    const char *names[OPTIONS_MAX];
    char name[64];
    size_t n = 0;

    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].name && (options_table[i].commands & cmd->bit))
            names[n++] = options_table[i].name;
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
    struct option longs[OPTIONS_MAX + 3];
    const option_row *of[OPTIONS_MAX + 3];
    char letters[2 * OPTIONS_MAX + 8];
} parser;

static void init_parser(parser *p, unsigned commands)
{
    size_t n = 0;
    char *letter = p->letters;

    *letter++ = ':'; /* a missing value is told apart */
    *letter++ = 'h';
    p->longs[n++] = (struct option){"help", no_argument, NULL, OPT_HELP};
    p->longs[n++] = (struct option){"env-file", required_argument, NULL, OPT_ENV_FILE};
    for (size_t i = 0; i < options_table_n; i++) {
        bool takes = options_table[i].kind != KIND_FLAG && options_table[i].kind != KIND_UNFLAG;
        if (!options_table[i].name || !(options_table[i].commands & commands))
            continue;
        p->of[n] = &options_table[i];
        p->longs[n] = (struct option){options_table[i].name,
                                      takes ? required_argument : no_argument, NULL, (int)n};
        n++;
        if (options_table[i].letter) {
            *letter++ = options_table[i].letter;
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
    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].letter == got)
            return &options_table[i];
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

    *out = (settings){.chunk_overlap = SETTING_NOT_GIVEN};
    init_parser(&p, cmd->bit);
    if (find_first(&p, argc, argv, &env_path) < 0) {
        options_help(cmd);
        return -1;
    }
    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].preset)
            set(out, &options_table[i], options_table[i].name, options_table[i].preset);
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
    int n = snprintf(left, sizeof(left), "%c%c %s%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->name ? "--" : "$",
                     row->name ? row->name : row->env, takes ? " " : "", takes ? row->words : "");

    if (n > 28)
        printf("  %s\n%31s%s", left, "", row->help);
    else
        printf("  %-28s %s", left, row->help);
    if (row->preset && takes && strcmp(row->preset, "0"))
        printf(" [%s]", row->preset);
    if (row->env && row->name)
        printf(" ($%s)", row->env);
    putchar('\n');
}

void options_help(const command *cmd)
{
    printf("tandem %s - %s\n\n  tandem %s [OPTION...]%s%s\n\n%s\nExamples:\n%s\nOptions:\n",
           cmd->name, cmd->summary, cmd->name, cmd->operands[0] ? " " : "", cmd->operands,
           cmd->text, cmd->examples);
    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].commands & cmd->bit)
            print_row(&options_table[i]);
    printf("  %-28s variables from this file [.env.crawl4ai, .env]\n", "   --env-file FILE");
    printf("  %-28s this page\n", "-h --help");
}
