/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_LAWS_PRIV_H
#define WORLD_LAWS_PRIV_H

#include "guest/guest.h"
#include "ide/ide.h"
#include "tdisp/rsp.h"
#include "tsm/tsm.h"

/*
 * Laws over a world. After each step what laws speak of is written down as
 * facts; a law is a pure function of the facts before and after the step.
 * docs/laws.md lists them.
 */

struct world;

#define LAW_DEVS    8u
#define LAW_FNS	    33u
#define LAW_STREAMS IDE_STREAMS_MAX
#define LAW_CONNS   8u
#define LAW_BINDS   256u
#define LAW_TVMS    33u
#define LAW_GUESTS  33u
#define LAW_ENTRIES (LAW_DEVS * LAW_FNS + LAW_BINDS)
#define LAW_MEMOS   4096u
#define LAW_NONE    (-1)
#define LAW_FULL    1000u /* steps between full passes */

/* A TDI as the device has it. */
struct law_tdi {
	bool hosted;
	uint16_t rid;
	enum tdi_state state;
	uint64_t session; /* token */
	bool session_open;
	uint64_t keyed_by; /* session that keyed its default stream; 0 none */
	uint8_t stream;
	bool nonce_live;
	bool nonce_zero;
	bool p2p;	  /* some stream is bound for peer to peer */
	bool p2p_default; /* its default stream among them */
	bool p2p_foreign; /* some such stream has no keys of its session */
	bool clean;	  /* nothing of a TVM left; known on unlock alone */
	bool was_locked;  /* in this step, before it came to where it is */
	uint64_t moved;	  /* bytes of the engine's last command */
	uint64_t count;
};

struct law_key {
	bool there;
	bool going;
	bool killed;
	uint64_t counter;
};

/* An IDE port: one end of the link. */
struct law_end {
	unsigned streams;  /* that it has */
	unsigned log_n;	   /* keys given to it so far */
	unsigned repeat;   /* 1 + place in the log of a key given twice */
	uint8_t route[19]; /* root port: bus numbers, memory windows */
	uint8_t locked;	   /* root port: a bit a block that its holder locked */
	uint64_t dropped;  /* writes of the host that this has stopped */
	struct law_stream {
		enum ide_stream_state state;
		struct ide_stream_cfg cfg;
		uint8_t tx_set;
		uint8_t rx_set[TLP_CLASSES];
		struct law_key key[2][IDE_DIRS][TLP_CLASSES];
		bool keyed;	  /* some key is there, or goes */
		unsigned lost_at; /* log_n when it left Secure */
	} s[LAW_STREAMS];
};

enum { LAW_PORT, LAW_DEVICE, LAW_ENDS };

/* A device and its link, from the root port to it. */
struct law_dev {
	uint8_t port; /* number of the root port */
	bool seen;    /* nothing is known of one in another process: */
	unsigned fns;
	struct law_tdi tdi[LAW_FNS];
	bool any_session;
	uint64_t keys_owner; /* session that holds the device's keys */
	bool keys_owner_open;
	unsigned keys_held; /* that IDE_KM counts as not empty */
	struct law_end end[LAW_ENDS];
};

/* A connection as the TSM has it. */
struct law_conn {
	enum tsm_conn_state state;
	enum tsm_stream_state stream;
	uint64_t session;
	uint16_t rid;
	uint8_t port;
	uint8_t stream_id;
	bool digests;
	uint8_t cert[TSM_DIGEST_LEN];
	uint8_t key[TSM_DIGEST_LEN];
	enum tsm_verb verb;
	int verb_bind;	  /* index, LAW_NONE */
	uint32_t pending; /* backend's command that waits to come again */
};

