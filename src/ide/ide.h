/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDE_IDE_H
#define IDE_IDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include "tlp/tlp.h"

/*
 * Selective IDE streams of one port: keys, counters, and the protection of
 * packets. The same engine serves a root port and an endpoint.
 *
 * Aggregation, PCRC and partial header encryption are off: every IDE packet
 * carries a MAC, the payload is the plaintext, prefix and header are
 * authenticated.
 *
 * Source: PCIe Base 6.3 §6.33
 */
#define IDE_STREAMS_MAX 8u
#define IDE_RANGES	3u
#define IDE_KEY_LEN	32u
#define IDE_KEYS_LOGGED 3072u

enum ide_dir {
	IDE_RX = 0,
	IDE_TX = 1,
	IDE_DIRS,
};

/* What the status register shows, §7.9.26.5. */
enum ide_status {
	IDE_INSECURE = 0,
	IDE_SECURE = 2,
};

/* Why a stream left Secure. */
enum ide_cause {
	IDE_CAUSE_DISABLED,    /* Enable was written 0 */
	IDE_CAUSE_CHECK,       /* IDE Check Failed */
	IDE_CAUSE_PEER,	       /* IDE Fail Message from the partner */
	IDE_CAUSE_CONFIG,      /* control or association register changed */
	IDE_CAUSE_KEY_STOPPED, /* use of a key that was stopped */
	IDE_CAUSE_COUNTER,     /* an invocation counter would have wrapped */
	IDE_CAUSE_WIPED,       /* the key holder took the keys away */
	IDE_CAUSE_LINK_DOWN,
	IDE_CAUSE_RESET,
	IDE_CAUSES,
};

const char *ide_cause_name(enum ide_cause cause);

/* One selective stream register block, as far as the engine obeys it. */
struct ide_stream_cfg {
	bool enable;
	bool is_default;
	bool cfg_en;	  /* configuration requests ride on it; root ports */
	bool tee_limited; /* requests with T=0 go in the clear */
	uint8_t id;
	uint8_t tc;
	bool rid_valid;
	uint16_t rid_base;
	uint16_t rid_limit;
	uint8_t segment;
	struct ide_range {
		bool valid;
		uint64_t base;	/* first byte */
		uint64_t limit; /* last byte */
	} range[IDE_RANGES];
};

enum ide_stream_state {
	IDE_ST_OFF,   /* Insecure, Enable 0: keys may come */
	IDE_ST_ARMED, /* Insecure, Enable 1, waiting for a key set to go */
	IDE_ST_SECURE,
	IDE_ST_DEAD, /* Insecure, Enable 1: only Enable 0 leads out */
	IDE_ST_STATES,
};

struct ide_key {
	struct crypto_slot slot;
	uint64_t counter; /* next invocation field; not 0 while there */
	uint64_t id;	  /* in the log of law 5 */
	bool there;
	bool going;
	bool killed; /* receive: the partner moved on to the other set */
};

struct ide_stream {
	enum ide_stream_state state;
	struct ide_stream_cfg cfg;
	struct ide_key key[2][IDE_DIRS][TLP_CLASSES]; /* [key set][dir][sub] */
	uint8_t tx_set;		     /* K of what is sent, in Secure */
	uint8_t rx_set[TLP_CLASSES]; /* K last received, in Secure */
	uint8_t pr_sent[2];	     /* before the next NPR, the next CPL */
	uint64_t pr_received[2];
	bool cfg_seen; /* a configuration request came under this stream */
};

struct ide_port;

/* Engines above learn here that a stream left Secure; keys are gone by then. */
typedef void ide_insecure_fn(void *ctx, unsigned idx, enum ide_cause cause);

struct ide_cfg {
	const struct crypto *crypto;
	const struct env *env;
	bool root;	   /* this end is a root port */
	unsigned streams;  /* blocks, 1 to IDE_STREAMS_MAX */
	uint16_t self;	   /* requester ID of our own messages */
	unsigned keys_max; /* keys over the port's life; 0: IDE_KEYS_LOGGED */
	/*
	 * A full log forgets its oldest key that no stream holds, instead of
	 * taking no more: for a port that serves whoever comes for as long as
	 * it runs.
	 */
	bool forget_oldest;
	bool same_keys; /* law 5 is not kept: for partners that break it */
	ide_insecure_fn *insecure; /* or NULL */
	void *ctx;
};

