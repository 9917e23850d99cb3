#include "schedule/circuit.h"

bool td_schedule_circuit_begin(td_circuit *circuit)
{
    if (circuit->state != TD_CIRCUIT_OPEN)
        return false;
    circuit->state = TD_CIRCUIT_PROBING;
    return true;
}

void td_schedule_circuit_good(td_circuit *circuit)
{
    *circuit = (td_circuit){.state = TD_CIRCUIT_CLOSED};
}

void td_schedule_circuit_bad(td_circuit *circuit, bool probe, int64_t now_us)
{
    if (circuit->failed_in_row < UINT32_MAX)
        circuit->failed_in_row++;
    if (probe)
        circuit->probes_failed++;
    else if (circuit->state != TD_CIRCUIT_CLOSED || circuit->failed_in_row < TD_CIRCUIT_FAILED_MAX)
        return; /* a call from before the circuit opened must not hold it open longer */
    circuit->state = TD_CIRCUIT_OPEN;
    circuit->open_until_us = now_us + TD_CIRCUIT_OPEN_US;
}
