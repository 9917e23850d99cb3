/* A folder of files for one test, taken away again. */
#ifndef HUB_SUPPORT_H
#define HUB_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];

static inline int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tandem-hub-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static inline void put_file(const char *name, const char *bytes)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    fputs(bytes, file);
    fclose(file);
}

static inline void put_model(const char *at)
{
    static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};
    char path[256];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", at, names[i]);
        put_file(path, names[i]);
    }
}

#endif
