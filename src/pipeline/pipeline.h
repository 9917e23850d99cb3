/* pipeline/pipeline.h - the conductor: the only room that knows the order of the steps.
 *
 * In:       what include/tandem takes, already checked by api
 * Out:      a filled index (index.c: the upper way), answers (ask.c: the lower way)
 * Threads:  as include/tandem promises
 *
 * The types are those of include/tandem; their insides are in pipeline/state.h.
 */
#ifndef TD_PIPELINE_H
#define TD_PIPELINE_H

#include "tandem/bench.h"
#include "tandem/content.h"
#include "tandem/embedder.h"
#include "tandem/index.h"
#include "tandem/job.h"
#include "tandem/machine.h"
#include "tandem/report.h"

/* -- an opened index (handle.c) -- */

tandem_code td_pipeline_handle_open(const char *location, const tandem_index_options *options,
                                    tandem_index **index_out, tandem_error *err);
void td_pipeline_handle_close(tandem_index *index);
const char *td_pipeline_handle_location(const tandem_index *index);
tandem_code td_pipeline_handle_status(tandem_index *index, tandem_status *status_out,
                                      tandem_error *err);
/* Of one source, or of all (NULL). each: NULL asks only whether it is there. */
tandem_code td_pipeline_handle_each_source(tandem_index *index, const char *source,
                                           tandem_source_each each, void *user, tandem_error *err);
tandem_code td_pipeline_handle_each_miss(tandem_index *index, const char *source,
                                         tandem_miss_each each, void *user, tandem_error *err);
tandem_code td_pipeline_handle_remove(tandem_index *index, const char *source, tandem_error *err);

tandem_code td_pipeline_lanes_embedder(tandem_index *index, tandem_lane lane,
                                       tandem_embedder **embedder_out, tandem_error *err);

/* -- the lower way (ask.c) -- */

tandem_code td_pipeline_ask_search(tandem_index *index, tandem_str query,
                                   const tandem_search_options *options, tandem_hits **hits_out,
                                   tandem_error *err);
const tandem_hit *td_pipeline_ask_hits(const tandem_hits *hits, size_t *n_out);
void td_pipeline_ask_free(tandem_hits *hits);

tandem_code td_pipeline_ask_chunk(tandem_index *index, uint64_t id, uint32_t n_around,
                                  tandem_hits **hits_out, tandem_error *err);

/* -- what an index holds (content.c) -- */

tandem_code td_pipeline_content_each_scope(tandem_index *index, tandem_scope_each each, void *user,
                                           tandem_error *err);
tandem_code td_pipeline_content_each_page(tandem_index *index, uint64_t after_id, size_t n_max,
                                          tandem_page_each each, void *user, tandem_error *err);
tandem_code td_pipeline_content_open_page(tandem_index *index, tandem_str uri,
                                          tandem_page **page_out, tandem_error *err);
const tandem_page_info *td_pipeline_content_info(const tandem_page *page);
tandem_str td_pipeline_content_text(const tandem_page *page);
void td_pipeline_content_free(tandem_page *page);

/* -- the upper way (job.c starts it, index.c is it) -- */

/* Whether the job could be opened, its sources apart. */
tandem_code td_pipeline_job_check(tandem_index *index, const tandem_job_options *options,
                                  tandem_error *err);
tandem_code td_pipeline_job_open(tandem_index *index, const char *const *sources, size_t n_sources,
                                 const tandem_job_options *options, tandem_job **job_out,
                                 tandem_error *err);
/* Embeds what has no vector (retry.c feeds it). */
tandem_code td_pipeline_job_open_retry(tandem_index *index, const char *source,
                                       const tandem_job_options *options, tandem_job **job_out,
                                       tandem_error *err);
bool td_pipeline_job_wait(tandem_job *job, uint32_t wait_ms);
void td_pipeline_job_cancel(tandem_job *job);
void td_pipeline_job_close(tandem_job *job);
void td_pipeline_progress_get(tandem_job *job, tandem_progress *progress_out);
tandem_code td_pipeline_progress_spans(tandem_job *job, tandem_span **spans_out, size_t *n_out,
                                       int64_t *now_us_out, tandem_error *err);
tandem_code td_pipeline_progress_summary(tandem_job *job, tandem_summary *summary_out,
                                         tandem_error *err);

/* -- what a run did (report.c) -- */

tandem_code td_pipeline_report_new(tandem_index *index, int64_t run, tandem_report **report_out,
                                   tandem_error *err);
void td_pipeline_report_free(tandem_report *report);
void td_pipeline_report_run(const tandem_report *report, tandem_run_info *info_out);
const tandem_span *td_pipeline_report_spans(const tandem_report *report, size_t *n_out);

/* -- how good the schedule is (bench.c) -- */

tandem_code td_pipeline_bench_schedule(const tandem_bench_options *options, tandem_bench_done done,
                                       void *user, tandem_error *err);

/* -- one model by itself (model.c) -- */

tandem_code td_pipeline_model_open(const char *model, const tandem_embedder_options *options,
                                   tandem_embedder **embedder_out, tandem_error *err);
void td_pipeline_model_close(tandem_embedder *embedder);
void td_pipeline_model_info(const tandem_embedder *embedder, tandem_model_info *info_out);
tandem_code td_pipeline_model_embed(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                    tandem_role role, float *vectors, tandem_text_note *notes,
                                    tandem_error *err);
tandem_code td_pipeline_model_run(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                  tandem_role role, float *vectors, tandem_text_note *notes,
                                  tandem_error *err);
tandem_code td_pipeline_model_tokenize(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                       uint32_t *ids, size_t *n_out, bool *truncated_out,
                                       tandem_error *err);
tandem_code td_pipeline_model_rows(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                   float *rows, size_t *n_rows_io, bool *truncated_out,
                                   tandem_error *err);
tandem_str td_pipeline_model_token(const tandem_embedder *embedder, uint32_t id);
tandem_code td_pipeline_model_each(tandem_model_each each, void *user, tandem_error *err);

/* -- the machine (machine.c) -- */

void td_pipeline_machine_get(tandem_machine *machine_out);
tandem_code td_pipeline_machine_measure(const char *precision, const char *isa, uint32_t threads,
                                        double *gflops_out, tandem_error *err);
const char *td_pipeline_machine_sample(size_t i);

#endif
