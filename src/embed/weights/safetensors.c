#include "embed/weights/safetensors.h"

#include "base/size.h"

#include <jansson.h>

#include <stdlib.h>

enum {
    HEADER_BYTES_MAX = 100 * 1000 * 1000, /* the reference library's limit */
    /* The parsed tree takes about 100 bytes a value: these caps bound memory before it is built. */
    HEADER_VALUES_MAX = 1000 * 1000,
    HEADER_DEPTH_MAX = 4,
    NAME_BYTES_MAX = 512,
};

static const struct {
    const char *name;
    td_dtype dtype;
    size_t bytes;
} DTYPES[] = {
    {"F32", TD_DTYPE_F32, 4},    {"F16", TD_DTYPE_F16, 2},       {"BF16", TD_DTYPE_BF16, 2},
    {"I8", TD_DTYPE_I8, 1},      {"I64", TD_DTYPE_OTHER, 8},     {"U64", TD_DTYPE_OTHER, 8},
    {"F64", TD_DTYPE_OTHER, 8},  {"I32", TD_DTYPE_OTHER, 4},     {"U32", TD_DTYPE_OTHER, 4},
    {"I16", TD_DTYPE_OTHER, 2},  {"U16", TD_DTYPE_OTHER, 2},     {"U8", TD_DTYPE_OTHER, 1},
    {"BOOL", TD_DTYPE_OTHER, 1}, {"F8_E4M3", TD_DTYPE_OTHER, 1}, {"F8_E5M2", TD_DTYPE_OTHER, 1},
};

/* Everything that one header's reading shares. */
typedef struct reader {
    td_str file;
    td_str header; /* the JSON */
    td_str data;
    td_tensor_list *list;
    size_t first; /* index of this shard's first tensor in the list */
    tandem_error *err;
} reader;

#define FAIL_TENSOR(r, name, format, ...)                                                       \
    td_fail((r)->err, TANDEM_E_FORMAT, "%.*s: tensor \"%.*s\": " format, TD_STR_FMT((r)->file), \
            TD_STR_FMT(name), __VA_ARGS__)

static uint64_t read_u64(const char *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return value;
}

/* Cuts the file into header and data. */
static tandem_code split(reader *r, td_str bytes)
{
    if (bytes.n < 8)
        return td_fail(r->err, TANDEM_E_FORMAT,
                       "%.*s: %zu bytes are too few for a safetensors file", TD_STR_FMT(r->file),
                       bytes.n);
    uint64_t n_header = read_u64(bytes.ptr);
    if (n_header > HEADER_BYTES_MAX)
        return td_fail(r->err, TANDEM_E_FORMAT,
                       "%.*s: header of %llu bytes, at most %d are allowed", TD_STR_FMT(r->file),
                       (unsigned long long)n_header, HEADER_BYTES_MAX);
    if (n_header > bytes.n - 8)
        return td_fail(r->err, TANDEM_E_FORMAT,
                       "%.*s: header of %llu bytes in a file of %zu: the file is cut off",
                       TD_STR_FMT(r->file), (unsigned long long)n_header, bytes.n);
    r->header = td_str_slice(bytes, 8, 8 + (size_t)n_header);
    r->data = td_str_slice(bytes, 8 + (size_t)n_header, bytes.n);
    if (r->header.n == 0 || r->header.ptr[0] != '{')
        return td_fail(r->err, TANDEM_E_FORMAT, "%.*s: the header is not a JSON object",
                       TD_STR_FMT(r->file));
    return TANDEM_OK;
}

/* Counts values and nesting outside of strings, so that the parser never meets a bomb. */
static tandem_code check_header_size(const reader *r)
{
    size_t depth = 0, n_values = 0;
    bool in_string = false;

    for (size_t i = 0; i < r->header.n; i++) {
        char c = r->header.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        n_values += c == ',' || c == ':' || c == '[';
        if ((c == '{' || c == '[') && ++depth > HEADER_DEPTH_MAX)
            return td_fail(r->err, TANDEM_E_FORMAT, "%.*s: header nested deeper than %d",
                           TD_STR_FMT(r->file), HEADER_DEPTH_MAX);
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    if (n_values > HEADER_VALUES_MAX)
        return td_fail(r->err, TANDEM_E_TOO_LARGE,
                       "%.*s: header of %zu values, at most %d are read", TD_STR_FMT(r->file),
                       n_values, HEADER_VALUES_MAX);
    return TANDEM_OK;
}

/* A number from 0 to 2^53; false for all else. */
static bool read_count(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value))
        return false;
    json_int_t number = json_integer_value(value);
    if (number < 0 || number > (json_int_t)1 << 53)
        return false;
    *out = (uint64_t)number;
    return true;
}

static tandem_code read_dtype(reader *r, const json_t *entry, td_tensor *tensor,
                              size_t *value_bytes_out)
{
    const char *name = json_string_value(json_object_get(entry, "dtype"));
    for (size_t i = 0; name && i < sizeof(DTYPES) / sizeof(DTYPES[0]); i++) {
        if (strcmp(name, DTYPES[i].name) == 0) {
            tensor->dtype = DTYPES[i].dtype;
            *value_bytes_out = DTYPES[i].bytes;
            return TANDEM_OK;
        }
    }
    return FAIL_TENSOR(r, tensor->name, "dtype \"%.40s\" is not known", name ? name : "(none)");
}

