/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/assert.h"
#include "base/bits.h"
#include "ide/ide_priv.h"

typedef enum il_err ide_action(struct ide_port *p, unsigned idx,
			       const struct ide_arg *a);

const char *ide_cause_name(enum ide_cause cause)
{
	static const char *const names[IDE_CAUSES] = {
		[IDE_CAUSE_DISABLED] = "disabled",
		[IDE_CAUSE_CHECK] = "check-failed",
		[IDE_CAUSE_PEER] = "peer-failed",
		[IDE_CAUSE_CONFIG] = "config-changed",
		[IDE_CAUSE_KEY_STOPPED] = "key-stopped",
		[IDE_CAUSE_COUNTER] = "counter-overflow",
		[IDE_CAUSE_WIPED] = "keys-wiped",
		[IDE_CAUSE_LINK_DOWN] = "link-down",
		[IDE_CAUSE_RESET] = "reset",
	};
	unsigned i = (unsigned)cause;

	return i < COUNT(names) ? names[i] : "?";
}

void ide_key_wipe(struct ide_port *p, struct ide_key *k)
{
	p->key_changes++;
	crypto_drop(p->cfg.crypto, &k->slot);
	*k = (struct ide_key){ 0 };
}

static bool set_all(const struct ide_stream *s, unsigned set, enum ide_dir dir,
		    bool going)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		const struct ide_key *k = &s->key[set][dir][sub];

		if (!k->there || (going && !k->going))
			return false;
	}
	return true;
}

static bool set_any_going(const struct ide_stream *s, unsigned set)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		if (s->key[set][IDE_RX][sub].going ||
		    s->key[set][IDE_TX][sub].going)
			return true;
	return false;
}

static bool set_goes(const struct ide_stream *s, unsigned set)
{
	return set_all(s, set, IDE_RX, true) && set_all(s, set, IDE_TX, true);
}

static enum il_err none(struct ide_port *p, unsigned idx,
			const struct ide_arg *a)
{
	(void)p;
	(void)idx;
	(void)a;
	return IL_OK;
}

static enum il_err wipe(struct ide_port *p, unsigned idx,
			const struct ide_arg *a)
{
	struct ide_stream *s = &p->stream[idx];

	(void)a;
	for (unsigned set = 0; set < 2; set++)
		for (unsigned dir = 0; dir < IDE_DIRS; dir++)
			for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
				ide_key_wipe(p, &s->key[set][dir][sub]);
	s->cfg_seen = false;
	return IL_OK;
}

/*
 * The set that packets use now is not to be touched: law 7. A key that goes is
 * in use or about to be.
 */
static bool key_free(const struct ide_stream *s, const struct ide_arg *a)
{
	if (s->key[a->set][a->dir][a->sub].going)
		return false;
	if (s->state != IDE_ST_SECURE)
		return true;
	return a->dir == IDE_TX ? s->tx_set != a->set
				: s->rx_set[a->sub] != a->set;
}

static enum il_err program(struct ide_port *p, unsigned idx,
			   const struct ide_arg *a)
{
	struct ide_stream *s = &p->stream[idx];
	struct ide_key *k = &s->key[a->set][a->dir][a->sub];
	uint64_t id = 0;
	enum il_err err;

	if (!key_free(s, a))
		return IL_E_STATE;
	err = ide_key_fresh(p, a->key, &id);
	if (err)
		return err;
	err = crypto_aead_key(p->cfg.crypto, &k->slot, CRYPTO_AES_256_GCM,
			      a->key);
	if (err)
		return err;
	ide_key_remember(p, id);
	k->id = id;
	k->counter = 1; /* §6.33.5: at every new key */
	p->key_changes++;
	k->there = true;
	k->killed = false;
	env_trace(p->cfg.env, IDE_TR_KEY, idx, a->set, a->dir << 4 | a->sub);
	return IL_OK;
}

/* Transmission moves to @set; nothing is sent with the old keys again. */
static void move_tx(struct ide_port *p, struct ide_stream *s, unsigned set)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		ide_key_wipe(p, &s->key[s->tx_set][IDE_TX][sub]);
	s->tx_set = (uint8_t)set;
}

/*
 * Law 6. §6.33.4: once one sub-stream has toggled K, all must; so they move
 * together, when the last of them goes.
 */
