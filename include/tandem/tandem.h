/* tandem/tandem.h - all of libtandem. */
#ifndef TANDEM_TANDEM_H
#define TANDEM_TANDEM_H

#include "tandem/bench.h"
#include "tandem/content.h"
#include "tandem/embedder.h"
#include "tandem/error.h"
#include "tandem/index.h"
#include "tandem/job.h"
#include "tandem/log.h"
#include "tandem/machine.h"
#include "tandem/metrics.h"
#include "tandem/model.h"
#include "tandem/report.h"
#include "tandem/value.h"
#include "tandem/version.h"

#endif
