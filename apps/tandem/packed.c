#include "packed.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void packed_default_path(const char *variable, const char *below_home, const char *rest, char *out,
                         size_t out_bytes)
{
    const char *folder = getenv(variable), *home = getenv("HOME");

    if (folder && folder[0] == '/')
        snprintf(out, out_bytes, "%s/tandem/%s", folder, rest);
    else
        snprintf(out, out_bytes, "%s/%s/tandem/%s", home ? home : "", below_home, rest);
}

static bool ends(const char *name, const char *ending)
{
    size_t n = strlen(name), n_ending = strlen(ending);
    return n >= n_ending && strcmp(name + n - n_ending, ending) == 0;
}

static bool walk(packed_facts *facts, bool drop)
{
    char path[sizeof(facts->folder) + 256];
    struct stat file;
    int failure = 0;

    *facts = (packed_facts){0};
    packed_default_path("XDG_CACHE_HOME", ".cache", "packed", facts->folder, sizeof(facts->folder));
    DIR *folder = opendir(facts->folder);
    if (!folder && errno != ENOENT)
        failure = errno;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        bool is_whole = ends(entry->d_name, ".packed");
        snprintf(path, sizeof(path), "%s/%s", facts->folder, entry->d_name);
        if ((!is_whole && !ends(entry->d_name, ".tmp")) || lstat(path, &file) != 0)
            continue;
        if (drop && unlink(path) != 0 && errno != ENOENT) {
            failure = errno;
            continue;
        }
        facts->n_files += is_whole;
        facts->n_bytes += (uint64_t)file.st_size;
    }
    if (folder)
        closedir(folder);
    errno = failure;
    return failure == 0;
}

void packed_look(packed_facts *facts_out)
{
    walk(facts_out, false);
}

bool packed_drop(packed_facts *facts_out)
{
    return walk(facts_out, true);
}
