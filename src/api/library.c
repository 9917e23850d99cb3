#include "tandem/log.h"
#include "tandem/version.h"

#include "base/log.h"

#include <pthread.h>

const char *tandem_version(void)
{
    return TANDEM_VERSION;
}

/* The base room's sink speaks of its own levels; the public ones have the same order. */
static struct {
    pthread_mutex_t lock; /* rank 5: one line at a time to the caller's sink */
    tandem_log_sink sink;
    void *user;
} target = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void pass(void *user, td_log_level level, const char *room, const char *line)
{
    (void)user;
    pthread_mutex_lock(&target.lock);
    if (target.sink)
        target.sink(target.user, (tandem_log_level)level, room, line);
    pthread_mutex_unlock(&target.lock);
}

void tandem_log_set(tandem_log_sink sink, void *user, tandem_log_level most)
{
    pthread_mutex_lock(&target.lock);
    target.sink = sink;
    target.user = user;
    pthread_mutex_unlock(&target.lock);
    td_log_set(sink ? pass : NULL, NULL, (td_log_level)most);
}
