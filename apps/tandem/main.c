/* tandem - the command line: picks the command, reads its options, runs it. */
#include "commands_table.h"
#include "options.h"
#include "output.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void print_overview(void)
{
    printf("tandem %s - web sites, documents and source trees into searchable vectors, on a CPU\n\n"
           "  tandem index ~/notes                           a folder, a file, or a site (-r URL)\n"
           "  tandem search how do I rotate the keys         hybrid search in it\n\n"
           "Commands:\n",
           tandem_version());
    for (size_t i = 0; i < commands_table_n; i++)
        printf("  %-11s %-13s %s\n", commands_table[i].name, commands_table[i].operands,
               commands_table[i].summary);
    printf("\n`tandem COMMAND --help` teaches one of them. Results go to standard output, all else "
           "to\nstandard error. Exit status: 0 done, 1 error, 2 usage, 3 done with failures, 130 "
           "interrupted.\n");
}

static void log_line(void *user, tandem_log_level level, const char *room, const char *line)
{
    (void)user;
    output_note("%s %s: %s",
                level == TANDEM_LOG_ERROR  ? "error"
                : level == TANDEM_LOG_WARN ? "warning"
                                           : "info",
                room, line);
}

static int run(const command *cmd, int argc, char **argv)
{
    settings s;
    int status = options_parse(cmd, argc, argv, &s);

    if (status)
        return status < 0 ? 0 : status;
    tandem_log_set(log_line, NULL, s.verbose ? TANDEM_LOG_INFO : TANDEM_LOG_WARN);
    return cmd->run(&s);
}

static int unknown_command(const char *name)
{
    const char *names[COMMANDS_MAX];

    for (size_t i = 0; i < commands_table_n; i++)
        names[i] = commands_table[i].name;
    const char *near = options_nearest(name, names, commands_table_n);
    if (near)
        output_error("%s is no command: did you mean %s?", name, near);
    else
        output_error("%s is no command; `tandem --help` lists them", name);
    return 2;
}

static int help(const char *name)
{
    const command *cmd = commands_table_find(name);

    if (!cmd)
        return unknown_command(name);
    options_help(cmd);
    return output_finish(0);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader or a server that goes away is an error, not our end */
    output_init();
    const char *name = argc > 1 ? argv[1] : "--help";
    if (!strcmp(name, "help") && argc > 2)
        return help(argv[2]);
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        print_overview();
        return output_finish(argc > 1 ? 0 : 2);
    }
    if (!strcmp(name, "--version")) {
        printf("tandem %s\n", tandem_version());
        return output_finish(0);
    }
    const command *cmd = commands_table_find(name);
    return cmd ? output_finish(run(cmd, argc - 1, argv + 1)) : unknown_command(name);
}
