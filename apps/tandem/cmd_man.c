/* cmd_man.c - manual pages as troff, from the tables that --help comes from. */
#include "commands.h"
#include "commands_table.h"
#include "options_table.h"
#include "output.h"

#include <stdio.h>
#include <string.h>

/* Text that troff prints as it is. `at_start`: it begins a line of input. */
static void put_text(const char *text, bool at_start)
{
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        at_start = *text == '\n';
    }
}

static void put_title(const char *name)
{
    printf(".TH \"");
    for (const char *c = name; *c; c++)
        putchar(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    printf("\" 1 \"\" \"tandem %s\" \"tandem\"\n", tandem_version());
}

static void put_examples(const char *examples)
{
    printf(".SH EXAMPLES\n.nf\n");
    put_text(examples, true);
    printf(".fi\n");
}

static void put_option(const option_row *row)
{
    bool takes = row->kind != KIND_FLAG && row->kind != KIND_UNFLAG;

    printf(".TP\n");
    if (row->letter)
        printf("\\fB\\-%c\\fR, ", row->letter);
    printf(row->name ? "\\fB\\-\\-" : "\\fB$"); /* without a flag: of the environment alone */
    put_text(row->name ? row->name : row->env, false);
    printf("\\fR");
    if (takes) {
        printf(" \\fI");
        put_text(row->words, false);
        printf("\\fR");
    }
    putchar('\n');
    put_text(row->help, true);
    if (row->preset && takes && strcmp(row->preset, "0")) {
        printf(" [");
        put_text(row->preset, false);
        putchar(']');
    }
    if (row->env && row->name)
        printf(" (variable \\fB%s\\fR)", row->env);
    putchar('\n');
}

static void put_exit_status(void)
{
    printf(".SH EXIT STATUS\n0 done, 1 error, 2 usage, 3 done with failures, 130 interrupted.\n");
}

static void put_command(const command *cmd)
{
    char name[64];

    snprintf(name, sizeof(name), "tandem-%s", cmd->name);
    put_title(name);
    printf(".SH NAME\ntandem\\-%s \\- ", cmd->name);
    put_text(cmd->summary, false);
    printf("\n.SH SYNOPSIS\n\\fBtandem %s\\fR [\\fIOPTION\\fR...] ", cmd->name);
    put_text(cmd->operands, false);
    printf("\n.SH DESCRIPTION\n");
    put_text(cmd->text, true);
    printf(".SH OPTIONS\n");
    for (size_t i = 0; i < options_table_n; i++)
        if (options_table[i].commands & cmd->bit)
            put_option(&options_table[i]);
    printf(
        ".TP\n\\fB\\-\\-env\\-file\\fR \\fIFILE\\fR\nvariables from this file "
        "[.env.crawl4ai, .env]\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nthe options on one page\n");
    put_examples(cmd->examples);
    put_exit_status();
    printf(".SH SEE ALSO\n.BR tandem (1)\n");
}

static void put_overview(void)
{
    put_title("tandem");
    printf(".SH NAME\ntandem \\- web sites, documents and source trees into searchable vectors\n"
           ".SH SYNOPSIS\n\\fBtandem\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
           "[\\fIOPERAND\\fR...]\n"
           ".SH DESCRIPTION\n"
           "Cuts what it reads into prose and code, embeds prose with a text model and code with a "
           "code\nmodel at the same time, stores what comes out in one SQLite file, and finds it "
           "again.\nResults go to standard output, all else to standard error.\n"
           ".PP\nSettings come from flags, then the environment, then the file .env.crawl4ai or "
           ".env in the\nworking directory.\n.SH COMMANDS\n");
    for (size_t i = 0; i < commands_table_n; i++) {
        printf(".TP\n\\fBtandem %s\\fR%s", commands_table[i].name,
               commands_table[i].operands[0] ? " " : "");
        put_text(commands_table[i].operands, false);
        putchar('\n');
        put_text(commands_table[i].summary, true);
        putchar('\n');
    }
    put_examples("  tandem index ~/notes\n  tandem search how do I rotate the keys\n");
    put_exit_status();
    printf(".SH SEE ALSO\n");
    for (size_t i = 0; i < commands_table_n; i++)
        printf(".BR tandem\\-%s (1)%s\n", commands_table[i].name,
               i + 1 < commands_table_n ? "," : "");
}

int cmd_man(const settings *s)
{
    if (s->n_operands == 0) {
        put_overview();
        return 0;
    }
    const command *cmd = commands_table_find(s->operands[0]);
    if (!cmd) {
        output_error("%s is no command; `tandem --help` lists them", s->operands[0]);
        return 2;
    }
    put_command(cmd);
    return 0;
}
