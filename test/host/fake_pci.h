/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HOST_FAKE_PCI_H
#define TEST_HOST_FAKE_PCI_H

#include "check.h"

#include "doe/mbox.h"
#include "pci/cfg.h"

/*
 * Configuration space of a small machine: a root port at 00:01.0 (port number
 * 2), below it an endpoint with DOE, IDE, SR-IOV and two VFs. If asked for, a
 * switch stands between them, with another endpoint at its second port.
 * Registers are real; what a DOE request is answered with is the test's.
 */
#define FAKE_PORT      0x0008u
#define FAKE_VFS       2u
#define FAKE_DOE_LIMIT 8192u

/* A payload in, a payload out; false: no answer. */
typedef bool fake_answer(void *ctx, uint8_t type, const uint8_t *in, size_t n,
			 uint8_t *out, size_t cap, size_t *out_len,
			 uint8_t *out_type);

/* The endpoint at the second port of the switch. */
struct fake_other {
	struct pci_cfg cfg;
	struct doe_mbox mbox;
	uint8_t in[FAKE_DOE_LIMIT], out[FAKE_DOE_LIMIT];
	uint16_t doe;
	uint64_t *now;
	bool silent; /* its mailbox never answers, but for discovery */
};

struct fake_pci {
	struct pci_cfg port;
	struct pci_cfg usp;    /* of the switch */
	struct pci_cfg dsp[2]; /* 0: to @ep, 1: to @other */
	struct fake_other other;
	bool has_switch;
	bool no_other; /* nothing is at the switch's second port */
	bool slot;     /* what @ep is below has a slot, with power control */
	bool slot_two; /* and so has the second port of the switch */
	bool no_soft_reset;
	uint16_t ep_pm;
	struct pci_cfg ep;
	struct pci_cfg vf[FAKE_VFS];
	uint8_t ep_first[CFG_SIZE];
	struct env env; /* traces nothing */
	struct doe_mbox mbox;
	uint8_t in[FAKE_DOE_LIMIT], out[FAKE_DOE_LIMIT];
	uint16_t ep_exp, ep_doe, ep_ide, ep_sriov, port_ide;
	uint64_t *now;
	fake_answer *answer;
	void *ctx;

	bool keys;	  /* an enabled stream shows Secure */
	bool rp_insecure; /* the root port's does not */
	bool ep_insecure;
	uint32_t stuck;	 /* bits that the DOE status always shows */
	bool absent;	 /* the endpoint does not answer configuration */
	bool unplugged;	 /* out of its slot, whatever power that has */
	bool untrained;	 /* its link does not come up any more */
	unsigned leaves; /* absent after so many reads of the mailbox; 0: no */
	unsigned reads;	 /* of configuration space */
	bool no_tee, no_ide, no_cma;
	unsigned flrs;
	unsigned exchanges;
	/* Called after each write to the endpoint's command or IDE control. */
	void (*watch)(void *ctx, struct fake_pci *f);
	/* Order of interesting writes, one letter each: see fake_pci.c */
	char log[256];
	unsigned logged;
};

void fake_pci_init(struct fake_pci *f, uint64_t *now);
/* Once the absent features are chosen. */
void fake_pci_build(struct fake_pci *f);

enum il_err fake_cfg_read(struct fake_pci *f, uint32_t bdf, uint16_t reg,
			  uint8_t size, uint32_t *val);
enum il_err fake_cfg_write(struct fake_pci *f, uint32_t bdf, uint16_t reg,
			   uint8_t size, uint32_t val);
/* Lets the device serve its mailbox; call when time passes, too. */
void fake_pci_run(struct fake_pci *f);
void fake_log(struct fake_pci *f, char what);
/* Into the slot that @ep is in, or out of it. */
void fake_present(struct fake_pci *f, bool present);
/* The link of that slot goes away and comes back. */
void fake_bounce(struct fake_pci *f);

#endif
