/* SPDX-License-Identifier: BSD-2-Clause */
#include "ide/ide.h"

#include "base/bits.h"
#include "ide/ide_priv.h"

/*
 * At 245 the transmitter must send an IDE Sync Message; one more posted
 * packet than 254 and the message itself could not be counted in 8 bits.
 * Source: PCIe Base 6.3 §6.33.5
 */
#define PR_SYNC_AT 245u
#define PR_LAST	   254u

/*
 * §6.33.5: bits 95:64 zero, 63:0 the invocation field. [GCM] takes the most
 * significant byte first.
 */
static void make_iv(uint8_t iv[static CRYPTO_AEAD_IV], uint64_t counter)
{
	struct wr w = wr_over(iv, CRYPTO_AEAD_IV);

	wr_u64be(&w, counter >> 32);
	wr_u32be(&w, (uint32_t)counter);
}

static bool is_cfg(enum tlp_type type)
{
	return type >= TLP_CFGRD0 && type <= TLP_CFGWR1;
}

static bool is_ide_msg(const struct tlp *t, uint8_t code)
{
	return t->type == TLP_MSG && t->msg_code == code;
}

static struct fault fault_at(const struct ide_port *p, const struct rule *rule,
			     const struct tlp *t)
{
	return (struct fault){
		.rule = rule,
		.stage = FAULT_IDE,
		.who = p->cfg.root ? AGENT_DEVICE : AGENT_HOST,
		.id = t->requester,
		.addr = t->addr,
		.write = t->type == TLP_MWR,
		.trusted = t->prefix.t,
	};
}

/* The key to use now. Errors: IL_E_STATE, and the stream is Insecure. */
static enum il_err key_usable(struct ide_port *p, unsigned idx,
			      const struct ide_key *k)
{
	struct ide_arg a = { .cause = IDE_CAUSE_KEY_STOPPED };

	if (k->there && k->going && k->counter != UINT64_MAX)
		return IL_OK;
	if (k->there && k->going)
		a.cause = IDE_CAUSE_COUNTER;
	ide_must(p, idx, IDE_EV_FAIL, &a);
	return IL_E_STATE;
}

static void count_sent(struct ide_stream *s, const struct tlp *t)
{
	enum tlp_class cls = tlp_class_of(t->type);

	if (is_ide_msg(t, TLP_MSG_IDE_SYNC)) {
		s->pr_sent[0] = 0;
		s->pr_sent[1] = 0;
	} else if (cls == TLP_POSTED) {
		s->pr_sent[0]++;
		s->pr_sent[1]++;
	} else {
		s->pr_sent[cls - 1] = 0;
	}
}

/* Encodes @t with its prefix and seals it where it stands. */
static enum il_err seal(struct ide_port *p, struct ide_key *k,
			const struct tlp *t, struct wr *out)
{
	const struct tlp_span span = tlp_span_of(t);
	uint8_t iv[CRYPTO_AEAD_IV];
	size_t at = out->len;
	uint8_t *b;
	enum il_err err = tlp_encode(out, t);

	if (err)
		return err;
	if (!out->p)
		return IL_E_SPACE;
	b = out->p + at;
	make_iv(iv, k->counter);
	err = crypto_aead_seal(p->cfg.crypto, k->slot, iv, b, span.hdr_len,
			       b + span.hdr_len, span.data_len,
			       b + span.hdr_len,
			       b + span.hdr_len + span.data_len, TLP_MAC_LEN);
	if (err) {
		/* Plaintext must not stay where packets leave from. */
		bytes_wipe(b, out->len - at);
		out->len = at;
	}
	return err;
}

/* ide_protect() of a packet of our own; its prefix is written. */
static enum il_err protect(struct ide_port *p, unsigned idx, struct tlp *t,
			   struct wr *out)
{
	enum tlp_class cls = tlp_class_of(t->type);
	struct ide_stream *s;
	struct ide_key *k;
	enum il_err err;

	if (idx >= p->cfg.streams ||
	    !ide_type_ok(p, &p->stream[idx].cfg, t, true))
		return IL_E_ARG;
	s = &p->stream[idx];
	if (s->state != IDE_ST_SECURE)
		return IL_E_STATE;
	if (cls == TLP_POSTED && !is_ide_msg(t, TLP_MSG_IDE_SYNC) &&
	    (s->pr_sent[0] >= PR_LAST || s->pr_sent[1] >= PR_LAST))
		return IL_E_AGAIN;
	k = &s->key[s->tx_set][IDE_TX][cls];
	err = key_usable(p, idx, k);
	if (err)
		return err;

