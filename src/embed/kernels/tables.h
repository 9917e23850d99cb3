/* embed/kernels/tables.h - the tables that dispatch.c chooses from. */
#ifndef TD_EMBED_KERNELS_TABLES_H
#define TD_EMBED_KERNELS_TABLES_H

#include "embed/kernels/kernels.h"

extern const td_kernels td_embed_kernels_plain;
extern const td_narrow td_embed_kernels_narrow_plain;
#if TANDEM_HAVE_X86
extern const td_kernels td_embed_kernels_avx2;
extern const td_kernels td_embed_kernels_avx_vnni;
extern const td_kernels td_embed_kernels_avx512;
extern const td_kernels td_embed_kernels_avx512_vnni;
extern const td_kernels td_embed_kernels_avx512_bf16;
#endif
#if TANDEM_HAVE_AMX
extern const td_kernels td_embed_kernels_amx;
#endif
#if TANDEM_HAVE_ONEDNN
extern const td_kernels td_embed_kernels_onednn;
#endif

/* Parts of the plain table that another table may take as they are; `finish` is one row of products
 * of one panel, of any width. */
float td_embed_kernels_plain_activate(td_activation activation, float x);
void td_embed_kernels_plain_finish(const td_matrix *matrix, size_t panel, const float *products,
                                   const td_epilogue *epilogue, float *row);
void td_embed_kernels_plain_norm(const float *x, size_t n_rows, size_t n, const float *weight,
                                 const float *bias, float eps, float *out);
void td_embed_kernels_plain_rope(float *row, size_t n_heads, size_t head_dim, const float *angles);
void td_embed_kernels_plain_attention(const td_attention *work);

#endif
