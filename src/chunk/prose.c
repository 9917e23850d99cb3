#include "chunk/prose.h"

#include "chunk/blocks.h"
#include "chunk/code.h"
#include "chunk/cut.h"
#include "chunk/headings.h"
#include "chunk/names.h"
#include "chunk/units.h"

/* Blocks gather in a run until the next one does not fit; the run is then a chunk.
 *
 *   start        core      section                       end
 *     | overlap    | whole sections | heading, body so far |
 *
 * 1. start <= core <= section <= end; [start, end) has at most `size`, but while add_large()
 *    is cutting a block off it.
 * 2. Everything before core is in a chunk already.
 * 3. `section` is where the newest section's headings begin; what lies before it can leave alone,
 * so
 *    that a heading is never the end of a chunk whose next one has its text (leave_sections()). */
typedef struct run {
    td_chunk_sink *sink;
    td_chunk_blocks *blocks;
    bool open;
    size_t start, core, section, end;
    bool body;                /* the newest section has more than headings */
    size_t level;             /* of the newest section's first heading */
    td_chunk_headings before; /* path of what lies in [core, section) */
    td_chunk_headings now;    /* path of the newest section */
    td_chunk_block last;      /* added most recently */
    td_str known;             /* the language of the code before, where it is sure; or empty */
    size_t n_blocks;
} run;

static const float KNOWN_ODDS = 5, KNOWN_NAMED_MIN = 0.9f;

enum {
    SHORT_CHARS = 80,
    SHORT_LINES = 3,
    SHORT_LONG_CHARS = 160
};

static size_t size_between(const run *r, size_t start, size_t end)
{
    return td_chunk_sink_size(r->sink, &r->sink->prose, start, end);
}

/* Enough to stand alone: such sections under their own level 1 or 2 heading are not merged. */
static bool is_fair(const run *r, size_t start, size_t end)
{
    return size_between(r, start, end) >= r->sink->prose.size / 4;
}

static bool fits(const run *r, size_t start, size_t end)
{
    return size_between(r, start, end) <= r->sink->prose.size;
}

static tandem_code emit_prose(run *r, size_t start, size_t end, const td_chunk_headings *path,
                              tandem_error *err)
{
    td_str heading = td_chunk_headings_path(path, r->sink->arena);
    if (!heading.ptr)
        return td_arena_fail(r->sink->arena, err);
    size_t n_code = td_chunk_blocks_code_bytes(r->blocks, start, end);
    td_chunk_part part = {.start = start,
                          .end = end,
                          .confidence = 1 - (float)n_code / (float)(end - start),
                          .language = TD_STR("markdown"),
                          .heading = heading};
    return td_chunk_sink_add(r->sink, &part, err);
}

static tandem_code emit_code(run *r, const td_chunk_block *block, float confidence, td_str language,
                             tandem_error *err)
{
    td_str heading = td_chunk_headings_path(&r->now, r->sink->arena);
    if (!heading.ptr)
        return td_arena_fail(r->sink->arena, err);
    td_chunk_part part = {.start = block->inner_start,
                          .end = block->inner_end,
                          .is_code = true,
                          .confidence = confidence,
                          .language = language,
                          .heading = heading};
    return td_chunk_code_split(r->sink, &part, err);
}

/* What a code block is. `prior` moves the scorer's answer by what the mark alone promises. */
typedef struct verdict {
    bool is_code, is_console;
    float confidence;
    td_str language;
} verdict;

static td_str keep_language(run *r, td_str language)
{
    if (td_chunk_names_canonical(language).ptr || language.n == 0 ||
        td_str_eq(language, TD_STR("console")))
        return language.n ? language : TD_STR("unknown");
    td_str copy = td_arena_copy(r->sink->arena, language);
    for (size_t i = 0; copy.ptr && i < copy.n; i++) {
        if (copy.ptr[i] >= 'A' && copy.ptr[i] <= 'Z')
            ((char *)copy.ptr)[i] += 32;
    }
    return copy.ptr ? copy : TD_STR("unknown");
}

