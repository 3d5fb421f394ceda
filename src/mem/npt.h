/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_NPT_H
#define MEM_NPT_H

#include "mem/mem.h"
#include "mem/pt.h"

/* A VM's CPU, as far as memory is concerned. */
struct npt_cpu {
	struct mem *m;
	const struct pt_fmt *fmt;
	uint64_t root; /* nested table; the host writes it */
	unsigned levels;
	uint32_t owner; /* ASID; 0 for a VM that is not confidential */
	uint8_t level;	/* VMPL */
};

/*
 * The nested table has no entry for the address, or not that permission. The
 * host sees a nested page fault and may map, convert or split.
 */
extern const struct rule npt_rule_missing; /* "stage2" */
extern const struct rule npt_rule_write;   /* "stage2-write" */
extern const struct rule npt_rule_broken;  /* "stage2-malformed" */

/*
 * npt_translate() - GPA to a request for mem_access(), for one page
 * @len: does not cross a 4 KiB boundary
 * Errors: IL_E_ARG @len; IL_E_IO nested fault, *f filled, @f->addr the GPA.
 */
enum il_err npt_translate(const struct npt_cpu *c, uint64_t gpa, uint32_t len,
			  bool write, bool c_bit, struct mem_req *out,
			  struct fault *f) IL_MUST;

/*
 * npt_access() - what a load or store of the VM does: nested table, ownership
 * rules, memory or MMIO
 * @len: may cross pages; every page is judged before the first byte moves
 *
 * Errors:   IL_E_ARG  length 0, or the range wraps
 *           IL_E_IO   *f says why. FAULT_STAGE2: the host sees it and may
 *                     repair it; FAULT_OWNER: it sees that too (#NPF with the
 *                     ownership bit); the guest sees neither.
 */
enum il_err npt_access(const struct npt_cpu *c, uint64_t gpa, void *buf,
		       uint32_t len, bool write, bool c_bit,
		       struct fault *f) IL_MUST;

#endif
