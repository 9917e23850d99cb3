#include "extract/pdf.h"

#include "base/os.h"
#include "base/utf8.h"
#include "extract/pdf_text.h"

#include <unistd.h>

enum {
    PATH_BYTES_MAX = 4096,
    SAID_BYTES_MAX = 2000,
    INFO_BYTES_MAX = 64 << 10,
    FACT_BYTES_MAX = 1000,
    WALL_S_MAX = 60,
    CPU_S_MAX = 30,
    MEMORY_BYTES_MAX = 1 << 30,
    STATUS_NO_LEAVE = 3, /* of pdftotext: the file's owner does not allow it */
    STATUS_NO_START = 127,
};

/* Not "-", which some versions read into memory before they begin. */
#define FILE_NAME "/dev/stdin"

void td_extract_pdf_facts_init(td_extract_pdf_facts *facts)
{
    *facts = (td_extract_pdf_facts){TD_BUF(FACT_BYTES_MAX), TD_BUF(FACT_BYTES_MAX),
                                    TD_BUF(FACT_BYTES_MAX)};
}

void td_extract_pdf_facts_clear(td_extract_pdf_facts *facts)
{
    td_buf_clear(&facts->title);
    td_buf_clear(&facts->author);
    td_buf_clear(&facts->date);
}

/* One of poppler's programs, argv[0], with the file as its standard input. */
static tandem_code run(const char *const *argv, FILE *file, td_buf *out, td_buf *said,
                       int *status_out, tandem_error *err)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    td_os_filter filter = {.argv = argv,
                           .environment = environment,
                           .input_fd = fileno(file),
                           .wall_ms_max = WALL_S_MAX * 1000,
                           .cpu_s_max = CPU_S_MAX,
                           .memory_bytes_max = MEMORY_BYTES_MAX};

    if (lseek(filter.input_fd, 0, SEEK_SET) != 0)
        return td_fail(err, TANDEM_E_IO, "cannot go back in a temporary file");
    return td_os_filter_run(&filter, out, said, status_out, err);
}

/* -- facts -- */

/* Titles that no person gave: names of files, and what programs put there by themselves. */
static bool is_made(td_str title)
{
    static const char *const ends[] = {".doc", ".docx", ".dvi", ".tex", ".pdf", ".ps",  ".eps",
                                       ".ppt", ".pptx", ".odt", ".rtf", ".txt", ".qxd", ".indd"};
    static const char *const starts[] = {
        "untitled", "microsoft word", "microsoft powerpoint", "powerpoint presentation",
        "slide 1",  "document1"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (td_str_ends_nocase(title, td_str_from(ends[i])))
            return true;
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        if (td_str_starts_nocase(title, td_str_from(starts[i])))
            return true;
    return false;
}

static tandem_code add_fact(td_buf *to, td_str value, tandem_error *err)
{
    td_buf_cut(to, 0);
    return td_utf8_add_clean(to, td_utf8_head(value, FACT_BYTES_MAX / 4), err);
}

/* Lines of pdfinfo: "Title:           Lanes". */
static tandem_code read_facts(td_str info, td_extract_pdf_facts *facts, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str line;

    while (td_str_next(&info, '\n', &line)) {
        size_t colon = td_str_find_byte(line, ':', 0);
        td_str key = td_str_slice(line, 0, colon), value;
        if (colon == TD_STR_NONE)
            continue;
        value = td_str_trim(td_str_slice(line, colon + 1, line.n));
        if (td_str_eq(key, TD_STR("Title")) && !is_made(value))
            TD_TRY(add_fact(&facts->title, value, err));
        else if (td_str_eq(key, TD_STR("Author")))
            TD_TRY(add_fact(&facts->author, value, err));
        else if (td_str_eq(key, TD_STR("CreationDate")))
            TD_TRY(add_fact(&facts->date, value, err));
    }
out:
    return code;
}

/* Whatever goes wrong here only leaves the facts out. */
static tandem_code ask_facts(FILE *file, td_extract_pdf_facts *facts, tandem_error *err)
{
    td_buf path = TD_BUF(PATH_BYTES_MAX), info = TD_BUF(INFO_BYTES_MAX),
           said = TD_BUF(SAID_BYTES_MAX);
    tandem_code code = TANDEM_OK;
    int status = 0;

    if (td_os_find_program("pdfinfo", &path)) {
        const char *const argv[] = {path.ptr, "-enc", "UTF-8", "-isodates", FILE_NAME, NULL};
        if (run(argv, file, &info, &said, &status, NULL) == TANDEM_OK && status == 0)
            code = read_facts(td_buf_str(&info), facts, err);
    }
    td_buf_clear(&path);
    td_buf_clear(&info);
    td_buf_clear(&said);
    return code;
}

/* -- text -- */

static tandem_code judge(int status, td_str said, tandem_error *err)
{
    if (status == 0)
        return TANDEM_OK;
    if (td_str_find(said, TD_STR("assword"), 0) != TD_STR_NONE)
        return td_fail(err, TANDEM_E_UNSUPPORTED, "a PDF that needs a password");
    if (status == STATUS_NO_LEAVE)
        return td_fail(err, TANDEM_E_UNSUPPORTED, "a PDF whose text may not be copied");
    if (status == STATUS_NO_START)
        return td_fail(err, TANDEM_E_UNSUPPORTED, "a PDF: pdftotext cannot be run");
    if (status > 128)
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "a PDF that pdftotext does not come to an end with: it was ended by signal "
                       "%d, in %d s and %d MiB at most",
                       status - 128, CPU_S_MAX, MEMORY_BYTES_MAX >> 20);
    return td_fail(err, TANDEM_E_UNSUPPORTED, "a damaged PDF: pdftotext cannot read it");
}