static enum il_err go(struct ide_port *p, unsigned idx, const struct ide_arg *a)
{
	struct ide_stream *s = &p->stream[idx];

	if (!set_all(s, a->set, IDE_RX, false) ||
	    !set_all(s, a->set, IDE_TX, false))
		return IL_E_STATE;
	if (a->dir == IDE_TX && !set_all(s, a->set, IDE_RX, true))
		return IL_E_STATE;
	/* Before Secure there is one set to begin with, not two. */
	if (s->state != IDE_ST_SECURE && set_any_going(s, 1 - a->set))
		return IL_E_STATE;
	s->key[a->set][a->dir][a->sub].going = true;
	if (s->state == IDE_ST_SECURE && s->tx_set != a->set &&
	    set_all(s, a->set, IDE_TX, true))
		move_tx(p, s, a->set);
	env_trace(p->cfg.env, IDE_TR_GO, idx, a->set, a->dir << 4 | a->sub);
	return IL_OK;
}

/*
 * §6.33.3: all keys of the set and direction, whichever sub-stream is named.
 * When the set is the old one of a refresh, sub-streams on which nothing came
 * since move to the new set, as if a packet had toggled K.
 */
static enum il_err stop(struct ide_port *p, unsigned idx,
			const struct ide_arg *a)
{
	struct ide_stream *s = &p->stream[idx];

	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		struct ide_key *k = &s->key[a->set][a->dir][sub];
		bool killed = k->killed;

		if (a->dir == IDE_RX && s->rx_set[sub] == a->set &&
		    s->key[1 - a->set][IDE_RX][sub].going) {
			s->rx_set[sub] = (uint8_t)(1 - a->set);
			killed = true;
		}
		ide_key_wipe(p, k);
		k->killed = killed;
	}
	env_trace(p->cfg.env, IDE_TR_STOP, idx, a->set, a->dir);
	return IL_OK;
}

/* §6.33.5: on entry to Secure the PR counters are zero. */
static enum il_err begin(struct ide_port *p, unsigned idx,
			 const struct ide_arg *a)
{
	struct ide_stream *s = &p->stream[idx];

	s->tx_set = (uint8_t)a->set;
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		s->rx_set[sub] = (uint8_t)a->set;
	memset(s->pr_sent, 0, sizeof(s->pr_sent));
	memset(s->pr_received, 0, sizeof(s->pr_received));
	s->cfg_seen = false;
	return IL_OK;
}

static const struct ide_edge {
	ide_action *act;
	enum ide_stream_state next;
} edges[IDE_EVENTS][IDE_ST_STATES] = {
	/* clang-format off */
	[IDE_EV_ENABLE]  [IDE_ST_OFF]    = { none,    IDE_ST_ARMED },

	[IDE_EV_DISABLE] [IDE_ST_ARMED]  = { wipe,    IDE_ST_OFF },
	[IDE_EV_DISABLE] [IDE_ST_SECURE] = { wipe,    IDE_ST_OFF },
	[IDE_EV_DISABLE] [IDE_ST_DEAD]   = { wipe,    IDE_ST_OFF },

	[IDE_EV_CONFIG]  [IDE_ST_OFF]    = { wipe,    IDE_ST_OFF },
	[IDE_EV_CONFIG]  [IDE_ST_ARMED]  = { wipe,    IDE_ST_DEAD },
	[IDE_EV_CONFIG]  [IDE_ST_SECURE] = { wipe,    IDE_ST_DEAD },
	[IDE_EV_CONFIG]  [IDE_ST_DEAD]   = { wipe,    IDE_ST_DEAD },

	[IDE_EV_KEY]     [IDE_ST_OFF]    = { program, IDE_ST_OFF },
	[IDE_EV_KEY]     [IDE_ST_ARMED]  = { program, IDE_ST_ARMED },
	[IDE_EV_KEY]     [IDE_ST_SECURE] = { program, IDE_ST_SECURE },

	[IDE_EV_GO]      [IDE_ST_OFF]    = { go,      IDE_ST_OFF },
	[IDE_EV_GO]      [IDE_ST_ARMED]  = { go,      IDE_ST_ARMED },
	[IDE_EV_GO]      [IDE_ST_SECURE] = { go,      IDE_ST_SECURE },

	[IDE_EV_STOP]    [IDE_ST_OFF]    = { stop,    IDE_ST_OFF },
	[IDE_EV_STOP]    [IDE_ST_ARMED]  = { stop,    IDE_ST_ARMED },
	[IDE_EV_STOP]    [IDE_ST_SECURE] = { stop,    IDE_ST_SECURE },
	[IDE_EV_STOP]    [IDE_ST_DEAD]   = { none,    IDE_ST_DEAD },

	[IDE_EV_READY]   [IDE_ST_ARMED]  = { begin,   IDE_ST_SECURE },

	[IDE_EV_FAIL]    [IDE_ST_SECURE] = { wipe,    IDE_ST_DEAD },

	[IDE_EV_WIPE]    [IDE_ST_OFF]    = { wipe,    IDE_ST_OFF },
	[IDE_EV_WIPE]    [IDE_ST_ARMED]  = { wipe,    IDE_ST_DEAD },
	[IDE_EV_WIPE]    [IDE_ST_SECURE] = { wipe,    IDE_ST_DEAD },
	[IDE_EV_WIPE]    [IDE_ST_DEAD]   = { wipe,    IDE_ST_DEAD },

	[IDE_EV_RESET]   [IDE_ST_OFF]    = { wipe,    IDE_ST_OFF },
	[IDE_EV_RESET]   [IDE_ST_ARMED]  = { wipe,    IDE_ST_OFF },
	[IDE_EV_RESET]   [IDE_ST_SECURE] = { wipe,    IDE_ST_OFF },
	[IDE_EV_RESET]   [IDE_ST_DEAD]   = { wipe,    IDE_ST_OFF },
	/* clang-format on */
};

