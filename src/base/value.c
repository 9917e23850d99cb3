#include "tandem/value.h"

const char *tandem_lane_name(tandem_lane lane)
{
    static const char *const names[TANDEM_N_LANES] = {
        [TANDEM_LANE_GTE] = "gte",
        [TANDEM_LANE_CODERANK] = "coderank",
    };
    return (unsigned)lane < TANDEM_N_LANES ? names[lane] : "unknown";
}
