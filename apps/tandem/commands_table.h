/* commands_table.h - every command: what it is called, what it takes, what its help says. */
#ifndef COMMANDS_TABLE_H
#define COMMANDS_TABLE_H

#include "options.h"

extern const command commands_table[];
extern const size_t commands_table_n;
enum {
    COMMANDS_MAX = 32
};

/* NULL if there is none of that name. */
const command *commands_table_find(const char *name);

#endif
