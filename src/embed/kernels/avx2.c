/* embed/kernels/avx2.c - tiles of 6 rows x 16 columns: 12 sums, 2 weights and 1 broadcast in the 16
 * registers. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    define TABLE_NAME "avx2"
#    define TABLE      td_embed_kernels_avx2

#    define HEADS_S16
#    include "embed/kernels/avx2.h"
#    include "embed/kernels/narrow_dot.h"
#    include "embed/kernels/narrow_pairs.h"
#    include "embed/kernels/narrow_wide.h"

#    define BLOCK_BYTES  ((size_t)512 * 1024)
#    define BF16_IS_FAST false
#    define INT8_IS_FAST true
#    include "embed/kernels/tiles.h"

#endif
