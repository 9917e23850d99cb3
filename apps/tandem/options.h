/* options.h - one table of options: parsing, the environment, near names and --help come from it.
 *
 * Order of strength: flag, environment, env file, default.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "settings.h"

typedef enum command_bit {
    CMD_INDEX = 1 << 0,
    CMD_SEARCH = 1 << 1,
    CMD_EMBED = 1 << 2,
    CMD_CRAWL = 1 << 3,
    CMD_EXTRACT = 1 << 4,
    CMD_CHUNK = 1 << 5,
    CMD_STATUS = 1 << 6,
    CMD_MODELS = 1 << 7,
    CMD_TOKENIZE = 1 << 8,
    CMD_RM = 1 << 9,
    CMD_PULL = 1 << 10,
    CMD_RETRY = 1 << 11,
    CMD_BENCH = 1 << 12,
    CMD_DOCTOR = 1 << 13,
    CMD_REPORT = 1 << 14,
    CMD_ALL = (1 << 15) - 1,
    CMD_MCP = 1 << 26,
    CMD_SERVE = 1 << 27,
    CMD_COMPLETIONS = 1 << 28, /* of these two there is nothing to set */
    CMD_MAN = 1 << 29,
} command_bit;

typedef struct command {
    const char *name;
    command_bit bit;
    const char *operands; /* for the usage line: "SOURCE..." */
    size_t n_operands_min, n_operands_max;
    const char *summary;  /* one line */
    const char *text;     /* paragraphs of --help */
    const char *examples; /* lines of --help */
    int (*run)(const settings *s);
} command;

/* Reads the env file and the environment, then argv (argv[0] is the command's name). Returns 0;
 * 2 after an error message on stderr; -1 when --help was asked for and is printed. Texts of the
 * settings point into argv, the environment and memory kept until the program ends. */
int options_parse(const command *cmd, int argc, char **argv, settings *out);

/* The help of one command, to stdout. */
void options_help(const command *cmd);

/* The nearest of `n` names to a misspelt one; NULL if none is near. */
const char *options_nearest(const char *misspelt, const char *const *names, size_t n);

#endif
