/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_S2_H
#define MEM_S2_H

#include "mem/mem.h"
#include "mem/pt.h"

/* A VM's CPU, as far as memory is concerned. */
struct s2_cpu {
	struct mem *m;
	const struct pt_fmt *fmt;
	uint64_t root;
	unsigned levels;
	uint32_t owner; /* the VM's tag; 0 for one that is not confidential */
	uint8_t level;	/* privilege within the VM */
};

/*
 * The second stage has no entry for the address, or not that permission. Whose
 * table it is sees the fault and may map, convert or split. The source of the
 * layout is the format's, see fault_source().
 */
extern const struct rule s2_rule_missing; /* "stage2" */
extern const struct rule s2_rule_write;	  /* "stage2-write" */
extern const struct rule s2_rule_broken;  /* "stage2-malformed" */

/*
 * s2_translate() - GPA to a request for mem_access(), for one page
 * @len:  does not cross a 4 KiB boundary
 * @priv: the VM means private memory
 * Errors: IL_E_ARG @len; IL_E_IO stage 2 fault, *f filled, @f->addr the GPA.
 */
enum il_err s2_translate(const struct s2_cpu *c, uint64_t gpa, uint32_t len,
			 bool write, bool priv, struct mem_req *out,
			 struct fault *f) IL_MUST;

/*
 * s2_access() - what a load or store of the VM does: second stage, ownership
 * rules, memory or MMIO
 * @len: may cross pages; every page is judged before the first byte moves
 *
 * Errors:   IL_E_ARG  length 0, or the range wraps
 *           IL_E_IO   *f says why. FAULT_STAGE2: the table's holder sees it
 *                     and may repair it; FAULT_OWNER: the host sees that too;
 *                     the guest sees neither.
 */
enum il_err s2_access(const struct s2_cpu *c, uint64_t gpa, void *buf,
		      uint32_t len, bool write, bool priv,
		      struct fault *f) IL_MUST;

#endif