static void enter(struct ide_port *p, unsigned idx, enum ide_stream_state next)
{
	struct ide_stream *s = &p->stream[idx];

	if (s->state == next)
		return;
	env_trace(p->cfg.env, IDE_TR_STATE, idx, s->state, next);
	s->state = next;
	/* The Enable bit is part of the state. */
	s->cfg.enable = next != IDE_ST_OFF;
}

enum il_err ide_handle(struct ide_port *p, unsigned idx, enum ide_event ev,
		       const struct ide_arg *arg)
{
	enum ide_stream_state was = p->stream[idx].state;
	const struct ide_edge *e = &edges[ev][was];
	enum il_err err;

	if (!e->act)
		return IL_E_STATE;
	err = e->act(p, idx, arg);
	if (err)
		return err;
	enter(p, idx, e->next);
	IL_ASSERT(ide_sane(p));
	if (was == IDE_ST_SECURE && e->next != IDE_ST_SECURE && p->cfg.insecure)
		p->cfg.insecure(p->cfg.ctx, idx, arg->cause);
	return IL_OK;
}

void ide_must(struct ide_port *p, unsigned idx, enum ide_event ev,
	      const struct ide_arg *arg)
{
	enum il_err err = ide_handle(p, idx, ev, arg);

	IL_ASSERT(!err);
}

/* Secure at last, if the stream waits for nothing else. */
static void settle(struct ide_port *p, unsigned idx)
{
	for (unsigned set = 0; set < 2; set++) {
		const struct ide_arg a = { .set = set };

		if (p->stream[idx].state == IDE_ST_ARMED &&
		    set_goes(&p->stream[idx], set))
			ide_must(p, idx, IDE_EV_READY, &a);
	}
}

enum il_err ide_init(struct ide_port *p, const struct ide_cfg *cfg)
{
	if (cfg->streams < 1 || cfg->streams > IDE_STREAMS_MAX ||
	    cfg->keys_max > IDE_KEYS_LOGGED)
		return IL_E_ARG;
	memset(p, 0, sizeof(*p));
	p->cfg = *cfg;
	if (!p->cfg.keys_max)
		p->cfg.keys_max = IDE_KEYS_LOGGED;
	return IL_OK;
}

void ide_self_set(struct ide_port *p, uint16_t self)
{
	p->cfg.self = self;
}

void ide_fini(struct ide_port *p)
{
	for (unsigned i = 0; i < p->cfg.streams; i++)
		(void)wipe(p, i, NULL);
}

static bool key_sane(const struct ide_stream *s, const struct ide_key *k)
{
	if (!k->there)
		return !k->slot.n && !k->counter && !k->going;
	return k->slot.n && k->counter && s->state != IDE_ST_DEAD;
}

