/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DEVICE_PEER_RIG_H
#define TEST_DEVICE_PEER_RIG_H

#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "device/device.h"
#include "idekm/req.h"
#include "tdisp/req.h"

/*
 * Two devices below one switch, and a root above it: no platform. The switch
 * hands on what it gets by address, requester ID or message route, and looks
 * at nothing that IDE protects but the header. What the TSM says to a device
 * goes to the DSM as the payloads of a session of that device alone.
 */
#define ROOT_RID   0x0008u
#define ONE	   0u
#define TWO	   1u
#define RID(i)	   ((uint16_t)(((i) + 1u) << 8))
#define WINDOW(i)  (UINT64_C(0xe0000000) + (i)*UINT64_C(0x100000))
#define REGS(i)	   WINDOW(i)
#define MEM(i)	   (WINDOW(i) + 0x80000)
#define HOST_RAM   UINT64_C(0x200000)
#define DEFAULT(i) ((uint8_t)(5u + (i)))
#define PEER	   9u
#define FLAGS	   (TDISP_LOCK_NO_FW_UPDATE | TDISP_LOCK_BIND_P2P)

struct seen { /* packets of a device, by where they went */
	unsigned to_root;
	unsigned to_peer;
	unsigned on_peer; /* those under the peers' stream, T set */
};

struct party {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto fc, root_fc;
	struct crypto crypto, root_crypto;
	struct link_queue queue;
	struct link_end port; /* the switch's */
	struct device dev;
	struct ide_port root; /* the other end of its default stream */
	struct dsm_session session;
	struct idekm_req km;
	struct tdisp_req tdisp;
	uint8_t nonce[TDISP_NONCE_LEN];
	struct seen seen;
	uint8_t read[512]; /* what the root read last */
	uint8_t status;
	const struct rule *refused; /* by the device, last */
};

struct peers {
	struct party p[2];
	uint64_t now;
	const uint8_t *secret; /* not to be seen on the way */
	size_t secret_len;
	bool leaked;
	bool untrusted; /* what the host sends from now on has T clear */
};

/* Both keyed, default streams and the peers' one, nothing locked. */
struct peers *peers_new(void);
void peers_free(struct peers *s);
/* Devices and switch run until nothing moves. */
void peers_run(struct peers *s);

/* Registers of IDE block @n of a device. */
void ide_reg(struct peers *s, unsigned i, unsigned n, unsigned reg, uint32_t v);
void config(struct peers *s, unsigned i, uint16_t reg, unsigned size,
	    uint32_t v);
/* Six keys of set 0 of @stream at @i; @other: its partner is that device. */
void keys(struct peers *s, unsigned i, uint8_t stream, bool other);

/* The code that comes back; of a TDISP ERROR its code, with bit 31. */
#define REFUSED 0x80000000u
uint32_t ask(struct peers *s, unsigned i, const struct tdisp_msg *m);
uint32_t lock(struct peers *s, unsigned i, uint16_t flags, uint64_t mask);
uint32_t say(struct peers *s, unsigned i, enum tdisp_code code);
uint32_t bind(struct peers *s, unsigned i, uint8_t stream);
uint32_t unbind(struct peers *s, unsigned i, uint8_t stream);
/* IL_E_AGAIN and the like of a request, as the DSM's back half has it. */
enum il_err bind_raw(struct peers *s, unsigned i, uint8_t stream);
enum tdi_state state(const struct peers *s, unsigned i);
/* Both in RUN, the stream bound at both. */
void peers_bound(struct peers *s);

/* By the CPU, trusted, on the default stream. */
void host_write(struct peers *s, unsigned i, uint64_t addr, const void *data,
		uint32_t len);
uint64_t host_read(struct peers *s, unsigned i, uint64_t addr, uint32_t len);
/* Starts a command of @i's engine and does not let it run. */
void engine(struct peers *s, unsigned i, uint32_t cmd, uint64_t src,
	    uint64_t dst, uint32_t len);
/* Its error register, as the device has it. */
uint32_t engine_error(const struct peers *s, unsigned i);
/* The device's memory, as it is. */
const uint8_t *memory(const struct peers *s, unsigned i);

#endif
