/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_IDE_PAIR_H
#define TEST_IDE_PAIR_H

#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "ide/ide_priv.h"

#define ROOT_RID   0x0008 /* 00:01.0 */
#define DEV_RID	   0x0100 /* 01:00.0 */
#define STREAM	   0x2a
#define BAR_BASE   UINT64_C(0x4000000000)
#define BAR_LIMIT  UINT64_C(0x40000fffff)
#define KEYS_A_SET 6u

/* A root port and an endpoint, one stream between them. */
struct pair {
	struct fake_crypto fake;
	struct crypto crypto;
	struct fake_env fenv;
	struct env env;
	struct ide_port root;
	struct ide_port dev;
	uint8_t next_key; /* no key is ever the same */
	unsigned insecure[2];
	unsigned idx[2];
	enum ide_cause cause[2];
};

static inline void pair_root_insecure(void *ctx, unsigned idx,
				      enum ide_cause cause)
{
	struct pair *p = ctx;

	p->insecure[0]++;
	p->idx[0] = idx;
	p->cause[0] = cause;
}

static inline void pair_dev_insecure(void *ctx, unsigned idx,
				     enum ide_cause cause)
{
	struct pair *p = ctx;

	p->insecure[1]++;
	p->idx[1] = idx;
	p->cause[1] = cause;
}

static inline void pair_init(struct pair *p)
{
	struct ide_cfg cfg = { .root = true,
			       .streams = 4,
			       .self = ROOT_RID,
			       .insecure = pair_root_insecure,
			       .ctx = p };

	memset(p, 0, sizeof(*p));
	fake_init(&p->fake, 1);
	p->crypto = fake_crypto(&p->fake);
	p->env = fake_env(&p->fenv);
	cfg.crypto = &p->crypto;
	cfg.env = &p->env;
	assert_int_equal(ide_init(&p->root, &cfg), IL_OK);
	cfg.root = false;
	cfg.streams = 2;
	cfg.self = DEV_RID;
	cfg.insecure = pair_dev_insecure;
	assert_int_equal(ide_init(&p->dev, &cfg), IL_OK);
}

/* Root: the device's RIDs and BARs. Endpoint: the root port's RID, default. */
static inline struct ide_stream_cfg pair_root_cfg(bool enable)
{
	return (struct ide_stream_cfg){
		.enable = enable,
		.id = STREAM,
		.rid_valid = true,
		.rid_base = DEV_RID,
		.rid_limit = DEV_RID + 7,
		.range[0] = { true, BAR_BASE, BAR_LIMIT },
	};
}

static inline struct ide_stream_cfg pair_dev_cfg(bool enable)
{
	return (struct ide_stream_cfg){
		.enable = enable,
		.id = STREAM,
		.is_default = true,
		.rid_valid = true,
		.rid_base = ROOT_RID,
		.rid_limit = ROOT_RID,
	};
}

static inline void pair_enable(struct pair *p, bool enable)
{
	struct ide_stream_cfg r = pair_root_cfg(enable);
	struct ide_stream_cfg d = pair_dev_cfg(enable);

	assert_int_equal(ide_stream_set(&p->dev, 0, &d), IL_OK);
	assert_int_equal(ide_stream_set(&p->root, 0, &r), IL_OK);
}

static inline void pair_key(struct pair *p, uint8_t out[IDE_KEY_LEN])
{
	memset(out, 0x40, IDE_KEY_LEN);
	out[0] = p->next_key++;
}

/* Programs @set at both ends: what one sends with, the other receives with. */
static inline void pair_prime(struct pair *p, unsigned set)
{
	uint8_t key[IDE_KEY_LEN];

	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		pair_key(p, key);
		assert_int_equal(
			ide_key_set(&p->root, STREAM, set, IDE_TX, sub, key, 1),
			IL_OK);
		assert_int_equal(
			ide_key_set(&p->dev, STREAM, set, IDE_RX, sub, key, 1),
			IL_OK);
		pair_key(p, key);
		assert_int_equal(
			ide_key_set(&p->root, STREAM, set, IDE_RX, sub, key, 1),
			IL_OK);
		assert_int_equal(
			ide_key_set(&p->dev, STREAM, set, IDE_TX, sub, key, 1),
			IL_OK);
	}
}

