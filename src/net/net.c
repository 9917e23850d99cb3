#include "net/net.h"

#include "base/clock.h"
#include "base/error.h"
#include "net/transfer.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
    CONNECTIONS_MAX = 1024,
    PER_HOST_MAX = 256,
    BESIDE_MAX = 4,
};

/* The signals of the calling thread while libcurl runs in it. */
typedef struct signal_guard {
    sigset_t before;
    bool was_pending, is_set;
} signal_guard;

/* A list in the order of arrival. */
typedef struct transfers {
    td_net_transfer *first, **last;
    size_t n;
} transfers;

struct td_net {
    CURLM *multi;
    td_net_options options;
    char *user_agent, *ca_file;
    char **allowed;
    transfers waiting, running;
    td_net_budget budget;
    size_t usual_bytes; /* of a body, by those that came last */
    CURL **spare;       /* easy handles at rest, at most connections_max */
    size_t n_spare;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_state;

static void start_curl(void)
{
    curl_state = curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *td_net_version(void)
{
    pthread_once(&curl_once, start_curl);
    return curl_version();
}

static void add_last(transfers *list, td_net_transfer *transfer)
{
    transfer->next = NULL;
    *list->last = transfer;
    list->last = &transfer->next;
    list->n++;
}

static void take_out(transfers *list, td_net_transfer *transfer)
{
    td_net_transfer **at = &list->first;
    while (*at != transfer)
        at = &(*at)->next;
    *at = transfer->next;
    if (list->last == &transfer->next)
        list->last = at;
    list->n--;
}

static bool is_pipe_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

/* A server that closes while TLS writes to it raises SIGPIPE, which would end the program.
 * libcurl's own remedy changes the signal for the whole process; ours holds it back in this thread
 * only. */
static signal_guard hold_pipe_signal(void)
{
    signal_guard guard = {.was_pending = is_pipe_pending()};
    sigset_t pipe;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    guard.is_set = pthread_sigmask(SIG_BLOCK, &pipe, &guard.before) == 0;
    return guard;
}

static void release_pipe_signal(const signal_guard *guard)
{
    sigset_t pipe;
    int taken;

    if (!guard->is_set)
        return;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!guard->was_pending && is_pipe_pending())
        sigwait(&pipe, &taken);
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static tandem_code check_options(const td_net_options *options, tandem_error *err)
{
    if (options->connections_max < 1 || options->connections_max > CONNECTIONS_MAX)
        return td_fail(err, TANDEM_E_INVALID, "connections_max is %u: 1 to %d are allowed",
                       options->connections_max, CONNECTIONS_MAX);
    if (options->connections_per_host_max < 1 || options->connections_per_host_max > PER_HOST_MAX)
        return td_fail(err, TANDEM_E_INVALID, "connections_per_host_max is %u: 1 to %d are allowed",
                       options->connections_per_host_max, PER_HOST_MAX);
    if (options->timeout_ms < 1 || options->connect_timeout_ms < 1)
        return td_fail(err, TANDEM_E_INVALID, "a time-out of 0 ms: at least 1 ms is needed");
    if (options->redirects_max > TD_NET_REDIRECTS_MAX)
        return td_fail(err, TANDEM_E_INVALID, "redirects_max is %u: at most %d are allowed",
                       options->redirects_max, TD_NET_REDIRECTS_MAX);
    return TANDEM_OK;
}

/* The caller's options with texts of our own. */
static tandem_code copy_options(td_net *net, const td_net_options *options, tandem_error *err)
{
    bool ok = true;

    net->options = *options;
    net->budget.n_max = options->in_hand_bytes_max;
    net->user_agent = strdup(options->user_agent ? options->user_agent : "tandem/" TANDEM_VERSION);
    net->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    ok = net->user_agent && (net->ca_file || !options->ca_file);
    net->options.n_allowed = 0;
    if (options->n_allowed > 0)
        net->allowed = calloc(options->n_allowed, sizeof(*net->allowed));
    ok = ok && (net->allowed || options->n_allowed == 0);
    for (size_t i = 0; ok && i < options->n_allowed; i++) {
        net->allowed[i] = strdup(options->allowed[i]);
        ok = net->allowed[i] != NULL;
        net->options.n_allowed += ok;
    }
    net->options.user_agent = net->user_agent;
    net->options.ca_file = net->ca_file;
    net->options.allowed = (const char *const *)net->allowed;
    return ok ? TANDEM_OK : td_fail_nomem(err, "HTTP client");
}

tandem_code td_net_open(const td_net_options *options, td_net **net_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_net *net = NULL;

    pthread_once(&curl_once, start_curl);
    if (curl_state != CURLE_OK)
        TD_FAIL(err, TANDEM_E_INTERNAL, "libcurl does not start: %s",
                curl_easy_strerror(curl_state));
    TD_TRY(check_options(options, err));
    net = calloc(1, sizeof(*net));
    if (!net)
        TD_TRY(td_fail_nomem(err, "HTTP client"));
    net->waiting.last = &net->waiting.first;
    net->running.last = &net->running.first;
    TD_TRY(copy_options(net, options, err));
    net->spare = calloc(options->connections_max, sizeof(CURL *));
    net->multi = curl_multi_init();
    if (!net->multi || !net->spare)
        TD_TRY(td_fail_nomem(err, "HTTP client"));
    curl_multi_setopt(net->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->connections_max);
    curl_multi_setopt(net->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)options->connections_per_host_max);
    curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, (long)options->connections_max);
    curl_multi_setopt(net->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    *net_out = net;
    net = NULL;

out:
    td_net_close(net);
    return code;
}

static void rest_easy(td_net *net, CURL *easy)
{
    if (easy && net->n_spare < net->options.connections_max)
        net->spare[net->n_spare++] = easy;
    else
        curl_easy_cleanup(easy);
}

/* Takes the transfer out of `list` and reports it; the easy handle goes back to rest. */
static void finish(td_net *net, transfers *list, td_net_transfer *transfer, const tandem_error *err)
{
    take_out(list, transfer);
    net->usual_bytes = (net->usual_bytes * 3 + transfer->body.n) / 4;
    td_net_transfer_finish(transfer, err);
    rest_easy(net, transfer->easy);
    td_net_transfer_free(transfer);
}

static void cancel_all(td_net *net)
{
    tandem_error err = {.code = TANDEM_OK};

    td_fail(&err, TANDEM_E_CANCELLED, "cancelled");
    while (net->running.first) {
        td_net_transfer *transfer = net->running.first;
        curl_multi_remove_handle(net->multi, transfer->easy);
        finish(net, &net->running, transfer, &err);
    }
    while (net->waiting.first)
        finish(net, &net->waiting, net->waiting.first, &err);
}

void td_net_close(td_net *net)
{
    if (!net)
        return;
    signal_guard guard = hold_pipe_signal();
    cancel_all(net);
    for (size_t i = 0; i < net->n_spare; i++)
        curl_easy_cleanup(net->spare[i]);
    curl_multi_cleanup(net->multi);
    release_pipe_signal(&guard);
    for (size_t i = 0; i < net->options.n_allowed; i++)
        free(net->allowed[i]);
    free(net->allowed);
    free(net->spare);
    free(net->user_agent);
    free(net->ca_file);
    free(net);
}

tandem_code td_net_get(td_net *net, const td_net_request *request, tandem_error *err)
{
    td_net_transfer *transfer = NULL;
    tandem_code code = td_net_transfer_new(&net->options, &net->budget, request, &transfer, err);

    if (code != TANDEM_OK)
        return code;
    add_last(&net->waiting, transfer);
    return TANDEM_OK;
}

static bool is_to(const td_net_transfer *transfer, const td_net_url *url)
{
    return transfer->parts.port == url->port && td_str_eq(transfer->parts.host, url->host);
}

static bool host_has_room(const td_net *net, const td_net_transfer *transfer)
{
    uint32_t n = 0;

    for (const td_net_transfer *other = net->running.first; other; other = other->next)
        n += is_to(other, &transfer->parts);
    return n < net->options.connections_per_host_max;
}

/* Whether one more body will likely find room beside those under way. */
static bool has_room(const td_net *net)
{
    const td_net_budget *budget = &net->budget;
    size_t usual = net->usual_bytes, n = budget->n_held + usual;

    if (budget->n_max == 0 || (net->running.n == 0 && budget->n_held < budget->n_max) ||
        budget->n + n + net->running.n * usual <= budget->n_max)
        return true;
    for (const td_net_transfer *other = net->running.first; other; other = other->next)
        n += other->body.capacity > usual ? other->body.capacity : usual;
    return n <= budget->n_max;
}

/* Sets up the present hop and hands it to libcurl. On failure the easy handle is not in the multi.
 */
static tandem_code run_hop(td_net *net, td_net_transfer *transfer, CURL *easy, tandem_error *err)
{
    tandem_code code = td_net_transfer_prepare(transfer, easy, err);
    if (code != TANDEM_OK)
        return code;
    CURLMcode result = curl_multi_add_handle(net->multi, easy);
    if (result == CURLM_OK)
        return TANDEM_OK;
    if (result == CURLM_OUT_OF_MEMORY)
        return td_fail_nomem(err, "HTTP request");
    return td_fail(err, TANDEM_E_INTERNAL, "libcurl refuses a request: %s",
                   curl_multi_strerror(result));
}

/* Our own queue, because libcurl counts the time in its queue as part of the request's time-out:
 * with a thousand requests and 32 connections most would time out before they were sent.
 * Returns how many ended at once. */
static size_t start_waiting(td_net *net)
{
    td_net_transfer *next = NULL;
    size_t n_failed = 0;

    for (td_net_transfer *transfer = net->waiting.first; transfer; transfer = next) {
        next = transfer->next;
        if (net->running.n >= net->options.connections_max || !has_room(net))
            break;
        if (!host_has_room(net, transfer))
            continue;
        tandem_error err = {.code = TANDEM_OK};
        CURL *easy = net->n_spare > 0 ? net->spare[--net->n_spare] : curl_easy_init();
        take_out(&net->waiting, transfer);
        add_last(&net->running, transfer);
        transfer->easy = easy;
        if (!easy)
            td_fail_nomem(&err, "HTTP request");
        else
            run_hop(net, transfer, easy, &err);
        if (err.code != TANDEM_OK) {
            finish(net, &net->running, transfer, &err);
            n_failed++;
        }
    }
    return n_failed;
}

/* Its body is too much now. Less than what it wanted to take would have the next one begin at once,
 * and end so again, while nothing else has ended. */
static void give_back(td_net *net, td_net_transfer *transfer, CURLcode result)
{
    size_t n = td_net_transfer_bytes_wanted(transfer);
    tandem_error err = {.code = TANDEM_OK};

    td_net_failure_of(transfer, result, &err);
    finish(net, &net->running, transfer, &err);
    net->usual_bytes = n > net->usual_bytes ? n : net->usual_bytes;
}

/* Nothing of its answer has come, nor can it on the connection that the host has answered on. */
static bool is_left_waiting(const td_net_transfer *transfer)
{
    long n_connects = 0;
    curl_off_t sent_us = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &n_connects);
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    return transfer->header_bytes == 0 && (n_connects > 0 || sent_us == 0);
}

