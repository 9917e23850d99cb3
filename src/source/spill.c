#include "source/spill.h"

#include "base/log.h"
#include "base/os.h"

#include <string.h>
#include <unistd.h>

static bool open_file(td_source_spill *spill)
{
    tandem_error err = {.code = TANDEM_OK};

    if (spill->file || spill->is_useless)
        return !spill->is_useless;
    spill->is_useless = td_os_temporary(TD_STR(""), &spill->file, &err) != TANDEM_OK;
    if (spill->is_useless)
        td_log(TD_WARN, "source", "%s: all addresses stay in memory", err.message);
    return !spill->is_useless;
}

bool td_source_spill_put(td_source_spill *spill, uint64_t at, const void *bytes, size_t n)
{
    const char *from = bytes;

    if (!open_file(spill))
        return false;
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(fileno(spill->file), from + done, n - done, (off_t)(at + done));
        if (put <= 0) {
            spill->is_useless = true;
            td_log(TD_WARN, "source", "no room for temporary files: addresses stay in memory");
            return false;
        }
        done += (size_t)put;
    }
    spill->n_bytes = at + n > spill->n_bytes ? at + n : spill->n_bytes;
    return true;
}

bool td_source_spill_get(const td_source_spill *spill, uint64_t at, void *bytes, size_t n)
{
    char *to = bytes;
    ssize_t got = 1;
    size_t done = 0;

    while (done < n && got > 0) {
        got = spill->file ? pread(fileno(spill->file), to + done, n - done, (off_t)(at + done)) : 0;
        done += got > 0 ? (size_t)got : 0;
    }
    if (done < n)
        memset(to + done, 0, n - done);
    return got >= 0;
}

void td_source_spill_clear(td_source_spill *spill)
{
    if (spill->file)
        fclose(spill->file);
    *spill = (td_source_spill){0};
}
