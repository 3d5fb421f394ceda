/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_PT_H
#define MEM_PT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fault.h"

struct mem;

/*
 * Page tables in physical pages: entries of 8 bytes, 512 a page, 1 to 6
 * levels. One walker and one editor for the CPU's stage 2 and for I/O tables;
 * what differs is a format, a const table of the architecture.
 *
 * The editor writes as an agent: before it stores into a table page, the
 * ownership rules judge a write of that agent to it. The walker reads stored
 * bytes without a key, as hardware does: a table page that became somebody's
 * private memory reads as ciphertext.
 */

enum pt_perm {
	PT_R = 1,
	PT_W = 2,
	PT_X = 4,
};

/*
 * How an entry says that it is a leaf. With PT_LEAF_TYPE and PT_LEAF_PERM an
 * entry that leads to a table permits nothing and forbids nothing; with the
 * others permissions are and-ed on the way.
 */
enum pt_leaf {
	PT_LEAF_SIZE, /* above level 1: @mark is set; at level 1: always */
	PT_LEAF_ANY,  /* the same, and it is valid with any of @any set */
	PT_LEAF_TYPE, /* above level 1: @mark is clear; at level 1: it is set,
		       * and clear is malformed */
	PT_LEAF_PERM, /* any permission makes a leaf, none leads to a table */
	PT_LEAF_NEXT, /* @next: the level that it leads to; 0 a leaf of this
		       * level's size, 7 a leaf whose size is coded in the low
		       * bits of the address */
};

struct pt_fmt {
	const char *name;
	const char *source; /* of the layout: document, version, section */
	enum pt_leaf leaf;
	uint8_t shift; /* PT_LEAF_PERM: address = (entry & @addr) << @shift */
	uint8_t root_order; /* the root is 2^n pages, aligned so; 0 to 4 */
	uint8_t leaf_max;   /* highest level of a leaf; 0: 3 */
	bool must_read;	    /* the editor makes no leaf without PT_R */
	bool wo_bad;	    /* PT_LEAF_ANY, PT_LEAF_PERM: write without read
			     * is malformed */
	uint64_t present;   /* set, all of them, in each valid entry */
	uint64_t any;	    /* PT_LEAF_ANY */
	uint64_t addr;	    /* address field */
	uint64_t mark;	    /* PT_LEAF_SIZE, PT_LEAF_ANY, PT_LEAF_TYPE */
	uint64_t next;	    /* PT_LEAF_NEXT */
	uint64_t read;	    /* 0: present implies it */
	uint64_t write;
	uint64_t exec;	   /* 0: implied, unless @no_exec */
	uint64_t no_exec;  /* 0: the format does not say */
	uint64_t accessed; /* 0: not kept */
	uint64_t dirty;
	uint64_t table; /* further bits of an entry that leads to a table */
	uint64_t page;	/* further bits of a leaf */
	uint64_t need;	/* PT_LEAF_TYPE, PT_LEAF_PERM: set in each leaf, or it
			 * is malformed */
	uint64_t rsvd;	/* zero in each valid entry */
	uint64_t rsvd_table; /* but PT_LEAF_SIZE: zero in an entry that leads to
			      * a table */
};

/* What a walk found. */
struct pt_hit {
	uint64_t pa;	/* of the address asked for, not of the leaf */
	uint64_t leaf;	/* bytes of the leaf; 4 KiB to 512 GiB, power of two */
	uint64_t entry; /* where the leaf entry stands, physical */
	unsigned perm;	/* enum pt_perm, and-ed over all levels */
	bool dirty;
};

enum pt_why {
	PT_OK,
	PT_NOT_PRESENT,
	PT_MALFORMED, /* reserved bits, bad next level, table not in RAM */
	PT_RANGE,     /* address beyond what the levels reach */
};

/*
 * pt_walk() - look one address up; changes nothing
 * @out: filled on PT_OK alone. Permissions are reported, not judged.
 */