struct law_bind {
	enum tsm_bind_state state;
	int conn;
	uint16_t rid;
	uint64_t tvm;
	enum tsm_tdi tdi; /* as the device said last */
	struct tsm_lock_info lock;
	uint64_t mmio_pages;
	bool dma_on;
	bool fell; /* in this step it was locked, and then a stream fell */
	bool was_stopping; /* in this step, before it came to where it is */
	/* the backend's own books */
	uint32_t owner; /* of the TVM's memory, as pages and entries name it */
	/* Lock session that the TVM has named, or was told of by the TSM, when
	 * it made the grants that stand; 0: none. */
	uint64_t named_lock;
	/* By which the TVM knows it: claims.tdi_id of the guest's driver, not
	 * 0. 0: the TVM knows of none. */
	uint64_t tdi_id;
	uint16_t guest_rid;
};

/* A trusted device entry. */
struct law_entry {
	uint16_t rid;
	bool valid;
	uint32_t owner;
	uint8_t port;
	uint8_t stream;
	uint16_t guest_rid;
	uint8_t level;
	uint64_t root; /* of the table that T = 1 walks; 0: not the TVM's */
	bool odd; /* a field is set that is neither pinned nor the guest's */
};

struct law_tvm {
	uint64_t id; /* 0: free place */
	uint32_t owner;
	uint64_t root; /* of its CPUs' table, if devices are to walk it; or 0 */
	bool key_live; /* what makes its memory its own is in force */
};

/* A page that stands in MMIO, in or near a function's BAR. */
struct law_page {
	uint64_t pa;
	uint64_t gpa;
	uint32_t owner;
	int fn; /* whose BAR it is in; LAW_NONE */
	int bar;
	uint64_t off; /* in the BAR */
	bool msix;    /* MSI-X table or PBA */
	/* From here on, and gpa and owner, what law_view.page() says. */
	uint32_t tdi;	/* 1 + RID of the TDI for which it is mapped; 0: that is
			 * not kept, the reports tell */
	bool assigned;	/* in a TVM's hands, reachable or not */
	bool validated; /* the TVM has accepted it: its CPUs reach it */
	bool pinned;	/* the host can neither take nor retype it */
	bool large;	/* by an entry of more than 4K */
	bool io;
	bool reached; /* a translation to it is remembered */
	bool revoked; /* this step took the validation away before the page */
};

/* A translation that the IOMMU remembers. */
struct law_memo {
	uint32_t rid;
	bool t;
	uint64_t gpa;
	uint64_t pa;
	uint64_t leaf;
	uint32_t entry_owner;
	bool passes; /* the ownership rules let it through */
	bool shared; /* the address says shared memory, though T = 1 */
	bool known;  /* the page has an ownership entry: */
	bool assigned;
	bool validated;
	bool large;
	uint32_t owner;
	uint64_t page_gpa; /* where the owner's CPUs have it; UINT64_MAX: not */
};

/* What the guest believes. */
struct law_guest {
	bool there;
	uint32_t owner; /* of its memory, as pages and bindings name it; 0:
			 * nobody knows */
	enum guest_state state;
	uint64_t tdi_id;
	unsigned ranges_on;
	uint8_t certs[TSM_DIGEST_LEN];
	uint8_t meas[TSM_DIGEST_LEN];
	uint8_t report[TSM_DIGEST_LEN];
	uint8_t nonce[EVIDENCE_NONCE_LEN];
	bool leaf_known; /* when it has just judged: */
	uint8_t leaf[TSM_DIGEST_LEN];
	struct guest_bar bar[EVIDENCE_BARS];
};