	t->ide = true;
	t->mac = NULL;
	t->prefix = (struct tlp_ide){
		.m = true,
		.k = s->tx_set,
		.t = t->prefix.t,
		.sub = (uint8_t)cls,
		.stream = s->cfg.id,
		.pr_sent = cls == TLP_POSTED ? 0 : s->pr_sent[cls - 1],
	};
	err = seal(p, k, t, out);
	if (err)
		return err;
	k->counter++;
	count_sent(s, t);
	p->sent++;
	return IL_OK;
}

enum il_err ide_protect(struct ide_port *p, unsigned idx, const struct tlp *t,
			struct wr *out)
{
	struct tlp m = *t;

	return protect(p, idx, &m, out);
}

enum il_err ide_transmit(struct ide_port *p, const struct tlp *t,
			 struct wr *out, struct fault *fault)
{
	struct tlp m = *t;
	int idx = ide_select(p, t);
	enum il_err err;

	if (idx < 0 && t->prefix.t) {
		*fault = fault_at(p, &ide_rule_t_plain, t);
		return IL_E_STATE;
	}
	m.ide = false;
	if (idx < 0)
		return tlp_encode(out, &m);
	if (t->type == TLP_CFGRD0 || t->type == TLP_CFGWR0)
		m.type = t->type == TLP_CFGRD0 ? TLP_CFGRD1 : TLP_CFGWR1;
	err = protect(p, (unsigned)idx, &m, out);
	if (err == IL_E_STATE)
		*fault = fault_at(p, &ide_rule_insecure, t);
	return err;
}

bool ide_sync_due(const struct ide_port *p, unsigned idx)
{
	const struct ide_stream *s = &p->stream[idx];

	if (ide_state(p, idx) != IDE_SECURE)
		return false;
	return s->pr_sent[0] >= PR_SYNC_AT || s->pr_sent[1] >= PR_SYNC_AT;
}

/* Both ride ID-routed to the partner: §2.2.8.11. */
static struct tlp ide_msg(const struct ide_port *p, unsigned idx, uint8_t code)
{
	const struct ide_stream_cfg *c = &p->stream[idx].cfg;
	struct tlp t;

	tlp_msg(&t, p->cfg.self, code, TLP_ROUTE_BY_ID, c->rid_base);
	t.tc = c->tc;
	return t;
}

enum il_err ide_sync(struct ide_port *p, unsigned idx, struct wr *out)
{
	const struct ide_stream *s;
	struct tlp t;

	if (idx >= p->cfg.streams || !p->stream[idx].cfg.rid_valid)
		return IL_E_ARG;
	s = &p->stream[idx];
	t = ide_msg(p, idx, TLP_MSG_IDE_SYNC);
	/* The message counts itself; ide_protect() lets 254 be the most. */
	t.msg_hdr |= field_put(IDE_MSG_NPR, s->pr_sent[0] + 1u) |
		     field_put(IDE_MSG_CPL, s->pr_sent[1] + 1u);
	return ide_protect(p, idx, &t, out);
}

void ide_fail_msg(const struct ide_port *p, unsigned idx, struct tlp *out)
{
	struct tlp t = ide_msg(p, idx, TLP_MSG_IDE_FAIL);

	t.msg_hdr |= field_put(IDE_MSG_STREAM, p->stream[idx].cfg.id);
	*out = t;
}

/* §6.33.8: an IDE Fail Message counts, under IDE or not. */
static void take_fail(struct ide_port *p, const struct tlp *t)
{
	const struct ide_arg a = { .cause = IDE_CAUSE_PEER };
	int idx = ide_find(p, (uint8_t)field_get(IDE_MSG_STREAM, t->msg_hdr));

	if (idx >= 0 && ide_state(p, (unsigned)idx) == IDE_SECURE)
		ide_must(p, (unsigned)idx, IDE_EV_FAIL, &a);
}

/* Must a configuration request that came by stream @idx (-1: none) go? */
static bool cfg_barred(const struct ide_port *p, const struct tlp *t, int idx)
{
	if (!is_cfg(t->type))
		return false;
	for (unsigned i = 0; i < p->cfg.streams; i++)
		if (p->stream[i].cfg_seen && (int)i != idx)
			return true;
	return false;
}

