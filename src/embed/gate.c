#include "embed/gate.h"

#include "base/clock.h"
#include "base/os.h"

void td_embed_gate_init(td_gate *gate)
{
    pthread_mutex_init(&gate->lock, NULL);
    td_os_cond_init(&gate->changed);
}

void td_embed_gate_clear(td_gate *gate)
{
    pthread_cond_destroy(&gate->changed);
    pthread_mutex_destroy(&gate->lock);
}

void td_embed_gate_enter(td_gate *gate, td_class class)
{
    atomic_fetch_add(&gate->n_inside[class], 1);
}

void td_embed_gate_leave(td_gate *gate, td_class class)
{
    if (atomic_fetch_sub(&gate->n_inside[class], 1) > 1 || class == TD_CLASS_BULK)
        return;
    pthread_mutex_lock(&gate->lock);
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

size_t td_embed_gate_count(const td_gate *gate, td_class class)
{
    return atomic_load(&gate->n_inside[class]);
}

static bool must_wait(const td_gate *gate, td_class class)
{
    for (td_class above = TD_CLASS_QUERY; above < class; above++) {
        if (atomic_load(&gate->n_inside[above]) > 0)
            return true;
    }
    return false;
}

void td_embed_gate_stand_aside(td_gate *gate, td_class class)
{
    if (!must_wait(gate, class) || td_clock_ms() < atomic_load(&gate->grace_until_ms[class]))
        return;
    const struct timespec until = td_clock_deadline(TD_GATE_PATIENCE_MS);
    pthread_mutex_lock(&gate->lock);
    while (must_wait(gate, class)) {
        if (pthread_cond_timedwait(&gate->changed, &gate->lock, &until) != 0) {
            atomic_store(&gate->grace_until_ms[class], td_clock_ms() + TD_GATE_GRACE_MS);
            break;
        }
    }
    pthread_mutex_unlock(&gate->lock);
}