struct law_facts {
	bool valid; /* false before the first step */
	uint64_t step;
	/* The same as before if nothing happened to it; all zero at first. */
	unsigned devs;
	struct law_dev *dev[LAW_DEVS];
	bool dev_new[LAW_DEVS]; /* looked at in this step */
	/* platform */
	struct law_conn conn[LAW_CONNS];
	struct law_tvm tvm[LAW_TVMS];
	uint32_t dma_states; /* bit n: DMA may be on in bind state n */
	uint16_t report_info;
	uint32_t traits; /* enum law_trait */
	/* guest */
	struct law_guest guest[LAW_GUESTS];
	/* pages; looked at again when they may have changed */
	bool pages_new;
	unsigned pages;
	const struct law_page *page; /* lives until the step after next */
	uint64_t stray_page;  /* full pass: accepted, and in no range; 0 none */
	uint32_t stray_entry; /* full pass: 1 + RID, valid for nobody; 0 none */
	bool memos_new;
	unsigned memos;
	const struct law_memo *memo;
	/* Trusted entries that are valid, were so a step before, or are kept.
	 */
	unsigned entries;
	struct law_entry entry[LAW_ENTRIES];
	bool entry_kept[LAW_ENTRIES]; /* IOMMU still lets T = 1 through */
	/* As many as are not free, and as were not free in the step before. */
	unsigned binds;
	struct law_bind bind[LAW_BINDS];
};

/* Where architectures differ in what a law says of them. docs/laws.md */
enum law_trait {
	LAW_RUN_REPORT = 1u << 0, /* 21: RUN asks for a report first */
	LAW_RUN_NAMED = 1u << 1,  /* 21: and for the TVM: named_lock */
	LAW_AT_START = 1u << 2, /* 39: what is accepted is reached from START */
	LAW_LEAF_EXACT = 1u << 3, /* 44: no leaf smaller than the page's entry,
				   * either */
	LAW_PIN_GUEST = 1u << 4,  /* 41: entries name the guest's RID */
	LAW_MMIO_STAYS = 1u << 5, /* what a TVM has accepted stays so until its
				   * lock session ends: there is no other way */
};

/* What one law found. */
struct law_case {
	uint64_t held;
	bool broken;
	char facts[176]; /* the two that clash, "; " between them */
};

typedef void law_fn(const struct law_facts *was, const struct law_facts *now,
		    struct law_case *c);

/* A law of each device by itself: of those that were looked at. */
typedef void law_dev_fn(const struct law_dev *was, const struct law_dev *now,
			struct law_case *c);
void law_each_dev(const struct law_facts *was, const struct law_facts *now,
		  law_dev_fn *fn, struct law_case *c);