static inline void port_go(struct ide_port *p, unsigned set, enum ide_dir dir)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		assert_int_equal(ide_key_go(p, STREAM, set, dir, sub), IL_OK);
}

static inline void pair_go(struct pair *p, unsigned set)
{
	port_go(&p->root, set, IDE_RX);
	port_go(&p->dev, set, IDE_RX);
	port_go(&p->root, set, IDE_TX);
	port_go(&p->dev, set, IDE_TX);
}

/* Both ends Secure on set 0, nothing sent yet. */
static inline void pair_connect(struct pair *p)
{
	pair_init(p);
	pair_enable(p, false);
	pair_prime(p, 0);
	pair_go(p, 0);
	pair_enable(p, true);
	assert_int_equal(ide_state(&p->root, 0), IDE_SECURE);
	assert_int_equal(ide_state(&p->dev, 0), IDE_SECURE);
	p->fenv.traced = 0;
}

struct packet {
	uint8_t b[TLP_BYTES(TLP_MAX_DATA)];
	size_t n;
};

static inline struct packet protect(struct ide_port *p, const struct tlp *t)
{
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));

	assert_int_equal(ide_protect(p, 0, t, &w), IL_OK);
	k.n = w.len;
	return k;
}

static inline enum il_err unprotect(struct ide_port *p, const struct packet *k,
				    struct tlp *out, struct fault *fault)
{
	static const uint8_t none[TLP_LIMIT_DATA];
	static uint8_t scratch[TLP_LIMIT_DATA];
	enum il_err err;

	memset(fault, 0, sizeof(*fault));
	memset(scratch, 0, sizeof(scratch));
	err = ide_unprotect(p, k->b, k->n, scratch, sizeof(scratch), out,
			    fault);
	/* What is refused, genuine or not, leaves no plaintext. */
	if (err)
		assert_memory_equal(scratch, none, sizeof(none));
	return err;
}

static inline void accepted(struct ide_port *p, const struct packet *k)
{
	struct tlp t;
	struct fault f;

	assert_int_equal(unprotect(p, k, &t, &f), IL_OK);
	assert_null(f.rule);
}

static inline void refused(struct ide_port *p, const struct packet *k,
			   enum il_err err, const struct rule *rule)
{
	struct tlp t;
	struct tlp before;
	struct fault f;

	memset(&before, 0x5a, sizeof(before));
	t = before;
	assert_int_equal(unprotect(p, k, &t, &f), err);
	assert_ptr_equal(f.rule, rule);
	assert_int_equal(f.stage, FAULT_IDE);
	assert_memory_equal(&t, &before, sizeof(t));
}

static const uint8_t some_data[64] = "payload that nobody on the link may read";

/* One packet of each class from the endpoint to the root port, and back. */
static inline struct tlp up_posted(void)
{
	return (struct tlp){ .type = TLP_MWR,
			     .requester = DEV_RID,
			     .addr = 0x123450000,
			     .len_dw = 16,
			     .first_be = 0xf,
			     .last_be = 0xf,
			     .data = some_data,
			     .prefix.t = true };
}

static inline struct tlp up_read(void)
{
	return (struct tlp){ .type = TLP_MRD,
			     .requester = DEV_RID,
			     .tag = 5,
			     .addr = 0x123450000,
			     .len_dw = 16,
			     .first_be = 0xf,
			     .last_be = 0xf,
			     .prefix.t = true };
}

static inline struct tlp up_cpl(void)
{
	return (struct tlp){ .type = TLP_CPLD,
			     .requester = ROOT_RID,
			     .completer = DEV_RID,
			     .tag = 6,
			     .len_dw = 1,
			     .byte_count = 4,
			     .data = some_data,
			     .prefix.t = true };
}

static inline struct tlp down_posted(void)
{
	struct tlp t = up_posted();

	t.requester = ROOT_RID;
	t.addr = BAR_BASE;
	return t;
}

static inline struct tlp of_class(unsigned cls)
{
	if (cls == TLP_POSTED)
		return up_posted();
	return cls == TLP_NON_POSTED ? up_read() : up_cpl();
}

#endif
