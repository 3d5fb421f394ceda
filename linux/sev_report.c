// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* The interface report, taken apart as everywhere else. */
#include "tdisp/report.c"
