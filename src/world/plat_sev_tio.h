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
};

/* And of a VM: at its vm->plat. */
struct sev_plat_vm {
	struct sev_guest_insn insn;
	struct sev_guest guest;
	uint8_t *page; /* of the guest driver: enum sev_page */
};

#endif
