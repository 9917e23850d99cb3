#include "pipeline/state.h"

#include <stdlib.h>

enum {
    PAGE_BYTES_MAX = 1 << 30,
};

struct tandem_page {
    td_arena *arena;
    tandem_page_info info;
    td_str text;
};

typedef struct scope_visit {
    tandem_scope_each each;
    void *user;
} scope_visit;

static bool pass_scope(void *user, const td_store_scope_row *row)
{
    scope_visit *visit = user;
    tandem_scope_info info = {.scope = row->scope,
                              .project = row->project,
                              .dataset = row->dataset,
                              .name = row->name,
                              .pages = row->pages,
                              .chunks = row->chunks,
                              .chunks_code = row->chunks_code};

    visit->each(visit->user, &info);
    return true;
}

tandem_code td_pipeline_content_each_scope(tandem_index *index, tandem_scope_each each, void *user,
                                           tandem_error *err)
{
    scope_visit visit = {each, user};

    if (!index->store->each_scope)
        return td_fail(err, TANDEM_E_UNSUPPORTED, "%s does not list its scopes", index->location);
    return index->store->each_scope(index->store, pass_scope, &visit, err);
}

static tandem_page_info info_of(const td_store_page_row *row)
{
    return (tandem_page_info){.id = (uint64_t)row->id,
                              .uri = row->uri,
                              .title = row->title,
                              .media_type = row->media_type,
                              .is_web = row->is_web,
                              .chunks = row->chunks,
                              .fetched_wall_ms = row->fetched_wall_ms};
}

typedef struct page_visit {
    tandem_page_each each;
    void *user;
} page_visit;

static bool pass_page(void *user, const td_store_page_row *row)
{
    page_visit *visit = user;
    tandem_page_info info = info_of(row);

    visit->each(visit->user, &info);
    return true;
}

tandem_code td_pipeline_content_each_page(tandem_index *index, uint64_t after_id, size_t n_max,
                                          tandem_page_each each, void *user, tandem_error *err)
{
    page_visit visit = {each, user};

    if (!index->store->each_page)
        return td_fail(err, TANDEM_E_UNSUPPORTED, "%s does not list its pages", index->location);
    return index->store->each_page(index->store, (int64_t)after_id, n_max, pass_page, &visit, err);
}

tandem_code td_pipeline_content_open_page(tandem_index *index, td_str uri, tandem_page **page_out,
                                          tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store_page_row row = {.id = 0};
    bool found = false;
    tandem_page *page = calloc(1, sizeof(*page));

    if (!page || !(page->arena = td_arena_new(PAGE_BYTES_MAX)))
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a page");
    if (!index->store->page_get)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "%s does not give pages", index->location);
    TD_TRY(index->store->page_get(index->store, uri, page->arena, &row, &page->text, &found, err));
    if (!found)
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "%.*s is no page of %s", TD_STR_FMT(uri), index->location);
    page->info = info_of(&row);
    *page_out = page;
    page = NULL;
out:
    td_pipeline_content_free(page);
    return code;
}

const tandem_page_info *td_pipeline_content_info(const tandem_page *page)
{
    return &page->info;
}

td_str td_pipeline_content_text(const tandem_page *page)
{
    return page->text;
}

void td_pipeline_content_free(tandem_page *page)
{
    if (!page)
        return;
    td_arena_free(page->arena);
    free(page);
}
