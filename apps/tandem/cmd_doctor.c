#include "commands.h"
#include "output.h"
#include "packed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One thing that is right, or is not and what to do. */
typedef struct finding {
    const char *what;
    bool good;
    char text[600];
} finding;

enum {
    FINDINGS_MAX = 5,
    PATH_BYTES = 4200
};

typedef struct doctor {
    const settings *s;
    tandem_machine machine;
    json_t *models;
    size_t n_models;
    finding findings[FINDINGS_MAX];
    size_t n_findings;
} doctor;

__attribute__((format(printf, 4, 5))) static void find(doctor *d, const char *what, bool good,
                                                       const char *format, ...)
{
    finding *f = &d->findings[d->n_findings++];
    va_list arguments;

    f->what = what;
    f->good = good;
    va_start(arguments, format);
    vsnprintf(f->text, sizeof(f->text), format, arguments);
    va_end(arguments);
}

/* Whether a file could be written here: it, or the nearest folder above it that exists, allows it.
 * Nothing is made to find out. */
static bool is_writable(const char *path)
{
    char part[PATH_BYTES];
    struct stat facts;

    snprintf(part, sizeof(part), "%s", path);
    if (stat(part, &facts) == 0)
        return access(part, W_OK) == 0;
    do {
        char *slash = strrchr(part, '/');
        if (!slash)
            snprintf(part, sizeof(part), ".");
        else
            slash[slash == part] = '\0';
    } while (stat(part, &facts) != 0);
    return S_ISDIR(facts.st_mode) && access(part, W_OK) == 0;
}

static void look_at_index(doctor *d)
{
    char path[PATH_BYTES];

    if (d->s->db)
        snprintf(path, sizeof(path), "%s", d->s->db);
    else
        packed_default_path("XDG_DATA_HOME", ".local/share", "tandem.db", path, sizeof(path));
    if (strstr(path, "://"))
        find(d, "index", true, "%s (a server; `tandem status` asks it)", path);
    else if (!is_writable(path))
        find(d, "index", false, "%s cannot be written: name another with --db", path);
    else
        find(d, "index", true, access(path, F_OK) == 0 ? "%s" : "%s (not made so far)", path);
}

static void look_at_cache(doctor *d)
{
    char path[PATH_BYTES];

    packed_default_path("XDG_CACHE_HOME", ".cache", "checks", path, sizeof(path));
    if (is_writable(path))
        find(d, "checks", true, "%s", path);
    else
        find(d, "checks", false, "%s cannot be written: each start tries precisions anew", path);
}

static void look_at_packed(doctor *d)
{
    packed_facts facts;

    packed_look(&facts);
    if (is_writable(facts.folder))
        find(d, "packed", true, "%zu models, %.1f MB in %s", facts.n_files,
             (double)facts.n_bytes / 1e6, facts.folder);
    else
        find(d, "packed", false, "%s cannot be written: each start packs weights anew",
             facts.folder);
}

static void look_at_models(doctor *d)
{
    if (d->n_models > 1)
        find(d, "models", true, "%zu", d->n_models);
    else
        find(d, "models", true,
             "the embedded one alone: it is small; --gte and --coderank name others");
}

static void look_at_network(doctor *d)
{
    bool https = strstr(d->machine.libcurl, "SSL") || strstr(d->machine.libcurl, "TLS");

    find(d, "network", https,
         https ? "%s" : "%s is built without TLS: https:// pages cannot be read",
         d->machine.libcurl);
}

static void add_model(void *user, const tandem_model_info *info)
{
    doctor *d = user;

    json_array_append_new(d->models,
                          json_pack("{s:s,s:s}", "id", info->id, "origin", info->origin));
    d->n_models++;
}

static void print_json(const doctor *d, bool good)
{
    const tandem_machine *m = &d->machine;
    json_t *findings = json_array();

    for (size_t i = 0; i < d->n_findings; i++)
        json_array_append_new(findings, json_pack("{s:s,s:b,s:o}", "what", d->findings[i].what,
                                                  "good", d->findings[i].good, "text",
                                                  output_json_cstr(d->findings[i].text)));
    output_json(json_pack("{s:s,s:s,s:s,s:i,s:i,s:f,s:s,s:s,s:s,s:O,s:o,s:b}", "version",
                          tandem_version(), "cpu", m->cpu, "features", m->features, "cores",
                          (int)m->n_cpus, "cores_online", (int)m->n_cpus_online, "memory_mb",
                          (double)m->memory_bytes / 1048576.0, "isa", m->isa, "fast_precisions",
                          m->fast, "libcurl", m->libcurl, "models", d->models, "findings", findings,
                          "good", good));
}

static void print_text(const doctor *d)
{
    const tandem_machine *m = &d->machine;
    const char *plain = output_style_of(stdout, STYLE_PLAIN);

    printf("tandem   %s\n", tandem_version());
    printf("cpu      %s\n", m->cpu[0] ? m->cpu : "unknown");
    printf("features %s\n", m->features[0] ? m->features : "none that a kernel asks for");
    printf("cores    %u of %u\n", m->n_cpus, m->n_cpus_online);
    printf("memory   %.1f GB\n", (double)m->memory_bytes / 1e9);
    printf("kernels  %s, fast in %s\n", m->isa, m->fast);
    for (size_t i = 0; i < d->n_findings; i++) {
        const finding *f = &d->findings[i];
        printf("%-8s %s%s%s ", f->what, output_style_of(stdout, f->good ? STYLE_GREEN : STYLE_RED),
               f->good ? "ok" : "bad", plain);
        output_text(stdout, text_of(f->text));
        putchar('\n');
    }
}

int cmd_doctor(const settings *s)
{
    doctor d = {.s = s, .models = json_array()};
    tandem_error error = {0};
    bool good = true;

    tandem_machine_get(&d.machine);
    if (tandem_models_each(add_model, &d, &error) != TANDEM_OK) {
        json_decref(d.models);
        return output_failure(&error);
    }
    look_at_models(&d);
    look_at_index(&d);
    look_at_cache(&d);
    look_at_packed(&d);
    look_at_network(&d);
    for (size_t i = 0; i < d.n_findings; i++)
        good = good && d.findings[i].good;
    if (s->json)
        print_json(&d, good);
    else
        print_text(&d);
    json_decref(d.models);
    return good ? 0 : 1;
}
