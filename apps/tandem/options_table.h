/* options_table.h - every option: its flag, variable, bounds, default and help, in one place. */
#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

#include "settings.h"

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
    const char *name; /* NULL: the variable alone, for what must not stand on a command line */
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

extern const option_row options_table[];
extern const size_t options_table_n;
enum {
    OPTIONS_MAX = 128
};

#endif
