#include "chunk/chunk.h"

#include "chunk/code.h"
#include "chunk/names.h"
#include "chunk/prose.h"

enum {
    LEAST = 64,
    MOST = 100000
};

static tandem_code check(const td_chunk_options *options, tandem_error *err)
{
    if (options->struct_size != sizeof *options)
        return td_fail(err, TANDEM_E_INVALID, "chunk options of %zu bytes, not %zu",
                       options->struct_size, sizeof *options);
    if (options->size < LEAST || options->size > MOST)
        return td_fail(err, TANDEM_E_INVALID, "chunk size %u is not within %d..%d", options->size,
                       LEAST, MOST);
    if (options->overlap >= options->size)
        return td_fail(err, TANDEM_E_INVALID, "chunk overlap %u is not below the chunk size %u",
                       options->overlap, options->size);
    if (!options->prose_meter.count != !options->code_meter.count)
        return td_fail(err, TANDEM_E_INVALID, "one of two meters of chunks is missing");
    return TANDEM_OK;
}

static tandem_code split_source(td_chunk_sink *sink, td_str language, tandem_error *err)
{
    /* As a fence would have it: "objectivec" is Objective-C. */
    td_str known = td_chunk_names_canonical(language);
    td_chunk_part part = {.end = sink->text.n,
                          .is_code = true,
                          .confidence = 1,
                          .language = known.n      ? known
                                      : language.n ? language
                                                   : TD_STR("unknown")};
    return td_chunk_code_split(sink, &part, err);
}

tandem_code td_chunk_split(const td_document *document, const td_chunk_options *options,
                           td_arena *arena, td_chunks *chunks_out, tandem_error *err)
{
    const td_chunk_options defaults = TD_CHUNK_OPTIONS;
    options = options ? options : &defaults;
    tandem_code code = check(options, err);
    if (code != TANDEM_OK)
        return code;

    td_chunk_sink sink;
    bool source =
        document->format == TD_FORMAT_CODE && !td_chunk_names_is_prose(document->code_language);
    code = td_chunk_sink_init(&sink, document->text, options, source, arena, err);
    if (code != TANDEM_OK)
        return code;
    td_format format = document->format == TD_FORMAT_CODE ? TD_FORMAT_TEXT : document->format;
    code = source ? split_source(&sink, document->code_language, err)
                  : td_chunk_prose_split(&sink, format, err);
    if (code == TANDEM_OK)
        *chunks_out = (td_chunks){.items = sink.items, .n = sink.n};
    return code;
}
