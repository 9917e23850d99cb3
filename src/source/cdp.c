#include "source/cdp.h"

#include <jansson.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    PATH_NAME_N = 64,
    OUT_MESSAGES_MAX = 8, /* as many of the largest may wait to be sent */
};

struct td_source_cdp {
    int to_fd, from_fd;
    size_t message_bytes_max;
    uint64_t n_calls;
    td_buf out, in;
    size_t n_sent;    /* of `out` */
    size_t n_taken;   /* of `in` */
    size_t n_scanned; /* of `in`: no NUL between n_taken and here */
};

struct td_source_message {
    json_t *root;
};

tandem_code td_source_cdp_new(int to_fd, int from_fd, size_t message_bytes_max,
                              td_source_cdp **cdp_out, tandem_error *err)
{
    td_source_cdp *cdp = calloc(1, sizeof(*cdp));

    if (!cdp)
        return td_fail_nomem(err, "browser");
    cdp->to_fd = to_fd;
    cdp->from_fd = from_fd;
    cdp->message_bytes_max = message_bytes_max;
    cdp->out = TD_BUF(message_bytes_max * OUT_MESSAGES_MAX);
    cdp->in = TD_BUF(message_bytes_max * 2 + READ_BYTES);
    *cdp_out = cdp;
    return TANDEM_OK;
}

void td_source_cdp_free(td_source_cdp *cdp)
{
    if (!cdp)
        return;
    td_buf_clear(&cdp->out);
    td_buf_clear(&cdp->in);
    free(cdp);
}

/* -- out -- */

