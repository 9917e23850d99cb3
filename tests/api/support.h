/* A folder with a few files, and an index in it, for one test. */
#ifndef API_SUPPORT_H
#define API_SUPPORT_H

#include "tandem/tandem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];
static char tree[80];
static char location[80];

static inline void put_file(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", tree, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static inline int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tandem-api-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(tree, sizeof(tree), "%s/tree", folder);
    snprintf(location, sizeof(location), "%s/index.db", folder);
    mkdir(tree, 0700);
    put_file("shed.md", "# Shed\n\nThe key of the shed hangs behind the kitchen door.\n");
    put_file("walk.py", "def walk(folder):\n"
                        "    \"\"\"Yield every file below a folder.\"\"\"\n"
                        "    for root, folders, files in os.walk(folder):\n"
                        "        for name in files:\n"
                        "            yield os.path.join(root, name)\n");
    return 0;
}

static inline int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
