/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SEV_TIO_GUEST_RIG_H
#define TEST_SEV_TIO_GUEST_RIG_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "arch/sev_tio/guest.h"

/*
 * The guest's driver alone: one vCPU whose instructions this rig answers as
 * host and firmware would. The firmware's half of the message channel is
 * written here anew, from the specification's offsets.
 */

#define G_SECRETS UINT64_C(0x10000)
#define G_REQ	  UINT64_C(0x20000)
#define G_RSP	  UINT64_C(0x21000)
#define G_DATA	  UINT64_C(0x30000)
#define G_PAGES	  16
#define G_RAM	  UINT64_C(0x400000)
#define G_BAR	  UINT64_C(0xe0000000)
#define G_RID	  UINT32_C(0x10208)
#define G_TDI	  UINT64_C(0x123456789)
#define G_VTOM	  (UINT64_C(1) << 40)

/* The entries of the table, each with arguments that the rig chooses. */
enum entry {
	E_ACCEPT, /* 3 pages at G_RAM */
	E_SHARE,  /* 2 pages at G_RAM */
	E_LOCK,
	E_EVIDENCE, /* with a nonce */
	E_CLAIMS,   /* without */
	E_MMIO_ON,  /* 7 pages at G_BAR, from page 2 of range 3 on */
	E_START,
	E_DMA_ON,
	E_DMA_OFF,
	E_MMIO_OFF,
	E_STOP,
	E_UNBIND,
	ENTRIES,
};

/* One message as the firmware opened it. */
struct fwmsg {
	uint32_t key_no;
	uint32_t type;
	uint64_t seqno;
	uint64_t len;
	uint8_t plain[0x50];
};

struct pvalidate {
	uint64_t gpa;
	uint64_t size;
	uint64_t on;
};

/* All that left the guest, in order. No padding: compared as bytes. */
struct glog {
	uint64_t n_exits, n_pvals, n_msgs;
	struct sev_ghcb exits[48];
	struct pvalidate pvals[16];
	struct fwmsg msgs[24];
	uint8_t nonce[32]; /* in the data pages when TDI_INFO came */
};

/* Bytes under one key and number, as the host saw them. */
struct sealed {
	unsigned key_no;
	uint64_t seqno;
	uint32_t len;
	uint8_t bytes[0x60 + 0x50];
};

enum insn {
	I_READ_SECRETS,
	I_WRITE_REQ,
	I_READ_RSP,
	I_DATA,
	I_PVALIDATE,
	I_PSC,
	I_REQUEST,
	I_OP,
};

enum spoil { SPOIL_NOT, SPOIL_SEALED, SPOIL_WIRE, SPOIL_REPLAY };

struct grig {
	unsigned live; /* crypto slots in use before */
	struct crypto c;
	struct fake_env fenv;
	struct env env;
	struct sev_guest_insn insn;
	struct sev_guest g;
	struct glog log;

	/* The machine. */
	uint8_t secrets[4096];
	uint8_t req[4096];
	uint8_t rsp[4096];
	uint8_t data[G_PAGES * 4096];
	bool shared[3];		/* req, rsp, data */
	uint8_t data_seed[256]; /* what the host lays into the data pages */

	/* The firmware. */
	struct crypto_slot fw_key[4];
	uint64_t fw_seqno[4];
	uint8_t page[0x410]; /* what the guest did with its RAM */
	uint16_t status;
	uint64_t tdi_id;

	/* Instruction number @fail_at, from 1, fails once with @fail_err. */
	unsigned done;
	unsigned fail_at;
	enum il_err fail_err;
	enum insn failed_in;
	bool stutter; /* every instruction says AGAIN once */
	bool stuttered;

	/* One refusal each. */
	uint64_t psc_refused; /* EXITINFO2 */
	uint64_t request_refused;
	uint64_t op_refused;
	enum rmp_rc rc;
	unsigned rc_after; /* PVALIDATEs that go well before */
	bool same;
	enum spoil spoil;
	unsigned spoil_at;
	uint8_t spoil_xor;

	struct sealed sealed[64];
	unsigned n_sealed;
	struct evidence_claims claims;
	struct evidence_blobs blobs;
};

/* Around all tests: one table of crypto operations. */
int grig_open(void **state);
int grig_close(void **state);
extern struct maker grig_maker;

struct grig *grig_new(void);
/* Nothing of the keys is left behind. */
void grig_free(struct grig *r);

/* One call, as it comes back; and calls until it does not say AGAIN. */
enum il_err grig_call(struct grig *r, enum entry e);
enum il_err grig_go(struct grig *r, enum entry e);
/* Every entry up to, and without, @e. */
void grig_until(struct grig *r, enum entry e);
const char *grig_why(struct grig *r);

extern const uint8_t grig_nonce[32];

#endif
