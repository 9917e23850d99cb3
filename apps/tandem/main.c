/* tandem - the command line: picks the command, reads its options, runs it. */
#include "commands.h"
#include "options.h"
#include "output.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const command commands[] = {
    {"index", CMD_INDEX, "SOURCE...", 1, SIZE_MAX, "crawl or read, chunk, embed, store",
     "Reads each SOURCE - a folder, a file, or a web page (with -r its whole site) - cuts it\n"
     "into chunks, embeds prose and code at the same time, and stores what comes out. A second\n"
     "run does only what has changed, and takes out what is gone; a stopped run goes on.\n"
     "Exit status: 0 done, 3 done but some pages or chunks failed, 130 interrupted.\n",
     "  tandem index ~/notes\n"
     "  tandem index -r https://docs.example.org/ --below --exclude '**/changelog/**'\n"
     "  tandem index . --project tandem --json\n",
     cmd_index},
    {"search", CMD_SEARCH, "WORD...", 1, SIZE_MAX, "find what an index holds",
     "Asks both models and the words at once and fuses the lists. Quoted parts are phrases.\n",
     "  tandem search how are chunks cut\n"
     "  tandem search 'retry \"back off\"' --kind code --path 'src/**' -k 5\n"
     "  tandem search --json walk a directory | jq '.hits[].path'\n",
     cmd_search},
    {"embed", CMD_EMBED, "[FILE...]", 0, SIZE_MAX, "vectors of texts",
     "One vector of length 1 for each line of standard input, or each FILE as a whole, in order,\n"
     "as JSON lines {\"index\",\"embedding\",\"tokens\",\"truncated\"} or as a NumPy array.\n",
     "  echo 'what is a lane?' | tandem embed --role query\n"
     "  tandem embed --input-format jsonl -o vectors.npy < texts.jsonl\n",
     cmd_embed},
    {"crawl", CMD_CRAWL, "URL...", 1, SIZE_MAX, "pages as Markdown, no embedding",
     "Fetches pages (with -r whole sites), keeps their main content and prints it as Markdown.\n",
     "  tandem crawl https://docs.example.org/intro\n"
     "  tandem crawl -r --max-pages 100 --json https://docs.example.org/ > pages.jsonl\n",
     cmd_crawl},
    {"extract", CMD_EXTRACT, "FILE|URL|-", 1, 1, "one page or document as Markdown",
     "Prints the main content of one page. `-` reads it from standard input.\n",
     "  tandem extract page.html\n"
     "  curl -s https://example.org/ | tandem extract -\n",
     cmd_extract},
    {"chunk", CMD_CHUNK, "SOURCE...", 1, 1024, "chunks as JSON lines",
     "Shows how files or folders are cut and which lane each chunk goes to. Offsets count in\n"
     "the document's text: the file itself, or the Markdown that `tandem extract` prints.\n",
     "  tandem chunk README.md\n"
     "  tandem chunk src | jq -r '[.model_hint,.path,.symbol]|@tsv'\n",
     cmd_chunk},
    {"status", CMD_STATUS, "", 0, 0, "what an index holds",
     "Pages, chunks and models of an index, its sources, and what was skipped or failed and why.\n",
     "  tandem status\n"
     "  tandem status --source ~/notes --json\n",
     cmd_status},
    {"rm", CMD_RM, "SOURCE...", 1, SIZE_MAX, "take sources out of an index",
     "Removes each SOURCE, as it was named to index, with all its pages.\n",
     "  tandem rm ~/notes\n", cmd_rm},
    {"models", CMD_MODELS, "", 0, 0, "which models are here",
     "Lists the embedded model and those in the local Hugging Face cache.\n",
     "  tandem models --json\n", cmd_models},
    {"tokenize", CMD_TOKENIZE, "[FILE...]", 0, SIZE_MAX, "ids of texts, as the model sees them",
     "One JSON line {\"ids\",\"tokens\",\"truncated\"} for each line of input, or each FILE.\n",
     "  echo 'what is a lane?' | tandem tokenize\n", cmd_tokenize},
};
enum {
    N_COMMANDS = sizeof(commands) / sizeof(commands[0])
};

static void print_overview(void)
{
    printf("tandem %s - web sites, documents and source trees into searchable vectors, on a CPU\n\n"
           "  tandem index ~/notes                           a folder, a file, or a site (-r URL)\n"
           "  tandem search how do I rotate the keys         hybrid search in it\n\n"
           "Commands:\n",
           tandem_version());
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-10s %-12s %s\n", commands[i].name, commands[i].operands, commands[i].summary);
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
    const char *names[N_COMMANDS];

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = options_nearest(name, names, N_COMMANDS);
    if (near)
        output_error("%s is no command: did you mean %s?", name, near);
    else
        output_error("%s is no command; `tandem --help` lists them", name);
    return 2;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader or a server that goes away is an error, not our end */
    output_init();
    const char *name = argc > 1 ? argv[1] : "--help";
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        print_overview();
        return output_finish(argc > 1 ? 0 : 2);
    }
    if (!strcmp(name, "--version")) {
        printf("tandem %s\n", tandem_version());
        return output_finish(0);
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(name, commands[i].name))
            return output_finish(run(&commands[i], argc - 1, argv + 1));
    return unknown_command(name);
}
