/* extract/pdf_text.h - what pdftotext gives, as text to be read on a screen.
 *
 * In:       lines of pages, each page ended by a form feed
 * Out:      paragraphs; no page borders, no running heads, words whole
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_PDF_TEXT_H
#define TD_EXTRACT_PDF_TEXT_H

#include "base/buf.h"

/* Appends the text of valid UTF-8.
 *
 *   - A page's end is a paragraph's.
 *   - Of the first two and the last two lines of pages those go that stand on a third of the pages,
 *     at least three, but for their numbers: heads, feet, page numbers.
 *   - A word that was cut at a line's end is joined: "exam-" and "ple", where both are letters and
 *     the second is a small one. A soft hyphen always is.
 *   - A bullet alone on its line goes before what comes next.
 *   - Ligatures are letters; control characters are ligatures where TeX's fonts have such there,
 *     else gone. Blank lines never follow one another.
 * Errors: E_NOMEM, E_TOO_LARGE (the buffer's cap). Cost: linear. */
tandem_code td_extract_pdf_text_write(td_str raw, td_buf *out, tandem_error *err);

#endif
