/* embed/kernels/avx512_bf16.c - dot products of int8 (VNNI) and of bf16. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    define TABLE_NAME "avx512_bf16"
#    define TABLE      td_embed_kernels_avx512_bf16

#    include "embed/kernels/avx512.h"
#    include "embed/kernels/narrow_dot.h"

#    define BLOCK_BYTES  ((size_t)512 * 1024)
#    define BF16_IS_FAST true
#    define INT8_IS_FAST true
#    include "embed/kernels/tiles.h"

#endif