/* What a text by its looks is, in a document that has had code of a known language: more of the
 * same is KNOWN_ODDS times as likely as it would be elsewhere. */
static verdict named_by_looks(const run *r, const td_chunk_look *look)
{
    /* Marked code needs less of a look: its language is one of code all the same. */
    bool likely = look->code >= 0.5f;
    verdict is = {.is_code = true,
                  .confidence = likely ? look->named : look->second_named,
                  .language = likely ? look->language : look->second};
    bool first = td_str_eq(r->known, is.language);
    if (first || (r->known.n > 0 && td_str_eq(r->known, look->second))) {
        float named = first ? is.confidence : look->second_named;
        float more = KNOWN_ODDS * named / (1 + (KNOWN_ODDS - 1) * named);
        if (first || more > 0.5f) {
            is.language = r->known;
            is.confidence = more;
        }
    }
    is.is_console = td_str_eq(is.language, TD_STR("console"));
    return is;
}

static verdict judge(run *r, const td_chunk_block *block)
{
    static const float least[] = {[TD_CHUNK_CODE_FENCED] = 0.3f,
                                  [TD_CHUNK_CODE_LITERAL] = 0.35f,
                                  [TD_CHUNK_CODE_INDENTED] = 0.5f};
    td_str language;
    td_chunk_info info = td_chunk_names_info(block->info, &language);
    if (info == TD_CHUNK_INFO_CODE || info == TD_CHUNK_INFO_CONSOLE) {
        verdict is = {true, info == TD_CHUNK_INFO_CONSOLE, 1, keep_language(r, language)};
        r->known = is.is_console ? r->known : is.language;
        return is;
    }
    td_str inner = td_str_slice(r->sink->text, block->inner_start, block->inner_end);
    td_chunk_look look = td_chunk_look_at(inner);
    bool is_code = block->mark == TD_CHUNK_CODE_BARE ? td_chunk_blocks_is_code(block, &look)
                                                     : look.code >= least[block->mark];
    if (info == TD_CHUNK_INFO_PROSE || !is_code) {
        td_chunk_blocks_refute(r->blocks, block);
        return (verdict){false, false, 1, TD_STR("markdown")};
    }
    verdict is = named_by_looks(r, &look);
    if (!is.is_console && is.confidence >= KNOWN_NAMED_MIN)
        r->known = is.language;
    return is;
}

/* Too little to be found by itself, and the prose around it reads better with it. */
static bool is_short(const run *r, const td_chunk_block *block)
{
    td_str inner = td_str_trim(td_str_slice(r->sink->text, block->inner_start, block->inner_end));
    size_t n_lines = inner.n > 0, n_chars = 0;
    for (size_t i = 0; i < inner.n && n_chars < SHORT_LONG_CHARS; i++) {
        n_lines += inner.ptr[i] == '\n';
        n_chars += (inner.ptr[i] & 0xC0) != 0x80;
    }
    return n_chars < SHORT_CHARS || (n_lines < SHORT_LINES && n_chars < SHORT_LONG_CHARS);
}

static td_chunk_headings whole_path(const run *r)
{
    return r->section > r->core ? td_chunk_headings_common(&r->before, &r->now) : r->now;
}

static void reopen(run *r, size_t start)
{
    r->open = true;
    r->start = r->core = r->section = r->end = start;
    r->body = false;
    r->level = 0;
    r->n_blocks = 0;
    r->last = (td_chunk_block){0};
}

/* The part of the run before `end` becomes a chunk, unless it has nothing but its overlap and white
 * space. A lone short code block is code after all. */
static tandem_code flush(run *r, size_t end, tandem_error *err)
{
    if (!r->open || td_chunk_sink_skip_space(r->sink, r->core, end) >= end)
        return TANDEM_OK;
    if (r->n_blocks == 1 && r->last.kind == TD_CHUNK_CODE && r->last.start == r->core) {
        verdict is = judge(r, &r->last);
        if (is.is_code)
            return emit_code(r, &r->last, is.confidence, is.language, err);
    }
    td_chunk_headings path = end > r->section ? whole_path(r) : r->before;
    return emit_prose(r, r->start, end, &path, err);
}

