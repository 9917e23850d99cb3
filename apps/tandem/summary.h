/* summary.h - how a job went, for scripts. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "output.h"

/* One object; `metrics`: with speed, lanes, and every metric of the process by its Prometheus name.
 * NULL when memory is out. */
json_t *summary_json(const tandem_summary *s, bool metrics);

#endif
