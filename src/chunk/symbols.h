/* chunk/symbols.h - the name that a line of source code declares.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_SYMBOLS_H
#define TD_CHUNK_SYMBOLS_H

#include "base/str.h"

/* The name as a slice of `line` (without its indentation), or empty: "static int f(void)" -> "f",
 * "class A(B):" -> "A", "impl<T> Set<T> {" -> "Set", "CREATE TABLE t (" -> "t". Cost: linear, of a
 * line's first 400 bytes. `outermost`: the line is inside nothing, so "main(argc, argv)" is no
 * call. */
td_str td_chunk_symbols_of(td_str line, td_str language, bool outermost);

#endif