/* The first break of a step is kept. */
void law_break(struct law_case *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct law {
	unsigned number;
	const char *says;
	law_fn *fn;
};

/* Ascending by number; ends with number 0. */
extern const struct law world_law_table[];

/* Helpers of more than one law. */
const struct law_bind *law_bind_of(const struct law_facts *f, uint16_t rid);
/* NULL: there is none. */
const struct law_tvm *law_tvm_of(const struct law_facts *f, uint64_t id);
/* The guest that bound @b, or NULL. */
const struct law_guest *law_guest_of(const struct law_facts *f,
				     const struct law_bind *b);
/* All zero but for the stream if it has none. */
const struct law_conn *law_conn_of(const struct law_facts *f,
				   const struct law_bind *b);
/* The device of a connection, by its root port; NULL: there is none. */
const struct law_dev *law_dev_of(const struct law_facts *f,
				 const struct law_conn *x);
/* The block of @end that holds keys for stream @id, or LAW_NONE. */
int law_block(const struct law_end *end, uint8_t id);
/* And of its root port's end, for its stream. */
int law_port_block(const struct law_facts *f, const struct law_conn *x);
bool law_any_key(const struct law_stream *s);
bool law_zero(const void *p, size_t n);

/* One function a law; laws_key.c, laws_port.c, laws_tdi.c, laws_page.c,
 * laws_object.c */
law_fn law_1, law_2, law_3, law_4, law_5, law_6, law_7, law_8, law_9, law_10,
	law_12, law_13, law_15, law_16, law_17, law_19, law_20, law_21, law_23,
	law_24, law_25, law_26, law_27, law_28, law_29, law_31, law_32, law_33,
	law_34, law_35, law_36, law_37, law_38, law_39, law_40, law_41, law_42,
	law_43, law_44, law_45, law_46, law_48, law_50, law_52, law_53, law_55;

/* Books of the laws of one world. */
struct world_laws {
	struct law_facts facts[2];
	unsigned cur;
	struct law_dev dev[LAW_DEVS][2];
	/* LAW_PAGES each, in the arena: what is not used costs nothing */
	struct law_page *page[2];
	unsigned page_cur;
	uint64_t *seen;	 /* a bit for each page of the aperture: in the list */
	unsigned listed; /* pages in the list that was made last */
	struct law_memo memo[LAW_MEMOS];
	uint64_t held[64]; /* by place in the table */
	bool looked;
	/* How far things were when they were looked at last. */
	uint64_t traced;
	uint64_t changes;
	uint64_t misses;
	uint64_t completed;
	uint64_t entry_changes;
	uint64_t entry_misses;
	uint64_t entry_completed;
	unsigned binds;	 /* not free */
	uint64_t places; /* of BARs and reported ranges */
	bool differs;	 /* a full pass saw other pages than the steps did */
};

/* laws_look.c: the facts after a step. @full: as if all had changed. */
void laws_look(struct world *w, bool full);
/* laws_look_page.c: its parts about MMIO pages and remembered translations. */
void laws_look_pages(struct world *w, const struct law_facts *was, bool full,
		     struct law_facts *now);
void laws_look_memos(struct world *w, const struct law_facts *was, bool full,
		     bool owners_moved, struct law_facts *now);
/* What the steps do not look at: all other pages, all other entries. */
void laws_look_far(struct world *w, struct law_facts *now);
/* Those of the last step. */
const struct law_facts *laws_facts(const struct world *w);

/*
 * What laws ask of an architecture; a table beside its plat_<a>.c. Arrays
 * come cleared.
 */
struct law_view {
	void (*conns)(struct world *w, struct law_conn out[LAW_CONNS]);
	void (*binds)(struct world *w, struct law_bind out[LAW_BINDS]);
	void (*tvms)(struct world *w, struct law_tvm out[LAW_TVMS]);
	/* False: not readable. */
	bool (*entry)(struct world *w, uint16_t rid, struct law_entry *out);
	/* The first RID at or above @rid whose entry may be valid; UINT32_MAX:
	 * none. */
	uint32_t (*next_entry)(struct world *w, uint32_t rid);
	/* Moves on with every change of a trusted entry. */
	uint64_t (*entry_changes)(const struct world *w);
	/* Ownership of one page; false: it has none. */
	bool (*page)(struct world *w, uint64_t pa, struct law_page *out);
	/* Would the ownership rules let DMA through @m pass, now? */
	void (*memo)(struct world *w, struct law_memo *m, uint8_t level,
		     uint8_t port, bool write);
	/* Moves on with every change of ownership. */
	uint64_t (*changes)(const struct world *w);
	/* The next page at or above @pa that is MMIO and accepted by a TVM;
	 * UINT64_MAX: none. */
	uint64_t (*next_accepted)(struct world *w, uint64_t pa);
	/* True if trace event @ev, with @a, is the end of acceptance of a page
	 * that stays its TVM's; *pa is the page. */
	bool (*revoked)(uint32_t ev, uint64_t a, uint64_t b, uint64_t *pa);
	uint32_t dma_states;
	uint16_t report_info;
	uint32_t traits; /* enum law_trait */
};

/*
 * laws_tsm.c: what the common core knows, for conns() and binds(). What is the
 * backend's own is left as it was: pending of a connection (set exactly while
 * a verb of it is under way); owner, named_lock, tdi_id and guest_rid.
 */
void law_tsm_conns(struct tsm *t, struct law_conn out[LAW_CONNS]);
/* Into the place of @b among @out, which is returned; NULL: not of @t. */
struct law_bind *law_tsm_bind(struct tsm *t, const struct tsm_bind *b,
			      struct law_bind out[LAW_BINDS]);
/* Do mem's rules let DMA through @m pass now, read or, if @write, write? */
bool law_passes(struct world *w, const struct law_memo *m, uint8_t level,
		uint8_t port, bool write);

#endif
