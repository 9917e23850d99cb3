/* flow/model_files.h - a model directory as named byte ranges, wherever they lie.
 *
 * From a directory the bytes are mapped files; the embedded default's lie in the program itself.
 * Threads:  read only once made; any thread
 */
#ifndef TD_FLOW_MODEL_FILES_H
#define TD_FLOW_MODEL_FILES_H

#include "base/str.h"

typedef struct td_model_file {
    td_str name;  /* path inside the model directory: "1_Pooling/config.json" */
    td_str bytes; /* the whole file */
} td_model_file;

typedef struct td_model_files {
    td_str id; /* what people call it: "sentence-transformers/all-MiniLM-L6-v2", a folder's name */
    td_str revision; /* changes whenever the vectors could: hash of config, tokenizer and weights */
    td_str origin;   /* where the files are: a path, or "embedded" */
    /* Changes whenever a file was written, at the cost of a look at its inode; empty where that
     * can't be told, since one was written a moment ago. */
    td_str identity;
    td_model_file *files;
    size_t n_files;
    void *owner; /* internal to whoever made it */
    void (*release)(struct td_model_files *files);
    /* Part of a file will not be read soon: its memory may go. NULL where there is none to give. */
    void (*forget)(const struct td_model_files *files, td_str bytes);
} td_model_files;

/* The bytes of a file; ptr is NULL if the model has none of that name. */
td_str td_model_files_get(const td_model_files *files, const char *name);

/* Unmaps and frees all; NULL is fine. */
void td_model_files_close(td_model_files *files);

#endif
