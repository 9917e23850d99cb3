/* schedule/circuit.h - after failures in a row, no calls for a while, then one probe.
 *
 *   1 closed    calls go; FAILED_MAX failed batches in a row -> 2        (bad)
 *   2 open      none until open_until_us, then one -> 3                  (begin)
 *   3 probing   one call is out: an answer -> 1 (good), none -> 2 (bad)
 *
 * Threads:  pure functions on the caller's struct
 */
#ifndef TD_SCHEDULE_CIRCUIT_H
#define TD_SCHEDULE_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TD_CIRCUIT_FAILED_MAX = 5,
    TD_CIRCUIT_OPEN_US = 15 * 1000 * 1000,
    TD_CIRCUIT_PROBES_MAX = 3, /* failed in a row: the lane is dead */
};

typedef struct td_circuit {
    enum {
        TD_CIRCUIT_CLOSED,
        TD_CIRCUIT_OPEN,
        TD_CIRCUIT_PROBING,
    } state;
    uint32_t failed_in_row, probes_failed;
    int64_t open_until_us;
} td_circuit;

/* A call begins (the policy has seen to it that it may). True when it is the probe. */
bool td_schedule_circuit_begin(td_circuit *circuit);

/* The backend answered, if only to refuse the texts. */
void td_schedule_circuit_good(td_circuit *circuit);

/* A batch failed for good, or the probe failed. */
void td_schedule_circuit_bad(td_circuit *circuit, bool probe, int64_t now_us);

static inline bool td_schedule_circuit_dead(const td_circuit *circuit)
{
    return circuit->probes_failed >= TD_CIRCUIT_PROBES_MAX;
}

#endif
