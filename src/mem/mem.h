/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_MEM_H
#define MEM_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"

/*
 * Physical memory of one machine, and the one function through which every
 * agent reaches it. The architecture's ownership rules sit inside that
 * function as a table; nothing outside this room holds a pointer to a page.
 *
 * What is stored is ciphertext: plaintext XOR a key stream of (key, address).
 * Each byte of a key stream differs from zero, so stored bytes differ from
 * the plaintext one by one; and two keys give two streams for each aligned
 * 8 bytes. Key id 0 is "no key": bytes stored as they are. The stream is a
 * model of AES-XEX, not a cipher that would keep a secret outside a world.
 */

#define MEM_RAM_WINDOWS	 4
#define MEM_MMIO_WINDOWS 32
#define MEM_KEY_NONE	 0

/* Where this machine takes interrupts: a DMA write here is MSI. */
#define MEM_MSI_BASE UINT64_C(0xfee00000)
#define MEM_MSI_SIZE UINT64_C(0x00100000)

/* One access, as the hardware sees it after address translation. */
struct mem_req {
	enum fault_agent who;
	bool write;
	bool trusted;	/* a CPU means private memory; T bit of a TLP; what it
			 * means for firmware, the rules say */
	uint32_t owner; /* tag of a VM; 0 host */
	uint8_t level;	/* privilege within a VM; 0 most privileged */
	bool shared;	/* DMA with T that an address made a shared access */
	uint8_t port;	/* root port number, DMA only */
	uint32_t rid;	/* segment << 16 | bus/device/function, DMA only */
	uint64_t gpa;	/* address before the last translation */
	uint64_t leaf;	/* bytes of the stage 2 or I/O leaf used; 0: none */
	uint64_t pa;
	uint32_t len;
};

/* What the rules add to an access that they let through. */
struct mem_pass {
	uint32_t key;		/* MEM_KEY_NONE or a key that was set */
	bool trusted;		/* T bit of the TLP, if @pa is MMIO */
	enum fault_stage stage; /* of a refusal; FAULT_NONE: FAULT_OWNER */
};

/*
 * The architecture's ownership rules. check() looks at @req for the page of
 * @req->pa alone (@req->len does not cross it) and changes nothing. NULL lets
 * it pass; *pass starts as zero.
 *
 * owner_key() is the key under which the owner of the page of @pa has it, as
 * its processor sees it. Only memory whose bytes somebody else holds asks for
 * that; may be NULL where there is none.
 */
struct mem_rules {
	const struct rule *(*check)(void *ctx, const struct mem_req *req,
				    struct mem_pass *pass);
	uint32_t (*owner_key)(void *ctx, uint64_t pa);
};

/*
 * Bytes that somebody else holds. An access stays within one page.
 * there() says whether the page of @pa may be read, or written; IL_E_IO of the
 * others: it was given back, or whoever holds it does not answer.
 */
struct mem_extern_ops {
	bool (*there)(void *ctx, uint64_t pa, bool write);
	enum il_err (*read)(void *ctx, uint64_t pa, uint8_t *buf, uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t pa, const uint8_t *buf,
			     uint32_t len);
};

/*
 * What stands behind a window of MMIO. @trusted is the T bit that the TLP
 * gets. A read that nobody answers is all ones and IL_OK, as on a real bus;
 * IL_E_IO with *f filled is for an access that faults.
 */
struct mem_mmio_ops {
	enum il_err (*read)(void *ctx, const struct mem_req *req, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f);
	enum il_err (*write)(void *ctx, const struct mem_req *req, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f);
};

/* A message-signalled interrupt that arrived. */
struct mem_irq {
	uint32_t rid;
	uint64_t addr;
	uint32_t data;
	bool trusted; /* T bit of the write */
};

struct mem_window {
	uint64_t base;
	uint64_t size;
	uint8_t *bytes;	   /* RAM: ciphertext */
	uint64_t *touched; /* RAM: one bit a page, set by the first write */
	uint64_t *taken;   /* RAM: one bit a page, frame allocator */
	uint64_t free;	   /* RAM: pages left */
	uint64_t hint;	   /* RAM: where the allocator looks first */
	const struct mem_mmio_ops *ops;
	void *ctx;
	/* RAM whose bytes are elsewhere: there are none here. */
	const struct mem_extern_ops *ext;
	uint64_t *plain; /* by page: secret under which they are plain */
};