/* {"id", "method", "params", "sessionId"}; takes `params`. NULL when out of memory. */
static json_t *envelope(uint64_t id, td_str session, const char *method, json_t *params)
{
    json_t *root = json_pack("{s:I, s:s}", "id", (json_int_t)id, "method", method);

    if (json_object_set_new(root, "params", params) != 0 ||
        (session.n > 0 &&
         json_object_set_new(root, "sessionId", json_stringn(session.ptr, session.n)) != 0)) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static tandem_code queue(td_source_cdp *cdp, const json_t *root, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char *text = json_dumps(root, JSON_COMPACT);

    if (!text)
        return td_fail_nomem(err, "call of a browser");
    td_str line = {text, strlen(text) + 1}; /* with the NUL that ends it */
    if (line.n > cdp->message_bytes_max)
        code = td_fail(err, TANDEM_E_TOO_LARGE,
                       "a call of %zu bytes: at most %zu are sent to a "
                       "browser",
                       line.n, cdp->message_bytes_max);
    else
        code = td_buf_add(&cdp->out, line, err);
    free(text);
    return code;
}

tandem_code td_source_cdp_vcall(td_source_cdp *cdp, td_str session, const char *method,
                                uint64_t *id_out, tandem_error *err, const char *format,
                                va_list values)
{
    json_error_t why = {.text = "out of memory"};
    json_t *params = format[0] ? json_vpack_ex(&why, 0, format, values) : json_object();

    if (!params)
        return td_fail(err, TANDEM_E_INVALID, "%s cannot be sent to a browser: %s", method,
                       why.text);
    json_t *root = envelope(cdp->n_calls + 1, session, method, params);
    if (!root)
        return td_fail_nomem(err, "call of a browser");
    tandem_code code = queue(cdp, root, err);
    json_decref(root);
    if (code != TANDEM_OK)
        return code;
    cdp->n_calls++;
    if (id_out)
        *id_out = cdp->n_calls;
    return TANDEM_OK;
}

tandem_code td_source_cdp_call(td_source_cdp *cdp, td_str session, const char *method,
                               uint64_t *id_out, tandem_error *err, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    tandem_code code = td_source_cdp_vcall(cdp, session, method, id_out, err, format, values);
    va_end(values);
    return code;
}

int td_source_cdp_to(const td_source_cdp *cdp)
{
    return cdp->to_fd;
}

int td_source_cdp_from(const td_source_cdp *cdp)
{
    return cdp->from_fd;
}

bool td_source_cdp_is_behind(const td_source_cdp *cdp)
{
    return cdp->n_sent < cdp->out.n;
}

/* Writing to a browser that is gone raises SIGPIPE, which threads of ours block (td_thread_start):
 * it is taken back, so that it is not there when somebody else unblocks it. */
static ssize_t write_some(const td_source_cdp *cdp)
{
    ssize_t n = write(cdp->to_fd, cdp->out.ptr + cdp->n_sent, cdp->out.n - cdp->n_sent);
    sigset_t set;
    int taken;

    if (n < 0 && errno == EPIPE && sigpending(&set) == 0 && sigismember(&set, SIGPIPE) == 1) {
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        sigwait(&set, &taken);
        errno = EPIPE;
    }
    return n;
}

static tandem_code fail_gone(tandem_error *err)
{
    return td_fail(err, TANDEM_E_NETWORK, "the browser has ended");
}

static tandem_code send_waiting(td_source_cdp *cdp, tandem_error *err)
{
    while (td_source_cdp_is_behind(cdp)) {
        ssize_t n = write_some(cdp);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return TANDEM_OK;
        if (n < 0)
            return fail_gone(err);
        cdp->n_sent += (size_t)n;
    }
    td_buf_cut(&cdp->out, 0);
    cdp->n_sent = 0;
    return TANDEM_OK;
}

/* -- in -- */

/* The part that was taken makes room. */
static void shift(td_source_cdp *cdp)
{
    if (cdp->n_taken == 0)
        return;
    memmove(cdp->in.ptr, cdp->in.ptr + cdp->n_taken, cdp->in.n - cdp->n_taken);
    td_buf_cut(&cdp->in, cdp->in.n - cdp->n_taken);
    cdp->n_scanned -= cdp->n_taken;
    cdp->n_taken = 0;
}

static tandem_code receive(td_source_cdp *cdp, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    shift(cdp);
    while (cdp->in.n <= cdp->message_bytes_max) {
        TD_TRY(td_buf_reserve(&cdp->in, READ_BYTES, err));
        ssize_t n = read(cdp->from_fd, cdp->in.ptr + cdp->in.n, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return TANDEM_OK;
        if (n <= 0)
            return fail_gone(err);
        cdp->in.n += (size_t)n;
    }
    if (!memchr(cdp->in.ptr, 0, cdp->in.n))
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "the browser sends a message of more than %zu bytes",
                cdp->message_bytes_max);
out:
    return code;
}

tandem_code td_source_cdp_move(td_source_cdp *cdp, tandem_error *err)
{
    tandem_code code = send_waiting(cdp, err);

    return code == TANDEM_OK ? receive(cdp, err) : code;
}

/* The bytes up to the next NUL; false if it has not come yet. */
static bool next_line(td_source_cdp *cdp, td_str *line_out)
{
    const char *from = cdp->in.ptr + cdp->n_scanned;
    const char *end =
        cdp->in.n > cdp->n_scanned ? memchr(from, 0, cdp->in.n - cdp->n_scanned) : NULL;

    if (!end) {
        cdp->n_scanned = cdp->in.n;
        return false;
    }
    size_t at = (size_t)(end - cdp->in.ptr);
    *line_out = (td_str){cdp->in.ptr + cdp->n_taken, at - cdp->n_taken};
    cdp->n_taken = cdp->n_scanned = at + 1;
    return true;
}

td_source_message *td_source_cdp_take(td_source_cdp *cdp)
{
    td_str line;

    while (next_line(cdp, &line)) {
        json_t *root = json_loadb(line.ptr, line.n, JSON_ALLOW_NUL, NULL);
        td_source_message *message = root ? malloc(sizeof(*message)) : NULL;
        if (message) {
            message->root = root;
            return message;
        }
        json_decref(root);
    }
    return NULL;
}

void td_source_cdp_drop(td_source_message *message)
{
    if (!message)
        return;
    json_decref(message->root);
    free(message);
}

static const json_t *find(const td_source_message *message, const char *path)
{
    const json_t *at = message->root;
    td_str rest = td_str_from(path), part;
    char name[PATH_NAME_N];

    while (at && td_str_next(&rest, '.', &part)) {
        snprintf(name, sizeof(name), "%.*s", TD_STR_FMT(part));
        at = json_object_get(at, name);
    }
    return at;
}

td_str td_source_cdp_text(const td_source_message *message, const char *path)
{
    const json_t *value = find(message, path);

    return json_is_string(value) ? (td_str){json_string_value(value), json_string_length(value)}
                                 : TD_STR("");
}

uint64_t td_source_cdp_number(const td_source_message *message, const char *path)
{
    const json_t *value = find(message, path);
    double number = json_number_value(value);

    return json_is_true(value) ? 1 : number > 0 && number < 1000000000000.0 ? (uint64_t)number : 0;
}

bool td_source_cdp_has(const td_source_message *message, const char *path)
{
    return find(message, path) != NULL;
}

void td_source_cdp_each(const td_source_message *message, const char *path,
                        td_source_cdp_member member, void *user)
{
    json_t *object = (json_t *)(uintptr_t)find(message, path);
    const char *name = NULL;
    json_t *value = NULL;

    if (!json_is_object(object))
        return;
    json_object_foreach(object, name, value) if (json_is_string(value))
        member(user, td_str_from(name),
               (td_str){json_string_value(value), json_string_length(value)});
}

tandem_code td_source_cdp_base64(td_str bytes, td_buf *out, tandem_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    tandem_code code = td_buf_reserve(out, (bytes.n + 2) / 3 * 4, err);

    if (code != TANDEM_OK)
        return code;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (j < n ? (unsigned char)bytes.ptr[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            out->ptr[out->n++] = j <= n ? digits[three >> (18 - 6 * j) & 63] : '=';
    }
    return TANDEM_OK;
}
