/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DEVICE_RIG_H
#define TEST_DEVICE_RIG_H

#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "device/device.h"
#include "fabric/fabric.h"
#include "link/tap.h"

/*
 * One root port, one queue link with an interposer, one device; memory without
 * ownership rules behind an IOMMU that lets everything pass, or nothing.
 */
#define RIG_RAM	    (UINT64_C(64) << 20)
#define RIG_ECAM    UINT64_C(0xb0000000)
#define RIG_WINDOW  UINT64_C(0xe0000000)
#define RIG_PORT    BDF(0, 1, 0)
#define RIG_EP	    BDF(1, 0, 0)
#define RIG_BAR0    UINT64_C(0xe0000000)
#define RIG_VFBAR0  UINT64_C(0xe0100000)
#define RIG_BAR2    UINT64_C(0xe0200000)
#define RIG_VFBAR2  UINT64_C(0xe0300000)
#define RIG_MSI	    UINT64_C(0xfee01000)
#define RIG_RING    (4u << 20)
#define RIG_STREAM  5
#define RIG_SESSION 0x10001

struct rig {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto fcrypto;
	struct crypto crypto;
	struct mem mem;
	struct iommu iommu;
	bool iommu_closed;
	bool last_t; /* of the latest request that the IOMMU saw */
	int last_stream;
	struct link_queue queue;
	struct link_tap tap;
	struct fabric fabric;
	struct device dev;
	unsigned port;
	uint64_t now;
	bool hang;	    /* the device does not run */
	uint8_t intx;	    /* wires that the fabric tells of, a bit each */
	unsigned intx_told; /* how often */
};

extern const struct rule rig_closed;

/* @vfs of the device; the port's bus numbers and windows are not set. */
void rig_new(struct rig *r, unsigned vfs);
/* One that loses nothing in D3hot. */
void rig_new_kept(struct rig *r, unsigned vfs);
/* One of @pfs physical functions; those of bits in @wired have no MSI-X. */
void rig_new_many(struct rig *r, unsigned pfs, unsigned wired);
/* BARs of its functions, as rig_enumerate() puts them. */
#define RIG_BAR0_OF(fn) (RIG_BAR0 + (fn)*UINT64_C(0x20000))
#define RIG_BAR2_OF(fn) (RIG_BAR2 + (fn)*UINT64_C(0x20000))
void rig_free(struct rig *r);
/* As a host does: bus numbers, windows, BARs, BME and MSE on both ends. */
void rig_enumerate(struct rig *r);
/* Runs both ends until nothing moves. */
void rig_settle(struct rig *r);

uint32_t rig_cfg_read(struct rig *r, uint16_t bdf, unsigned reg, unsigned size);
void rig_cfg_write(struct rig *r, uint16_t bdf, unsigned reg, unsigned size,
		   uint32_t v);
uint16_t rig_ecap(struct rig *r, uint16_t bdf, uint16_t id);
uint16_t rig_cap(struct rig *r, uint16_t bdf, uint8_t id);

/* MMIO by a CPU; @t: through a private mapping. */
uint64_t rig_mmio_read(struct rig *r, uint64_t pa, uint32_t len, bool t);
void rig_mmio_write(struct rig *r, uint64_t pa, uint64_t v, uint32_t len,
		    bool t);

/* One exchange over the mailbox; returns bytes of the answer's payload. */
size_t rig_doe(struct rig *r, uint8_t type, const uint8_t *in, size_t n,
	       uint8_t *out, size_t cap);

/* Six keys of @set at both ends, and GO. */
void rig_keys(struct rig *r, uint8_t seed, unsigned set);
/* One stream with keys at both ends, Secure. */
void rig_stream(struct rig *r, uint8_t seed);
/* A session of the device; its keys are not used here. */
void rig_session(struct rig *r);
/* Puts a TDI where LOCK and START would have put it. */
void rig_tdi(struct rig *r, unsigned fn, enum tdi_state state, uint16_t flags);

/* Starts a command of the engine, waits, returns its error register. */
uint32_t rig_dma(struct rig *r, uint64_t bar0, uint32_t cmd, uint64_t src,
		 uint64_t dst, uint32_t len, bool t);
void rig_fill(struct rig *r, uint64_t pa, uint32_t len, uint8_t seed);
void rig_assert_same(struct rig *r, uint64_t a, uint64_t b, uint32_t len);
/* A vector of the engine, ready to fire. */
void rig_msix(struct rig *r, uint64_t bar0, uint16_t bdf, unsigned vec,
	      uint32_t data);

#endif
