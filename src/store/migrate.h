/* store/migrate.h - whose file is this, and which schema does it have?
 *
 * A tandem database has application_id 0x746E646D ("tndm") and the number of its schema in
 * user_version. Steps are only ever added at the end; each runs in a transaction with the new
 * number, so a kill leaves the schema at one step or the next.
 */
#ifndef TD_STORE_MIGRATE_H
#define TD_STORE_MIGRATE_H

#include "store/sqlite_db.h"

typedef enum td_store_identity {
    TD_STORE_IS_EMPTY, /* no schema so far; the cache may have its table there */
    TD_STORE_IS_OURS,
} td_store_identity;

/* Changes nothing. Errors: E_FORMAT for another program's file, E_UNSUPPORTED for a schema past
 * this program's last. *is_old_out: ours, but steps are missing. */
tandem_code td_store_migrate_identify(td_store_db *db, td_store_identity *identity_out,
                                      bool *is_old_out, tandem_error *err);

/* Brings the file to the last of `steps` [n] (SQL each). */
tandem_code td_store_migrate_run(td_store_db *db, const char *const *steps, size_t n,
                                 tandem_error *err);

/* td_store_migrate_run with the first of this program's steps: an older schema, for tests. */
tandem_code td_store_migrate_to(td_store_db *db, size_t version, tandem_error *err);

/* td_store_migrate_run with all of this program's steps. */
tandem_code td_store_migrate_newest(td_store_db *db, tandem_error *err);

#endif
