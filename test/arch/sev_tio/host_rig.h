/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SEV_TIO_HOST_RIG_H
#define TEST_SEV_TIO_HOST_RIG_H

/*
 * The host's drivers on a machine with real ownership rules, real firmware and
 * a device of ours; registers by test/host/fake_pci.
 */
#include "fw_rig.h"

#include <errno.h>
#include <stdlib.h>

#include "../../host/fake_pci.h"
#include "arch/sev_tio/host.h"
#include "arch/sev_tio/host_priv.h"
#include "arch/sev_tio/vmm.h"
#include "host/uapi/interlock_ext.h"
#include "vmm/vmm.h"

#define EP	 0x0100u
#define RAM_SIZE (4 * PAGE_2M)
#define ECAM	 UINT64_C(0x10000000)
#define MMIO	 UINT64_C(0x40000000)
#define G_REQ	 UINT64_C(0x3000)
#define G_RSP	 UINT64_C(0x4000)
#define G_DATA	 UINT64_C(0x5000)

struct rig {
	struct fwrig *fw;
	struct fake_pci f;
	struct host_hw hw;
	struct sev_host_insn insn;
	struct sev_host *s;
	struct host h;
	int n;		      /* tsmN */
	uint64_t frames;      /* taken and not given back */
	unsigned silent_from; /* exchange that is the last answered; 0: none */
	bool no_info;	      /* firmware does not describe TDIs */
	/* Sees each command before firmware does; what it answers, if not 0,
	 * is the command's status. */
	uint32_t (*see)(struct rig *r, uint32_t cmd, uint64_t pa);
	unsigned rung[256];  /* by command */
	unsigned expands;    /* answers EXPAND_BUFFER_LENGTH_REQUEST */
	unsigned refused;    /* stores of the host that ownership stopped */
	uint32_t order[256]; /* of commands */
	unsigned n_order;
	struct vmm vmm;
	/* the guest */
	struct vcpu_exit script[16];
	unsigned steps, at;
	struct vcpu_exit got[16];
};

struct rig *rig_new(void);
/* Firmware that begins with small buffers. */
struct rig *rig_frugal(void);
extern const struct vmm_dev_cfg dev; /* the endpoint */

void rig_free(struct rig *r);
void vmm_new(struct rig *r, bool early);
int play(struct rig *r, enum vmm_program p);
int script(struct rig *r, unsigned n);
struct vcpu_exit tio_op(unsigned op);
struct vcpu_exit psc(uint64_t gpa, uint64_t pages, bool private);
struct vcpu_exit ecam(uint16_t reg, uint8_t len, bool write, uint32_t v);
void guest_probe(struct rig *r);
/* Connected, launched, attached and seen by the guest; and back. */
void up(struct rig *r);
void down(struct rig *r);

#endif
