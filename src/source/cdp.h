/* source/cdp.h - the Chrome DevTools Protocol: calls to a browser, its replies and events.
 *
 * In:       two descriptors, of a browser started with --remote-debugging-pipe
 * Out:      messages; JSON stays in here
 * Threads:  one owner
 * Source:   https://chromedevtools.github.io/devtools-protocol/; a message on the pipe is JSON that
 *           ends in a NUL byte
 *
 * What the browser sends is not trusted more than a page is: sizes are capped, a message that is no
 * JSON is left out, and a path that is not there reads as empty.
 */
#ifndef TD_SOURCE_CDP_H
#define TD_SOURCE_CDP_H

#include "base/buf.h"

typedef struct td_source_cdp td_source_cdp;
typedef struct td_source_message td_source_message;

/* The descriptors do not wait (O_NONBLOCK) and stay the caller's. message_bytes_max: of one message
 * in either direction. Errors: E_NOMEM. */
tandem_code td_source_cdp_new(int to_fd, int from_fd, size_t message_bytes_max,
                              td_source_cdp **cdp_out, tandem_error *err);
void td_source_cdp_free(td_source_cdp *cdp); /* NULL is fine */

/* Queues a call of `method`, to the browser itself if `session` is empty. `format` and what follows
 * are as json_pack has them ("{s:s, s:b}"); "" has no parameters. *id_out: what the reply will
 * carry; may be NULL. Errors: E_NOMEM, E_TOO_LARGE, E_INVALID for text that is not UTF-8. */
tandem_code td_source_cdp_call(td_source_cdp *cdp, td_str session, const char *method,
                               uint64_t *id_out, tandem_error *err, const char *format, ...);

tandem_code td_source_cdp_vcall(td_source_cdp *cdp, td_str session, const char *method,
                                uint64_t *id_out, tandem_error *err, const char *format,
                                va_list values);

/* The descriptors, to wait for. */
int td_source_cdp_to(const td_source_cdp *cdp);
int td_source_cdp_from(const td_source_cdp *cdp);

/* Sends and reads what can be without waiting. Errors: E_NETWORK when the browser has closed its
 * end, E_TOO_LARGE for a message past the cap, E_NOMEM. */
tandem_code td_source_cdp_move(td_source_cdp *cdp, tandem_error *err);

/* Whether something waits until the browser reads. */
bool td_source_cdp_is_behind(const td_source_cdp *cdp);

/* The next message that has come whole, yours to free; NULL if there is none. */
td_source_message *td_source_cdp_take(td_source_cdp *cdp);
void td_source_cdp_drop(td_source_message *message); /* NULL is fine */

/* What stands at a path of names between dots: "params.request.url". Texts are borrowed from the
 * message; what is not there is "", 0 or false. */
td_str td_source_cdp_text(const td_source_message *message, const char *path);
uint64_t td_source_cdp_number(const td_source_message *message, const char *path);
bool td_source_cdp_has(const td_source_message *message, const char *path);

/* Each member of the object at `path` whose value is text. */
typedef void (*td_source_cdp_member)(void *user, td_str name, td_str value);
void td_source_cdp_each(const td_source_message *message, const char *path,
                        td_source_cdp_member member, void *user);

/* Appends bytes in base64, as the protocol carries bodies. Errors: as td_buf_add. */
tandem_code td_source_cdp_base64(td_str bytes, td_buf *out, tandem_error *err);

#endif
