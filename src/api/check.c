#include "api/check.h"

#include "tandem/embedder.h"

#include "base/str.h"

tandem_code td_api_check_options(void *ours, size_t ours_bytes, const void *theirs,
                                 tandem_error *err)
{
    size_t n = 0;

    if (!theirs)
        return TANDEM_OK;
    memcpy(&n, theirs, sizeof(n));
    if (n < sizeof(n) || n > 1u << 16)
        return td_fail(err, TANDEM_E_INVALID,
                       "struct_size is %zu: start from the options' default macro", n);
    memcpy(ours, theirs, n < ours_bytes ? n : ours_bytes);
    memcpy(ours, &ours_bytes, sizeof(ours_bytes));
    return TANDEM_OK;
}

tandem_code td_api_check_range(const char *name, uint64_t value, uint64_t min, uint64_t max,
                               tandem_error *err)
{
    if (value >= min && value <= max)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_INVALID, "%s is %llu: allowed are %llu to %llu", name,
                   (unsigned long long)value, (unsigned long long)min, (unsigned long long)max);
}

tandem_code td_api_check_word(const char *name, const char *value, const char *allowed,
                              tandem_error *err)
{
    td_str rest = td_str_from(allowed);
    td_str word;

    if (!value)
        return TANDEM_OK;
    while (td_str_next(&rest, ',', &word))
        if (td_str_eq(td_str_trim(word), td_str_from(value)))
            return TANDEM_OK;
    return td_fail(err, TANDEM_E_INVALID, "%s is \"%s\": allowed are %s", name, value, allowed);
}

tandem_code td_api_check_backend(const tandem_backend *backend, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (!backend->urls)
        return TANDEM_OK;
    if (!backend->urls[strspn(backend->urls, ", \t\r\n")])
        TD_FAIL(err, TANDEM_E_INVALID, "urls names no URL");
    TD_TRY(td_api_check_word("api", backend->api, "auto, tei, openai, ollama", err));
    if (backend->timeout_ms > 0)
        TD_TRY(td_api_check_range("timeout_ms", backend->timeout_ms, 100, 600000, err));

out:
    return code;
}

tandem_code td_api_check_given(const char *name, const void *pointer, tandem_error *err)
{
    return pointer ? TANDEM_OK : td_fail(err, TANDEM_E_INVALID, "%s is NULL", name);
}
