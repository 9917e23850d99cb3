/* source/folder.h - one open folder of a walk: its entries in order and its ignore rules.
 *
 * Threads:  one owner
 */
#ifndef TD_SOURCE_FOLDER_H
#define TD_SOURCE_FOLDER_H

#include "base/error.h"
#include "source/ignore.h"

#include <sys/types.h>

typedef enum td_source_entry_kind {
    TD_SOURCE_ENTRY_FILE,
    TD_SOURCE_ENTRY_FOLDER,
    TD_SOURCE_ENTRY_LINK,
    TD_SOURCE_ENTRY_OTHER, /* pipe, socket, device */
} td_source_entry_kind;

typedef struct td_source_entry {
    td_str name; /* ends in a NUL */
    td_source_entry_kind kind;
} td_source_entry;

/* The three ignore files of a folder; a later kind goes before an earlier one. */
enum {
    TD_SOURCE_RULES_GIT,
    TD_SOURCE_RULES_IGNORE,
    TD_SOURCE_RULES_TANDEM,
    TD_SOURCE_N_RULES,
};

typedef struct td_source_folder {
    td_arena *arena; /* owns entries and rules */
    int fd;
    dev_t device;
    ino_t inode;
    td_source_entry *entries; /* by bytes of the name, folders as if they ended in '/' */
    size_t n_entries, at;
    td_source_rules rules[TD_SOURCE_N_RULES];
    bool is_git_top;             /* it has a .git: rules of git from further up do not reach in */
    td_source_rules git_private; /* .git/info/exclude */
} td_source_folder;

/* Opens the folder `name` of dir_fd; a symbolic link is not followed. `with_entries` false leaves
 * the entries unread, `with_rules` false the ignore files. Errors: as td_fail_errno, E_NOMEM,
 * E_TOO_LARGE for more than 256 MiB of names. A folder that can be read in part gives that part. */
tandem_code td_source_folder_open(int dir_fd, const char *name, bool with_entries, bool with_rules,
                                  td_source_folder *folder_out, tandem_error *err);
void td_source_folder_close(td_source_folder *folder);

/* Whether the name is a version control system's own: .git, .hg, .svn, ... */
bool td_source_folder_is_vcs(td_str name);

#endif