static enum il_err take_plain(struct ide_port *p, const uint8_t *bytes,
			      size_t n, struct tlp *out, struct fault *fault)
{
	struct rd r = rd_over(bytes, n);
	struct tlp t = { 0 };
	enum il_err err = tlp_decode(&r, &t);

	if (err) {
		*fault = fault_at(p, &ide_rule_tlp, &t);
		return err;
	}
	if (cfg_barred(p, &t, -1)) {
		*fault = fault_at(p, &ide_rule_cfg, &t);
		return IL_E_STATE;
	}
	if (is_ide_msg(&t, TLP_MSG_IDE_FAIL))
		take_fail(p, &t);
	*out = t;
	return IL_OK;
}

/* One IDE packet on its way in. */
struct arrival {
	unsigned idx;
	struct ide_stream *s;
	struct ide_key *k;
	struct tlp t;
	struct tlp_span span;
	enum ide_cause cause; /* if it fails */
};

/* What is wrong with its form, before any key is used; NULL if nothing. */
static const struct rule *check_form(const struct ide_port *p,
				     const struct arrival *a,
				     const struct tlp_ide *prefix,
				     enum il_err decoded)
{
	if (!prefix->m)
		return &ide_rule_no_mac;
	if (prefix->p)
		return &ide_rule_pcrc;
	if (decoded)
		return &ide_rule_malformed;
	/* Reserved values are no packet's class. */
	if (tlp_class_of(a->t.type) != prefix->sub)
		return &ide_rule_sub;
	if (!ide_type_ok(p, &a->s->cfg, &a->t, false))
		return &ide_rule_type;
	return NULL;
}

/* Is its key there, and a counter left? NULL if so. */
static const struct rule *check_key(struct arrival *a)
{
	const struct tlp_ide *x = &a->t.prefix;

	a->k = &a->s->key[x->k][IDE_RX][x->sub];
	if (a->k->killed)
		return &ide_rule_old_key;
	if (!a->k->there || !a->k->going) {
		if (a->s->rx_set[x->sub] == x->k)
			a->cause = IDE_CAUSE_KEY_STOPPED;
		return &ide_rule_key;
	}
	if (a->k->counter != UINT64_MAX)
		return NULL;
	a->cause = IDE_CAUSE_COUNTER;
	return &ide_rule_counter;
}

/* §6.33.5: how the packet changes the receive counters; NULL if it may. */
static const struct rule *count_received(const struct tlp *t, uint64_t pr[2])
{
	uint8_t sent[2] = { 0, 0 };

	if (t->prefix.sub == TLP_POSTED) {
		if (pr[0] == UINT64_MAX || pr[1] == UINT64_MAX)
			return &ide_rule_counter;
		pr[0]++;
		pr[1]++;
		if (is_ide_msg(t, TLP_MSG_IDE_SYNC)) {
			sent[0] = (uint8_t)field_get(IDE_MSG_NPR, t->msg_hdr);
			sent[1] = (uint8_t)field_get(IDE_MSG_CPL, t->msg_hdr);
		}
	} else {
		sent[t->prefix.sub - 1] = t->prefix.pr_sent;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (pr[i] < sent[i])
			return &ide_rule_pr_order;
		pr[i] -= sent[i];
	}
	return NULL;
}

/* Decrypts into @scratch. */
static bool open_packet(const struct ide_port *p, const struct arrival *a,
			const uint8_t *bytes, uint8_t *scratch)
{
	const struct tlp_span span = a->span;
	uint8_t iv[CRYPTO_AEAD_IV];

	make_iv(iv, a->k->counter);
	return !crypto_aead_open(p->cfg.crypto, a->k->slot, iv, bytes,
				 span.hdr_len, bytes + span.hdr_len,
				 span.data_len, scratch, a->t.mac, TLP_MAC_LEN);
}

/* The packet is genuine: move the counters, and the key set if K toggled. */
static void accept(struct ide_port *p, struct arrival *a, const uint64_t pr[2])
{
	const struct tlp_ide *x = &a->t.prefix;
	unsigned old = a->s->rx_set[x->sub];

	a->k->counter++;
	a->s->pr_received[0] = pr[0];
	a->s->pr_received[1] = pr[1];
	p->received++;
	if (old == x->k)
		return;
	ide_key_wipe(p, &a->s->key[old][IDE_RX][x->sub]);
	a->s->key[old][IDE_RX][x->sub].killed = true;
	a->s->rx_set[x->sub] = x->k;
	env_trace(p->cfg.env, IDE_TR_KILLED, x->stream, old, x->sub);
}

