/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/env.h"
#include "base/fault.h"
#include "decode/flow.h"
#include "spdm/req.h"

/*
 * The judge: cases that each put one requirement of a specification to a
 * device, over a target that carries bytes. Who writes cases reads puppet.h;
 * this is for who runs them. docs/validate.md is the manual.
 *
 * A case counts as passed only if it evaluated an expectation: one that did
 * not is a mistake of ours and shown as such.
 *
 * Context: one thread. No I/O but through the target's entries; no allocation.
 * struct judge is large (sizeof) and must not move.
 */
struct judge;

enum judge_group {
	JUDGE_DOE,
	JUDGE_SPDM,
	JUDGE_SECURED,
	JUDGE_IDE_KM,
	JUDGE_TDISP,
	JUDGE_CASCADE,
	JUDGE_GROUPS,
};

/* "doe", "spdm", "secured", "ide-km", "tdisp", "cascade": what names of cases
 * begin with. */
const char *judge_group_name(enum judge_group g);

/* Versions of SPDM, judge_case.versions. */
#define JUDGE_V10	 BIT(0)
#define JUDGE_V11	 BIT(1)
#define JUDGE_V12	 BIT(2)
#define JUDGE_V13	 BIT(3)
#define JUDGE_V14	 BIT(4)
#define JUDGE_SINCE(bit) (0x1fu & ~((bit)-1u))
#define JUDGE_V_ALL	 0x1fu
#define JUDGE_VERSIONS	 5u

/*
 * What a case stands on; what is missing makes it "not tested", and the runner
 * says which. The first are of the target, then of the user, then of the
 * device.
 */
#define JUDGE_NEEDS_OBJECT    BIT(0)  /* DOE data objects: not MCTP */
#define JUDGE_NEEDS_CFG	      BIT(1)  /* ops->cfg_read, ops->cfg_write */
#define JUDGE_NEEDS_CFG_WRITE BIT(2)  /* ops->cfg_write alone */
#define JUDGE_NEEDS_MEM	      BIT(3)  /* ops->mem */
#define JUDGE_NEEDS_EVENT     BIT(4)  /* ops->event */
#define JUDGE_NEEDS_RESET     BIT(5)  /* ops->reset */
#define JUDGE_NEEDS_LINK      BIT(6)  /* ops->link: it can be anything on it */
#define JUDGE_NEEDS_PSK	      BIT(8)  /* --psk */
#define JUDGE_NEEDS_IDENTITY  BIT(9)  /* --mutual */
#define JUDGE_NEEDS_TRUST     BIT(10) /* --trust */
/* It changes what outlives a reset, such as certificates: --provision. */
#define JUDGE_NEEDS_PROVISION BIT(11)
/* KEY_EX, ENCRYPT and MAC of the device; judge_session() asks it as well. */
#define JUDGE_NEEDS_SESSION BIT(16)
#define JUDGE_NEEDS_MEAS    BIT(17) /* measurements, signed or not */

struct judge_case {
	/*
	 * "tdisp/lock-twice-is-refused". With @versions, the name alone: it is
	 * run once for each, as "spdm-1.2/NAME" (or "secured-1.2/NAME" …).
	 */
	const char *name;
	enum judge_group group;
	uint8_t versions;   /* JUDGE_V…; 0: once, under the best in common */
	uint32_t needs;	    /* JUDGE_NEEDS_… */
	uint32_t caps;	    /* SPDM_CAP_… that CAPABILITIES must all have */
	const char *says;   /* the requirement, one sentence */
	const char *source; /* document, version, section */
	enum sure sure;
	/* The misbehaviour of `interlock device` that makes it fail. */
	const char *misbehave;
	void (*run)(struct judge *j);
};

/* All cases: a table for each file that has some; NULL ends the list. */
struct judge_table {
	const struct judge_case *cases;
	size_t n;
};
extern const struct judge_table *const judge_tables[];

#define JUDGE_NAME_MAX 96
/* The full name under SPDM @version (0x10 on), 0 where a case has none. */
void judge_case_name(const struct judge_case *c, uint8_t version,
		     char out[JUDGE_NAME_MAX]);

