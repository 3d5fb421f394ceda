/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IOMMU_IOMMU_H
#define IOMMU_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "mem/mem.h"
#include "mem/pt.h"

/*
 * One I/O memory management unit. It finds the device's entry through the
 * architecture's rules, walks the I/O table, asks the ownership rules, and
 * remembers translations until told to forget. Ownership is asked on every
 * translation, remembered or not.
 */

#define IOMMU_NO_STREAM (-1)

/* One DMA request as the root port hands it over, the link undone. */
struct iommu_req {
	uint32_t rid; /* segment << 16 | bus/device/function */
	bool t;	      /* T bit, from an IDE TLP whose check passed */
	int stream;   /* IDE stream id, or IOMMU_NO_STREAM for a plain TLP */
	uint8_t tc;   /* traffic class, 0 to 7 */
	uint8_t port; /* root port's number (Link Capabilities, 31:24) */
	uint64_t iova;
	bool write;
	uint32_t len; /* 1 to 4096, does not cross a 4 KiB boundary */
};

/* What a device entry says, whatever its layout. */
struct iommu_entry {
	enum {
		IOMMU_ABORT,
		IOMMU_BYPASS,
		IOMMU_PAGED,
	} kind;
	const struct rule *why;	  /* of an abort that is no error of layout */
	const struct pt_fmt *fmt; /* IOMMU_PAGED */
	uint64_t root;
	uint8_t levels;
	unsigned perm; /* enum pt_perm, for the whole device */
	bool track;    /* accessed and dirty bits are kept */
	bool interrupts;
	uint16_t domain; /* tag of the IOTLB */
	bool trusted;	 /* from the trusted entry */
	uint32_t owner;
	uint8_t level;
	uint8_t port;
	bool split_en;
	uint64_t split;	   /* bytes; at and above it: shared, and taken off
			    * before the table translates */
	uint8_t stream[8]; /* by traffic class, trusted entries */
	uint32_t guest_rid;
};

/* What the unit tells the host of a request that it refused. */
enum iommu_event_kind {
	IOMMU_EV_NONE,
	IOMMU_EV_ENTRY,	  /* the device entry is malformed or not there */
	IOMMU_EV_REQUEST, /* the device entry does not admit the request */
	IOMMU_EV_PAGE,	  /* device entry or I/O table: no page, no right */
	IOMMU_EV_OWNER,	  /* ownership refused what the table led to */
	IOMMU_EV_BUS,	  /* there is nothing where it led */
};

struct iommu_event {
	enum iommu_event_kind kind;
	uint32_t rid;
	uint16_t domain;
	bool write;
	bool trusted;	/* the T bit was set */
	bool present;	/* a translation was there */
	bool interrupt; /* an interrupt request */
	bool size;	/* of IOMMU_EV_OWNER: sizes of leaf and owner differ */
	uint64_t iova;
	uint64_t gpa; /* IOMMU_EV_OWNER, IOMMU_EV_BUS */
	uint64_t pa;  /* likewise */
};

#define IOMMU_EVENT_MAX 32 /* bytes of a record */

/*
 * The architecture's device entries and event records. lookup() reads memory
 * and answers for (rid, t): each has an entry of its own, T = 1 the trusted
 * one. The IOMMU keeps the answer until iommu_inval_device(). NULL is "look at
 * *out"; a rule is a refusal, kept too, as hardware caches what it read.
 * admit() is asked on every request after it: stream, port, fences.
 * encode() fills a record of @event_len bytes, at most IOMMU_EVENT_MAX, as
 * the host reads it from the log.
 */
struct iommu_rules {
	const struct rule *(*lookup)(void *ctx, uint32_t rid, bool t,
				     struct iommu_entry *out);
	const struct rule *(*admit)(void *ctx, const struct iommu_entry *e,
				    const struct iommu_req *req);
	uint32_t event_len;
	void (*encode)(void *ctx, const struct iommu_event *e, uint8_t *out);
	const char *source; /* of "io-interrupt"; may be NULL */
};

struct iommu_cfg {
	struct arena *arena;
	const struct env *env;
	struct mem *mem;
	const struct iommu_rules *rules;
	void *rules_ctx;
	uint32_t tlb_slots;   /* a power of two; e.g. 4096 */
	uint32_t entry_slots; /* device entries kept, a power of two */
	uint32_t queue_slots; /* commands waiting, a power of two */
};

struct iommu_tlb_slot; /* iommu_priv.h */
struct iommu_kept;
struct iommu_cmd;

#define IOMMU_LIVE 256 /* counts of slots in use, by domain modulo */

struct iommu {
	const struct env *env;
	struct mem *mem;
	const struct iommu_rules *rules;
	void *rules_ctx;
	struct iommu_tlb_slot *tlb;
	uint32_t tlb_slots;
	uint64_t *tlb_used;	       /* a bit for each slot that is in use */
	uint32_t tlb_live[IOMMU_LIVE]; /* slots in use, by domain modulo */
	uint64_t tlb_changes;	       /* slots that were filled or emptied */
	struct iommu_kept *kept;
	uint32_t entry_slots;
	struct iommu_cmd *queue;
	uint32_t queue_slots;
	uint32_t queue_head;
	uint32_t queue_tail;
	uint64_t completed; /* iommu_wait() so far */
	uint64_t dev_table; /* ordinary entries: base, and how many */
	uint32_t dev_count;
	uint64_t log_base; /* event log ring in memory; 0: none */
	uint32_t log_slots;
	uint32_t log_head; /* host moves it */
	uint32_t log_tail;
	uint64_t log_lost;
	struct iommu_event last; /* the latest event, logged or lost */
	uint64_t events;
	uint64_t hits;
	uint64_t misses;
};