static tandem_code flush_all(run *r, tandem_error *err)
{
    tandem_code code = flush(r, r->end, err);
    r->open = false;
    return code;
}

/* The sections before the newest one become a chunk; the newest stays. */
static tandem_code leave_sections(run *r, tandem_error *err)
{
    tandem_code code = flush(r, r->section, err);
    size_t end = r->end, level = r->level;
    bool body = r->body;
    td_chunk_block last = r->last;
    reopen(r, r->section);
    r->end = end;
    r->level = level;
    r->body = body;
    r->last = last;
    r->n_blocks = 2; /* a heading and what follows */
    return code;
}

/* Where a new run starts that follows text up to `at`: up to `n` before it, where a sentence or the
 * last block begins; at `at` if none does. */
static size_t overlap_start(const run *r, size_t at, size_t n)
{
    td_chunk_block_kind kind = r->last.kind;
    if (n == 0 || (kind != TD_CHUNK_PARAGRAPH && kind != TD_CHUNK_ITEM))
        return at;
    size_t from = td_chunk_measure_back(&r->sink->prose, at, n);
    size_t floor = r->last.start > r->core ? r->last.start : r->core;
    from = from > floor ? from : floor;
    size_t start = from == r->last.start ? from : td_chunk_cut_overlap(r->sink->text, from, at);
    return start > r->start ? start : at;
}

/* The run so far becomes a chunk; the next one starts at `at`, with overlap. */
static tandem_code flush_over(run *r, size_t at, size_t room, tandem_error *err)
{
    size_t n = r->sink->prose.overlap < room ? r->sink->prose.overlap : room;
    tandem_code code = flush(r, r->end, err);
    size_t start = overlap_start(r, at, n);
    td_chunk_block last = r->last;
    reopen(r, at);
    r->start = start;
    r->last = last;
    return code;
}

/* A block that does not fit behind what the run has: cut where it reads best. */
static tandem_code add_large(run *r, const td_chunk_block *block, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_chunk_cut_kind kind = block->kind == TD_CHUNK_PARAGRAPH ? TD_CHUNK_CUT_PROSE
                             : block->kind == TD_CHUNK_TABLE   ? TD_CHUNK_CUT_ROWS
                                                               : TD_CHUNK_CUT_LINES;
    size_t at = block->start, end = td_chunk_sink_drop_space(r->sink, at, block->end);
    while (code == TANDEM_OK && !fits(r, r->start, end)) {
        if (size_between(r, r->start, at) > r->sink->prose.size / 2) {
            r->end = at; /* headings alone that leave no room */
            code = flush_over(r, at, 0, err);
            continue;
        }
        size_t limit = td_chunk_measure_forward(&r->sink->prose, r->start, r->sink->prose.size);
        size_t cut = td_chunk_units_cut(block, &r->sink->prose, at, limit);
        if (cut == at && r->start < at) {
            r->end = at; /* what begins here would be whole without what stands before it */
            code = flush_over(r, at, 0, err);
            continue;
        }
        bool whole = cut != TD_STR_NONE && cut > at;
        r->end = whole ? cut : td_chunk_cut_at(r->sink->text, at, limit, kind);
        at = td_chunk_sink_skip_space(r->sink, r->end, block->end);
        r->last = *block;
        r->n_blocks = 2;
        r->body = true;
        code = flush_over(r, at, r->sink->prose.size, err);
    }
    r->end = block->end;
    r->last = *block;
    r->last.start = at;
    r->body = true;
    r->n_blocks += 2;
    return code;
}

static bool is_whole(const td_chunk_block *block)
{
    return block->kind == TD_CHUNK_ITEM || block->kind == TD_CHUNK_CODE;
}

