/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLAT_SEV_TIO_H
#define WORLD_PLAT_SEV_TIO_H

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/guest.h"
#include "arch/sev_tio/host.h"
#include "arch/sev_tio/own.h"

/* What a world of this platform holds besides the generic machine. */
struct sev_plat {
	struct own own;
	struct sev_fw *fw;
	struct sev_host *host;
	struct sev_host_insn host_insn;
	struct sev_guest_insn guest_insn;
	struct sev_guest guest;
	bool guest_made;
};

#endif