struct ide_port {
	struct ide_cfg cfg;
	struct ide_stream stream[IDE_STREAMS_MAX];
	/* A bit a block: keys for its id are its, whatever others say. */
	uint64_t held;
	/* Law 5: digests of the keys that this port was ever given. */
	uint64_t key_log[IDE_KEYS_LOGGED];
	unsigned key_log_n;
	uint64_t key_changes; /* keys that came or went */
	uint64_t sent;	      /* IDE packets protected */
	uint64_t received;    /* IDE packets accepted */
};

enum ide_trace {
	IDE_TR_STATE = TRACE_EV(TRACE_IDE, 1),	 /* idx, from, to */
	IDE_TR_KEY = TRACE_EV(TRACE_IDE, 2),	 /* idx, set, dir << 4 | sub */
	IDE_TR_GO = TRACE_EV(TRACE_IDE, 3),	 /* idx, set, dir << 4 | sub */
	IDE_TR_STOP = TRACE_EV(TRACE_IDE, 4),	 /* idx, set, dir */
	IDE_TR_REFUSED = TRACE_EV(TRACE_IDE, 5), /* Stream ID, sub, 0 */
	IDE_TR_KILLED = TRACE_EV(TRACE_IDE, 6),	 /* Stream ID, set, sub */
};

/* The refusals; rules.c has their sentences and sources. */
extern const struct rule ide_rule_misrouted; /* "ide-misrouted" */
extern const struct rule ide_rule_insecure;  /* "ide-insecure" */
extern const struct rule ide_rule_mac;	     /* "ide-mac" */
extern const struct rule ide_rule_no_mac;    /* "ide-no-mac" */
extern const struct rule ide_rule_pcrc;	     /* "ide-pcrc" */
extern const struct rule ide_rule_sub;	     /* "ide-sub-stream" */
extern const struct rule ide_rule_malformed; /* "ide-malformed" */
extern const struct rule ide_rule_type;	     /* "ide-type" */
extern const struct rule ide_rule_key;	     /* "ide-key" */
extern const struct rule ide_rule_old_key;   /* "ide-old-key" */
extern const struct rule ide_rule_counter;   /* "ide-counter" */
extern const struct rule ide_rule_pr_order;  /* "ide-pr-order" */
extern const struct rule ide_rule_cfg;	     /* "ide-config" */
extern const struct rule ide_rule_rid;	     /* "ide-rid" */
extern const struct rule ide_rule_t_plain;   /* "ide-t-plain" */
extern const struct rule ide_rule_tlp;	     /* "tlp-malformed" */

/* Zeroes *p. Errors: IL_E_ARG streams or keys_max out of range. */
enum il_err ide_init(struct ide_port *p, const struct ide_cfg *cfg) IL_MUST;
/* The requester ID of our own messages, once it is known or has changed. */
void ide_self_set(struct ide_port *p, uint16_t self);
/* Wipes all keys and gives their slots back. */
void ide_fini(struct ide_port *p);
bool ide_sane(const struct ide_port *p);

/* What a register block says of its stream; pci/ide_regs.h reads them. */
struct ide_block_regs;
struct ide_stream_cfg ide_cfg_of(const struct ide_block_regs *b);

/*
 * ide_stream_set() - the register block of stream @idx was written
 *
 * Enable 0 to 1 makes the stream Secure if a key set goes in all sub-streams
 * and directions, else when the last of them goes. Enable 1 to 0 wipes all
 * keys. Any other change wipes all keys, and makes an enabled stream Insecure
 * until Enable has been 0. The same values again change nothing, except that
 * Enable 0 is what a dead stream waits for.
 *
 * Errors:   IL_E_ARG    no such block, or a field out of range
 *           IL_E_STATE  another enabled stream has the same id, or is default
 *                       for the same TC as well; nothing changed
 * Source:   PCIe Base 6.3 §6.33.1, §6.33.4, §6.33.8
 */
