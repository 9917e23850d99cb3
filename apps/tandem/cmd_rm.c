#include "commands.h"
#include "output.h"

int cmd_rm(const settings *s)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *index = NULL;
    tandem_error error = {0};
    tandem_code code = TANDEM_OK;

    options.must_exist = true;
    if (tandem_index_open(s->db, &options, &index, &error) != TANDEM_OK)
        return output_failure(&error);
    for (size_t i = 0; i < s->n_operands && code == TANDEM_OK; i++) {
        code = tandem_index_remove(index, s->operands[i], &error);
        if (code == TANDEM_OK && s->json)
            output_json(json_pack("{s:o}", "removed", output_json_cstr(s->operands[i])));
        else if (code == TANDEM_OK)
            output_note("removed %s", s->operands[i]);
    }
    tandem_index_close(index);
    return code == TANDEM_OK ? 0 : output_failure(&error);
}
