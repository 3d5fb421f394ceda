/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLAT_TDX_H
#define WORLD_PLAT_TDX_H

#include "arch/tdx/fw.h"
#include "arch/tdx/guest.h"
#include "arch/tdx/host.h"
#include "arch/tdx/own.h"
#include "world/faults.h"
#include "world/plats.h"
#include "world/swap.h"
#include "world/world_priv.h"

#define TDX_HKIDS	  64u
#define TDX_PLAT_INFO_MAX (TDX_GUEST_INFO_LEN - TDCM_DATA)

/* What a world of this platform holds besides the generic machine. */
struct tdx_plat {
	struct tdx_own own;
	struct tdx_fw *fw;
	struct tdx_host *host;
	struct tdx_host_insn host_insn;
};

/* And of a VM: at its vm->plat. */
struct tdx_plat_vm {
	struct tdx_guest_insn insn;
	struct tdx_guest guest;
	uint8_t *page;	       /* of the guest's driver: enum tdx_guest_page */
	struct vcpu_exit exit; /* the last one */
	/* A load or store of emulated MMIO, as the handler of #VE has it. */
	bool ve;
	struct tdx_regs ve_regs;
	uint8_t info[TDX_PLAT_INFO_MAX]; /* as the host lays it out anew */
};

/*
 * plat_tdx_vm.c: who runs in a VM. As in struct tdx_fw_cfg and struct
 * world_plat.
 */
enum il_err tdx_plat_run(void *ctx, uint64_t tdvpr, enum tdx_leave_kind *out);
uint32_t tdx_plat_owner(const struct world_vm *vm);
enum il_err tdx_plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			    uint32_t len, bool write, bool priv,
			    struct fault *f);
enum il_err tdx_plat_guest(struct world_vm *vm, struct guest_cfg *cfg);
void tdx_plat_guest_fini(struct world_vm *vm);
/* TDCALL, by hand as well. */
enum il_err tdx_plat_tdcall(struct world_vcpu *v, struct tdx_regs *r);

/* faults_tdx.c: as struct world_plat has them. */
extern const struct world_rule tdx_rules[];

/* law_tdx.c */
extern const struct law_view law_tdx;

/* evidence_tdx.c: see struct world_plat. */
bool tdx_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out);
bool tdx_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len);
/* The guest's call asks for evidence; has brought what is to be swapped. */
bool tdx_evidence_asks(struct world_vm *vm, const struct tdx_regs *r);
bool tdx_evidence_there(struct world_vm *vm, const struct tdx_regs *r);

/* What a status is called; NULL: good, or not all of it done yet. */
const char *tdx_plat_status(uint64_t rax);
/* The registers of a call, in the order in which raw calls keep them. */
void tdx_plat_note(struct world *w, struct world_vm *vm,
		   const struct tdx_regs *r);

#endif