enum il_err ide_stream_set(struct ide_port *p, unsigned idx,
			   const struct ide_stream_cfg *cfg) IL_MUST;
const struct ide_stream_cfg *ide_stream_get(const struct ide_port *p,
					    unsigned idx);
/*
 * The block that keys for @stream_id belong to, or -1: the one that somebody
 * holds (@held of the port), else the enabled one, else the first that software
 * has begun to configure (RID valid, or default). OPEN: which idle block takes
 * keys is not specified, and id 0 is also what reset leaves; a block never
 * touched therefore takes none.
 */
int ide_find(const struct ide_port *p, uint8_t stream_id);

/*
 * ide_key_set() - program one key
 * @key: in natural AES order; copied, the caller wipes its own
 * @ifv: first invocation field; must be 1
 *
 * Errors:   IL_E_ARG     no such stream, set, direction, sub-stream; @ifv
 *           IL_E_STATE   the key is in use or going, the stream is dead
 *           IL_E_AUTH    this key value was programmed before (law 5)
 *           IL_E_SPACE   the key log is full
 *           IL_E_NOMEM   no crypto slot
 */
enum il_err ide_key_set(struct ide_port *p, uint8_t stream_id, unsigned set,
			enum ide_dir dir, unsigned sub,
			const uint8_t key[static IDE_KEY_LEN],
			uint64_t ifv) IL_MUST;

/*
 * ide_key_note() - a key that this port was given for a stream not in its
 * registers: law 5 holds for it as well
 *
 * Errors:   IL_E_AUTH, IL_E_SPACE  as of ide_key_set(); others from crypto
 */
enum il_err ide_key_note(struct ide_port *p,
			 const uint8_t key[static IDE_KEY_LEN]) IL_MUST;

/*
 * ide_key_go() - K_SET_GO for one key
 *
 * Receive before transmit; transmission moves to the set when its third
 * sub-stream goes, for all three at once, and the old transmit keys die.
 *
 * Errors:   IL_E_ARG    no such stream, set, direction, sub-stream
 *           IL_E_STATE  the set lacks one of its six keys, or transmit comes
 *                       before receive, or the stream is dead
 */
enum il_err ide_key_go(struct ide_port *p, uint8_t stream_id, unsigned set,
		       enum ide_dir dir, unsigned sub) IL_MUST;

/*
 * ide_key_stop() - K_SET_STOP: destroys the set's keys of that direction
 *
 * Does not itself make the stream Insecure; the next use does. Stopping what
 * is not there is no error. Errors: IL_E_ARG as above.
 */
enum il_err ide_key_stop(struct ide_port *p, uint8_t stream_id, unsigned set,
			 enum ide_dir dir, unsigned sub) IL_MUST;

/*
 * The key holder takes all keys of stream @idx away; also for what only the
 * engines above can see, such as a completion on another stream than its
 * request (@cause IDE_CAUSE_CHECK, §6.33.8). Errors: IL_E_ARG.
 */
enum il_err ide_wipe(struct ide_port *p, unsigned idx,
		     enum ide_cause cause) IL_MUST;
/*
 * The same by Stream ID, in every block that has it: a block that is idle may
 * hold keys behind an enabled one of the same id. Errors: IL_E_ARG as
 * ide_find() finds none.
 */
enum il_err ide_wipe_id(struct ide_port *p, uint8_t stream_id,
			enum ide_cause cause) IL_MUST;
/* Link down: all streams. */
void ide_link_down(struct ide_port *p);
/* Conventional reset, FLR of the function with the IDE capability: to init. */
void ide_reset(struct ide_port *p);

/*
 * For tests, which cannot wait for 2^64 packets: each key that is there stands
 * @left packets before the end of its counter. At both ends, while nothing is
 * on its way, or they no longer agree.
 */
void ide_counters_end(struct ide_port *p, uint64_t left);