static tandem_code add(run *r, const td_chunk_block *block, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    if (!r->open)
        reopen(r, block->start);
    if (!fits(r, r->start, block->end) && r->section > r->core)
        code = leave_sections(r, err);
    size_t n = size_between(r, block->start, block->end), size = r->sink->prose.size;
    if (code == TANDEM_OK && !fits(r, r->start, block->end)) {
        bool leave =
            n <= size ? r->body || is_whole(block) : r->body && is_fair(r, r->core, r->end);
        if (leave)
            code = flush_over(r, block->start, n <= size ? size - n : size, err);
        if (code == TANDEM_OK && !fits(r, r->start, block->end))
            return add_large(r, block, err);
    }
    r->end = block->end;
    r->last = *block;
    r->body = true;
    r->n_blocks++;
    return code;
}

/* The newest section is complete: does it stay with those before it? */
static tandem_code close_section(run *r, tandem_error *err)
{
    bool apart = r->open && r->section > r->core && r->level <= 2 &&
                 is_fair(r, r->core, r->section) && is_fair(r, r->section, r->end);
    return apart ? leave_sections(r, err) : TANDEM_OK;
}

static tandem_code add_heading(run *r, const td_chunk_block *block, tandem_error *err)
{
    if (!fits(r, block->start, block->end)) {
        td_chunk_block paragraph = *block; /* a heading by its mark alone */
        paragraph.kind = TD_CHUNK_PARAGRAPH;
        return add(r, &paragraph, err);
    }
    tandem_code code = r->body ? close_section(r, err) : TANDEM_OK;
    if (code == TANDEM_OK && r->open && !fits(r, r->start, block->end))
        code = flush_all(r, err);
    if (!r->open) {
        reopen(r, block->start);
        r->level = block->level;
    } else if (r->body) {
        r->before = whole_path(r);
        r->section = block->start;
        r->level = block->level;
    }
    td_chunk_headings_open(&r->now, block->info, block->level);
    r->body = false;
    r->end = block->end;
    r->last = *block;
    r->n_blocks += 2;
    return code;
}

/* A block of code as a part of the prose: without its fences where it is whole only so. */
static td_chunk_block in_prose(const run *r, const td_chunk_block *block)
{
    td_chunk_block prose = *block;
    if (!fits(r, block->start, block->end) && fits(r, block->inner_start, block->inner_end)) {
        prose.start = block->inner_start;
        prose.end = block->inner_end;
    }
    return prose;
}

/* A block of code becomes chunks of its own, or stays in the prose: when it is short, when it is
 * no code, and when it is a session of commands of no more than half a chunk. */
static tandem_code add_code(run *r, const td_chunk_block *block, tandem_error *err)
{
    if (is_short(r, block)) {
        td_chunk_block prose = in_prose(r, block);
        return add(r, &prose, err);
    }
    verdict is = judge(r, block);
    size_t n = size_between(r, block->inner_start, block->inner_end);
    if (!is.is_code || (is.is_console && n <= r->sink->prose.size / 2)) {
        td_chunk_block prose = in_prose(r, block);
        prose.kind = is.is_code || fits(r, prose.start, prose.end) ? TD_CHUNK_CODE : TD_CHUNK_DATA;
        return add(r, &prose, err);
    }
    tandem_code code = TANDEM_OK;
    if (r->body)
        code = close_section(r, err);
    if (code == TANDEM_OK)
        code = flush_all(r, err);
    if (code == TANDEM_OK)
        code = emit_code(r, block, is.confidence, is.language, err);
    return code;
}

tandem_code td_chunk_prose_split(td_chunk_sink *sink, td_format format, tandem_error *err)
{
    td_chunk_blocks blocks;
    run r = {.sink = sink, .blocks = &blocks};
    td_chunk_block block;
    tandem_code code = TANDEM_OK;
    td_chunk_blocks_init(&blocks, sink->text, format);
    while (code == TANDEM_OK && td_chunk_blocks_next(&blocks, &block)) {
        if (block.kind == TD_CHUNK_HEADING)
            code = add_heading(&r, &block, err);
        else if (block.kind == TD_CHUNK_CODE)
            code = add_code(&r, &block, err);
        else
            code = add(&r, &block, err);
    }
    sink->n_lines_read += blocks.n_lines_read;
    if (code == TANDEM_OK && r.body)
        code = close_section(&r, err);
    return code == TANDEM_OK ? flush_all(&r, err) : code;
}
