/* cmd_completions.c - completion scripts, from the tables that --help comes from. */
#include "commands.h"
#include "commands_table.h"
#include "options_table.h"
#include "output.h"

#include <stdio.h>
#include <string.h>

/* Whether the option is a flag of that command; some are variables alone. */
static bool is_flag_of(const option_row *row, const command *cmd)
{
    return row->name && (row->commands & cmd->bit);
}

static bool takes_value(const option_row *row)
{
    return row->kind != KIND_FLAG && row->kind != KIND_UNFLAG;
}

/* The words of "a|b", each behind a space. */
static void put_words(const char *words)
{
    putchar(' ');
    for (; *words; words++)
        putchar(*words == '|' ? ' ' : *words);
}

/* For a text in single quotes: ' becomes '\'' in sh and zsh, \' in fish. */
static void put_quoted(const char *text, const char *quote)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

/* ---- bash ---- */

static void put_bash_options(const command *cmd)
{
    printf("        %s) options='", cmd->name);
    for (size_t i = 0; i < options_table_n; i++)
        if (is_flag_of(&options_table[i], cmd))
            printf("--%s ", options_table[i].name);
    printf("--env-file --help' ;;\n");
}

static void put_bash_values(void)
{
    for (size_t i = 0; i < options_table_n; i++) {
        if (options_table[i].kind != KIND_WORD || !options_table[i].name)
            continue;
        printf("        --%s) COMPREPLY=($(compgen -W '", options_table[i].name);
        put_words(options_table[i].words);
        printf("' -- \"$word\")); return ;;\n");
    }
}

static void put_bash(void)
{
    printf("_tandem() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < commands_table_n; i++)
        printf("%s ", commands_table[i].name);
    printf("--help --version' -- \"$word\"))\n"
           "        return\n"
           "    fi\n"
           "    case $before in\n");
    put_bash_values();
    printf("    esac\n"
           "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < commands_table_n; i++)
        put_bash_options(&commands_table[i]);
    printf("    esac\n"
           "    case $word in\n"
           "        -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
           "    esac\n"
           "}\n"
           "complete -o default -o bashdefault -F _tandem tandem\n");
}

/* ---- zsh ---- */

/* A description inside [...] of _arguments: brackets and colons mean something there. */
static void put_zsh_help(const char *text)
{
    for (; *text; text++) {
        if (*text == '[' || *text == ']' || *text == ':')
            putchar('\\');
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

static void put_zsh_option(const option_row *row)
{
    printf("            '%s--%s%s[", row->kind == KIND_LIST ? "*" : "", row->name,
           takes_value(row) ? "=" : "");
    put_zsh_help(row->help);
    putchar(']');
    if (row->kind == KIND_WORD) {
        printf(":value:(");
        put_words(row->words);
        putchar(')');
    } else if (takes_value(row)) {
        printf(":value:_files");
    }
    printf("' \\\n");
}

static void put_zsh(void)
{
    printf("#compdef tandem\n"
           "local -a commands\n"
           "commands=(\n");
    for (size_t i = 0; i < commands_table_n; i++) {
        printf("    '%s:", commands_table[i].name);
        put_zsh_help(commands_table[i].summary);
        printf("'\n");
    }
    printf(")\n"
           "if (( CURRENT == 2 )); then\n"
           "    _describe command commands\n"
           "    return\n"
           "fi\n"
           "local name=${words[2]}\n"
           "(( CURRENT-- ))\n"
           "shift words\n"
           "case $name in\n");
    for (size_t c = 0; c < commands_table_n; c++) {
        printf("    %s)\n        _arguments \\\n", commands_table[c].name);
        for (size_t i = 0; i < options_table_n; i++)
            if (is_flag_of(&options_table[i], &commands_table[c]))
                put_zsh_option(&options_table[i]);
        printf("            '--env-file=[variables from this file]:value:_files' \\\n"
               "            '--help[the options on one page]' \\\n"
               "            '*:operand:_files' ;;\n");
    }
    printf("esac\n");
}

/* ---- fish ---- */

static void put_fish_option(const command *cmd, const option_row *row)
{
    printf("complete -c tandem -n '__fish_seen_subcommand_from %s' -l %s", cmd->name, row->name);
    if (row->letter)
        printf(" -s %c", row->letter);
    if (row->kind == KIND_WORD) {
        printf(" -x -a '");
        put_words(row->words);
        putchar('\'');
    } else if (takes_value(row)) {
        printf(" -r");
    }
    printf(" -d ");
    put_quoted(row->help, "\\'");
    putchar('\n');
}

static void put_fish(void)
{
    for (size_t c = 0; c < commands_table_n; c++) {
        const command *cmd = &commands_table[c];
        printf("complete -c tandem -n __fish_use_subcommand -f -a %s -d ", cmd->name);
        put_quoted(cmd->summary, "\\'");
        putchar('\n');
        for (size_t i = 0; i < options_table_n; i++)
            if (is_flag_of(&options_table[i], cmd))
                put_fish_option(cmd, &options_table[i]);
    }
}

int cmd_completions(const settings *s)
{
    static const struct {
        const char *name;
        void (*put)(void);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (!strcmp(s->operands[0], shells[i].name)) {
            shells[i].put();
            return 0;
        }
    }
    output_error("%s is no shell that tandem completes in: bash, zsh and fish are", s->operands[0]);
    return 2;
}
