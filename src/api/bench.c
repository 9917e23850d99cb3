#include "tandem/bench.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

static tandem_code check_real(const char *name, double value, double max, tandem_error *err)
{
    if (value >= 0 && value <= max)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_INVALID, "%s is %g; allowed are 0 to %g", name, value, max);
}

static tandem_code check_service(const tandem_bench_service *s, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(check_real("seconds_per_chunk", s->seconds_per_chunk, 1000, err));
    TD_TRY(check_real("jitter", s->jitter, 3, err));
    TD_TRY(check_real("p_fault", s->p_fault, 1, err));
    TD_TRY(check_real("dead_from", s->dead_from, 1e9, err));
    TD_TRY(check_real("dead_until", s->dead_until, 1e9, err));
    TD_TRY(td_api_check_range("at_once", s->at_once, 0, 64, err));
out:
    return code;
}

static tandem_code check_engines(const tandem_bench_options *o, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (int l = 0; l < TANDEM_N_LANES && (o->engines[0] || o->engines[1]); l++) {
        TD_TRY(td_api_check_given("engine", o->engines[l], err));
        if (o->chunks[l])
            TD_TRY(td_api_check_given("texts", o->texts[l], err));
    }
out:
    return code;
}

tandem_code tandem_bench_schedule(const tandem_bench_options *options, tandem_bench_done done,
                                  void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;

    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(
        td_api_check_range("strategy", (uint64_t)o.strategy, 0, TANDEM_STRATEGY_SEQUENTIAL, err));
    TD_TRY(td_api_check_range("in_flight_max", o.in_flight_max, o.engines[0] ? 0 : 1, 64, err));
    TD_TRY(td_api_check_range("batch_items_max", o.batch_items_max, 1, 4096, err));
    if (!done)
        TD_FAIL(err, TANDEM_E_INVALID, "done is NULL");
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        TD_TRY(td_api_check_range("chunks", o.chunks[l], 0, 1000000, err));
        TD_TRY(check_service(&o.services[l], err));
    }
    TD_TRY(check_engines(&o, err));
    TD_TRY(td_pipeline_bench_schedule(&o, done, user, err));
out:
    return code;
}
