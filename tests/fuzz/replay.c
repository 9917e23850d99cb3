/* Runs a fuzz target once over every file of a folder: what fuzzing found stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t capacity = 1u << 20;
    size_t n = 0;
    uint8_t *bytes = malloc(capacity);

    if (!file || !bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        free(bytes);
        if (file)
            fclose(file);
        return 1;
    }
    n = fread(bytes, 1, capacity, file);
    fclose(file);
    uint8_t *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
    if (exact) {
        memcpy(exact, bytes, n);
        LLVMFuzzerTestOneInput(exact, n);
    }
    free(exact);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    char path[4096];
    int n = 0;
    int failed = 0;

    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        failed |= replay(path);
        n++;
    }
    closedir(folder);
    printf("%d inputs\n", n);
    return failed || n == 0;
}
