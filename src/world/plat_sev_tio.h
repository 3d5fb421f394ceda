/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLAT_SEV_TIO_H
#define WORLD_PLAT_SEV_TIO_H

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/guest.h"
#include "arch/sev_tio/host.h"
#include "arch/sev_tio/own.h"
#include "world/faults.h"
#include "world/swap.h"

/* Guest page from which evidence is read. */
#define SEV_PLAT_DATA UINT64_C(0x5000)

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

/* faults_sev_tio.c: as struct world_plat has them. */
extern const struct world_rule sev_rules[];

/* names_sev_tio.c: what goes over a boundary, as world_called() has it. */
const char *sev_command_name(uint32_t cmd);
const char *sev_status_name(uint32_t status);
const char *sev_exit_name(struct world_vm *vm, const struct sev_ghcb *io);
const char *sev_ioctl_name(uint32_t cmd, uintptr_t arg);

/* evidence_sev_tio.c: see struct world_plat. */
bool sev_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out);
bool sev_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len);
/* The guest asks for evidence with this exit. */
bool sev_evidence_exit(const struct sev_ghcb *io);

#endif