static enum il_err check_failed(struct ide_port *p, const struct arrival *a,
				const struct rule *rule, struct fault *fault)
{
	const struct ide_arg arg = { .cause = a->cause };

	env_trace(p->cfg.env, IDE_TR_REFUSED, a->t.prefix.stream,
		  a->t.prefix.sub, 0);
	*fault = fault_at(p, rule, &a->t);
	ide_must(p, a->idx, IDE_EV_FAIL, &arg);
	return IL_E_AUTH;
}

static enum il_err discard(struct ide_port *p, const struct tlp *t,
			   const struct rule *rule, struct fault *fault)
{
	env_trace(p->cfg.env, IDE_TR_REFUSED, t->prefix.stream, t->prefix.sub,
		  0);
	*fault = fault_at(p, rule, t);
	return IL_E_STATE;
}

/* After the MAC: what an authentic packet does to its stream. */
static enum il_err take_genuine(struct ide_port *p, struct arrival *a,
				struct fault *fault)
{
	uint64_t pr[2] = { a->s->pr_received[0], a->s->pr_received[1] };
	const struct rule *rule = count_received(&a->t, pr);

	if (rule == &ide_rule_counter)
		a->cause = IDE_CAUSE_COUNTER;
	if (rule)
		return check_failed(p, a, rule, fault);
	accept(p, a, pr);
	if (cfg_barred(p, &a->t, (int)a->idx))
		return discard(p, &a->t, &ide_rule_cfg, fault);
	if (is_cfg(a->t.type))
		a->s->cfg_seen = true;
	if (is_ide_msg(&a->t, TLP_MSG_IDE_FAIL))
		take_fail(p, &a->t);
	return IL_OK;
}

/* Everything after the stream is known to be Secure. */
static enum il_err take_ide(struct ide_port *p, struct arrival *a,
			    enum il_err decoded, const uint8_t *bytes,
			    uint8_t *scratch, size_t cap, struct fault *fault)
{
	const struct rule *rule;

	if (a->span.data_len > cap)
		return IL_E_SPACE;
	rule = check_form(p, a, &a->t.prefix, decoded);
	if (!rule)
		rule = check_key(a);
	if (rule == &ide_rule_old_key)
		return discard(p, &a->t, rule, fault);
	if (!rule && !open_packet(p, a, bytes, scratch))
		rule = &ide_rule_mac;
	if (rule)
		return check_failed(p, a, rule, fault);
	return take_genuine(p, a, fault);
}

/* Leaves nothing but the prefix, as for a packet that was never decoded. */
static void prefix_only(struct arrival *a)
{
	a->t = (struct tlp){ .prefix = a->t.prefix };
	a->span = (struct tlp_span){ 0 };
}

/* Of a packet that is malformed only the prefix counts. */
static enum il_err decode(struct arrival *a, const uint8_t *bytes, size_t n)
{
	struct rd r = rd_over(bytes, n);
	enum il_err err = tlp_decode_at(&r, &a->t);

	a->k = NULL;
	a->cause = IDE_CAUSE_CHECK;
	if (err)
		prefix_only(a);
	else
		a->span = tlp_span_of(&a->t);
	return err;
}

enum il_err ide_unprotect(struct ide_port *p, const uint8_t *bytes, size_t n,
			  uint8_t *scratch, size_t cap, struct tlp *out,
			  struct fault *fault)
{
	enum il_err decoded, err;
	struct arrival a;
	int idx;

	if (!tlp_is_ide(bytes, n))
		return take_plain(p, bytes, n, out, fault);
	decoded = decode(&a, bytes, n);
	idx = ide_find(p, a.t.prefix.stream);
	if (idx < 0 || !p->stream[idx].cfg.enable) {
		prefix_only(&a);
		return discard(p, &a.t, &ide_rule_misrouted, fault);
	}
	a.idx = (unsigned)idx;
	a.s = &p->stream[idx];
	if (a.s->state != IDE_ST_SECURE) {
		prefix_only(&a);
		return discard(p, &a.t, &ide_rule_insecure, fault);
	}
	err = take_ide(p, &a, decoded, bytes, scratch, cap, fault);
	if (err && err != IL_E_SPACE)
		bytes_wipe(scratch, a.span.data_len);
	if (err)
		return err;
	*out = a.t;
	if (a.span.data_len)
		out->data = scratch;
	return IL_OK;
}