enum pt_why pt_walk(const struct mem *m, const struct pt_fmt *fmt,
		    uint64_t root, unsigned levels, uint64_t va,
		    struct pt_hit *out);

/*
 * pt_mark() - the access went through: set accessed, and dirty for a write,
 * in the leaf that @hit names. Nothing where the format keeps neither, or
 * where the rules refuse the host a write to that table page.
 */
void pt_mark(struct mem *m, const struct pt_fmt *fmt, struct pt_hit *hit,
	     bool write);

/*
 * Where table pages come from; the default takes the host's frames. @order is
 * 0, for a root the format's root_order.
 */
struct pt_frames {
	enum il_err (*get)(void *ctx, unsigned order, uint64_t *pa);
	void (*put)(void *ctx, uint64_t pa, unsigned order);
};
extern const struct pt_frames pt_host_frames; /* ctx: struct mem */

struct pt {
	struct mem *m;
	const struct pt_fmt *fmt;
	const struct pt_frames *frames;
	void *frames_ctx;
	enum fault_agent who; /* whose writes the table pages see */
	bool fixed;	      /* pt_over(): pages are not ours to give back */
	unsigned levels;
	uint64_t root;
	uint64_t tables;    /* pages in use, root included */
	struct fault fault; /* of the last IL_E_IO */
};

/*
 * pt_init() - an empty table
 * @levels: 1 to 6
 *
 * Errors:   IL_E_ARG    @levels
 *           IL_E_NOMEM  no frame
 *           IL_E_IO     the rules refuse writes to the frame; see @fault
 */
enum il_err pt_init(struct pt *t, struct mem *m, const struct pt_fmt *fmt,
		    unsigned levels, enum fault_agent who,
		    const struct pt_frames *frames, void *ctx) IL_MUST;
/* Gives every table page back; leaves are forgotten, not touched. */
void pt_fini(struct pt *t);

/*
 * pt_over() - an editor over a table that stands at @root
 * For a holder who gets each table page from somebody: it takes no frames, so
 * pt_map() and pt_split() find IL_E_NOMEM where a table is missing, and what
 * becomes empty stays. pt_seek() and pt_set() put tables in.
 *
 * Errors:   IL_E_ARG  @levels, or @root is not aligned
 */
enum il_err pt_over(struct pt *t, struct mem *m, const struct pt_fmt *fmt,
		    unsigned levels, enum fault_agent who,
		    uint64_t root) IL_MUST;

/* What an entry is. */
enum pt_kind {
	PT_NONE, /* not valid; its other bits are its writer's own */
	PT_TABLE,
	PT_LEAF,
	PT_BAD,
};

struct pt_entry {
	uint64_t pa;
	uint64_t size; /* leaf: bytes */
};

/* What entry @e says at @level; @out is filled for a table and a leaf. */
enum pt_kind pt_read(const struct pt_fmt *fmt, uint64_t e, unsigned level,
		     struct pt_entry *out);
/* enum pt_perm of a leaf. */
unsigned pt_perm_of(const struct pt_fmt *fmt, uint64_t e);
/* The entry of a leaf at @level, or one that leads to a table. */
uint64_t pt_leaf_entry(const struct pt_fmt *fmt, uint64_t pa, unsigned level,
		       unsigned perm);
uint64_t pt_table_entry(const struct pt_fmt *fmt, uint64_t table,
			unsigned level);
/* Bytes that one entry of @level covers; 0 where that is 2^64 and more. */
uint64_t pt_size(unsigned level);

/* One entry, raw: for who keeps states of its own in the bits of entries. */
struct pt_slot {
	unsigned level;
	uint64_t at; /* physical address of the entry */
	uint64_t e;
	enum pt_kind kind;
	struct pt_entry x;
};

/*
 * pt_seek() - the entry for @va at level @stop, or where the way ends above it
 * @out: at a higher level than @stop, it leads to no table
 *
 * Errors:   IL_E_ARG  out of reach, or @stop is no level
 *           IL_E_IO   the rules refuse the agent a table page; see @fault
 */
