#include "source/scope.h"

#include "net/net.h"

#include <stdio.h>

/* "www." is the one alias that nearly every site has. */
static td_str without_www(td_str host)
{
    return td_str_starts(host, TD_STR("www.")) ? td_str_slice(host, 4, host.n) : host;
}

static bool is_usual_port(const td_net_url *url)
{
    return url->port == (td_str_eq(url->scheme, TD_STR("https")) ? 443 : 80);
}

/* "/a/b.html" is in "/a/"; "/a/b" is taken for the folder "/a/b/", as most sites mean it. */
static void set_folder(td_source_scope *scope, td_str path)
{
    size_t slash = td_str_find_last_byte(path, '/');
    td_str last = td_str_slice(path, slash + 1, path.n);
    bool is_page = td_str_find_byte(last, '.', 0) != TD_STR_NONE;
    td_str folder = is_page ? td_str_slice(path, 0, slash + 1) : path;

    snprintf(scope->folder, sizeof(scope->folder), "%.*s%s", TD_STR_FMT(folder),
             td_str_ends(folder, TD_STR("/")) ? "" : "/");
}

void td_source_scope_set(td_source_scope *scope, td_str url)
{
    td_net_url parts;

    if (!td_net_url_split(url, &parts))
        return;
    td_str host = without_www(parts.host);
    snprintf(scope->host, sizeof(scope->host), "%.*s", TD_STR_FMT(host));
    scope->port = parts.port;
    scope->is_usual_port = is_usual_port(&parts);
    set_folder(scope, parts.path);
}

static bool is_same_site(const td_source_scope *scope, const td_net_url *url)
{
    bool same_port = scope->is_usual_port ? is_usual_port(url) : url->port == scope->port;
    return same_port && td_str_eq(without_www(url->host), td_str_from(scope->host));
}

/* By whole segments: "/docs2" is not below "/docs/", "/docs" itself is. */
static bool is_below(const td_source_scope *scope, td_str path)
{
    td_str folder = td_str_from(scope->folder);
    return td_str_starts(path, folder) || td_str_eq(path, td_str_slice(folder, 0, folder.n - 1));
}

const char *td_source_scope_excludes(const td_source_scope *scope, td_str url)
{
    td_net_url parts;

    if (!td_net_url_split(url, &parts))
        return "no web address";
    bool is_here = is_same_site(scope, &parts);
    if (!is_here && !scope->any_host)
        return "another site";
    if (scope->below && !(is_here && is_below(scope, parts.path)))
        return "outside the start page's folder";
    if (!td_source_filter_takes(scope->filter, td_str_slice(parts.path, 1, parts.path.n), &url))
        return "ruled out by the patterns";
    return NULL;
}
