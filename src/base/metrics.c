#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

enum {
    BUCKET_EXPONENT_MIN = -10,
    BUCKET_EXPONENT_MAX = 20,
    N_BUCKETS = BUCKET_EXPONENT_MAX - BUCKET_EXPONENT_MIN + 1,
    N_METRICS_MAX = 4096, /* a label that takes endless values must not fill memory */
    N_HEADS = 256,
};

struct td_metric {
    td_metric *next; /* of the same head */
    char *name, *labels;
    td_metric_kind kind;
    _Atomic uint64_t value_bits;             /* a double; a histogram's sum */
    _Atomic uint64_t buckets[N_BUCKETS + 1]; /* histogram: not cumulative, the last is +Inf */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* rank 5: guards heads and n_metrics */
static td_metric *heads[N_HEADS];
static size_t n_metrics;
static td_metric nowhere[3]; /* one of each kind, for when memory is out */

static double to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static size_t head_of(const char *name, const char *labels)
{
    uint32_t hash = 2166136261u; /* FNV-1a: short keys, our own */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    for (; *labels; labels++)
        hash = (hash ^ (unsigned char)*labels) * 16777619u;
    return hash % N_HEADS;
}

static td_metric *find_locked(size_t head, const char *name, const char *labels)
{
    for (td_metric *metric = heads[head]; metric; metric = metric->next) {
        if (strcmp(metric->name, name) == 0 && strcmp(metric->labels, labels) == 0)
            return metric;
    }
    return NULL;
}

static td_metric *make_locked(size_t head, const char *name, const char *labels,
                              td_metric_kind kind)
{
    if (n_metrics >= N_METRICS_MAX)
        return NULL;
    td_metric *metric = calloc(1, sizeof(*metric));
    if (!metric)
        return NULL;
    metric->name = strdup(name);
    metric->labels = strdup(labels);
    if (!metric->name || !metric->labels) {
        free(metric->name);
        free(metric->labels);
        free(metric);
        return NULL;
    }
    metric->kind = kind;
    metric->next = heads[head];
    heads[head] = metric;
    n_metrics++;
    return metric;
}

/* A name has one kind, whatever its labels. */
static bool is_other_locked(const char *name, td_metric_kind kind)
{
    for (size_t head = 0; head < N_HEADS; head++) {
        for (const td_metric *metric = heads[head]; metric; metric = metric->next) {
            if (metric->kind != kind && strcmp(metric->name, name) == 0)
                return true;
        }
    }
    return false;
}

td_metric *td_metrics_find(const char *name, const char *labels, td_metric_kind kind)
{
    size_t head = head_of(name, labels);
    bool other = false;
    pthread_mutex_lock(&lock);
    td_metric *metric = find_locked(head, name, labels);
    if (metric)
        other = metric->kind != kind;
    else if (!(other = is_other_locked(name, kind)))
        metric = make_locked(head, name, labels, kind);
    pthread_mutex_unlock(&lock);
    return other ? NULL : metric ? metric : &nowhere[kind];
}

static td_metric *get(const char *name, const char *labels, td_metric_kind kind)
{
    td_metric *metric = td_metrics_find(name, labels, kind);
    td_assert(metric);
    return metric;
}

td_metric *td_metrics_counter(const char *name, const char *labels)
{
    return get(name, labels, TD_METRIC_COUNTER);
}

td_metric *td_metrics_gauge(const char *name, const char *labels)
{
    return get(name, labels, TD_METRIC_GAUGE);
}

td_metric *td_metrics_histogram(const char *name, const char *labels)
{
    return get(name, labels, TD_METRIC_HISTOGRAM);
}

void td_metrics_add(td_metric *metric, double amount)
{
    uint64_t before = atomic_load_explicit(&metric->value_bits, memory_order_relaxed);
    uint64_t after;
    do {
        after = to_bits(to_double(before) + amount);
    } while (!atomic_compare_exchange_weak_explicit(&metric->value_bits, &before, after,
                                                    memory_order_relaxed, memory_order_relaxed));
}

void td_metrics_set(td_metric *metric, double value)
{
    atomic_store_explicit(&metric->value_bits, to_bits(value), memory_order_relaxed);
}

/* The first bucket whose limit is not below `value`. */
static size_t bucket_of(double value)
{
    if (!(value > 0))
        return 0;
    int exponent;
    double fraction = frexp(value, &exponent); /* value = fraction * 2^exponent, 0.5 <= fraction */
    if (fraction == 0.5)
        exponent--;
    if (exponent <= BUCKET_EXPONENT_MIN)
        return 0;
    return exponent > BUCKET_EXPONENT_MAX ? N_BUCKETS : (size_t)(exponent - BUCKET_EXPONENT_MIN);
}

void td_metrics_observe(td_metric *metric, double value)
{
    if (!isfinite(value))
        return; /* one of them would spoil the sum for ever */
    atomic_fetch_add_explicit(&metric->buckets[bucket_of(value)], 1, memory_order_relaxed);
    td_metrics_add(metric, value);
}

double td_metrics_value(const td_metric *metric)
{
    return to_double(atomic_load_explicit(&metric->value_bits, memory_order_relaxed));
}

/* The shortest of two forms that reads back as the same number, with a point in any locale. */
static void number_text(double value, char out[32])
{
    if (!isfinite(value)) {
        snprintf(out, 32, "%s", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    snprintf(out, 32, "%.15g", value);
    if (strtod(out, NULL) != value)
        snprintf(out, 32, "%.17g", value);
    for (char *c = out; *c; c++) {
        if (*c == ',')
            *c = '.';
    }
}

static tandem_code write_histogram(const td_metric *metric, td_buf *buf, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *comma = metric->labels[0] ? "," : "";
    char number[32];
    uint64_t n = 0;

    for (int i = 0; i <= N_BUCKETS; i++) {
        n += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        number_text(i < N_BUCKETS ? ldexp(1, BUCKET_EXPONENT_MIN + i) : INFINITY, number);
        TD_TRY(td_buf_add_fmt(buf, err, "%s_bucket{%s%sle=\"%s\"} %llu\n", metric->name,
                              metric->labels, comma, number, (unsigned long long)n));
    }
    const char *open = metric->labels[0] ? "{" : "";
    const char *close = metric->labels[0] ? "}" : "";
    number_text(td_metrics_value(metric), number);
    TD_TRY(td_buf_add_fmt(buf, err, "%s_sum%s%s%s %s\n", metric->name, open, metric->labels, close,
                          number));
    TD_TRY(td_buf_add_fmt(buf, err, "%s_count%s%s%s %llu\n", metric->name, open, metric->labels,
                          close, (unsigned long long)n));

out:
    return code;
}

static tandem_code write_value(const td_metric *metric, td_buf *buf, tandem_error *err)
{
    char number[32];
    number_text(td_metrics_value(metric), number);
    return td_buf_add_fmt(buf, err, "%s%s%s%s %s\n", metric->name, metric->labels[0] ? "{" : "",
                          metric->labels, metric->labels[0] ? "}" : "", number);
}

static int compare(const void *a, const void *b)
{
    const td_metric *left = *(const td_metric *const *)a;
    const td_metric *right = *(const td_metric *const *)b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->labels, right->labels);
}

/* All of them at this moment; they stay good without the lock, since none is ever freed. */
static size_t list_all(const td_metric *all[N_METRICS_MAX])
{
    size_t n = 0;
    pthread_mutex_lock(&lock);
    for (size_t head = 0; head < N_HEADS; head++) {
        for (const td_metric *metric = heads[head]; metric; metric = metric->next)
            all[n++] = metric;
    }
    pthread_mutex_unlock(&lock);
    return n;
}

tandem_code td_metrics_write(td_buf *buf, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n_before = buf->n;
    const td_metric **all = malloc(N_METRICS_MAX * sizeof(*all));
    size_t n = 0;

    if (!all)
        TD_FAIL(err, TANDEM_E_NOMEM, "out of memory: list of metrics");
    n = list_all(all);
    qsort(all, n, sizeof(*all), compare);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(all[i - 1]->name, all[i]->name) != 0)
            TD_TRY(
                td_buf_add_fmt(buf, err, "# TYPE %s %s\n", all[i]->name, kind_names[all[i]->kind]));
        if (all[i]->kind == TD_METRIC_HISTOGRAM)
            TD_TRY(write_histogram(all[i], buf, err));
        else
            TD_TRY(write_value(all[i], buf, err));
    }

out:
    if (code != TANDEM_OK)
        td_buf_cut(buf, n_before);
    free(all);
    return code;
}
