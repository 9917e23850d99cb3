/* serve/job_file.h - a job on disk.
 *
 * Threads:  pure functions on files of one job at a time
 */
#ifndef SERVE_JOB_FILE_H
#define SERVE_JOB_FILE_H

#include "serve/json.h"

/* A new id: 32 hex digits of a random UUID. False when the system gives no random bytes. */
bool job_file_make_id(char out[33]);

/* Replaces FOLDER/ID.json as a whole, or leaves it; false with errno set. */
bool job_file_write(const char *folder, const char *id, const json_t *object);

/* NULL if it is absent or none of ours. */
json_t *job_file_read(const char *folder, const char *id);

/* Whether a name is ID.json of a job; the id in id_out [33]. */
bool job_file_is_id(const char *name, char *id_out);

/* Both files of a job. */
void job_file_remove(const char *folder, const char *id);

/* FOLDER/ID.pages, opened as fopen does. */
FILE *job_file_pages(const char *folder, const char *id, const char *how);
/* The same of visits.h. */
FILE *job_file_visits(const char *folder, const char *id, const char *how);

/* One page as the runner's result has it, a line. Returns its bytes; 0 when it could not be
 * written. `html`: false leaves the body out, to keep the file within its limit. */
size_t job_file_add_page(FILE *file, const tandem_item *item, bool html);

/* Closes the file of a job whose pages are all there; false with errno set if not all of them are
 * on disk. */
bool job_file_end_pages(FILE *file);

/* Appends all pages with commas between them. False: they cannot be read. */
bool job_file_read_pages(FILE *file, wire *out);

#endif