static bool stream_sane(const struct ide_stream *s)
{
	const struct ide_key *k = &s->key[0][0][0];

	if (s->cfg.enable != (s->state != IDE_ST_OFF))
		return false;
	if (s->cfg_seen && s->state != IDE_ST_SECURE)
		return false;
	for (unsigned i = 0; i < 2 * IDE_DIRS * TLP_CLASSES; i++)
		if (!key_sane(s, &k[i]))
			return false;
	return s->tx_set < 2 && s->rx_set[0] < 2 && s->rx_set[1] < 2 &&
	       s->rx_set[2] < 2;
}

bool ide_sane(const struct ide_port *p)
{
	for (unsigned i = 0; i < p->cfg.streams; i++)
		if (!stream_sane(&p->stream[i]))
			return false;
	return p->key_log_n <= p->cfg.keys_max;
}

/* Law 12. Source: PCIe Base 6.3 §6.33.4, assignment of Stream IDs */
static bool clashes(const struct ide_port *p, unsigned idx,
		    const struct ide_stream_cfg *c)
{
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		const struct ide_stream_cfg *o = &p->stream[i].cfg;

		if (i == idx || !o->enable)
			continue;
		if (o->id == c->id)
			return true;
		if (o->is_default && c->is_default && o->tc == c->tc)
			return true;
	}
	return false;
}

static bool range_same(const struct ide_range *a, const struct ide_range *b)
{
	return a->valid == b->valid && a->base == b->base &&
	       a->limit == b->limit;
}

static bool same_but_enable(const struct ide_stream_cfg *a,
			    const struct ide_stream_cfg *b)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		if (!range_same(&a->range[i], &b->range[i]))
			return false;
	return a->is_default == b->is_default && a->cfg_en == b->cfg_en &&
	       a->tee_limited == b->tee_limited && a->id == b->id &&
	       a->tc == b->tc && a->rid_valid == b->rid_valid &&
	       a->rid_base == b->rid_base && a->rid_limit == b->rid_limit &&
	       a->segment == b->segment;
}

enum il_err ide_stream_set(struct ide_port *p, unsigned idx,
			   const struct ide_stream_cfg *cfg)
{
	struct ide_stream *s;
	struct ide_arg a = { .cause = IDE_CAUSE_DISABLED };
	bool changed;

	if (idx >= p->cfg.streams || cfg->tc > 7)
		return IL_E_ARG;
	if (cfg->enable && clashes(p, idx, cfg))
		return IL_E_STATE;

	s = &p->stream[idx];
	changed = !same_but_enable(&s->cfg, cfg);
	if (s->cfg.enable && !cfg->enable)
		ide_must(p, idx, IDE_EV_DISABLE, &a);
	a.cause = IDE_CAUSE_CONFIG;
	if (changed) {
		bool enable;

		ide_must(p, idx, IDE_EV_CONFIG, &a);
		enable = s->cfg.enable;
		s->cfg = *cfg;
		s->cfg.enable = enable;
	}
	if (cfg->enable && !s->cfg.enable)
		ide_must(p, idx, IDE_EV_ENABLE, &a);
	settle(p, idx);
	return IL_OK;
}

const struct ide_stream_cfg *ide_stream_get(const struct ide_port *p,
					    unsigned idx)
{
	return idx < p->cfg.streams ? &p->stream[idx].cfg : NULL;
}

int ide_find(const struct ide_port *p, uint8_t stream_id)
{
	for (unsigned i = 0; i < p->cfg.streams && p->held; i++)
		if (p->stream[i].cfg.id == stream_id && p->held >> i & 1)
			return (int)i;
	/* One at most: ide_stream_set() refuses another. */
	for (unsigned i = 0; i < p->cfg.streams; i++)
		if (p->stream[i].cfg.id == stream_id && p->stream[i].cfg.enable)
			return (int)i;
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		const struct ide_stream_cfg *c = &p->stream[i].cfg;

		if (c->id == stream_id && (c->rid_valid || c->is_default))
			return (int)i;
	}
	return -1;
}

static enum il_err key_event(struct ide_port *p, uint8_t stream_id,
			     enum ide_event ev, const struct ide_arg *a)
{
	int idx = ide_find(p, stream_id);
	enum il_err err;

