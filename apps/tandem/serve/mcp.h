/* serve/mcp.h - the Model Context Protocol: tools and resources over an index, message by message.
 *
 * In:       a JSON-RPC message, from stdio (cmd_mcp.c) or POST /mcp (mcp_http.c)
 * Out:      its answer
 * Threads:  any: what an mcp holds does not change
 * Source:   modelcontextprotocol.io, 2025-11-25 and the four revisions before it. There are no
 *           sessions: nothing of a client is kept between two messages.
 *
 * Text of pages is data from strangers. Every piece of it stands between markers that it cannot
 * forge, behind a line that says so; control characters are replaced.
 */
#ifndef SERVE_MCP_H
#define SERVE_MCP_H

#include "output.h"
#include "serve/json.h"

enum {
    MCP_INVALID_REQUEST = -32600, /* over HTTP the status says so as well */
};

typedef struct mcp mcp;

struct mcp {
    tandem_index *index;
    /* The tool `index`, which is offered only where this is set: starts or does what `source` and
     * the other arguments ask for; appends what came of it. False: `out` says why not. */
    bool (*run_index)(mcp *m, json_t *arguments, wire *out);
    void *user;
};

/* The answer to a message; NULL where none is due (a notification, an answer). Borrowed message. */
json_t *mcp_answer(mcp *m, json_t *message);

/* An answer to what is no message: JSON-RPC's codes. */
json_t *mcp_error(json_t *id, int code, const char *message);

bool mcp_knows_version(const char *version);

/* -- mcp_tools.c -- */

/* The list of tools, as tools/list gives it. */
json_t *mcp_tools_list(const mcp *m);

/* Result of tools/call; NULL with a message for an unknown tool or wrong arguments. */
json_t *mcp_tools_call(mcp *m, const char *name, json_t *arguments, char *message_out, size_t n);

/* Appends a page's text between its markers. `what`: chunk or page; `where`: its path or URL. */
void mcp_tools_quote(wire *w, const char *what, tandem_str where, tandem_str text);

/* -- mcp_resources.c -- */

json_t *mcp_resources_list(mcp *m, json_t *cursor, tandem_error *error);
json_t *mcp_resources_read(mcp *m, const char *uri, tandem_error *error);

#endif