size_t td_net_put_back(td_net *net, td_str url)
{
    tandem_error err = {.code = TANDEM_OK};
    td_net_transfer *next = NULL;
    td_net_url parts;
    size_t n = 0;

    if (!td_net_url_split(url, &parts))
        return 0;
    for (const td_net_transfer *other = net->running.first; other; other = other->next)
        if (is_to(other, &parts) && (!is_left_waiting(other) || other->request.post.ptr))
            return 0;
    signal_guard guard = hold_pipe_signal(); /* the caller need not be in td_net_step */
    td_fail(&err, TANDEM_E_BUSY, "the server answers on another connection alone");
    for (td_net_transfer *transfer = net->running.first; transfer; transfer = next) {
        next = transfer->next;
        if (!is_to(transfer, &parts))
            continue;
        transfer->is_put_back = true;
        curl_multi_remove_handle(net->multi, transfer->easy);
        finish(net, &net->running, transfer, &err);
        n++;
    }
    release_pipe_signal(&guard);
    return n;
}

/* Returns how many transfers went a hop further or ended. */
static size_t collect(td_net *net)
{
    int n_left = 0;
    size_t n = 0;

    for (CURLMsg *message; (message = curl_multi_info_read(net->multi, &n_left)) != NULL; n++) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* the message is gone after the removal */
        char *private = NULL;
        tandem_error err = {.code = TANDEM_OK};
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        td_net_transfer *transfer = (td_net_transfer *)(void *)private;
        curl_multi_remove_handle(net->multi, easy);
        if (transfer->is_put_back) {
            give_back(net, transfer, result);
            continue;
        }
        if (td_net_transfer_advance(transfer, result, &err) &&
            run_hop(net, transfer, easy, &err) == TANDEM_OK)
            continue;
        finish(net, &net->running, transfer, &err);
    }
    return n;
}