/* --- the target --- */

/* How bytes travel. */
enum judge_kind {
	JUDGE_PLAIN = SPDM_PLAIN,    /* an SPDM message */
	JUDGE_RECORD = SPDM_SECURED, /* a secured message, as on the wire */
	JUDGE_OBJECT = 3, /* a whole DOE data object, header included */
	JUDGE_SEALED = 4, /* puppet.h: plaintext for the session */
};

/* What came; the bytes are good until the next call of the target. */
struct judge_came {
	enum judge_kind kind; /* OBJECT: of a type that carries no SPDM */
	const uint8_t *p;     /* the payload; all of it for OBJECT */
	size_t n;
	const uint8_t *raw; /* the whole data object, or MCTP message */
	size_t raw_n;
};

/* One access to memory space; see ops->mem. */
struct judge_access {
	bool write;
	bool t;	    /* the T bit */
	int stream; /* IDE stream id; -1: in the clear */
	uint64_t addr;
	uint32_t len; /* bytes, at most 64, whole dwords */
	uint8_t data[64];
	bool refused; /* out: UR, CA, or no completion that is one */
};

enum judge_event {
	JUDGE_EV_HOT_RESET,
	JUDGE_EV_LINK_DOWN, /* and up again */
	JUDGE_EV_POWER,	    /* off and on */
	JUDGE_EVENTS,
};

/*
 * Entries that are marked may be NULL: the target has no such thing. Errors
 * of all:
 *   IL_E_IO       the other side is not there, or it closed
 *   IL_E_TIMEOUT  nothing in time
 *   IL_E_FIELD    it talks nonsense below SPDM; what comes later cannot be
 *                 trusted to be where it seems to be
 *   IL_E_LONG     our message is too long for this way; nothing was sent
 * After the first and the third the runner opens anew.
 */
struct judge_target_ops {
	/* A connection made, or made anew; what was under way is forgotten. */
	enum il_err (*open)(void *ctx);
	void (*close)(void *ctx);
	/*
	 * Sends, and does not wait for an answer. An answer that is there and
	 * stands in the way (a mailbox that is full) is taken and kept for
	 * recv.
	 */
	enum il_err (*send)(void *ctx, enum judge_kind kind, const uint8_t *p,
			    size_t n, uint64_t until_ns);
	/* The next answer, until @until_ns of now_ns. */
	enum il_err (*recv)(void *ctx, struct judge_came *out,
			    uint64_t until_ns);
	uint64_t (*now_ns)(void *ctx);
	void (*wait)(void *ctx, uint64_t until_ns);
	/* Words for the last error. */
	const char *(*why)(void *ctx);

	/* Maybe NULL: makes the device as after power on, as far as it can. */
	enum il_err (*reset)(void *ctx);
	/* Maybe NULL: configuration space of function @fn, 0 the one that has
	 * the mailbox; @reg in bytes. */
	enum il_err (*cfg_read)(void *ctx, unsigned fn, uint16_t reg,
				uint32_t *out);
	enum il_err (*cfg_write)(void *ctx, unsigned fn, uint16_t reg,
				 unsigned size, uint32_t v);
	/* Maybe NULL: memory space, from the platform's side. */
	enum il_err (*mem)(void *ctx, struct judge_access *a);
	/* Maybe NULL */
	enum il_err (*event)(void *ctx, enum judge_event e);
	/* Maybe NULL: what a target of a link has besides. */
	void *(*link)(void *ctx);
};

struct judge_target {
	const struct judge_target_ops *ops;
	void *ctx;
	const struct spdm_binding *binding;
	bool objects; /* JUDGE_OBJECT can be sent */
};

/* --- results --- */

enum judge_verdict {
	JUDGE_UNTOLD,
	JUDGE_PASS,
	JUDGE_FAIL,
	JUDGE_ABSENT, /* not tested; the words say why */
	JUDGE_BROKEN, /* our own mistake: nothing was evaluated */
	JUDGE_VERDICTS,
};
/* "pass", "fail", "not tested", "broken". */
const char *judge_verdict_name(enum judge_verdict v);

