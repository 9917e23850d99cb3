#include "serve/serve.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "CodeRankEmbed" of "nomic-ai/CodeRankEmbed". */
static const char *last_part(const char *id)
{
    const char *slash = strrchr(id, '/');

    return slash ? slash + 1 : id;
}

bool serve_find_model(const serve *sv, const http_request *request, const char *name,
                      tandem_lane *lane_out)
{
    if (!name || !name[0]) {
        *lane_out =
            request->listener == SERVE_MAIN ? TANDEM_LANE_GTE : (tandem_lane)request->listener;
        return true;
    }
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const char *id = sv->infos[l].id;
        if (strcasecmp(name, tandem_lane_name((tandem_lane)l)) == 0 || strcasecmp(name, id) == 0 ||
            strcasecmp(last_part(name), last_part(id)) == 0) {
            *lane_out = (tandem_lane)l;
            return true;
        }
    }
    return false;
}

void serve_list_models(const serve *sv, char *out, size_t n)
{
    snprintf(out, n, "gte (%s), coderank (%s)", sv->infos[TANDEM_LANE_GTE].id,
             sv->infos[TANDEM_LANE_CODERANK].id);
}
