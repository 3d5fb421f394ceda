/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_VMM_RIG_H
#define TEST_VMM_RIG_H

#include "../host/machine.h"

#include "vmm/vmm.h"

/* A VMM over test/host's machine, and a guest that is a script. */
#define RAM  (2 * PAGE_2M)
#define ECAM UINT64_C(0x10000000)
#define MMIO UINT64_C(0x40000000)
#define RID  0x0008u

struct rig {
	struct machine *m;
	struct vmm v;
	struct vmm_run run;
	unsigned lines;
	char last[64];
	long last_ret;
};

/* What the architecture's launch steps answer; zero by rig_new(). */
extern long init_err, start_err, vcpu_err, update_err, finish_err;
extern unsigned updates;
extern const struct vmm_dev_cfg dev;

struct vmm_cfg good(struct rig *r);
struct rig *rig_new(void);
/* The VMM dies; nothing of it may be left. */
void rig_free(struct rig *r);
int play(struct rig *r, enum vmm_program p);
/* The guest's script of @n exits. */
int guest(struct rig *r, unsigned n);
/* Connected, launched, attached. */
void up(struct rig *r);
struct vcpu_exit ecam(uint32_t rid, uint16_t reg, uint8_t len, bool write,
		      uint32_t v);
uint32_t read_back(const struct vcpu_exit *x);

#endif
