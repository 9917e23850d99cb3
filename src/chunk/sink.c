#include "chunk/sink.h"

#include "base/utf8.h"
#include "chunk/cut.h"

static bool is_same(const td_chunk_meter *a, const td_chunk_meter *b)
{
    return a->count == b->count && a->user == b->user;
}

tandem_code td_chunk_sink_init(td_chunk_sink *sink, td_str text, const td_chunk_options *options,
                               bool code_alone, td_arena *arena, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    *sink = (td_chunk_sink){.text = text, .arena = arena};
    TD_TRY(td_chunk_ruler_init(&sink->ruler, text, arena, err));
    TD_TRY(td_chunk_measure_init(&sink->code, &sink->ruler, &options->code_meter, options, arena,
                                 err));
    sink->prose = sink->code;
    if (is_same(&options->prose_meter, &options->code_meter))
        goto out;
    sink->prose_meter = options->prose_meter;
    sink->is_prose = options->is_prose;
    if (!code_alone)
        TD_TRY(td_chunk_measure_init(&sink->prose, &sink->ruler, &options->prose_meter, options,
                                     arena, err));
out:
    return code;
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

size_t td_chunk_sink_drop_space(const td_chunk_sink *sink, size_t start, size_t end)
{
    uint32_t codepoint;
    while (end > start) {
        size_t before = td_utf8_floor(sink->text, end - 1);
        if (td_utf8_at(sink->text, before, &codepoint) == 0 || !td_utf8_is_space(codepoint))
            break;
        end = before;
    }
    return end;
}

size_t td_chunk_sink_size(const td_chunk_sink *sink, const td_chunk_measure *measure, size_t start,
                          size_t end)
{
    start = td_chunk_sink_skip_space(sink, start, end);
    return td_chunk_measure_of(measure, start, td_chunk_sink_drop_space(sink, start, end));
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

static tandem_code keep(td_chunk_sink *sink, const td_chunk_part *part, size_t start, size_t end,
                        tandem_error *err)
{
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

/* What a chunk of this text has; of code that goes where prose goes, the larger of both counts. */
static tandem_code count(const td_chunk_sink *sink, const td_chunk_part *part, td_str text,
                         size_t *n_out, tandem_error *err)
{
    const td_chunk_measure *measure = part->is_code ? &sink->code : &sink->prose;
    tandem_code code = td_chunk_measure_text(measure, text, n_out, err);
    size_t n = 0;

    if (code != TANDEM_OK || !part->is_code || !sink->is_prose ||
        !sink->is_prose(text, part->language))
        return code;
    code = sink->prose_meter.count(sink->prose_meter.user, text, &n, err);
    *n_out = n > *n_out ? n : *n_out;
    return code;
}

/* How much of [start, end) fits, which is all of it but where the measure was wrong. Each step
 * aims at what the count before it lets hope for, and a little less. */
static tandem_code fit(const td_chunk_sink *sink, const td_chunk_part *part, size_t start,
                       size_t *end, tandem_error *err)
{
    const size_t most = sink->code.most; /* of prose, too */
    td_chunk_cut_kind kind = part->is_code ? TD_CHUNK_CUT_CODE : TD_CHUNK_CUT_PROSE;
    tandem_code code = TANDEM_OK;
    uint32_t first = 0;
    size_t n = 0;

    for (;;) {
        size_t last = td_utf8_floor(sink->text, *end - 1);
        TD_TRY(count(sink, part, td_str_slice(sink->text, start, *end), &n, err));
        if (n <= most || last <= start)
            break;
        size_t aim = start + (size_t)((double)(*end - start) * 0.95 * (double)most / (double)n);
        aim = td_utf8_floor(sink->text, aim < last ? aim : last);
        if (aim <= start)
            aim = start + td_utf8_at(sink->text, start, &first);
        size_t at = td_chunk_cut_at(sink->text, start, aim, kind);
        *end = td_chunk_sink_drop_space(sink, start, at);
    }
out:
    return code;
}

tandem_code td_chunk_sink_add(td_chunk_sink *sink, const td_chunk_part *part, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t start = td_chunk_sink_skip_space(sink, part->start, part->end);
    size_t end = td_chunk_sink_drop_space(sink, start, part->end);

    if (!sink->code.meter.count)
        return start < end ? keep(sink, part, start, end, err) : TANDEM_OK;
    while (start < end) {
        const tandem_chunk *last = sink->n > 0 ? &sink->items[sink->n - 1] : NULL;
        size_t fits = end;
        TD_TRY(fit(sink, part, start, &fits, err));
        /* What a part repeats may be all that fits, or more than a last chunk that was cut. */
        bool repeats = last && (start < last->start_byte || fits <= last->end_byte);
        if (!repeats)
            TD_TRY(keep(sink, part, start, fits, err));
        start = td_chunk_sink_skip_space(sink, repeats ? last->end_byte : fits, end);
    }
out:
    return code;
}
