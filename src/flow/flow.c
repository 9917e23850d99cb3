#include "flow/document.h"
#include "flow/model_files.h"
#include "flow/page.h"

td_page *td_page_new(size_t bytes_max)
{
    td_arena *arena = td_arena_new(bytes_max);
    td_page *page = arena ? td_arena_zalloc(arena, 1, sizeof(*page)) : NULL;

    if (!page) {
        td_arena_free(arena);
        return NULL;
    }
    page->arena = arena;
    return page;
}

void td_page_free(td_page *page)
{
    if (page)
        td_arena_free(page->arena);
}

td_document *td_document_new(size_t bytes_max)
{
    td_arena *arena = td_arena_new(bytes_max);
    td_document *document = arena ? td_arena_zalloc(arena, 1, sizeof(*document)) : NULL;

    if (!document) {
        td_arena_free(arena);
        return NULL;
    }
    document->arena = arena;
    return document;
}

void td_document_free(td_document *document)
{
    if (document)
        td_arena_free(document->arena);
}

td_str td_model_files_get(const td_model_files *files, const char *name)
{
    td_str wanted = td_str_from(name);

    for (size_t i = 0; i < files->n_files; i++)
        if (td_str_eq(files->files[i].name, wanted))
            return files->files[i].bytes;
    return (td_str){NULL, 0};
}

void td_model_files_close(td_model_files *files)
{
    if (files)
        files->release(files);
}
