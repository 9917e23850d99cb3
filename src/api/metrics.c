#include "tandem/metrics.h"

#include "api/check.h"
#include "base/metrics.h"

enum {
    TEXT_BYTES_MAX = 64 << 20 /* every metric that there may be, at its longest */
};

tandem_code tandem_metrics_copy(char **text_out, size_t *n_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf buf = TD_BUF(TEXT_BYTES_MAX);

    TD_TRY(td_api_check_given("text_out", text_out, err));
    TD_TRY(td_api_check_given("n_out", n_out, err));
    TD_TRY(td_buf_add(&buf, TD_STR(""), err));
    TD_TRY(td_metrics_write(&buf, err));
    *n_out = buf.n;
    *text_out = td_buf_take(&buf).ptr;
out:
    td_buf_clear(&buf);
    return code;
}

/* -- a program's own -- */

static size_t name_length(const char *at)
{
    size_t n = 0;

    for (; at[n]; n++) {
        bool letter = (at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z');
        bool digit = at[n] >= '0' && at[n] <= '9';
        if (!letter && at[n] != '_' && !(digit && n > 0))
            break;
    }
    return n;
}

/* `a="x",b="y"`, as Prometheus reads it; in a value `"` and `\` stand behind a `\`. */
static bool are_labels(const char *at)
{
    if (!*at)
        return true;
    for (;;) {
        size_t n = name_length(at);
        if (n == 0 || at[n] != '=' || at[n + 1] != '"')
            return false;
        for (at += n + 2; *at != '"'; at++) {
            if ((unsigned char)*at < 0x20)
                return false;
            if (*at == '\\' && *++at != '\\' && *at != '"' && *at != 'n')
                return false;
        }
        if (*++at != ',')
            return *at == '\0';
        at++;
    }
}

static tandem_code find(const char *name, const char *labels, td_metric_kind kind,
                        td_metric **metric_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("name", name, err));
    TD_TRY(td_api_check_given("labels", labels, err));
    if (name_length(name) == 0 || name[name_length(name)])
        TD_FAIL(err, TANDEM_E_INVALID, "\"%s\" is no metric's name: letters, digits and _", name);
    if (!are_labels(labels))
        TD_FAIL(err, TANDEM_E_INVALID, "%s: labels are `a=\"x\",b=\"y\"`, not `%s`", name, labels);
    *metric_out = td_metrics_find(name, labels, kind);
    if (!*metric_out)
        TD_FAIL(err, TANDEM_E_INVALID, "%s is a metric of another kind", name);
out:
    return code;
}

tandem_code tandem_metrics_count(const char *name, const char *labels, double amount,
                                 tandem_error *err)
{
    td_metric *metric = NULL;
    tandem_code code = find(name, labels, TD_METRIC_COUNTER, &metric, err);

    if (code == TANDEM_OK)
        td_metrics_add(metric, amount);
    return code;
}

tandem_code tandem_metrics_observe(const char *name, const char *labels, double value,
                                   tandem_error *err)
{
    td_metric *metric = NULL;
    tandem_code code = find(name, labels, TD_METRIC_HISTOGRAM, &metric, err);

    if (code == TANDEM_OK)
        td_metrics_observe(metric, value);
    return code;
}
