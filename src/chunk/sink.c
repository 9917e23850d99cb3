#include "chunk/sink.h"

#include "base/utf8.h"

tandem_code td_chunk_sink_init(td_chunk_sink *sink, td_str text, const td_chunk_options *options,
                               td_arena *arena, tandem_error *err)
{
    *sink = (td_chunk_sink){
        .text = text,
        .arena = arena,
        .size_chars = options->size_chars,
        /* More than half would make a text of n bytes into many times n bytes of chunks. */
        .overlap_chars = options->overlap_chars > options->size_chars / 2 ? options->size_chars / 2
                                                                          : options->overlap_chars,
    };
    return td_chunk_ruler_init(&sink->ruler, text, arena, err);
}

size_t td_chunk_sink_skip_space(const td_chunk_sink *sink, size_t start, size_t end)
{
    uint32_t codepoint;
    while (start < end) {
        size_t n = td_utf8_at(sink->text, start, &codepoint);
        if (n == 0 || !td_utf8_is_space(codepoint))
            break;
        start += n;
    }
    return start < end ? start : end;
}

static size_t drop_space(td_str text, size_t start, size_t end)
{
    uint32_t codepoint;
    while (end > start) {
        size_t before = td_utf8_floor(text, end - 1);
        if (td_utf8_at(text, before, &codepoint) == 0 || !td_utf8_is_space(codepoint))
            break;
        end = before;
    }
    return end;
}

static tandem_code make_room(td_chunk_sink *sink, tandem_error *err)
{
    if (sink->n < sink->capacity)
        return TANDEM_OK;
    size_t capacity = sink->capacity ? sink->capacity * 2 : 16;
    tandem_chunk *items =
        td_arena_grow(sink->arena, sink->items, sink->n * sizeof *items, capacity * sizeof *items);
    if (!items)
        return td_arena_fail(sink->arena, err);
    sink->items = items;
    sink->capacity = capacity;
    return TANDEM_OK;
}

tandem_code td_chunk_sink_add(td_chunk_sink *sink, const td_chunk_part *part, tandem_error *err)
{
    size_t start = td_chunk_sink_skip_space(sink, part->start, part->end);
    size_t end = drop_space(sink->text, start, part->end);
    if (start == end)
        return TANDEM_OK;
    tandem_code code = make_room(sink, err);
    if (code != TANDEM_OK)
        return code;

    const td_chunk_ruler *ruler = &sink->ruler;
    sink->items[sink->n] = (tandem_chunk){
        .text = td_str_slice(sink->text, start, end),
        .index = (uint32_t)sink->n,
        .start_byte = start,
        .end_byte = end,
        .start_char = td_chunk_ruler_chars(ruler, start),
        .end_char = td_chunk_ruler_chars(ruler, end),
        .start_line = (uint32_t)td_chunk_ruler_newlines(ruler, start) + 1,
        .end_line = (uint32_t)td_chunk_ruler_newlines(ruler, end) + 1,
        .is_code = part->is_code,
        .confidence = part->confidence,
        .language = part->language,
        .heading = part->heading,
        .symbol = part->symbol,
        .lane = part->is_code ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE,
    };
    sink->n++;
    return TANDEM_OK;
}