enum il_err pt_seek(struct pt *t, uint64_t va, unsigned stop,
		    struct pt_slot *out) IL_MUST;

/*
 * pt_set() - @e into the place that pt_seek() has found
 * No judgement but that of the rules: what it means is the caller's. Caches
 * must be told by the caller, who also gives back a table that hung there.
 *
 * Errors:   IL_E_STATE  the entry is not what was found
 *           IL_E_IO     the rules refuse the agent the table page
 */
enum il_err pt_set(struct pt *t, const struct pt_slot *s, uint64_t e) IL_MUST;

/*
 * pt_map() - [@va, +@len) to [@pa, +@len)
 * @perm:     enum pt_perm; PT_R is required where present implies it
 * @max_leaf: largest leaf to use: PAGE_4K, PAGE_2M or PAGE_1G. Leaves are as
 *            large as alignment and this allow.
 *
 * Errors:   IL_E_ARG    not 4 KiB aligned, empty, out of reach, or bad @perm
 *           IL_E_STATE  a page in the range is already mapped
 *           IL_E_NOMEM  no frame for a table
 *           IL_E_IO     the rules refuse the write to a table page
 * On error no address is mapped that was not before.
 */
enum il_err pt_map(struct pt *t, uint64_t va, uint64_t pa, uint64_t len,
		   unsigned perm, uint64_t max_leaf) IL_MUST;

/*
 * pt_map_pages() - [@va, +@n pages) to the frames of a list, in any order
 * Otherwise as pt_map(), with leaves as large as runs in the list allow.
 */
enum il_err pt_map_pages(struct pt *t, uint64_t va, const uint64_t *pa,
			 size_t n, unsigned perm, uint64_t max_leaf) IL_MUST;

/*
 * pt_unmap() - forget [@va, +@len); holes are fine
 * @bytes: how much was mapped; may be NULL
 *
 * Table pages that become empty are given back, and what their writer kept in
 * entries that are not valid is forgotten. Whoever caches translations must be
 * told by the caller.
 *
 * Errors:   IL_E_ARG    not aligned, empty or out of reach
 *           IL_E_STATE  the range cuts a leaf in two: pt_split() it first
 *           IL_E_IO     the rules refuse the write to a table page
 */
enum il_err pt_unmap(struct pt *t, uint64_t va, uint64_t len,
		     uint64_t *bytes) IL_MUST;

/*
 * What is done while nothing is mapped at the place that changes its size:
 * flush, and change whatever must agree with the leaves. An error puts the
 * old entry back, so that nothing has changed.
 */
struct pt_gap {
	enum il_err (*run)(void *ctx);
	void *ctx;
};

/*
 * pt_split() - the leaf at @va becomes 512 leaves of the next smaller size
 * @gap: NULL: the one entry changes to the other at once
 *
 * Errors:   IL_E_STATE  nothing mapped there, or 4 KiB already
 *           IL_E_NOMEM, IL_E_IO  as above; what @gap said
 */
enum il_err pt_split(struct pt *t, uint64_t va,
		     const struct pt_gap *gap) IL_MUST;

/*
 * pt_join() - the 512 leaves around @va (2 MiB aligned down) become one
 * Errors:   IL_E_STATE  not all mapped, not contiguous and aligned, or their
 *                       permissions differ
 *           what @gap said
 */
enum il_err pt_join(struct pt *t, uint64_t va,
		    const struct pt_gap *gap) IL_MUST;

/*
 * pt_dirty_clear() - which pages were written since the last call
 * @bits: one bit for each 4 KiB of [@va, +@len), or-ed into; a dirty large
 *        leaf sets them all. (@len / 4 KiB + 63) / 64 words.
 * Clears the marks; caches must be flushed by the caller.
 */
enum il_err pt_dirty_clear(struct pt *t, uint64_t va, uint64_t len,
			   uint64_t *bits) IL_MUST;

#endif
