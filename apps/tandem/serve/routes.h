/* serve/routes.h - every path that is served, in one table. */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/serve.h"

extern const http_route serve_routes[];
extern const size_t serve_n_routes;

#endif
