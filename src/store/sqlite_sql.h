/* store/sqlite_sql.h - every statement of the SQLite store, by name.
 *
 * A statement is prepared at its first use and kept with its connection (sqlite_db.c). Statements
 * that depend on a filter are made in sqlite_find.c.
 */
#ifndef TD_STORE_SQLITE_SQL_H
#define TD_STORE_SQLITE_SQL_H

/* clang-format off */
#define TD_STORE_SQL(X)                                                                            \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                                              \
    X(BEGIN_READ, "BEGIN")                                                                         \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    /* scopes, sources, runs, lanes */                                                             \
    X(SCOPE_ADD, "INSERT INTO scopes(scope, project, dataset, name) VALUES(?1, ?2, ?3, ?4)"        \
        " ON CONFLICT DO NOTHING")                                                                 \
    X(SCOPE_ID, "SELECT id FROM scopes WHERE scope = ?1 AND project = ?2 AND dataset = ?3")        \
    X(SCOPES_SWEEP, "DELETE FROM scopes WHERE id NOT IN (SELECT scope FROM sources)")              \
    X(SOURCE_PUT, "INSERT INTO sources(uri, kind, scope) VALUES(?1, ?2, ?3)"                       \
        " ON CONFLICT(uri) DO UPDATE SET kind = ?2, scope = ?3")                                   \
    X(SOURCE_ID, "SELECT id FROM sources WHERE uri = ?1")                                          \
    X(SOURCE_DELETE, "DELETE FROM sources WHERE id = ?1")                                          \
    X(RUN_ADD, "INSERT INTO runs(source, kind, job, state, begun_ms)"                              \
        " VALUES(?1, ?2, ?3, 'running', ?4)")                                                      \
    X(RUN_JOB, "UPDATE runs SET job = id WHERE id = ?1")                                           \
    X(RUN_GET, "SELECT r.id, r.kind, r.state, r.summary, s.uri,"                                   \
        " (SELECT count(*) FROM runs o WHERE o.job = r.job), r.begun_ms, ifnull(r.ended_ms, 0)"    \
        " FROM runs r JOIN sources s ON s.id = r.source WHERE r.id = (SELECT min(id) FROM runs"    \
        " WHERE job = (SELECT job FROM runs WHERE id ="                                            \
        " iif(?1 = 0, (SELECT max(id) FROM runs), ?1)))")                                          \
    X(SPAN_ADD, "INSERT INTO run_spans VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"  \
        " ?13, ?14, ?15, ?16, ?17)")                                                               \
    X(SPANS_PRUNE, "DELETE FROM run_spans WHERE run NOT IN"                                        \
        " (SELECT DISTINCT run FROM run_spans ORDER BY run DESC LIMIT ?1)")                        \
    X(SPANS_COUNT, "SELECT count(*) FROM run_spans WHERE run = ?1")                                \
    X(SPANS_GET, "SELECT slot, round, start_us, end_us, gte_batches, gte_chunks, gte_us,"          \
        " coderank_batches, coderank_chunks, coderank_us, tokens, failed, retried, halved, code"   \
        " FROM run_spans WHERE run = ?1 ORDER BY i")                                               \
    X(RUN_END, "UPDATE runs SET state = ?2, complete = ?3, ended_ms = ?4, summary = ?5"            \
        " WHERE id = ?1")                                                                          \
    X(RUN_SOURCE, "SELECT source FROM runs WHERE id = ?1")                                         \
    X(RUNS_PRUNE, "DELETE FROM runs WHERE source = ?1 AND complete = 0 AND id NOT IN"              \
        " (SELECT id FROM runs WHERE source = ?1 ORDER BY id DESC LIMIT ?2) OR source = ?1 AND"    \
        " complete = 1 AND id NOT IN (SELECT id FROM runs WHERE source = ?1 AND complete = 1"      \
        " ORDER BY id DESC LIMIT ?2)")                                                             \
    X(RUNS_DELETE, "DELETE FROM runs WHERE source = ?1")                                           \
    X(RUNS_INTERRUPT, "UPDATE runs SET state = 'interrupted' WHERE state = 'running'")             \
    X(LANE_PUT, "INSERT INTO lanes(lane, model_id, fingerprint, dim) VALUES(?1, ?2, ?3, ?4)"       \
        " ON CONFLICT(lane) DO UPDATE SET model_id = ?2, fingerprint = ?3, dim = ?4")              \
    X(LANE_GET, "SELECT model_id, fingerprint, dim FROM lanes WHERE lane = ?1")                    \
    X(LANE_USED, "SELECT EXISTS(SELECT 1 FROM bit_blocks WHERE lane = ?1)")                        \
    /* pages */                                                                                    \
    X(PAGE_FIND, "SELECT id, has_text FROM pages WHERE source = ?1 AND uri = ?2")                  \
    X(PAGE_ADD, "INSERT INTO pages(source, uri) VALUES(?1, ?2)")                                   \
    X(PAGE_FILL, "UPDATE pages SET final_uri = ?2, is_web = ?3, media_type = ?4, etag = ?5,"       \
        " last_modified = ?6, hash = ?7, http_status = ?8, fetched_ms = ?9, title = ?10,"          \
        " description = ?11, author = ?12, date = ?13, natural_language = ?14, n_chunks = ?15,"    \
        " seen_run = ?16, has_text = 1, miss = 0, reason = '' WHERE id = ?1")                      \
    X(PAGE_SEEN, "UPDATE pages SET seen_run = ?3, miss = iif(has_text, 0, miss),"                  \
        " reason = iif(has_text, '', reason) WHERE source = ?1 AND uri = ?2")                      \
    X(PAGE_MISS, "UPDATE pages SET seen_run = ?2, miss = ?3, reason = ?4 WHERE id = ?1")           \
    X(PAGE_EMPTY, "UPDATE pages SET has_text = 0, n_chunks = 0, hash = x'', etag = '',"            \
        " last_modified = '' WHERE id = ?1")                                                       \
    X(PAGE_DELETE, "DELETE FROM pages WHERE id = ?1")                                              \
    X(PAGES_UNSEEN, "SELECT id, has_text FROM pages WHERE source = ?1 AND seen_run <> ?2"          \
        " LIMIT ?3")                                                                               \
    X(TEXT_ADD, "INSERT INTO page_texts(page, text) VALUES(?1, ?2)")                               \
    X(TEXT_DELETE, "DELETE FROM page_texts WHERE page = ?1")                                       \
    X(PAGE_OLD, "SELECT p.title, p.final_uri, p.uri, t.text FROM pages p"                          \
        " JOIN page_texts t ON t.page = p.id WHERE p.id = ?1")                                     \
    /* visits */                                                                                   \
    X(VISIT_PUT, "INSERT INTO visits(source, uri, run, recipe, etag, last_modified, hash,"         \
        " fetched_ms, links) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"                           \
        " ON CONFLICT(source, uri) DO UPDATE SET run = ?3, recipe = ?4, etag = ?5,"                \
        " last_modified = ?6, hash = ?7, fetched_ms = ?8, links = ?9")                             \
    X(VISIT_SEEN, "UPDATE visits SET run = ?3, fetched_ms = ?4 WHERE source = ?1 AND uri = ?2")    \
    X(VISIT_GET, "SELECT run, recipe, etag, last_modified, hash, fetched_ms, links FROM visits"    \
        " WHERE source = ?1 AND uri = ?2")                                                         \
    X(VISITS_SWEEP, "DELETE FROM visits WHERE source = ?1 AND run <> ?2")                          \
    X(RUN_LAST_DONE, "SELECT ifnull(max(id), 0) FROM runs WHERE source = ?1 AND state = 'done'"    \
        " AND kind = 'index'")                                                                     \
    /* chunks */                                                                                   \
    X(CHUNK_LAST, "SELECT ifnull(max(id), 0) FROM chunks")                                         \
    X(CHUNK_ADD, "INSERT INTO chunks(id, page, idx, start_byte, end_byte, start_char, end_char,"   \
        " start_line, end_line, is_code, confidence, language, heading, symbol, lane)"             \
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")               \
    X(CHUNKS_OLD, "SELECT c.id, c.start_byte, c.end_byte, c.heading, c.symbol, v.slot"             \
        " FROM chunks c LEFT JOIN vectors v ON v.chunk = c.id WHERE c.page = ?1 ORDER BY c.idx")   \
    X(CHUNKS_DELETE, "DELETE FROM chunks WHERE page = ?1")                                         \
    X(CHUNK_STATUS, "UPDATE chunks SET status = ?2, reason = ?3, truncated = ?4 WHERE id = ?1")    \
    X(WORDS_ADD, "INSERT INTO chunk_words(rowid, text, parts, heading, symbol, title, path)"       \
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                     \
    X(WORDS_DELETE, "INSERT INTO chunk_words(chunk_words, rowid, text, parts, heading, symbol,"    \
        " title, path) VALUES('delete', ?1, ?2, ?3, ?4, ?5, ?6, ?7)")                              \
    /* vectors and their bits */                                                                   \
    X(VECTOR_SLOT, "SELECT slot FROM vectors WHERE chunk = ?1")                                    \
    X(VECTOR_ADD, "INSERT INTO vectors(chunk, lane, slot, data) VALUES(?1, ?2, ?3, ?4)")           \
    X(VECTOR_DELETE, "DELETE FROM vectors WHERE chunk = ?1")                                       \
    X(BLOCK_ROOM, "SELECT id FROM bit_blocks WHERE lane = ?1 AND n_used < 1024 ORDER BY id"        \
        " LIMIT 1")                                                                                \
    X(BLOCK_ADD, "INSERT INTO bit_blocks(lane) VALUES(?1)")                                        \
    X(BLOCK_ROWS_ADD, "INSERT INTO bit_rows(block, ids, bits) VALUES(?1, zeroblob(?2),"            \
        " zeroblob(?3))")                                                                          \
    X(BLOCK_USE, "UPDATE bit_blocks SET n_used = n_used + ?2 WHERE id = ?1 RETURNING n_used")      \
    X(BLOCK_DELETE, "DELETE FROM bit_blocks WHERE id = ?1")                                        \
    X(BLOCK_ROWS_DELETE, "DELETE FROM bit_rows WHERE block = ?1")                                  \
    /* reading */                                                                                  \
    X(PAGE_KNOWN, "SELECT p.etag, p.last_modified, p.hash FROM pages p WHERE p.source = ?1"        \
        " AND p.uri = ?2 AND p.has_text AND NOT EXISTS"                                            \
        " (SELECT 1 FROM chunks c WHERE c.page = p.id AND c.status <> 0)")                         \
    X(EACH_BITS, "SELECT r.ids, r.bits FROM bit_blocks b JOIN bit_rows r ON r.block = b.id"        \
        " WHERE b.lane = ?1 ORDER BY b.id")                                                        \
    X(EACH_VECTOR, "SELECT chunk, data FROM vectors WHERE lane = ?1 ORDER BY chunk")               \
    X(VECTOR_GET, "SELECT data FROM vectors WHERE chunk = ?1 AND lane = ?2")                       \
    X(HIT_GET, "SELECT p.id, p.uri, p.final_uri, p.is_web, p.title, c.heading, c.symbol,"          \
        " c.language, c.is_code, c.lane, c.start_line, c.end_line, c.start_byte, c.end_byte,"      \
        " c.idx, z.scope, z.project, z.dataset FROM chunks c JOIN pages p ON p.id = c.page"        \
        " JOIN sources s ON s.id = p.source JOIN scopes z ON z.id = s.scope WHERE c.id = ?1")      \
    X(COUNT_PAGES, "SELECT (SELECT count(*) FROM sources), ifnull(sum(has_text), 0),"              \
        " ifnull(sum(miss = 1), 0), ifnull(sum(miss = 2), 0) FROM pages")                          \
    X(COUNT_VECTORS, "SELECT lane, sum(n_used) FROM bit_blocks GROUP BY lane")                     \
    X(COUNT_OPEN, "SELECT status, count(*) FROM chunks WHERE status <> 0 GROUP BY status")         \
    X(WORDS_COUNT, "SELECT count(*) FROM chunk_words WHERE chunk_words MATCH ?1"                   \
        " AND rowid BETWEEN ?2 AND ?3")                                                            \
    X(EACH_SOURCE, "SELECT s.kind, s.uri, z.scope, z.project, z.dataset,"                          \
        " (SELECT ifnull(sum(has_text), 0) FROM pages p WHERE p.source = s.id),"                   \
        " (SELECT ifnull(sum(n_chunks), 0) FROM pages p WHERE p.source = s.id),"                   \
        " (SELECT ifnull(max(ended_ms), 0) FROM runs r WHERE r.source = s.id"                      \
        " AND r.kind = 'index' AND r.state = 'done'),"                                             \
        " (SELECT state FROM runs r WHERE r.source = s.id AND r.kind = 'index'"                    \
        " ORDER BY r.id DESC LIMIT 1)"                                                             \
        " FROM sources s JOIN scopes z ON z.id = s.scope ORDER BY s.uri")                          \
    X(EACH_SCOPE, "SELECT z.scope, z.project, z.dataset, z.name,"                                  \
        " (SELECT count(*) FROM pages p JOIN sources s ON s.id = p.source WHERE s.scope = z.id"    \
        " AND p.has_text), count(c.id), ifnull(sum(c.is_code), 0) FROM scopes z"                   \
        " JOIN sources s ON s.scope = z.id LEFT JOIN pages p ON p.source = s.id"                   \
        " LEFT JOIN chunks c ON c.page = p.id GROUP BY z.id ORDER BY z.name, z.id")                \
    X(PAGES_AFTER, "SELECT id, uri, final_uri, title, media_type, is_web, n_chunks, fetched_ms"    \
        " FROM pages WHERE has_text AND id > ?1 ORDER BY id LIMIT ?2")                             \
    X(PAGE_GET, "SELECT p.id, p.uri, p.final_uri, p.title, p.media_type, p.is_web, p.n_chunks,"    \
        " p.fetched_ms, t.text FROM pages p JOIN page_texts t ON t.page = p.id"                    \
        " WHERE p.has_text AND (p.uri = ?1 OR p.final_uri = ?1) LIMIT 1")                          \
    X(EACH_MISS, "SELECT p.uri, p.miss, p.reason FROM pages p JOIN sources s ON s.id = p.source"   \
        " WHERE p.miss <> 0 AND (?1 = x'' OR s.uri = ?1) ORDER BY s.uri, p.uri")                  \
    X(EACH_OPEN, "SELECT s.id, s.uri, sum(c.lane = 0), sum(c.lane = 1) FROM chunks c"              \
        " JOIN pages p ON p.id = c.page JOIN sources s ON s.id = p.source"                         \
        " WHERE c.status <> 0 AND (?1 = x'' OR s.uri = ?1) GROUP BY s.id ORDER BY s.uri")          \
    X(OPEN_GET, "SELECT c.id, c.page, c.start_byte, c.end_byte, c.idx, c.is_code, c.lane,"         \
        " c.language, c.heading, c.symbol FROM chunks c CROSS JOIN pages p ON p.id = c.page"       \
        " WHERE c.status <> 0 AND c.id > ?2 AND p.source = ?1 ORDER BY c.id LIMIT ?3")
/* clang-format on */

typedef enum td_store_sql {
#define TD_STORE_SQL_ENUM(name, text) TD_SQL_##name,
    TD_STORE_SQL(TD_STORE_SQL_ENUM)
#undef TD_STORE_SQL_ENUM
    TD_N_SQL
} td_store_sql;

#endif
