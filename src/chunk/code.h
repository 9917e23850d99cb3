/* chunk/code.h - source code into chunks, at its own joints.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_CODE_H
#define TD_CHUNK_CODE_H

#include "chunk/sink.h"

/* Cuts the bytes of `part`, which is code in part->language ("unknown" is fine). Every chunk takes
 * all else from `part` but its symbol and, where `part` has none, its heading.
 *
 *   - A unit is a declaration with its comments and decorators, or statements without a blank line
 *     between. One that fits is never cut; neighbours are merged up to the size, unless both are of
 *     fair size or lie at different depths. One that does not fit loses its comment first, then is
 *     cut at the units inside it, at blank lines, at lines; a line only if it is longer than the
 *     size.
 *   - A chunk's symbol is the path to the outermost declaration that begins in it, the first of
 *     several; if none does, the path of those around it: "Parser.read_line". Always with dots.
 *     Its heading is the signature of the last in that path, on one line; empty in JSON and such.
 *   - Where a grammar is (grammars.h) the syntax tree says what declares and how deep it is, else
 *     the scanner does, which goes by brackets or indentation.
 *
 * Errors: E_NOMEM, E_TOO_LARGE. Cost: linear. */
tandem_code td_chunk_code_split(td_chunk_sink *sink, const td_chunk_part *part, tandem_error *err);

#endif
