// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* The guest's side of SEV-TIO as every world of ours runs it. */
#include "arch/sev_tio/guest.c"
