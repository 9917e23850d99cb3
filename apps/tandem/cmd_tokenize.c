#include "commands.h"
#include "output.h"
#include "texts.h"

#include <stdlib.h>

static int tokenize(tandem_embedder *embedder, tandem_role role, tandem_str text, uint32_t *ids)
{
    tandem_error error = {0};
    bool truncated = false;
    size_t n = 0;
    json_t *list = json_array();

    if (tandem_embedder_tokenize(embedder, text, role, ids, &n, &truncated, &error) != TANDEM_OK) {
        json_decref(list);
        return output_failure(&error);
    }
    json_t *tokens = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_integer(ids[i]));
        json_array_append_new(tokens, output_json_text(tandem_embedder_token(embedder, ids[i])));
    }
    output_json(json_pack("{s:o,s:o,s:b}", "ids", list, "tokens", tokens, "truncated", truncated));
    return 0;
}

int cmd_tokenize(const settings *s)
{
    tandem_embedder_options options = TANDEM_EMBEDDER_OPTIONS;
    tandem_embedder *embedder = NULL;
    tandem_model_info info;
    tandem_error error = {0};
    texts from = {.paths = s->operands, .n_paths = s->n_operands};
    tandem_str text = {0};
    bool end = false;
    int status = 0;

    options.precision = "f32"; /* no vector is made: nothing to try first, nothing to keep */
    if (tandem_embedder_open(s->model, &options, &embedder, &error) != TANDEM_OK)
        return output_failure(&error);
    tandem_embedder_get_info(embedder, &info);
    uint32_t *ids = malloc(info.tokens_max * sizeof(*ids));
    tandem_role role = s->role[0] == 'q' ? TANDEM_ROLE_QUERY : TANDEM_ROLE_DOCUMENT;
    if (!ids) {
        output_error("out of memory");
        status = 1;
    }
    while (status == 0 && (status = texts_next(&from, &text, &end)) == 0 && !end) {
        status = tokenize(embedder, role, text, ids);
        free((char *)text.ptr);
    }
    free(ids);
    texts_clear(&from);
    tandem_embedder_close(embedder);
    return status;
}
