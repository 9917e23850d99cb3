/* source/chromium.h - one running Chromium with a private profile and no way into the net.
 *
 * Threads:  the one that starts it owns it; when that thread ends it is killed
 *
 * Walls between a page and the net, from inside: its requests are answered by us (render_net.h);
 * what passes that by (WebSockets, service workers, name look-ups ahead of time) finds a name
 * server that knows no name and a proxy that is not there; and where the system can do it the
 * process has no network at all, not even loopback.
 */
#ifndef TD_SOURCE_CHROMIUM_H
#define TD_SOURCE_CHROMIUM_H

#include "base/os.h"

typedef struct td_source_chromium {
    td_os_child child;
    td_buf profile; /* its folder; empty: none */
    int lock_fd;    /* held while the folder is in use; 0: none */
} td_source_chromium;

/* Appends the path of the program: `name` if it is one, or is found in PATH; NULL: the first that
 * is found of the names that Chromium goes by. Errors: E_NOT_FOUND says what to install. */
tandem_code td_source_chromium_find(const char *name, td_buf *path_out, tandem_error *err);

/* E_DENIED where Chromium's sandbox cannot work and may not be left out: as root it does not run.
 */
tandem_code td_source_chromium_check(bool no_sandbox, tandem_error *err);

/* Starts `program`. Folders that killed processes left behind are removed. Errors: E_IO, E_NOMEM;
 * whether it runs is seen when it answers. */
tandem_code td_source_chromium_start(const char *program, bool no_sandbox,
                                     td_source_chromium *chromium_out, tandem_error *err);

/* Kills it and removes its profile. An empty struct is fine. */
void td_source_chromium_stop(td_source_chromium *chromium);

#endif