struct mem_cfg {
	struct arena *arena;
	const struct env *env;
	uint32_t keys;	    /* key ids are below this; at least 1 */
	uint32_t irq_slots; /* interrupts kept until taken; a power of two */
};

struct mem {
	const struct env *env;
	struct arena *arena;
	const struct mem_rules *rules;
	void *rules_ctx;
	struct mem_window ram[MEM_RAM_WINDOWS];
	uint32_t rams;
	struct mem_window mmio[MEM_MMIO_WINDOWS];
	uint32_t mmios;
	uint64_t *key; /* secret by id; 0: not set */
	uint32_t keys;
	struct mem_irq *irq;
	uint32_t irq_slots;
	uint32_t irq_head;
	uint32_t irq_tail;
	uint64_t irq_lost;
	uint64_t rekeys_lost; /* pages elsewhere that may have been rewritten */
};

/* Trace events. Arguments as noted. */
#define MEM_EV_REFUSED TRACE_EV(TRACE_MEM, 1) /* who | write << 8, addr, pa */
#define MEM_EV_IRQ     TRACE_EV(TRACE_MEM, 2) /* rid, addr, data */

/* Refusals of the bus itself. */
extern const struct rule mem_rule_nothing;   /* no RAM, no MMIO there */
extern const struct rule mem_rule_interrupt; /* interrupt range, not MSI */
extern const struct rule mem_rule_no_key;    /* rules named a key not set */
extern const struct rule mem_rule_straddle;  /* MMIO access over a page end */

/*
 * mem_init() - a machine with no memory yet
 *
 * Errors:   IL_E_ARG    a limit is zero or not a power of two
 *           IL_E_NOMEM  the arena is full
 */
enum il_err mem_init(struct mem *m, const struct mem_cfg *cfg) IL_MUST;

/*
 * mem_add_ram() - RAM at [@base, @base + @size), zero, no key
 * Both are multiples of 2 MiB. The storage is arena; untouched pages cost
 * address space alone.
 *
 * Errors:   IL_E_ARG    not aligned, or overlaps another window
 *           IL_E_SPACE  no window left
 *           IL_E_NOMEM  the arena is full
 */
enum il_err mem_add_ram(struct mem *m, uint64_t base, uint64_t size) IL_MUST;

/*
 * mem_add_extern() - RAM at [@base, @base + @size) whose bytes are elsewhere
 * @owned: whoever holds them is a processor that this machine does not have,
 *         and sees each page as its owner does (mem_rules.owner_key); else as
 *         one without a key
 *
 * Multiples of 2 MiB; no frame of it is the allocator's. What is stored is the
 * bytes there under the key under which they are plain, so that an access with
 * another key gets what it would get of any memory: both key streams. Where a
 * page gets another owner, the bytes there are rewritten: what is stored stays
 * (mem_owner_changed()). Pages that are not there answer as nothing does.
 *
 * Page tables there are read and marked, not edited.
 *
 * Errors:   as mem_add_ram()
 */
enum il_err mem_add_extern(struct mem *m, uint64_t base, uint64_t size,
			   const struct mem_extern_ops *ops, void *ctx,
			   bool owned) IL_MUST;
/* Rules: pages of [@pa, @pa + @size) have another owner. Or they are there
 * again, and may have got one in the meantime. */
void mem_owner_changed(struct mem *m, uint64_t pa, uint64_t size);
/* Others hold the pages of [@pa, @pa + @size) than before: as their owners have
 * them. */
void mem_extern_fresh(struct mem *m, uint64_t pa, uint64_t size);

/*
 * mem_add_mmio() - CPU accesses and DMA to [@base, @base + @size) go to @ops
 * Multiples of 4 KiB. @ops and @ctx live as long as the window.
 *
 * Errors:   IL_E_ARG    not aligned, or overlaps another window
 *           IL_E_SPACE  no window left
 */
enum il_err mem_add_mmio(struct mem *m, uint64_t base, uint64_t size,
			 const struct mem_mmio_ops *ops, void *ctx) IL_MUST;
