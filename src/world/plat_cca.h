/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLAT_CCA_H
#define WORLD_PLAT_CCA_H

#include "arch/cca/fw.h"
#include "arch/cca/guest.h"
#include "arch/cca/host.h"
#include "arch/cca/own.h"
#include "world/faults.h"
#include "world/plats.h"
#include "world/swap.h"
#include "world/world_priv.h"

/* What a world of this platform holds besides the generic machine. */
struct cca_plat {
	struct cca_own own;
	struct cca_fw *fw;
	struct cca_host *host;
	struct cca_host_insn host_insn;
};

/* And of a VM: at its vm->plat. */
struct cca_plat_vm {
	struct cca_realm_insn insn;
	struct cca_guest guest;
	uint8_t *page;	       /* of the realm's driver: 1 is shared */
	struct vcpu_exit exit; /* the last one, and its answer */
};

/*
 * plat_cca_vm.c: who runs in a VM. As in struct cca_fw_cfg and struct
 * world_plat.
 */
enum il_err cca_plat_run(void *ctx, uint64_t rec, const struct cca_enter *in,
			 struct cca_leave *out);
uint32_t cca_plat_owner(const struct world_vm *vm);
enum il_err cca_plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			    uint32_t len, bool write, bool priv,
			    struct fault *f);
enum il_err cca_plat_guest(struct world_vm *vm, struct guest_cfg *cfg);
void cca_plat_guest_fini(struct world_vm *vm);
/* SMC of the realm, by hand as well. */
enum il_err cca_plat_rsi(struct world_vcpu *v, uint64_t x[CCA_SMC_REGS]);

/* law_cca.c */
extern const struct law_view law_cca;

/* faults_cca.c: as struct world_plat has them. */
extern const struct world_rule cca_rules[];

/* evidence_cca.c: see struct world_plat. */
bool cca_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out);
bool cca_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len);
/* The realm's host call @g has under way asks for evidence, or is its last
 * part. */
bool cca_evidence_asks(const struct cca_guest *g);
bool cca_evidence_last(const struct cca_guest *g);

/* What an RMI or RSI result is called; NULL: good. */
const char *cca_plat_status(uint64_t x0);

#endif
