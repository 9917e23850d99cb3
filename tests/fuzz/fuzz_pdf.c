/* fuzz: extract */
/* What a PDF's reader may give, whatever the PDF: the text must be valid, without control
 * characters and gaps, and not much more than came. */
#include "base/utf8.h"
#include "extract/pdf_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    td_buf raw = TD_BUF(4 * size + 1), out = TD_BUF(8 * size + 8);

    if (td_utf8_add_clean(&raw, (td_str){(const char *)data, size}, NULL) != TANDEM_OK ||
        td_extract_pdf_text_write(td_buf_str(&raw), &out, NULL) != TANDEM_OK)
        abort();
    td_str text = td_buf_str(&out);
    if (td_utf8_valid_n(text) != text.n || td_str_find(text, TD_STR("\n\n\n"), 0) != TD_STR_NONE)
        abort();
    for (size_t i = 0; i < text.n; i++)
        if (((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\n' && text.ptr[i] != '\t') ||
            text.ptr[i] == 0x7F)
            abort();
    td_buf_clear(&raw);
    td_buf_clear(&out);
    return 0;
}
