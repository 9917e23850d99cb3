#include "commands.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(const settings *s);
} benches[] = {
    {"engine", bench_engine},
    {"schedule", bench_schedule},
};

int cmd_bench(const settings *s)
{
    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
        if (strcmp(s->operands[0], benches[i].name) == 0)
            return benches[i].run(s);
    output_error("there is no bench \"%s\"; there are: engine, schedule", s->operands[0]);
    return 2;
}
