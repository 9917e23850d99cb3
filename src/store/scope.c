#include "store/store.h"

static bool is_ascii_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

tandem_code td_store_scope_rule(td_str asked, td_str project, td_str dataset, td_str *scope_out,
                                tandem_error *err)
{
    bool is_global = td_str_eq(asked, TD_STR("global"));
    bool is_project = td_str_eq(asked, TD_STR("project"));

    if (asked.n > 0 && !is_global && !is_project && !td_str_eq(asked, TD_STR("local")))
        return td_fail(err, TANDEM_E_INVALID,
                       "scope %.*s is not known: use global, project or local", TD_STR_FMT(asked));
    if (is_global || project.n == 0)
        *scope_out = TD_STR("global");
    else if (dataset.n == 0 || is_project)
        *scope_out = TD_STR("project");
    else
        *scope_out = TD_STR("local");
    return TANDEM_OK;
}

/* Lower case; each run of other bytes than letters and digits becomes one '_', none at the ends. */
static tandem_code add_slug(td_str name, td_buf *out, tandem_error *err)
{
    bool gap = false, any = false;
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.ptr[i];
        if (!is_ascii_alnum(c)) {
            gap = any;
            continue;
        }
        if (gap)
            TD_TRY(td_buf_add_byte(out, '_', err));
        TD_TRY(td_buf_add_byte(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c, err));
        gap = false;
        any = true;
    }

out:
    return code;
}

tandem_code td_store_scope_name(td_str scope, td_str project, td_str dataset, td_buf *out,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (td_str_eq(scope, TD_STR("global")))
        return td_buf_add(out, TD_STR("global_knowledge"), err);
    TD_TRY(td_buf_add(out, TD_STR("project_"), err));
    TD_TRY(add_slug(project, out, err));
    if (td_str_eq(scope, TD_STR("local"))) {
        TD_TRY(td_buf_add(out, TD_STR("_dataset_"), err));
        TD_TRY(add_slug(dataset, out, err));
    }

out:
    return code;
}