/* Removes the window that starts at @base. Errors: IL_E_ARG there is none. */
enum il_err mem_del_mmio(struct mem *m, uint64_t base) IL_MUST;

/* No rules (the default) lets everything pass with no key. */
void mem_set_rules(struct mem *m, const struct mem_rules *rules, void *ctx);

/*
 * mem_key_set() - the secret behind key @id; 0 forgets it
 * What was stored under the old secret is lost, as after a new VEK.
 *
 * Errors:   IL_E_ARG  @id is 0 or not below the limit
 */
enum il_err mem_key_set(struct mem *m, uint32_t id, uint64_t secret) IL_MUST;

/*
 * mem_access() - the one way to memory
 * @req:  what, by whom; @req->pa to @req->pa + @req->len may cross pages; the
 *        GPA advances with the PA
 * @buf:  @req->len bytes, read or filled
 * @f:    filled on IL_E_IO; must not be NULL
 *
 * Every page is judged before the first byte moves: a refusal changes nothing
 * and fills nothing. (An MMIO op that fails in the middle of a transfer over
 * several pages is the exception; such transfers are refused whole. So is
 * memory elsewhere whose holder stops answering.)
 *
 * Errors:   IL_E_ARG  length 0, or the range wraps
 *           IL_E_IO   refused; *f says by which rule
 */
enum il_err mem_access(struct mem *m, const struct mem_req *req, void *buf,
		       struct fault *f) IL_MUST;

/*
 * mem_check() - would mem_access() let this pass? Moves nothing.
 * Errors: as mem_access().
 */
enum il_err mem_check_page(struct mem *m, const struct mem_req *req,
			   struct fault *f) IL_MUST; /* within one page */
enum il_err mem_check(struct mem *m, const struct mem_req *req,
		      struct fault *f) IL_MUST;

/* What @pa is. */
enum mem_kind {
	MEM_NOTHING,
	MEM_RAM,
	MEM_MMIO,
	MEM_MSI,
};
enum mem_kind mem_kind_at(const struct mem *m, uint64_t pa);

/*
 * mem_raw() - the stored bytes (ciphertext), as a bus probe sees them
 * For laws, tests and captures. Errors: IL_E_ARG not wholly RAM of this room.
 */
enum il_err mem_raw(const struct mem *m, uint64_t pa, uint8_t *out,
		    uint32_t len) IL_MUST;

/*
 * mem_next_touched() - the first page at or above @pa that was ever written
 * Returns UINT64_MAX when there is none. For save, and for searches.
 */
uint64_t mem_next_touched(const struct mem *m, uint64_t pa);

/*
 * mem_frames_alloc() - the host's page frames: 2^@order pages, aligned so
 * @order: 0 to 18
 * The content is whatever is stored there.
 *
 * Errors:   IL_E_ARG    @order
 *           IL_E_NOMEM  no such run is free
 */
enum il_err mem_frames_alloc(struct mem *m, unsigned order,
			     uint64_t *pa) IL_MUST;
/* Errors: IL_E_ARG not RAM, not aligned, or a page of it is already free. */
enum il_err mem_frames_free(struct mem *m, uint64_t pa, unsigned order) IL_MUST;
/* Takes [@pa, @pa + @size) out of the allocator, for firmware and tables. */
enum il_err mem_frames_reserve(struct mem *m, uint64_t pa,
			       uint64_t size) IL_MUST;
uint64_t mem_frames_left(const struct mem *m);

/* Errors: IL_E_AGAIN no interrupt waits. */
enum il_err mem_irq_take(struct mem *m, struct mem_irq *out) IL_MUST;

bool mem_sane(const struct mem *m);

/* Shorthand for the host's CPU (key none); no second stage. */
static inline struct mem_req mem_req_host(uint64_t pa, uint32_t len, bool write)
{
	return (struct mem_req){ .who = AGENT_HOST,
				 .write = write,
				 .gpa = pa,
				 .pa = pa,
				 .len = len };
}

enum il_err mem_host_read(struct mem *m, uint64_t pa, void *buf, uint32_t len,
			  struct fault *f) IL_MUST;
enum il_err mem_host_write(struct mem *m, uint64_t pa, const void *buf,
			   uint32_t len, struct fault *f) IL_MUST;

#endif
