/* embed/gate.h - who works now: a query before long texts, these before bulk batches.
 *
 * Work of a lower class stands aside at its next step while work of a higher one is inside. It does
 * not starve: when one has stood aside for TD_GATE_PATIENCE_MS, its class goes on for
 * TD_GATE_GRACE_MS, which are many steps.
 *
 * Threads:  any
 */
#ifndef TD_EMBED_GATE_H
#define TD_EMBED_GATE_H

#include "base/thread.h"

#include <stddef.h>
#include <stdint.h>

typedef enum td_class {
    TD_CLASS_QUERY, /* somebody waits for it */
    TD_CLASS_LONG,  /* all cores on one batch of bulk work */
    TD_CLASS_BULK,  /* a core to each batch */
} td_class;

enum {
    TD_GATE_PATIENCE_MS = 250,
    TD_GATE_GRACE_MS = 5, /* what a query may lose to it */
    TD_N_CLASSES = 3
};

typedef struct td_gate {
    atomic_size_t n_inside[TD_N_CLASSES];
    _Atomic int64_t grace_until_ms[TD_N_CLASSES];
    pthread_mutex_t lock; /* rank 4: guards nothing but the wait for `changed` */
    pthread_cond_t changed;
} td_gate;

void td_embed_gate_init(td_gate *gate);
void td_embed_gate_clear(td_gate *gate);

void td_embed_gate_enter(td_gate *gate, td_class class);
void td_embed_gate_leave(td_gate *gate, td_class class);

/* How many works of a class are inside. */
size_t td_embed_gate_count(const td_gate *gate, td_class class);

/* Returns at once unless work of a higher class is inside. */
void td_embed_gate_stand_aside(td_gate *gate, td_class class);

#endif
