/* embed/kernels/avx512.c - tiles of 14 rows x 32 columns: 28 sums, 2 weights and 1 broadcast in the
 * 32 registers. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    define TABLE_NAME "avx512"
#    define TABLE      td_embed_kernels_avx512

#    include "embed/kernels/avx512.h"
#    include "embed/kernels/narrow_wide.h"

#    define BLOCK_BYTES  ((size_t)512 * 1024)
#    define BF16_IS_FAST false
#    define INT8_IS_FAST false
#    include "embed/kernels/tiles.h"

#endif
