/* tandem/log.h - what the library has to say while it works; silent unless asked.
 *
 * Threads:  set before anything else runs; the sink is called from any thread, one call at a time
 */
#ifndef TANDEM_LOG_H
#define TANDEM_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tandem_log_level {
    TANDEM_LOG_ERROR, /* someone must act */
    TANDEM_LOG_WARN,  /* worse, but going on */
    TANDEM_LOG_INFO,  /* a job or a state changed */
    TANDEM_LOG_DEBUG,
} tandem_log_level;

/* `room` is the part that speaks ("net"), `line` logfmt: "url=http://a/ status=404". */
typedef void (*tandem_log_sink)(void *user, tandem_log_level level, const char *room,
                                const char *line);

/* NULL silences. Lines less urgent than `most` never reach the sink. */
void tandem_log_set(tandem_log_sink sink, void *user, tandem_log_level most);

#ifdef __cplusplus
}
#endif

#endif
