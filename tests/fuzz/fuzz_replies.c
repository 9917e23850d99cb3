/* fuzz: embed */
#include "embed/wire.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how many texts were asked and how wide their vectors are; 0: not known. */
static td_wire_answer asked(uint8_t how, float *vectors)
{
    td_wire_answer answer = {.n = 1 + how % 4, .dim = how / 4 % 8, .vectors = vectors};
    if (answer.dim == 0)
        answer.n = 1;
    return answer;
}

/* What is believed has the width and length that it must have. */
static void check(const td_wire_answer *answer)
{
    if (answer->dim == 0 || answer->dim > TD_WIRE_DIM_MAX)
        abort();
    for (size_t i = 0; i < answer->n; i++) {
        double sum = 0;
        for (size_t d = 0; d < answer->dim; d++) {
            double x = (double)answer->vectors[i * answer->dim + d];
            sum += x * x;
        }
        if (!(fabs(sqrt(sum) - 1) < 1e-3))
            abort();
    }
    if (strlen(answer->model) >= TD_WIRE_NAME_N)
        abort();
}

/* Whatever a server answers, it is vectors that can be believed, or an error. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static float vectors[TD_WIRE_DIM_MAX];
    char words[100];
    td_wire_about about;

    if (size == 0)
        return 0;
    td_str body = {(const char *)data + 1, size - 1};
    td_wire_answer answer = asked(data[0], vectors);
    if (td_embed_wire_rows(body, &answer, NULL) == TANDEM_OK)
        check(&answer);
    answer = asked(data[0], vectors);
    if (td_embed_wire_objects(body, &answer, NULL) == TANDEM_OK)
        check(&answer);
    (void)td_embed_wire_info(body, &about, NULL);
    (void)td_embed_wire_models(body, NULL, &about, NULL);
    (void)td_embed_wire_models(body, "m", &about, NULL);
    (void)td_embed_wire_is_version(body);
    td_embed_wire_complaint(body, words, sizeof(words));
    td_buf out = TD_BUF(1 << 20);
    if (td_embed_wire_add_text(&out, TD_STR("p"), body, NULL) == TANDEM_OK &&
        out.n != td_embed_wire_text_bytes(TD_STR("p"), body))
        abort();
    td_buf_clear(&out);
    return 0;
}