enum ide_status ide_state(const struct ide_port *p, unsigned idx);
/* Some key of the stream is there, of either set. */
bool ide_has_keys(const struct ide_port *p, unsigned idx);
/* All six keys of @set are there (going or not). */
bool ide_primed(const struct ide_port *p, unsigned idx, unsigned set);

/*
 * ide_select() - the enabled stream that @t must be sent on, or -1 for none
 *
 * Uses type, tc, addr, dest or requester, and prefix.t as the sender's wish.
 * For completions prefer the request: on its stream if it had one, and in the
 * clear if not (§6.33.4: the Stream ID must match).
 * Source: PCIe Base 6.3 §6.33.4, rules for a Transmitter
 */
int ide_select(const struct ide_port *p, const struct tlp *t);

/*
 * ide_protect() - write @t as IDE packet of stream @idx
 * @t: plain; of the prefix only t counts. Configuration requests: type 1
 *
 * Errors:   IL_E_STATE  the stream is not Secure, or was just found to have
 *                       no key or counter left and is Insecure now; discard
 *                       the packet
 *           IL_E_AGAIN  posted: send what ide_sync() gives first
 *           IL_E_ARG    a type that may not be under a selective stream, or
 *                       not encodable
 *           IL_E_SPACE  @out is too small. Nothing was sent or counted.
 */
enum il_err ide_protect(struct ide_port *p, unsigned idx, const struct tlp *t,
			struct wr *out) IL_MUST;

/*
 * ide_transmit() - select and protect, or encode in the clear
 * @fault: what refused it, on IL_E_STATE
 *
 * Configuration requests of type 0 become type 1 when a stream takes them.
 * A packet with prefix.t that no stream takes is refused.
 * Errors: as ide_protect().
 */
enum il_err ide_transmit(struct ide_port *p, const struct tlp *t,
			 struct wr *out, struct fault *fault) IL_MUST;

/* True when an IDE Sync Message must be sent on @idx now. */
bool ide_sync_due(const struct ide_port *p, unsigned idx);
/* Errors: as ide_protect(); IL_E_ARG when the stream has no RID range. */
enum il_err ide_sync(struct ide_port *p, unsigned idx, struct wr *out) IL_MUST;
/*
 * The IDE Fail Message for stream @idx, plain, for the partner; to be sent
 * when the insecure callback names another cause than DISABLED or PEER.
 */
void ide_fail_msg(const struct ide_port *p, unsigned idx, struct tlp *out);

/*
 * ide_unprotect() - take in one packet from the link
 * @scratch: room for the payload of an IDE packet (TLP_LIMIT_DATA always
 *           suffices); out->data then points into it, else into @bytes
 * @out:     the packet. out->ide tells whether a stream vouches for it:
 *           prefix.stream and prefix.t count only then. IDE Sync and Fail
 *           Messages come out as well and need no further action
 * @fault:   rule, T, RID of what was refused; untouched on IL_OK
 *
 * Errors:   IL_E_AUTH   IDE Check Failed: dropped, the stream is Insecure
 *           IL_E_STATE  dropped: misrouted, the stream was not Secure, an
 *                       old key set, or a configuration request that must
 *                       come under another stream
 *           IL_E_SPACE  @cap is too small; nothing happened
 *           IL_E_SHORT, IL_E_LONG, IL_E_FIELD  malformed, not under IDE
 */
enum il_err ide_unprotect(struct ide_port *p, const uint8_t *bytes, size_t n,
			  uint8_t *scratch, size_t cap, struct tlp *out,
			  struct fault *fault) IL_MUST;

/*
 * ide_rid_ok() - may this sender use this stream?
 *
 * For an accepted IDE packet: requests by requester, completions by
 * completer, against the RID association. False: handle as Unsupported
 * Request or Unexpected Completion; *fault says so.
 * Source: PCIe Base 6.3 §6.33.4, TEE-IO rules for ports
 */
bool ide_rid_ok(const struct ide_port *p, const struct tlp *t,
		struct fault *fault);

#endif
