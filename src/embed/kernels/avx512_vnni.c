/* embed/kernels/avx512_vnni.c - dot products of int8, and of 16 bits in attention; bf16 is
 * widened. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    define TABLE_NAME "avx512_vnni"
#    define TABLE      td_embed_kernels_avx512_vnni

#    define HEADS_S16
#    include "embed/kernels/avx512.h"
#    include "embed/kernels/narrow_dot.h"
#    include "embed/kernels/narrow_wide.h"

#    define BLOCK_BYTES  ((size_t)512 * 1024)
#    define BF16_IS_FAST false
#    define INT8_IS_FAST true
#    include "embed/kernels/tiles.h"

#endif
