/* embed/kernels/onednn.c - oneDNN's matrix product behind our table: an oracle for the tests, and
 * the fast way on CPUs that have no table of ours. All else is plain.c's.
 *
 * Every product has the same shape (BLOCK_ROWS x n_in times n_in x WIDTH), so that a row's result
 * cannot depend on how many rows came with it, and one primitive serves a matrix. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_ONEDNN

#    include <oneapi/dnnl/dnnl.h>

#    include <omp.h>
#    include <stdlib.h>

enum {
    BLOCK_ROWS = 32,
    WIDTH = 128
};
_Static_assert((int)BLOCK_ROWS <= (int)TD_ROWS_SPARE, "a block reads past the last row");

/* ---- the shim: what differs between oneDNN 2 and 3 ---- */

#    if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t description;
static dnnl_status_t describe(description *out, dnnl_dim_t rows, dnnl_dim_t columns,
                              dnnl_dim_t stride)
{
    dnnl_dims_t dims = {rows, columns}, strides = {stride, 1};
    return dnnl_memory_desc_create_with_strides(out, 2, dims, dnnl_f32, strides);
}
static void forget(description *d)
{
    if (*d)
        dnnl_memory_desc_destroy(*d);
}
static dnnl_status_t make_product(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                  dnnl_primitive_attr_t attr, const description *d)
{
    return dnnl_matmul_primitive_desc_create(out, engine, d[0], d[1], NULL, d[2], attr);
}
static dnnl_status_t make_memory(dnnl_memory_t *out, const description *d, dnnl_engine_t engine,
                                 void *data)
{
    return dnnl_memory_create(out, *d, engine, data);
}
static dnnl_status_t make_scratch(dnnl_memory_t *out, dnnl_primitive_desc_t product,
                                  dnnl_engine_t engine)
{
    const_dnnl_memory_desc_t d = dnnl_primitive_desc_query_md(product, dnnl_query_scratchpad_md, 0);
    return dnnl_memory_create(out, d, engine, DNNL_MEMORY_ALLOCATE);
}
#    else
typedef dnnl_memory_desc_t description;
static dnnl_status_t describe(description *out, dnnl_dim_t rows, dnnl_dim_t columns,
                              dnnl_dim_t stride)
{
    dnnl_dims_t dims = {rows, columns}, strides = {stride, 1};
    return dnnl_memory_desc_init_by_strides(out, 2, dims, dnnl_f32, strides);
}
static void forget(description *d)
{
    (void)d;
}
static dnnl_status_t make_product(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                  dnnl_primitive_attr_t attr, const description *d)
{
    dnnl_matmul_desc_t matmul;
    dnnl_status_t status = dnnl_matmul_desc_init(&matmul, &d[0], &d[1], NULL, &d[2]);
    return status == dnnl_success ? dnnl_primitive_desc_create(out, &matmul, attr, engine, NULL)
                                  : status;
}
static dnnl_status_t make_memory(dnnl_memory_t *out, const description *d, dnnl_engine_t engine,
                                 void *data)
{
    return dnnl_memory_create(out, d, engine, data);
}
static dnnl_status_t make_scratch(dnnl_memory_t *out, dnnl_primitive_desc_t product,
                                  dnnl_engine_t engine)
{
    const dnnl_memory_desc_t *d =
        dnnl_primitive_desc_query_md(product, dnnl_query_scratchpad_md, 0);
    return dnnl_memory_create(out, d, engine, DNNL_MEMORY_ALLOCATE);
}
#    endif

/* ---- the same for both ---- */

typedef struct product {
    dnnl_engine_t engine;
    description shapes[3]; /* rows, panel, products */
    dnnl_primitive_desc_t plan;
    dnnl_primitive_t primitive;
} product;

/* What one call of `linear` uses: memory objects may not be shared between threads. */
typedef struct call {
    dnnl_stream_t stream;
    dnnl_memory_t rows, panel, products, scratch;
} call;

/* oneDNN's answers as ours. */
static tandem_code told(dnnl_status_t status)
{
    switch (status) {
    case dnnl_success:
        return TANDEM_OK;
    case dnnl_out_of_memory:
        return TANDEM_E_NOMEM;
    case dnnl_unimplemented:
        return TANDEM_E_UNSUPPORTED;
    default:
        return TANDEM_E_INTERNAL;
    }
}

/* oneDNN shall use the calling thread alone; tandem has its own threads. */
static int hold_threads(void)
{
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    return before;
}

static void free_foreign(td_matrix *matrix)
{
    product *p = matrix->foreign;
    if (!p)
        return;
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    if (p->plan)
        dnnl_primitive_desc_destroy(p->plan);
    for (size_t i = 0; i < 3; i++)
        forget(&p->shapes[i]);
    if (p->engine)
        dnnl_engine_destroy(p->engine);
    free(p);
    matrix->foreign = NULL;
}

