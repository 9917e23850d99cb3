#include "commands.h"
#include "output.h"
#include "packed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Loading tells what the files alone do not: architecture, width, longest text. */
static bool load(const tandem_model_info *info, tandem_embedder **embedder_out, tandem_error *error)
{
    bool embedded = strcmp(info->origin, "embedded") == 0;

    if (info->reason) {
        error->code = TANDEM_E_FORMAT;
        snprintf(error->message, sizeof(error->message), "%s", info->reason);
        return false;
    }
    return tandem_embedder_open(embedded ? NULL : info->origin, NULL, embedder_out, error) ==
           TANDEM_OK;
}

static void print_json(const tandem_model_info *info, const tandem_error *error)
{
    json_t *check = info->n_checked
                        ? json_pack("{s:i,s:f,s:f}", "texts", (int)info->n_checked, "mean_cosine",
                                    info->check_mean, "least_cosine", info->check_least)
                        : json_null();
    output_json(
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:i,s:i,s:I,s:f,s:b,s:o}", "id", info->id, "origin",
                  info->origin, "revision", info->revision, "architecture", info->architecture,
                  "precision", info->precision, "check", check, "dim", (int)info->dim, "tokens_max",
                  (int)info->tokens_max, "disk_bytes", (json_int_t)info->disk_bytes, "weights_mb",
                  (double)info->weights_bytes / 1048576.0, "usable", error->code == TANDEM_OK,
                  "reason", error->code ? output_json_cstr(error->message) : json_null()));
}

static void print_text(const tandem_model_info *info, const tandem_error *error)
{
    if (error->code) {
        printf("%-36s can't be used: %s (%.1f MB)\n", info->id, error->message,
               (double)info->disk_bytes / 1e6);
        return;
    }
    printf("%-36s %s, %zu dimensions, %zu tokens, %s", info->id, info->architecture, info->dim,
           info->tokens_max, info->precision);
    if (info->n_checked)
        printf(" (cosine to f32 %.4f, least %.4f)", info->check_mean, info->check_least);
    printf(", %.1f MB  (%s)\n", (double)info->disk_bytes / 1e6, info->origin);
}

static void show(void *user, const tandem_model_info *listed)
{
    const settings *s = user;
    tandem_embedder *embedder = NULL;
    tandem_error error = {0};
    tandem_model_info info = *listed;

    if (load(listed, &embedder, &error)) {
        tandem_embedder_get_info(embedder, &info);
        info.id = listed->id; /* what it is asked for by; the folder is named otherwise */
        info.revision = listed->revision;
        info.disk_bytes = listed->disk_bytes;
    }
    if (s->json)
        print_json(&info, &error);
    else
        print_text(&info, &error);
    tandem_embedder_close(embedder);
}

static int drop_packed(const settings *s)
{
    packed_facts facts;
    tandem_error error = {.code = TANDEM_E_IO};

    if (!packed_drop(&facts)) {
        snprintf(error.message, sizeof(error.message), "cannot empty %.180s: %s", facts.folder,
                 strerror(errno));
        return output_failure(&error);
    }
    if (s->json)
        output_json(json_pack("{s:i,s:I,s:s}", "dropped", (int)facts.n_files, "bytes",
                              (json_int_t)facts.n_bytes, "folder", facts.folder));
    else
        printf("%zu packed models, %.1f MB, are gone from %s\n", facts.n_files,
               (double)facts.n_bytes / 1e6, facts.folder);
    return 0;
}

int cmd_models(const settings *s)
{
    tandem_error error = {0};
    packed_facts packed;

    if (s->drop_packed)
        return drop_packed(s);
    if (tandem_models_each(show, (void *)s, &error) != TANDEM_OK)
        return output_failure(&error);
    packed_look(&packed);
    if (!s->json && packed.n_files > 0)
        printf("\nPacked weights of %zu, for a fast start, take %.1f MB in\n%s.\n", packed.n_files,
               (double)packed.n_bytes / 1e6, packed.folder);
    if (!s->json)
        printf("\nBoth lanes use the embedded model unless --gte and --coderank name others. It is "
               "a text\nmodel: the code lane embeds code with it under its own name, until a code "
               "model ships.\n");
    return 0;
}
