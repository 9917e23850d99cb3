#include "source/chromium.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_BYTES_MAX = 4096,
    STALE_S = 60, /* a younger folder may still be on its way to its lock */
    FOLDER_BYTES_MAX = 38,
    ARGS_MAX = 40,
    REMOVE_TRIES = 50,
    REMOVE_WAIT_NS = 10 * 1000 * 1000,
};

static const char profile_prefix[] = "tandem-chromium-";

tandem_code td_source_chromium_find(const char *name, td_buf *path_out, tandem_error *err)
{
    static const char *const names[] = {"chromium", "chromium-browser", "chromium-headless-shell",
                                        "google-chrome", "google-chrome-stable"};

    if (name && strchr(name, '/') && td_os_is_program(name))
        return td_buf_add(path_out, td_str_from(name), err);
    if (name && (strchr(name, '/') || !td_os_find_program(name, path_out)))
        return td_fail(err, TANDEM_E_NOT_FOUND, "the browser %.200s is no program here", name);
    for (size_t i = 0; !name && i < sizeof(names) / sizeof(names[0]); i++)
        if (td_os_find_program(names[i], path_out))
            return TANDEM_OK;
    if (path_out->n > 0)
        return TANDEM_OK;
    return td_fail(
        err, TANDEM_E_NOT_FOUND,
        "no Chromium here: install the package chromium (on Ubuntu chromium-browser), or "
        "name one with --browser");
}

tandem_code td_source_chromium_check(bool no_sandbox, tandem_error *err)
{
    if (geteuid() != 0 || no_sandbox)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_DENIED,
                   "Chromium's sandbox does not work for root: run tandem as another user, or "
                   "without that wall with --no-browser-sandbox");
}

/* -- the profile -- */

/* Chromium makes a socket in there, and an address has room for 107 bytes of its path. */
static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && folder[0] == '/' && strlen(folder) <= FOLDER_BYTES_MAX ? folder : "/tmp";
}

/* The lock of a profile's folder, held: nobody uses the folder. -1 if somebody does. */
static int lock_profile(const char *folder, int flags)
{
    td_buf path = TD_BUF(PATH_BYTES_MAX);
    int fd = -1;

    if (td_buf_add_fmt(&path, NULL, "%s/lock", folder) == TANDEM_OK)
        fd = open(path.ptr, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    td_buf_clear(&path);
    return fd;
}

static void sweep_one(const char *folder)
{
    struct stat facts;

    if (lstat(folder, &facts) != 0 || !S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() ||
        time(NULL) - facts.st_mtime < STALE_S)
        return;
    int fd = lock_profile(folder, 0);
    if (fd < 0)
        return;
    td_log(TD_INFO, "source", "removing %s, left by a process that was killed", folder);
    td_os_remove_tree(folder, NULL);
    close(fd);
}

/* Who is killed cannot clean up; who comes next does. */
static void sweep(void)
{
    DIR *dir = opendir(temporary_folder());
    td_buf path = TD_BUF(PATH_BYTES_MAX);

    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        td_buf_cut(&path, 0);
        if (td_str_starts(td_str_from(entry->d_name), td_str_from(profile_prefix)) &&
            td_buf_add_fmt(&path, NULL, "%s/%s", temporary_folder(), entry->d_name) == TANDEM_OK)
            sweep_one(path.ptr);
    }
    if (dir)
        closedir(dir);
    td_buf_clear(&path);
}

static tandem_code make_profile(td_source_chromium *chromium, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);

    TD_TRY(td_buf_add_fmt(&path, err, "%s/%sXXXXXX", temporary_folder(), profile_prefix));
    if (!mkdtemp(path.ptr))
        TD_TRY(td_fail_errno(err, errno, "cannot make the browser's folder in %s",
                             temporary_folder()));
    chromium->profile = td_buf_take(&path);
    chromium->lock_fd = lock_profile(chromium->profile.ptr, O_CREAT | O_EXCL);
    if (chromium->lock_fd < 0) {
        chromium->lock_fd = 0;
        TD_TRY(td_fail_errno(err, errno, "cannot lock %s", chromium->profile.ptr));
    }
