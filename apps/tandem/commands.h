/* commands.h - one function a command: settings in, exit status out. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "settings.h"

int cmd_index(const settings *s);
int cmd_search(const settings *s);
int cmd_embed(const settings *s);
int cmd_crawl(const settings *s);
int cmd_extract(const settings *s);
int cmd_chunk(const settings *s);
int cmd_status(const settings *s);
int cmd_models(const settings *s);
int cmd_pull(const settings *s);
int cmd_tokenize(const settings *s);
int cmd_rm(const settings *s);
int cmd_bench(const settings *s);
int cmd_doctor(const settings *s);
int cmd_completions(const settings *s);
int cmd_man(const settings *s);
int cmd_retry(const settings *s);
int cmd_serve(const settings *s);
int cmd_mcp(const settings *s);
int cmd_report(const settings *s);

/* What cmd_bench chooses from, and the second with lanes that embed in earnest. */
int bench_engine(const settings *s);
int bench_schedule(const settings *s);
int bench_schedule_real(const settings *s, bool servers);

#endif
