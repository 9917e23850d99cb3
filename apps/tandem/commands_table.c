#include "commands_table.h"

#include "commands.h"

#include <stdint.h>
#include <string.h>

const command commands_table[] = {
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
     "the document's text: the file itself, or the Markdown that `tandem extract` prints.\n"
     "`-` reads one document from standard input.\n",
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
    {"retry", CMD_RETRY, "[SOURCE]", 0, 1, "embed the chunks that failed",
     "Embeds what an index holds without a vector: chunks whose model failed or was away, and\n"
     "those of runs that were cut off; of all sources, or of one. Nothing is read again, and what\n"
     "is done is kept, however often it is stopped. Exit status: 0 all have their vectors, 3 some\n"
     "failed again, 130 interrupted.\n",
     "  tandem retry\n"
     "  tandem retry ~/notes --json\n",
     cmd_retry},
    {"report", CMD_REPORT, "[RUN]", 0, 1, "what a run did: a timeline of both lanes",
     "Draws which slot held which batch when, retries and idle time of a run: the last, or the\n"
     "one of that number (`tandem index --json` tells it). On the terminal, as a page that needs\n"
     "nothing besides itself, or as JSON.\n",
     "  tandem report\n"
     "  tandem report 7 -o run7.html\n",
     cmd_report},
    {"pull", CMD_PULL, "MODEL...", 1, SIZE_MAX, "bring models from a hub",
     "Brings each MODEL - gte, coderank, or org/name, with @revision for another than main - from\n"
     "Hugging Face into its cache ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub), where\n"
     "other programs find it too. Only what the engine needs; each file is checked by length and\n"
     "hash; what is there is not fetched again; a pull that was cut goes on where it ended.\n"
     "HF_TOKEN, from the environment alone, opens models that are not for everyone.\n",
     "  tandem pull gte coderank\n"
     "  tandem pull nomic-ai/nomic-embed-text-v1.5@main --json\n"
     "  tandem index ~/src --gte gte --coderank coderank\n",
     cmd_pull},
    {"models", CMD_MODELS, "", 0, 0, "which models are here",
     "Lists the embedded model and those in the local Hugging Face cache, those that can't be\n"
     "used too, with the reason; and what packed weights take, which make starts fast.\n",
     "  tandem models --json\n"
     "  tandem models --drop-packed\n",
     cmd_models},
    {"tokenize", CMD_TOKENIZE, "[FILE...]", 0, SIZE_MAX, "ids of texts, as the model sees them",
     "One JSON line {\"ids\",\"tokens\",\"truncated\"} for each line of input, or each FILE.\n",
     "  echo 'what is a lane?' | tandem tokenize\n", cmd_tokenize},
    {"bench", CMD_BENCH, "engine|schedule [...]", 1, 2, "how good tandem is on this machine",
     "engine [FILE.jsonl]: embeds the texts of FILE (or some of its own) in bulk, then times a\n"
     "short query by itself and while bulk work runs, and measures what matrix products alone\n"
     "reach. Run it on an idle machine.\n"
     "schedule [services|engine|servers]: strategies x content mixes, with the time that no\n"
     "schedule can beat. `services` (the default) are simulated and take no time: a price each,\n"
     "jitter, faults; `engine` embeds in this process, in pairs with its own pace; `servers` asks\n"
     "those of --gte-url and --coderank-url, or of one of them beside the other lane in this\n"
     "process. -o draws the strategies on one mix instead.\n",
     "  tandem bench engine\n"
     "  tandem bench engine --model gte --precision bf16 --threads 2 --json\n"
     "  tandem bench schedule\n"
     "  tandem bench schedule -o timeline.svg\n"
     "  tandem bench schedule servers --gte-url http://127.0.0.1:8080 --coderank-url \\\n"
     "      http://127.0.0.1:8081\n",
     cmd_bench},
    {"doctor", CMD_DOCTOR, "", 0, 0, "what this machine can do, and what is wrong",
     "CPU, cores, memory, kernels and precisions; models, the index's place, the network library.\n"
     "Exit status 1 if something is bad.\n",
     "  tandem doctor\n"
     "  tandem doctor --json | jq .findings\n",
     cmd_doctor},
    {"serve", CMD_SERVE, "", 0, 0, "the daemon: crawls, search and vectors over HTTP",
     "Answers on one port as the crawl4ai runner does (/crawl, /progress, /search), as\n"
     "text-embeddings-inference (/embed), OpenAI (/v1/embeddings), Ollama (/api/embed), and as\n"
     "an MCP server (/mcp); /openapi.json tells all of it. Texts of all clients are batched\n"
     "together. Ends on SIGTERM or SIGINT, after the requests under way; a crawl goes on at the\n"
     "next start.\n",
     "  tandem serve\n"
     "  curl -s localhost:7070/embed -d '{\"inputs\": \"what is a lane?\"}'\n"
     "  curl localhost:7070/crawl -d '{\"urls\":[\"https://example.org/\"],\"project\":\"p\"}'\n"
     "  TANDEM_API_KEY=... tandem serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem\n",
     cmd_serve},
    {"mcp", CMD_MCP, "", 0, 0, "an index for agents: MCP on stdin and stdout",
     "Speaks the Model Context Protocol, a message a line: tools search, read_chunk, list_scopes,\n"
     "status and, where --allow-index is said, index; pages as resources. Text of pages is marked\n"
     "as data. Nothing else is written to stdout.\n",
     "  tandem mcp --db notes.db\n", cmd_mcp},
    {"completions", CMD_COMPLETIONS, "bash|zsh|fish", 1, 1, "completion for a shell",
     "Prints a script that completes commands, options and their values in that shell.\n",
     "  eval \"$(tandem completions bash)\"\n"
     "  tandem completions zsh > ~/.zfunc/_tandem\n"
     "  tandem completions fish > ~/.config/fish/completions/tandem.fish\n",
     cmd_completions},
    {"man", CMD_MAN, "[COMMAND]", 0, 1, "the manual page, as troff",
     "Prints the manual page of tandem, or of one of its commands. Packages install them.\n",
     "  tandem man index | man -l -\n", cmd_man},
};

const size_t commands_table_n = sizeof(commands_table) / sizeof(commands_table[0]);
_Static_assert(sizeof(commands_table) / sizeof(commands_table[0]) <= COMMANDS_MAX,
               "COMMANDS_MAX is too small");

const command *commands_table_find(const char *name)
{
    for (size_t i = 0; i < commands_table_n; i++)
        if (!strcmp(name, commands_table[i].name))
            return &commands_table[i];
    return NULL;
}