#define IOMMU_TRACE_EVENT TRACE_EV(TRACE_IOMMU, 1) /* code, rid, addr */
#define IOMMU_TRACE_FLUSH TRACE_EV(TRACE_IOMMU, 2) /* kind, tag, addr */

/* Refusals of the unit itself; the architecture adds its own. */
extern const struct rule iommu_rule_boundary;  /* "io-boundary" */
extern const struct rule iommu_rule_missing;   /* "io-page" */
extern const struct rule iommu_rule_perm;      /* "io-permission" */
extern const struct rule iommu_rule_broken;    /* "io-malformed" */
extern const struct rule iommu_rule_interrupt; /* "io-interrupt" */

/*
 * iommu_init() - a unit with no device table, no log and nothing remembered
 * Errors: IL_E_ARG a size is not a power of two; IL_E_NOMEM the arena is full.
 */
enum il_err iommu_init(struct iommu *i, const struct iommu_cfg *cfg) IL_MUST;

/* The host's registers. @base is 4 KiB aligned; @count entries, 0 is none. */
enum il_err iommu_set_device_table(struct iommu *i, uint64_t base,
				   uint32_t count) IL_MUST;
/*
 * @slots: a power of two. The unit writes as T=0 DMA: the rules judge it.
 * Errors: IL_E_ARG also where the architecture has no records.
 */
enum il_err iommu_set_event_log(struct iommu *i, uint64_t base,
				uint32_t slots) IL_MUST;
/* The host has read up to @head. */
enum il_err iommu_set_log_head(struct iommu *i, uint32_t head) IL_MUST;

/*
 * iommu_translate() - what happens to one DMA request before memory sees it
 * @out: a request for mem_access(), which the ownership rules have already
 *       let through once; do it at once
 * @f:   filled on IL_E_IO; the event is in the log
 *
 * A write of at most 4 bytes to the interrupt range is not translated; it
 * comes out as a request for that address.
 *
 * Errors:   IL_E_IO  refused: answer Unsupported Request or drop
 */
enum il_err iommu_translate(struct iommu *i, const struct iommu_req *req,
			    struct mem_req *out, struct fault *f) IL_MUST;

/* iommu_translate() and mem_access() in one. */
enum il_err iommu_access(struct iommu *i, const struct iommu_req *req,
			 void *buf, struct fault *f) IL_MUST;

/*
 * Invalidation. Commands wait in a queue and take effect, in order, when
 * iommu_wait() returns; until then what was remembered
 * stays in use. There is no DMA in flight in this model, so completion
 * drains too.
 *
 * Errors:   IL_E_AGAIN  the queue is full: iommu_wait() first
 *           IL_E_ARG    @size is not a multiple of 4 KiB, or is 0
 */
enum il_err iommu_inval_device(struct iommu *i, uint32_t rid) IL_MUST;
enum il_err iommu_inval_pages(struct iommu *i, uint16_t domain, uint64_t iova,
			      uint64_t size) IL_MUST;
enum il_err iommu_inval_all(struct iommu *i) IL_MUST;
/* Returns the number of completions so far, this one included. */
uint64_t iommu_wait(struct iommu *i);

/*
 * iommu_forget() - firmware's own invalidation of one device, at once
 * Both entries of @rid and every translation made through them.
 */
void iommu_forget(struct iommu *i, uint32_t rid);

/*
 * iommu_forget_pages() - firmware's own invalidation of a part of what the
 * trusted entries of @domain lead to, at once; the host's queue is not touched
 * @iova, @size: multiples of 4 KiB
 */
void iommu_forget_pages(struct iommu *i, uint16_t domain, uint64_t iova,
			uint64_t size);

/*
 * iommu_reaches() - is a translation to the 4 KiB page @pa still remembered?
 * For laws and for firmware that gives pages back.
 */
bool iommu_reaches(const struct iommu *i, uint64_t pa);

/* One remembered translation. */
struct iommu_memo {
	uint32_t rid;
	bool t;
	bool write; /* not for reads alone */
	uint64_t gpa;
	uint64_t pa;
	uint64_t leaf;
};

/* Slot @n of tlb_slots; false: free. */
bool iommu_memo_at(const struct iommu *i, uint32_t n, struct iommu_memo *out);
/* The first slot at or after @n that is in use; tlb_slots: none. */
uint32_t iommu_memo_next(const struct iommu *i, uint32_t n);
/* Is an entry for (@rid, @t) remembered that lets requests through? */
bool iommu_keeps(const struct iommu *i, uint32_t rid, bool t);

bool iommu_sane(const struct iommu *i);

#endif
