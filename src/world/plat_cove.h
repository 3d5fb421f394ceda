/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLAT_COVE_H
#define WORLD_PLAT_COVE_H

#include "arch/cove/fw.h"
#include "arch/cove/guest.h"
#include "arch/cove/host.h"
#include "arch/cove/own.h"
#include "arch/cove/rdsm.h"
#include "mem/s2.h"
#include "world/faults.h"
#include "world/world_priv.h"

/* What a world of this platform holds besides the generic machine. */
struct cove_plat {
	struct cove_own own;
	struct cove_rdsm rdsm;
	struct cove_fw *fw;
	struct cove_host *host;
	struct cove_host_insn host_insn;
	struct cove_tsm_insn tsm_insn;
	struct cove_port port[WORLD_DEVS]; /* the manifest */
	uint64_t transcript; /* that the host handed back last; 0: none */
};

/* And of a VM: at its vm->plat. */
struct cove_plat_vm {
	struct cove_guest_insn insn;
	struct cove_guest guest;
	uint8_t *page;	       /* of the guest driver: enum cove_guest_page */
	struct vcpu_exit exit; /* the last, as the hart showed it */
};

/* faults_cove.c: as struct world_plat has them. */
extern const struct world_rule cove_rules[];

/* The VM behind a TVM's id, or NULL; and what a CPU of a VM walks. */
struct world_vm *cove_plat_vm_of(struct world *w, uint64_t tvm);
bool cove_plat_cpu(struct world_vm *vm, struct s2_cpu *c);

extern const struct law_view law_cove;

/* evidence_cove.c: as struct world_plat has them. */
bool cove_evidence_at(struct world_vm *vm, enum world_evidence what,
		      struct evidence_place *out);
bool cove_evidence_set(struct world_vm *vm, enum world_evidence what,
		       uint64_t gpa, uint32_t len);
/* The host is about to make this call. */
void cove_evidence_call(struct world *w, uint64_t eid, uint64_t fid,
			const uint64_t a[6]);

#endif