struct judge_result {
	const struct judge_case *c;
	uint8_t version; /* it was run under; 0: it has none */
	char name[JUDGE_NAME_MAX];
	enum judge_verdict verdict;
	const char *words; /* of all but PASS */
	/*
	 * Expectations evaluated. A FAIL with none is of the way there: the
	 * device hung, closed the connection or talked nonsense before the
	 * requirement could be put to it.
	 */
	unsigned expected;
	uint64_t seed;
	uint64_t took_ns;
};

struct judge_sum {
	unsigned count[JUDGE_VERDICTS];
	bool gone;     /* the target went away, or was not there */
	char why[160]; /* what it said of that */
};

/* One message, or words of the case; bytes in judge_log.bytes. */
struct judge_entry {
	bool note; /* text instead of a message */
	bool answer;
	enum judge_kind kind; /* PLAIN, RECORD, OBJECT */
	uint32_t off;
	uint32_t n;
	uint64_t at_ns;
};

#define JUDGE_ENTRIES	1024u
#define JUDGE_LOG_BYTES (UINT32_C(1) << 20)
#define JUDGE_KEYS	16u

/* What went to and fro in a case, and the secrets of its sessions. */
struct judge_log {
	unsigned count;
	unsigned judged; /* entries from here on clean up */
	bool cut;	 /* there was more */
	uint32_t used;
	struct judge_entry e[JUDGE_ENTRIES];
	uint8_t bytes[JUDGE_LOG_BYTES];
	unsigned keys;
	struct judge_key {
		uint32_t id;
		bool psk;
		struct flow_secrets secrets;
	} key[JUDGE_KEYS];
	struct flow_secrets last; /* what judge_secrets() answered */
};

/* For flow_cfg.secrets; @ctx is a struct judge_log. */
const struct flow_secrets *judge_secrets(void *ctx, const struct flow_who *who);

/* --- running --- */

struct judge_cfg {
	struct judge_target target;
	const struct crypto *crypto;
	uint64_t seed;	     /* of all that the judge draws */
	uint64_t timeout_ns; /* for one answer */
	uint64_t limit_ns;   /* for the whole run; 0: none */
	/* The cases; NULL: judge_tables. */
	const struct judge_table *const *tables;
	/* Shell patterns over full names; none: all. */
	const char *const *only;
	size_t n_only;
	/* JUDGE_NEEDS_… that the user gave: PSK, IDENTITY, TRUST, PROVISION */
	uint32_t given;
	/* Of cases that need PSK or IDENTITY: completes the engine's. */
	void (*own)(void *ctx, struct spdm_req_cfg *cfg);
	void *own_ctx;
	struct spdm_span psk_hint;
	struct spdm_span anchor; /* DER, with TRUST */
	uint32_t function_id;	 /* of TDISP; 0: what QUERY_RESP names */
	uint8_t stream;		 /* IDE stream id */
	uint8_t port;		 /* IDE_KM port index */
	/* Called as each case ends; @log until it returns. */
	void (*result)(void *ctx, const struct judge_result *r,
		       struct judge_log *log);
	/* Each message as it went or came; NULL: nobody listens. */
	void (*heard)(void *ctx, bool answer, enum judge_kind kind,
		      const uint8_t *p, size_t n);
	spdm_keylog_fn *keylog; /* NULL: nobody listens */
	void *ctx;		/* of the three */
};

/*
 * A case may take that long, or sixteen answers if that is longer: a device
 * that goes on for ever, a byte at a time, has not passed. What it may ask to
 * be given, ResponseNotReady of 2^24 us eight times over, is less:
 * DSP0274 1.2.1, section 10.10.
 */
#define JUDGE_CASE_NS  UINT64_C(300000000000)
#define JUDGE_TRANSFER 4032u /* DataTransferSize that we offer */
#define JUDGE_LARGE    0x18000u
#define JUDGE_CHAIN    0x10000u
#define JUDGE_MSG      0x18100u
#define JUDGE_WORDS    512u
#define JUDGE_LATER    8u