static tandem_code read_shape(reader *r, const json_t *entry, td_tensor *tensor)
{
    const json_t *shape = json_object_get(entry, "shape");
    size_t n_values = 1;

    if (!json_is_array(shape) || json_array_size(shape) > TD_TENSOR_DIMS_MAX)
        return FAIL_TENSOR(r, tensor->name, "shape is not a list of at most %d numbers",
                           TD_TENSOR_DIMS_MAX);
    tensor->n_dims = json_array_size(shape);
    for (size_t i = 0; i < tensor->n_dims; i++) {
        if (!read_count(json_array_get(shape, i), &tensor->dims[i]))
            return FAIL_TENSOR(r, tensor->name, "shape[%zu] is not a whole number", i);
        if (!td_size_mul(n_values, tensor->dims[i], &n_values))
            return FAIL_TENSOR(r, tensor->name, "shape overflows at dimension %zu", i);
    }
    tensor->n_values = n_values;
    return TANDEM_OK;
}

static tandem_code read_offsets(reader *r, const json_t *entry, td_tensor *tensor,
                                size_t value_bytes)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    uint64_t begin = 0, end = 0;
    size_t bytes = 0;

    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_count(json_array_get(offsets, 0), &begin) ||
        !read_count(json_array_get(offsets, 1), &end))
        return FAIL_TENSOR(r, tensor->name, "data_offsets is not a pair of whole numbers%s", "");
    if (begin > end || end > r->data.n)
        return FAIL_TENSOR(r, tensor->name, "data_offsets [%llu, %llu] lie outside %zu data bytes",
                           (unsigned long long)begin, (unsigned long long)end, r->data.n);
    if (!td_size_mul(tensor->n_values, value_bytes, &bytes) || bytes != end - begin)
        return FAIL_TENSOR(r, tensor->name, "%zu values of %zu bytes do not fill its %llu bytes",
                           tensor->n_values, value_bytes, (unsigned long long)(end - begin));
    tensor->data = (const uint8_t *)r->data.ptr + begin;
    tensor->data_bytes = bytes;
    return TANDEM_OK;
}

static tandem_code grow(reader *r)
{
    td_tensor_list *list = r->list;
    if (list->n < list->capacity)
        return TANDEM_OK;
    size_t capacity = list->capacity ? list->capacity * 2 : 64, bytes = 0;
    td_tensor *items =
        td_size_mul(capacity, sizeof(*items), &bytes) ? realloc(list->items, bytes) : NULL;
    if (!items)
        return td_fail_nomem(r->err, "a list of tensors");
    list->items = items;
    list->capacity = capacity;
    return TANDEM_OK;
}

static tandem_code read_tensor(reader *r, const char *name, const json_t *entry)
{
    tandem_code code = TANDEM_OK;
    td_tensor tensor = {.name = td_str_from(name), .file = r->file};
    size_t value_bytes = 0;
    char *own_name = NULL;

    if (tensor.name.n > NAME_BYTES_MAX)
        TD_FAIL(r->err, TANDEM_E_FORMAT, "%.*s: a tensor's name has %zu bytes, at most %d",
                TD_STR_FMT(r->file), tensor.name.n, NAME_BYTES_MAX);
    if (!json_is_object(entry)) {
        code = FAIL_TENSOR(r, tensor.name, "its entry is not an object%s", "");
        goto out;
    }
    TD_TRY(read_dtype(r, entry, &tensor, &value_bytes));
    TD_TRY(read_shape(r, entry, &tensor));
    TD_TRY(read_offsets(r, entry, &tensor, value_bytes));
    TD_TRY(grow(r));
    own_name = strdup(name);
    if (!own_name) {
        code = td_fail_nomem(r->err, "a tensor's name");
        goto out;
    }
    tensor.name.ptr = own_name;
    r->list->items[r->list->n++] = tensor;

out:
    return code;
}

static int by_place(const void *a, const void *b)
{
    const td_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->data_bytes > y->data_bytes) - (x->data_bytes < y->data_bytes);
}

/* The tensors must lie end to end and fill the data: no byte twice, none left over. */
static tandem_code check_tiling(reader *r)
{
    size_t n = r->list->n - r->first;
    td_tensor *items = n > 0 ? r->list->items + r->first : NULL;
    const uint8_t *expected = (const uint8_t *)r->data.ptr;
    const uint8_t *data_end = expected + r->data.n;

    if (n > 0)
        qsort(items, n, sizeof(*items), by_place);
    for (size_t i = 0; i < n; i++) {
        if (items[i].data != expected)
            return FAIL_TENSOR(r, items[i].name, "its data %s before it",
                               items[i].data < expected ? "overlaps the tensor" : "leaves a hole");
        expected += items[i].data_bytes;
    }
    if (expected != data_end)
        return td_fail(r->err, TANDEM_E_FORMAT, "%.*s: %zu bytes behind the last tensor",
                       TD_STR_FMT(r->file), (size_t)(data_end - expected));
    return TANDEM_OK;
}

tandem_code td_embed_weights_safetensors_read(const td_weights_shard *shard, td_tensor_list *list,
                                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    reader r = {.file = shard->file, .list = list, .first = list->n, .err = err};
    json_error_t json_err;
    json_t *root = NULL;
    const char *name;
    json_t *entry;

    TD_TRY(split(&r, shard->bytes));
    TD_TRY(check_header_size(&r));
    root = json_loadb(r.header.ptr, r.header.n, JSON_REJECT_DUPLICATES, &json_err);
    if (!root)
        TD_FAIL(err, TANDEM_E_FORMAT, "%.*s: header byte %d: %.120s", TD_STR_FMT(r.file),
                json_err.position, json_err.text);
    json_object_foreach(root, name, entry)
    {
        if (strcmp(name, "__metadata__") != 0)
            TD_TRY(read_tensor(&r, name, entry));
    }
    TD_TRY(check_tiling(&r));

out:
    json_decref(root);
    return code;
}

void td_embed_weights_safetensors_clear(td_tensor_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free((char *)list->items[i].name.ptr);
    free(list->items);
    *list = (td_tensor_list){0};
}