static tandem_code step(td_net *net, uint32_t wait_ms, struct curl_waitfd *beside, size_t n_beside,
                        tandem_error *err)
{
    int n_running = 0, poll_ms = (int)(wait_ms > INT_MAX ? INT_MAX : wait_ms);
    bool waited = wait_ms == 0;

    for (;;) {
        size_t n_done = start_waiting(net);
        net->budget.eldest = net->running.first;
        CURLMcode result = curl_multi_perform(net->multi, &n_running);
        if (result != CURLM_OK)
            return td_fail(err, TANDEM_E_INTERNAL, "libcurl: %s", curl_multi_strerror(result));
        if (collect(net) + n_done > 0 || waited)
            return TANDEM_OK;
        result = curl_multi_poll(net->multi, beside, (unsigned)n_beside, poll_ms, NULL);
        if (result != CURLM_OK)
            return td_fail(err, TANDEM_E_INTERNAL, "libcurl: %s", curl_multi_strerror(result));
        waited = true;
    }
}

tandem_code td_net_step_beside(td_net *net, uint32_t wait_ms, const td_net_fd *fds, size_t n_fds,
                               tandem_error *err)
{
    struct curl_waitfd beside[BESIDE_MAX];
    signal_guard guard = hold_pipe_signal();

    n_fds = n_fds > BESIDE_MAX ? BESIDE_MAX : n_fds;
    for (size_t i = 0; i < n_fds; i++)
        beside[i] =
            (struct curl_waitfd){.fd = fds[i].fd,
                                 .events = fds[i].to_write ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN};
    tandem_code code = step(net, wait_ms, beside, n_fds, err);
    release_pipe_signal(&guard);
    return code;
}

tandem_code td_net_step(td_net *net, uint32_t wait_ms, tandem_error *err)
{
    return td_net_step_beside(net, wait_ms, NULL, 0, err);
}

void td_net_wake(td_net *net)
{
    curl_multi_wakeup(net->multi);
}

size_t td_net_n_active(const td_net *net)
{
    return net->running.n + net->waiting.n;
}

void td_net_hold(td_net *net, size_t n_bytes)
{
    net->budget.n_held = n_bytes;
}

size_t td_net_n_bytes(const td_net *net)
{
    return net->budget.n;
}
