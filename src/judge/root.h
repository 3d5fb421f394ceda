/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_ROOT_H
#define JUDGE_ROOT_H

#include "base/env.h"
#include "crypto/crypto.h"
#include "ide/ide.h"
#include "judge/regs.h"
#include "link/socket.h"

/*
 * The judge as the root port above a device on a link (docs/link.md):
 * configuration and memory requests, in the clear or in an IDE stream, with
 * the T bit or without, and the events of a link. It takes in what the device
 * sends by itself and remembers it. One request is under way at a time.
 *
 * The port believes nothing: it is there to find out what a device does, also
 * when it is asked what no root port would ask.
 */
#define ROOT_RID      0x0008u /* bus 0, device 1, function 0 */
#define ROOT_BUS      1u      /* the device is its device 0 */
#define ROOT_STREAMS  4u
#define ROOT_SEEN     16u /* requests of the device that are remembered */
#define ROOT_READ_MAX 64u
#define ROOT_PLAIN    (-1) /* for @stream: not under IDE */
/* Memory that the device may read and write. */
#define ROOT_MEM_BASE UINT64_C(0x100000000)
#define ROOT_MEM_SIZE 0x4000u
/* Where BARs are put; 32-bit ones below 4 GiB. */
#define ROOT_MMIO_BASE UINT64_C(0x80000000)

/* How the port reaches the other end, and time. */
struct root_way {
	struct link_end end;
	/*
	 * Returns when a frame may have come, or after @ns.
	 * Errors: IL_E_TIMEOUT; IL_E_IO the channel is gone.
	 */
	enum il_err (*wait)(void *ctx, uint64_t ns);
	uint64_t (*now_ns)(void *ctx);
	void *ctx;
};

struct root_cfg {
	struct root_way way;
	const struct crypto *crypto;
	const struct env *env;
	uint64_t answer_ns; /* for a completion; 0: 3 s */
	/* For one that is not expected; 0: a tenth of it. */
	uint64_t silent_ns;
};

/* A request that the device sent. */
struct root_seen {
	bool write;
	bool ide;
	bool t;
	uint8_t stream;
	uint16_t requester;
	uint64_t addr;
	uint32_t len;
};

struct root {
	struct root_cfg cfg;
	struct ide_port ide;
	bool up;
	bool gone; /* the channel has ended */
	uint16_t tag;
	/* The request under way. */
	struct root_wait {
		bool active;
		bool done;
		uint16_t tag;
		int stream;
		bool t;
		uint8_t status; /* TLP_CPL_… */
		bool odd; /* answered in another stream, with another T bit or
			     length, or poisoned */
		uint32_t want;
		uint32_t got;
		uint8_t data[ROOT_READ_MAX];
	} wait;
	/* The latest requests of the device, and how many there were. */
	struct root_seen seen[ROOT_SEEN];
	unsigned seen_n;
	uint32_t failed;  /* streams with an IDE Fail Message, by block */
	unsigned bad;	  /* packets that could not be taken in */
	uint64_t slow_ns; /* what slow completions have taken, since init */
	uint8_t mem[ROOT_MEM_SIZE];
	uint8_t frame[LINK_FRAME_MAX];
	uint8_t out[LINK_FRAME_MAX];
	uint8_t scratch[TLP_LIMIT_DATA];
};

/*
 * root_init() - the port, link down
 * @cfg: copied; @r must not move
 *
 * Errors:   of ide_init()
 */
enum il_err root_init(struct root *r, const struct root_cfg *cfg) IL_MUST;
void root_fini(struct root *r);

/*
 * root_event() - tell the device, and do to this end what it means
 * Errors:   IL_E_IO  the channel is gone
 */
enum il_err root_event(struct root *r, enum link_event ev) IL_MUST;
/* What a root complex does at power-up: fundamental reset, then up. */
enum il_err root_power_up(struct root *r) IL_MUST;

/*
 * root_turn() - take in what came, for @ns
 * So that what the device does by itself is seen. Errors: IL_E_IO.
 */
enum il_err root_turn(struct root *r, uint64_t ns) IL_MUST;

/*
 * Configuration requests to function @fn, in the clear.
 *
 * Errors:   IL_E_ARG      register or size
 *           IL_E_PEER     answered with another status than success:
 *                         r->wait.status
 *           IL_E_TIMEOUT  no answer
 *           IL_E_FIELD    r->wait.odd
 *           IL_E_IO       no link
 */
enum il_err root_cfg_read(struct root *r, unsigned fn, uint16_t reg,
			  unsigned size, uint32_t *v) IL_MUST;
enum il_err root_cfg_write(struct root *r, unsigned fn, uint16_t reg,
			   unsigned size, uint32_t v) IL_MUST;
/* The same to another bus than the one that it was given. */
enum il_err root_cfg_write_bus(struct root *r, unsigned bus, unsigned fn,
			       uint16_t reg, unsigned size, uint32_t v) IL_MUST;
/* A write that says of itself that its data is bad. Errors: likewise. */
enum il_err root_cfg_write_poisoned(struct root *r, unsigned fn, uint16_t reg,
				    uint32_t v) IL_MUST;
/* The same as a table; every error but IL_E_ARG is IL_E_IO. */
struct regs root_regs(struct root *r);

/* How a memory request goes. */
struct root_how {
	int stream; /* a block of this port; or ROOT_PLAIN */
	bool t;	    /* the T bit; needs a stream */
	bool poisoned;
	bool broken; /* the last byte of its MAC is wrong */
	bool silent; /* no answer is expected: do not wait long */
};

/*
 * Memory requests of at most ROOT_READ_MAX bytes, whole dwords.
 *
 * Errors:   as root_cfg_read(); IL_E_STATE  the stream is not Secure here
 */
enum il_err root_mem_read(struct root *r, const struct root_how *how,
			  uint64_t addr, uint32_t len, uint8_t *out) IL_MUST;
enum il_err root_mem_write(struct root *r, const struct root_how *how,
			   uint64_t addr, const uint8_t *p,
			   uint32_t len) IL_MUST;

/* An IDE Fail Message for the stream of block @idx. Errors: IL_E_IO. */
enum il_err root_fail(struct root *r, unsigned idx) IL_MUST;

/*
 * root_bars() - give the memory BARs of @fn addresses that nobody else has
 * @base: where each begins; 0: no memory BAR there
 *
 * Also VF BARs, if @fn is -1: of the SR-IOV capability of function 0.
 * Neither decoding nor bus mastering is switched on.
 *
 * Errors:   of root_cfg_read(); IL_E_SPACE  more than there is room for
 */
enum il_err root_bars(struct root *r, int fn, uint64_t base[6],
		      uint64_t size[6]) IL_MUST;

/*
 * The channel of docs/link.md over a socket. @ls and @buf are the caller's.
 */
struct root_socket {
	struct link_socket link;
	int fd; /* -1: none */
	uint64_t (*mono_ns)(void);
	uint8_t buf[2 * 4 * LINK_SOCKET_MIN];
};

struct sock_addr;

/*
 * root_connect() - a channel to @a, for struct root_cfg
 * Errors: IL_E_IO with *code = errno.
 */
enum il_err root_connect(struct root_socket *s, const struct sock_addr *a,
			 unsigned timeout_ms, uint64_t (*mono_ns)(void),
			 struct root_way *out, int *code) IL_MUST;
void root_hang_up(struct root_socket *s);

#endif