	if (idx < 0 || a->set > 1 || (unsigned)a->dir >= IDE_DIRS ||
	    a->sub >= TLP_CLASSES)
		return IL_E_ARG;
	err = ide_handle(p, (unsigned)idx, ev, a);
	if (!err)
		settle(p, (unsigned)idx);
	return err;
}

enum il_err ide_key_set(struct ide_port *p, uint8_t stream_id, unsigned set,
			enum ide_dir dir, unsigned sub,
			const uint8_t key[static IDE_KEY_LEN], uint64_t ifv)
{
	const struct ide_arg a = {
		.set = set, .dir = dir, .sub = sub, .key = key
	};

	if (ifv != 1)
		return IL_E_ARG;
	return key_event(p, stream_id, IDE_EV_KEY, &a);
}

enum il_err ide_key_go(struct ide_port *p, uint8_t stream_id, unsigned set,
		       enum ide_dir dir, unsigned sub)
{
	const struct ide_arg a = { .set = set, .dir = dir, .sub = sub };

	return key_event(p, stream_id, IDE_EV_GO, &a);
}

enum il_err ide_key_stop(struct ide_port *p, uint8_t stream_id, unsigned set,
			 enum ide_dir dir, unsigned sub)
{
	const struct ide_arg a = { .set = set, .dir = dir, .sub = sub };

	return key_event(p, stream_id, IDE_EV_STOP, &a);
}

enum il_err ide_wipe(struct ide_port *p, unsigned idx, enum ide_cause cause)
{
	const struct ide_arg a = { .cause = cause };

	if (idx >= p->cfg.streams)
		return IL_E_ARG;
	return ide_handle(p, idx, IDE_EV_WIPE, &a);
}

enum il_err ide_wipe_id(struct ide_port *p, uint8_t stream_id,
			enum ide_cause cause)
{
	const struct ide_arg a = { .cause = cause };

	if (ide_find(p, stream_id) < 0)
		return IL_E_ARG;
	for (unsigned i = 0; i < p->cfg.streams; i++)
		if (p->stream[i].cfg.id == stream_id)
			ide_must(p, i, IDE_EV_WIPE, &a);
	return IL_OK;
}

void ide_link_down(struct ide_port *p)
{
	const struct ide_arg a = { .cause = IDE_CAUSE_LINK_DOWN };

	for (unsigned i = 0; i < p->cfg.streams; i++)
		ide_must(p, i, IDE_EV_WIPE, &a);
}

void ide_reset(struct ide_port *p)
{
	const struct ide_arg a = { .cause = IDE_CAUSE_RESET };

	for (unsigned i = 0; i < p->cfg.streams; i++) {
		ide_must(p, i, IDE_EV_RESET, &a);
		p->stream[i].cfg = (struct ide_stream_cfg){ 0 };
	}
}

enum ide_status ide_state(const struct ide_port *p, unsigned idx)
{
	if (idx >= p->cfg.streams)
		return IDE_INSECURE;
	return p->stream[idx].state == IDE_ST_SECURE ? IDE_SECURE
						     : IDE_INSECURE;
}

bool ide_has_keys(const struct ide_port *p, unsigned idx)
{
	const struct ide_key *k;

	if (idx >= p->cfg.streams)
		return false;
	k = &p->stream[idx].key[0][0][0];
	for (unsigned i = 0; i < 2 * IDE_DIRS * TLP_CLASSES; i++)
		if (k[i].there)
			return true;
	return false;
}

bool ide_primed(const struct ide_port *p, unsigned idx, unsigned set)
{
	return idx < p->cfg.streams && set < 2 &&
	       set_all(&p->stream[idx], set, IDE_RX, false) &&
	       set_all(&p->stream[idx], set, IDE_TX, false);
}

void ide_counters_end(struct ide_port *p, uint64_t left)
{
	for (unsigned i = 0; i < IDE_STREAMS_MAX; i++)
		for (unsigned set = 0; set < 2; set++)
			for (unsigned dir = 0; dir < IDE_DIRS; dir++)
				for (unsigned sub = 0; sub < TLP_CLASSES;
				     sub++) {
					struct ide_key *k =
						&p->stream[i]
							 .key[set][dir][sub];

					if (k->counter &&
					    k->counter < UINT64_MAX - left)
						k->counter = UINT64_MAX - left;
				}
}
