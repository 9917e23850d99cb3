#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

enum {
    LINE_BYTES = 1024,
    SILENT = -1
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 5: guards the two below */
static td_log_sink current_sink;
static void *current_user;
static atomic_int current_most = SILENT; /* read without the lock: most lines end here */

void td_log_set(td_log_sink sink, void *user, td_log_level most)
{
    pthread_mutex_lock(&lock);
    current_sink = sink;
    current_user = user;
    atomic_store(&current_most, sink ? (int)most : SILENT);
    pthread_mutex_unlock(&lock);
}

/* One event is one line, and what it quotes from outside must not steer a terminal. */
static void blank_controls(char *line)
{
    for (; *line; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7F)
            *line = ' ';
    }
}

void td_log(td_log_level level, const char *room, const char *format, ...)
{
    if ((int)level > atomic_load_explicit(&current_most, memory_order_relaxed))
        return;

    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n < 0)
        return;
    blank_controls(line);

    pthread_mutex_lock(&lock);
    td_log_sink sink = current_sink;
    void *user = current_user;
    pthread_mutex_unlock(&lock);
    if (sink)
        sink(user, level, room, line);
}
