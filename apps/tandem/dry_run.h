/* dry_run.h - what a crawl or an index run would fetch, and what it would not and why. */
#ifndef DRY_RUN_H
#define DRY_RUN_H

#include "settings.h"

/* Lists it on stdout; returns the exit status. Nothing is stored. */
int dry_run(const settings *s);

#endif
