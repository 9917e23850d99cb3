/* base/log.h - one line per event, to a sink that the program sets; silent by default.
 *
 * error = someone must act; warn = worse but going on; info = a job or state changed; debug = free.
 * Never a key, a token or a page's text.
 * Threads:  any
 */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

typedef enum td_log_level {
    TD_ERROR,
    TD_WARN,
    TD_INFO,
    TD_DEBUG,
} td_log_level;

/* `line` is logfmt without time and level: "url=http://a/ status=404". */
typedef void (*td_log_sink)(void *user, td_log_level level, const char *room, const char *line);

/* NULL silences. Lines above `most` never reach the sink. The sink is called without a lock: a line
 * begun before this call may still reach the old one. A line is cut at 1 KB, and control
 * characters in it are blanks. */
void td_log_set(td_log_sink sink, void *user, td_log_level most);

void td_log(td_log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
