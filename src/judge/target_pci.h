/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_TARGET_PCI_H
#define JUDGE_TARGET_PCI_H

#include "judge/carry.h"

/*
 * The target "pci:…": a device in this machine, by its configuration space.
 * To find it, its capabilities and the driver that is bound to it, registers
 * are read and none is written. Then:
 *
 *   no driver is bound     the mailbox is written to, and nothing else
 *   a driver is bound      nothing is written: it is not opened
 *   --force                the mailbox whoever is bound, other registers, and
 *                          function level resets
 *
 * A mailbox that somebody else uses is left alone in any case.
 */
struct target_pci_cfg {
	/*
	 * Configuration space of the device's functions; reads nothing but
	 * what it must. Errors: IL_E_ARG no such device, IL_E_IO; words in
	 * @why.
	 */
	enum il_err (*open)(void *ctx, struct regs *out, char *why,
			    size_t why_cap);
	void (*close)(void *ctx);
	/* The driver that is bound to function 0, or NULL. */
	const char *(*driver)(void *ctx);
	void *ctx;
	uint64_t (*now_ns)(void *ctx); /* while it is not open, too */
	bool force;
};

struct target_pci {
	struct target_pci_cfg cfg;
	struct regs regs;
	bool open;
	bool ours; /* the mailbox was idle when we came */
	uint16_t exp;
	uint16_t ide_cap; /* 0: none */
	struct carry carry;
};

void target_pci_init(struct target_pci *t, const struct target_pci_cfg *cfg);
void target_pci_fini(struct target_pci *t);
struct judge_target target_pci(struct target_pci *t);

/*
 * target_pci_look() - what can be known of it without a write
 * Opens it, reads, and stays open. @t->carry.why has words for errors.
 *
 * Errors:   IL_E_ARG    no such device, or it has no DOE capability
 *           IL_E_IO     it cannot be read
 *           IL_E_STATE  a driver is bound (and no --force), or somebody else
 *                       uses the mailbox: no case can be tested
 */
enum il_err target_pci_look(struct target_pci *t) IL_MUST;

/* A device of libpci: struct target_pci_cfg.open, close, driver. */
struct pci_access;
struct pci_dev;
struct pci_way {
	unsigned domain;
	uint8_t bus;
	uint8_t dev;
	const char *dump; /* a file of lspci -xxxx instead of the machine */
	uint64_t (*mono_ns)(void);
	struct pci_access *access;
	struct pci_dev *fn[8];
	char driver[64];
};

/*
 * pci_way_parse() - "0000:01:00.0"
 * Function 0 alone is meant: it is the one with the mailbox.
 * Errors: IL_E_ARG  another form, or another function
 */
enum il_err pci_way_parse(const char *text, struct pci_way *w) IL_MUST;
/* Whether this build has libpci. Else pci_way_open() is IL_E_ARG. */
bool pci_way_there(void);
enum il_err pci_way_open(void *ctx, struct regs *out, char *why,
			 size_t why_cap) IL_MUST;
void pci_way_close(void *ctx);
const char *pci_way_driver(void *ctx);

#endif
