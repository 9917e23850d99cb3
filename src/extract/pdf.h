/* extract/pdf.h - the text of a PDF, by poppler's pdftotext where it is installed.
 *
 * The file is the world's, and the program that reads it large: it runs by itself, without network,
 * files to write or our environment, and is cut at limits of time, memory and output.
 * Threads:  any; blocks while the programs run, a minute each at most
 * Source:   pdftotext(1), pdfinfo(1)
 */
#ifndef TD_EXTRACT_PDF_H
#define TD_EXTRACT_PDF_H

#include "base/buf.h"

/* What a PDF says of itself; empty where it says nothing, or only what its maker's program set. */
typedef struct td_extract_pdf_facts {
    td_buf title, author;
    td_buf date; /* "2024-03-01T12:00:00Z" */
} td_extract_pdf_facts;

void td_extract_pdf_facts_init(td_extract_pdf_facts *facts);
void td_extract_pdf_facts_clear(td_extract_pdf_facts *facts);

/* Why nothing is read where pdftotext is missing. */
#define TD_EXTRACT_PDF_NEEDS "a PDF: needs pdftotext (Debian: poppler-utils)"

/* Whether pdftotext is in PATH. */
bool td_extract_pdf_can(void);

/* Appends the text, as pdf_text.h has it, and the facts.
 * Errors: E_UNSUPPORTED where pdftotext is missing or could not read it, with the reason: a
 * password, damage, a limit; E_TOO_LARGE for more text than `out` may hold; E_EMPTY for one without
 * text (pictures of pages); E_NOMEM, E_IO. */
tandem_code td_extract_pdf_write(td_str pdf, td_buf *out, td_extract_pdf_facts *facts,
                                 tandem_error *err);

#endif
