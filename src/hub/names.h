/* hub/names.h - names from users and from a hub, checked before they become paths or URLs.
 *
 * Threads:  pure functions
 * Source:   huggingface_hub, validate_repo_id and repo_folder_name
 */
#ifndef TD_HUB_NAMES_H
#define TD_HUB_NAMES_H

#include "base/error.h"
#include "base/str.h"

enum {
    TD_HUB_ID_BYTES_MAX = 200,       /* the hub's own limit is 96 for each half */
    TD_HUB_REVISION_BYTES_MAX = 128, /* a branch, a tag, or 40 digits */
    TD_HUB_PATH_BYTES_MAX = 200,     /* of a file within a model */
};

typedef struct td_hub_name {
    td_str id;       /* "org/name", no alias any more */
    td_str revision; /* "main" unless the name has one behind an "@" */
} td_hub_name;

/* Takes "gte", "org/name" or "org/name@revision" apart; slices of `name` or of static text. False
 * for what is no such name: anything that could leave a folder or a URL's path is none. */
bool td_hub_names_split(td_str name, td_hub_name *name_out);

/* "org/name": a path as below of two parts, without "--". */
bool td_hub_names_is_id(td_str id);

/* One or more parts of letters, digits, '-', '_', '.', apart by '/'; no part starts with a dot, and
 * nowhere are two of them. */
bool td_hub_names_is_path(td_str path, size_t bytes_max);

/* A commit: 40 or 64 lower-case hexadecimal digits. */
bool td_hub_names_is_commit(td_str text);

/* Whether the engine reads a file of this path, or needs it to know the model. */
bool td_hub_names_is_wanted(td_str path);

#endif
