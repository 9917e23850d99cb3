/* embed/kernels/avx_vnni.c - avx2's tiles with dot products of int8, and of 16 bits in attention.
 * For CPUs that have them without AVX-512. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    define TABLE_NAME "avx_vnni"
#    define TABLE      td_embed_kernels_avx_vnni

#    define HEADS_S16
#    include "embed/kernels/avx2.h"
#    include "embed/kernels/narrow_dot.h"
#    include "embed/kernels/narrow_wide.h"

#    define BLOCK_BYTES  ((size_t)512 * 1024)
#    define BF16_IS_FAST false
#    define INT8_IS_FAST true
#    include "embed/kernels/tiles.h"

#endif