out:
    td_buf_clear(&path);
    return code;
}

/* -- the process -- */

/* Text of the environment or the command line that the profile's folder is part of. */
typedef struct own_texts {
    td_buf home, tmp, data_dir, path;
} own_texts;

static tandem_code write_texts(const td_source_chromium *chromium, own_texts *texts,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *path = getenv("PATH"), *profile = chromium->profile.ptr;

    TD_TRY(td_buf_add_fmt(&texts->home, err, "HOME=%s", profile));
    TD_TRY(td_buf_add_fmt(&texts->tmp, err, "TMPDIR=%s", profile));
    TD_TRY(td_buf_add_fmt(&texts->data_dir, err, "--user-data-dir=%s", profile));
    TD_TRY(td_buf_add_fmt(&texts->path, err, "PATH=%s", path ? path : "/usr/bin:/bin"));
out:
    return code;
}

static tandem_code run(const char *program, bool no_sandbox, td_source_chromium *chromium,
                       const own_texts *texts, tandem_error *err)
{
    static const char *const fixed[] = {
        "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-extensions", "--disable-default-apps", "--disable-breakpad", "--disable-gpu",
        "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars", "--no-pings",
        "--block-new-web-contents", "--dns-prefetch-disable", "--deny-permission-prompts",
        /* The second wall: no name is known, no address either, and no proxy is there. */
        "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=socks5://tandem.invalid:1",
        "--proxy-bypass-list=<-loopback>",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-features=DnsOverHttps,OptimizationHints,MediaRouter,Translate,SpareRenderer",
        "--js-flags=--max-old-space-size=1024"};
    const char *args[ARGS_MAX] = {program},
               *environment[] = {texts->home.ptr, texts->tmp.ptr, texts->path.ptr, "LANG=C.UTF-8",
                                 NULL};
    size_t n = 1;

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        args[n++] = fixed[i];
    if (no_sandbox)
        args[n++] = "--no-sandbox";
    args[n++] = texts->data_dir.ptr;
    args[n++] = "about:blank";
    return td_os_child_start(args, environment, true, &chromium->child, err);
}

tandem_code td_source_chromium_start(const char *program, bool no_sandbox,
                                     td_source_chromium *chromium_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_source_chromium chromium = {.lock_fd = 0};
    own_texts texts = {TD_BUF(PATH_BYTES_MAX), TD_BUF(PATH_BYTES_MAX), TD_BUF(PATH_BYTES_MAX),
                       TD_BUF(1 << 20)};

    sweep();
    TD_TRY(make_profile(&chromium, err));
    TD_TRY(write_texts(&chromium, &texts, err));
    TD_TRY(run(program, no_sandbox, &chromium, &texts, err));
    td_log(TD_INFO, "source", "browser=%s pid=%lld started", program,
           (long long)chromium.child.pid);
    *chromium_out = chromium;
    chromium = (td_source_chromium){.lock_fd = 0};

out:
    td_source_chromium_stop(&chromium);
    td_buf_clear(&texts.home);
    td_buf_clear(&texts.tmp);
    td_buf_clear(&texts.data_dir);
    td_buf_clear(&texts.path);
    return code;
}

/* Helpers of the browser end when it does, not at the same moment, and may still write. */
static void remove_profile(const char *folder)
{
    for (int i = 0; td_os_remove_tree(folder, NULL) != TANDEM_OK && i < REMOVE_TRIES; i++)
        nanosleep(&(struct timespec){.tv_nsec = REMOVE_WAIT_NS}, NULL);
}

void td_source_chromium_stop(td_source_chromium *chromium)
{
    td_os_child_kill(&chromium->child);
    if (chromium->profile.n > 0)
        remove_profile(chromium->profile.ptr);
    td_buf_clear(&chromium->profile);
    if (chromium->lock_fd > 0)
        close(chromium->lock_fd);
    *chromium = (td_source_chromium){.lock_fd = 0};
}