static tandem_code pack_foreign(td_matrix *matrix, tandem_error *err)
{
    tandem_code code = TANDEM_E_NOMEM;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_dim_t n_in = (dnnl_dim_t)matrix->n_in;
    int n_threads = hold_threads();
    product *p = calloc(1, sizeof(*p));

    matrix->foreign = p;
    if (!p)
        goto out;
    TD_TRY(told(dnnl_engine_create(&p->engine, dnnl_cpu, 0)));
    TD_TRY(told(describe(&p->shapes[0], BLOCK_ROWS, n_in,
                         (dnnl_dim_t)td_embed_kernels_stride(matrix->n_in))));
    TD_TRY(told(describe(&p->shapes[1], n_in, WIDTH, WIDTH)));
    TD_TRY(told(describe(&p->shapes[2], BLOCK_ROWS, WIDTH, WIDTH)));
    TD_TRY(told(dnnl_primitive_attr_create(&attr)));
    TD_TRY(told(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user)));
    TD_TRY(told(make_product(&p->plan, p->engine, attr, p->shapes)));
    TD_TRY(told(dnnl_primitive_create(&p->primitive, p->plan)));

out:
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    omp_set_num_threads(n_threads);
    if (code == TANDEM_OK)
        return TANDEM_OK;
    return td_fail(err, code, "oneDNN cannot multiply by %zu x %zu", matrix->n_in, matrix->n_out);
}

static void end_call(call *c)
{
    dnnl_memory_t memories[] = {c->rows, c->panel, c->products, c->scratch};
    for (size_t i = 0; i < 4; i++) {
        if (memories[i])
            dnnl_memory_destroy(memories[i]);
    }
    if (c->stream)
        dnnl_stream_destroy(c->stream);
}

static tandem_code start_call(const product *p, float *products, call *c)
{
    tandem_code code = TANDEM_OK;
    TD_TRY(told(dnnl_stream_create(&c->stream, p->engine, dnnl_stream_default_flags)));
    TD_TRY(told(make_memory(&c->rows, &p->shapes[0], p->engine, DNNL_MEMORY_NONE)));
    TD_TRY(told(make_memory(&c->panel, &p->shapes[1], p->engine, DNNL_MEMORY_NONE)));
    TD_TRY(told(make_memory(&c->products, &p->shapes[2], p->engine, products)));
    TD_TRY(told(make_scratch(&c->scratch, p->plan, p->engine)));
out:
    return code;
}

static tandem_code multiply(const product *p, const call *c, const float *rows, const float *panel)
{
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, c->rows},
                                   {DNNL_ARG_WEIGHTS, c->panel},
                                   {DNNL_ARG_DST, c->products},
                                   {DNNL_ARG_SCRATCHPAD, c->scratch}};
    tandem_code code = TANDEM_OK;
    /* Inputs are only read; the interface has no const. */
    TD_TRY(told(dnnl_memory_set_data_handle(c->rows, (void *)(uintptr_t)rows)));
    TD_TRY(told(dnnl_memory_set_data_handle(c->panel, (void *)(uintptr_t)panel)));
    TD_TRY(told(dnnl_primitive_execute(p->primitive, c->stream, 4, arguments)));
    TD_TRY(told(dnnl_stream_wait(c->stream)));
out:
    return code;
}

static tandem_code linear(const td_matrix *matrix, const float *x, size_t n_rows, size_t panel_from,
                          size_t panel_to, const td_epilogue *epilogue)
{
    const product *p = matrix->foreign;
    size_t x_stride = td_embed_kernels_stride(matrix->n_in);
    _Alignas(64) float products[BLOCK_ROWS * WIDTH];
    int n_threads = hold_threads();
    call c = {0};
    tandem_code code = TANDEM_OK;

    TD_TRY(start_call(p, products, &c));
    for (size_t panel = panel_from; panel < panel_to; panel++) {
        for (size_t row = 0; row < n_rows; row += BLOCK_ROWS) {
            size_t n = n_rows - row < BLOCK_ROWS ? n_rows - row : BLOCK_ROWS;
            TD_TRY(
                multiply(p, &c, x + row * x_stride, matrix->panels + panel * matrix->n_in * WIDTH));
            for (size_t m = 0; m < n; m++)
                td_embed_kernels_plain_finish(matrix, panel, products + m * WIDTH, epilogue,
                                              epilogue->out + (row + m) * epilogue->out_stride);
        }
    }
out:
    end_call(&c);
    omp_set_num_threads(n_threads);
    return code;
}

const td_kernels td_embed_kernels_onednn = {
    .name = "onednn",
    .narrow = &td_embed_kernels_narrow_plain,
    .tile_rows = BLOCK_ROWS,
    .panel_width = WIDTH,
    .pack_foreign = pack_foreign,
    .free_foreign = free_foreign,
    .linear = linear,
    .norm = td_embed_kernels_plain_norm,
    .rope = td_embed_kernels_plain_rope,
    .attention = td_embed_kernels_plain_attention,
};

#endif