/* The last answer. */
struct judge_answer {
	enum judge_kind kind; /* how it came: PLAIN, RECORD, OBJECT */
	bool opened;	      /* a record of our session, and its tag fits */
	enum il_err closed;   /* why it was not opened */
	const uint8_t *raw;   /* as the transport gave it, padding and all */
	size_t raw_n;
	/* The SPDM message, opened; with its padding unless @m is live. */
	const uint8_t *p;
	size_t n;
	enum il_err bad; /* IL_OK: @m is live */
	struct spdm_msg m;
};

/* A session that stands aside, see two.h. */
struct judge_aside {
	bool used;
	uint32_t id;
	uint8_t heartbeat_s;
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
};

/* Members are the room's; cases use puppet.h. */
struct judge {
	struct judge_cfg cfg;
	struct env env;
	struct dice dice;

	/* The run. */
	struct judge_sum sum;
	uint64_t end_ns;
	bool open;	 /* the target is */
	bool broken;	 /* it must be opened anew */
	bool heard;	 /* in this case, any answer */
	bool surveyed;	 /* @offered is known */
	uint8_t offered; /* versions that VERSION lists, JUDGE_V… */
	uint32_t spoken; /* protocols of the PCI-SIG that it answered by */
	bool named;	 /* QUERY_RESP was asked for cfg.function_id */

	/* The case. */
	const struct judge_case *c;
	uint8_t version; /* that the engine is to have; 0: any */
	enum judge_verdict verdict;
	unsigned expected;
	char words[JUDGE_WORDS];
	uint64_t case_end_ns;
	bool over; /* the verdict is made; cleaning up */
	void (*later[JUDGE_LATER])(struct judge *j);
	unsigned laters;
	/* The header of function 0 before a case took it away: box.h */
	bool saved;
	uint32_t header[16];
	/* What a case wrote since, and what was there before. */
	struct judge_wrote {
		uint8_t fn;
		uint8_t size;
		uint16_t reg;
		uint32_t was;
	} wrote[JUDGE_LATER];
	unsigned wrote_n;

	/* The puppet. */
	bool ready; /* @q is initialised */
	struct spdm_req_cfg req;
	struct spdm_req q;
	struct judge_aside aside;
	struct spdm_shape shape; /* of the answer that is awaited */
	bool own_shape;		 /* the case said so */
	bool held;		 /* @next is what the engine pulled */
	enum judge_kind next_kind;
	size_t next_n;
	enum judge_kind asked;	 /* how the last message went */
	struct spdm_channel *rx; /* the channel that opened the answer */
	bool ended;		 /* the session is, in its own words */
	unsigned owed;		 /* answers that are still to come, of no use */
	struct judge_answer a;
	struct judge_log log;

	uint8_t chain[JUDGE_CHAIN];
	uint8_t scratch[JUDGE_TRANSFER + SPDM_SECURED_SLACK +
			CRYPTO_ML_DSA_MAX];
	uint8_t large[JUDGE_LARGE];
	uint8_t out[JUDGE_MSG];	    /* a record that is made */
	uint8_t in[JUDGE_MSG];	    /* the answer as it came */
	uint8_t plain[JUDGE_MSG];   /* and opened */
	uint8_t whole[JUDGE_LARGE]; /* put together from chunks */
	uint8_t next[JUDGE_MSG];    /* the engine's next message */
	uint8_t made[JUDGE_MSG];    /* a vendor message */
};

/*
 * judge_run() - every case that is asked for
 *
 * The target need not be open. It is closed in the end.
 *
 * Errors:   IL_E_ARG  the configuration lacks something
 */
enum il_err judge_run(struct judge *j, const struct judge_cfg *cfg,
		      struct judge_sum *sum) IL_MUST;

/* Does a name fit one of the patterns @only? None: yes. */
bool judge_wanted(const char *const *only, size_t n, const char *name);

#endif
