/* embed/machine.c - the engine's choices on this machine, and how fast its products are. */
#include "base/clock.h"
#include "base/os.h"
#include "embed/crew.h"
#include "embed/embed.h"
#include "embed/select.h"

#include <stdlib.h>

enum {
    /* A base model's widest product over a block of rows, as the encoder makes it. */
    N_IN = 768,
    N_OUT = 3072,
    N_ROWS = 168,
    MEASURE_US = 600000,
};

void td_embed_machine_get(td_embed_machine *machine_out)
{
    static const td_precision all[] = {TD_PRECISION_F32, TD_PRECISION_BF16, TD_PRECISION_INT8};
    td_embed_machine machine = {.isa = ""};
    const td_kernels *kernels = NULL;

    if (td_embed_kernels_choose(NULL, &kernels, NULL) == TANDEM_OK) {
        machine.isa = kernels->name;
        for (size_t i = 0; i < TD_EMBED_PRECISIONS; i++) {
            if (td_embed_kernels_is_fast(kernels, all[i]))
                machine.fast[machine.n_fast++] = td_embed_select_name(all[i]);
        }
    }
    *machine_out = machine;
}

/* What all members multiply, each its own rows by the same weights. */
typedef struct products {
    const td_kernels *kernels;
    td_precision precision;
    td_matrix matrix;
    float *x[TD_CREW_MAX], *out[TD_CREW_MAX];
    float *coded[TD_CREW_MAX]; /* x in the form of a narrow product */
    td_row_scale scales[N_ROWS];
    size_t n_done[TD_CREW_MAX]; /* products of each member */
    int64_t begin_us;
} products;

static td_rows coded_rows(products *p, size_t member)
{
    return (td_rows){.values = (uint8_t *)p->coded[member],
                     .stride = td_embed_kernels_row_bytes(N_IN, p->precision),
                     .scales = p->scales};
}

static void multiply(void *user, size_t member)
{
    products *p = user;
    const td_rows coded = coded_rows(p, member);
    td_epilogue epilogue = {.out = p->out[member], .out_stride = td_embed_kernels_stride(N_OUT)};

    while (td_clock_us() - p->begin_us < MEASURE_US) {
        if (p->precision == TD_PRECISION_F32)
            p->kernels->linear(&p->matrix, p->x[member], N_ROWS, 0, p->matrix.n_panels, &epilogue);
        else
            p->kernels->narrow->linear(&p->matrix, &coded, N_ROWS, 0, p->matrix.n_panels,
                                       &epilogue);
        p->n_done[member]++;
    }
}

static tandem_code make_room(products *p, size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t rows = N_ROWS + TD_ROWS_SPARE;
    float *weights = td_embed_kernels_floats((size_t)N_IN * N_OUT);

    if (!weights)
        return td_fail_nomem(err, "weights");
    for (size_t i = 0; i < (size_t)N_IN * N_OUT; i++)
        weights[i] = (float)(i % 251) / 251.0f - 0.5f;
    const td_packing source = {.kernels = p->kernels,
                               .precision = p->precision,
                               .n_out = N_OUT,
                               .n_in = N_IN,
                               .weight = weights};
    TD_TRY(td_embed_kernels_pack(&source, &p->matrix, err));
    for (size_t i = 0; i < n; i++) {
        p->x[i] = td_embed_kernels_floats(rows * td_embed_kernels_stride(N_IN));
        p->out[i] = td_embed_kernels_floats(rows * td_embed_kernels_stride(N_OUT));
        p->coded[i] =
            td_embed_kernels_floats(rows * td_embed_kernels_row_bytes(N_IN, p->precision) / 4);
        if (!p->x[i] || !p->out[i] || !p->coded[i])
            TD_FAIL(err, TANDEM_E_NOMEM, "no memory for rows");
        for (size_t j = 0; j < rows * td_embed_kernels_stride(N_IN); j++)
            p->x[i][j] = (float)(j % 127) / 127.0f - 0.5f;
        const td_norming coding = {.n = N_IN, .precision = p->precision, .coded = coded_rows(p, i)};
        if (p->precision != TD_PRECISION_F32)
            p->kernels->narrow->norm(p->x[i], N_ROWS, &coding);
    }
out:
    free(weights);
    return code;
}

tandem_code td_embed_machine_measure(const char *precision, const char *isa, size_t n_threads,
                                     double *gflops_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_crew *crew = NULL;
    size_t n = n_threads > 0 ? n_threads : td_os_n_cpus(), n_done = 0;
    products *p = calloc(1, sizeof(*p));

    if (!p)
        return td_fail_nomem(err, "a measurement");
    n = n < TD_CREW_MAX ? n : TD_CREW_MAX;
    TD_TRY(td_embed_select_named(precision, &p->precision, err));
    TD_TRY(td_embed_kernels_choose(isa, &p->kernels, err));
    TD_TRY(td_embed_crew_open(n, &crew, err));
    TD_TRY(make_room(p, n, err));
    td_embed_crew_take(crew);
    p->begin_us = td_clock_us();
    td_embed_crew_run(crew, multiply, p);
    int64_t end_us = td_clock_us();
    td_embed_crew_give_back(crew);
    for (size_t i = 0; i < n; i++)
        n_done += p->n_done[i];
    *gflops_out = 2e-3 * N_IN * N_OUT * N_ROWS * (double)n_done / (double)(end_us - p->begin_us);
out:
    for (size_t i = 0; i < TD_CREW_MAX; i++) {
        free(p->x[i]);
        free(p->out[i]);
        free(p->coded[i]);
    }
    td_embed_kernels_clear(&p->matrix);
    td_embed_crew_close(crew);
    free(p);
    return code;
}