static tandem_code make_text(FILE *file, td_buf *raw, tandem_error *err)
{
    td_buf path = TD_BUF(PATH_BYTES_MAX), said = TD_BUF(SAID_BYTES_MAX);
    tandem_code code = TANDEM_OK;
    int status = 0;

    if (!td_os_find_program("pdftotext", &path))
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "%s", TD_EXTRACT_PDF_NEEDS);
    const char *const argv[] = {path.ptr, "-enc", "UTF-8", "-eol", "unix", FILE_NAME, "-", NULL};
    code = run(argv, file, raw, &said, &status, err);
    if (code == TANDEM_E_TIMEOUT) /* which another try would not cure */
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "a PDF that pdftotext takes longer than %d s for",
                WALL_S_MAX);
    TD_TRY(code);
    TD_TRY(judge(status, td_buf_str(&said), err));
out:
    td_buf_clear(&path);
    td_buf_clear(&said);
    return code;
}

bool td_extract_pdf_can(void)
{
    td_buf path = TD_BUF(PATH_BYTES_MAX);
    bool found = td_os_find_program("pdftotext", &path);

    td_buf_clear(&path);
    return found;
}

tandem_code td_extract_pdf_write(td_str pdf, td_buf *out, td_extract_pdf_facts *facts,
                                 tandem_error *err)
{
    td_buf raw = TD_BUF(out->n_max), clean = TD_BUF(out->n_max);
    tandem_code code = TANDEM_OK;
    FILE *file = NULL;

    TD_TRY(td_os_temporary(pdf, &file, err));
    TD_TRY(make_text(file, &raw, err));
    TD_TRY(td_utf8_add_clean(&clean, td_buf_str(&raw), err));
    TD_TRY(td_extract_pdf_text_write(td_buf_str(&clean), out, err));
    if (out->n == 0)
        TD_FAIL(err, TANDEM_E_EMPTY, "a PDF without text: pictures of pages, perhaps");
    TD_TRY(ask_facts(file, facts, err));
out:
    if (file)
        fclose(file);
    td_buf_clear(&raw);
    td_buf_clear(&clean);
    return code;
}
