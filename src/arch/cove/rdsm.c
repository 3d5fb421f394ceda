/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/rdsm.h"

#include "arch/cove/abi.h"
#include "arch/cove/own.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "mem/mem.h"
#include "pci/regs.h"

void cove_rdsm_init(struct cove_rdsm *r, const struct cove_rdsm_cfg *cfg)
{
	memset(r, 0, sizeof(*r));
	r->cfg = *cfg;
}

static struct sbiret ret(int64_t error, uint64_t value)
{
	return (struct sbiret){ error, value };
}

/* The TSM's own pages: the host can neither read a key there nor change it. */
static bool fetch(const struct cove_rdsm *r, uint64_t pa, void *p, uint32_t len)
{
	struct mem_req q = { .who = AGENT_FIRMWARE,
			     .trusted = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f;

	return cove_own_state(r->cfg.own, pa) == COVE_PG_TSM &&
	       pa % PAGE_4K + len <= PAGE_4K &&
	       !mem_access(r->cfg.mem, &q, p, &f);
}

static const struct cove_port *port(const struct cove_rdsm *r, uint64_t rp)
{
	for (unsigned i = 0; i < r->cfg.ports_n; i++)
		if (r->cfg.port[i].rp == rp)
			return &r->cfg.port[i];
	return NULL;
}

/* A stream that was secure and is no longer has lost its keys. */
static void notice(struct cove_rdsm *r, struct cove_rdsm_stream *s)
{
	bool now = r->cfg.keys->secure(r->cfg.keys_ctx, s->rp, s->id);

	if (s->was_secure && !now)
		memset(s->key, COVT_KEY_CLEARED, sizeof(s->key));
	s->was_secure = now;
}

static struct cove_rdsm_stream *find(struct cove_rdsm *r, uint64_t rp,
				     uint64_t id)
{
	for (unsigned i = 0; i < COVE_RDSM_STREAMS; i++) {
		struct cove_rdsm_stream *s = &r->stream[i];

		if (!s->used || s->rp != rp || s->id != id)
			continue;
		notice(r, s);
		return s;
	}
	return NULL;
}

static bool any(const struct cove_rdsm_stream *s, enum cove_key_status want)
{
	const uint8_t *k = &s->key[0][0][0];

	for (size_t i = 0; i < sizeof(s->key); i++)
		if (k[i] == want)
			return true;
	return false;
}

/* --- one key --- */

struct key {
	struct cove_rdsm_stream *s;
	uint8_t sub;
	uint8_t set;
	uint8_t dir; /* enum cove_tx_rx */
	uint8_t *status;
};

static bool key_of(struct cove_rdsm *r, uint64_t rp, uint64_t pa,
		   struct key *out)
{
	uint8_t d[COVT_DESC_LEN];

	if (!fetch(r, pa, d, sizeof(d)))
		return false;
	*out = (struct key){ .s = find(r, rp, d[COVT_DESC_STREAM]),
			     .sub = d[COVT_DESC_SUB_STREAM],
			     .set = d[COVT_DESC_KEY_SET],
			     .dir = d[COVT_DESC_TX_RX] };
	if (!out->s || out->sub > 2 || out->set > 1 || out->dir > COVT_RX)
		return false;
	out->status = &out->s->key[out->set][out->dir][out->sub];
	return true;
}

/* The port's own words: 0 receives, 1 transmits, as in IDE_KM. */
static uint8_t port_dir(const struct key *k)
{
	return k->dir == COVT_TX ? 1 : 0;
}

static void status_set(struct cove_rdsm *r, const struct key *k,
		       enum cove_key_status to)
{
	*k->status = (uint8_t)to;
	env_trace(r->cfg.env, COVE_TRACE_KEY, k->s->rp,
		  (uint64_t)k->s->id << 24 | (uint64_t)k->sub << 16 |
			  (uint64_t)k->set << 8 | k->dir,
		  to);
}

static struct sbiret done(struct cove_rdsm *r, const struct key *k,
			  enum il_err err, enum cove_key_status to)
{
	if (err)
		return ret(SBI_ERR_IO, 0);
	status_set(r, k, to);
	return ret(SBI_SUCCESS, 0);
}

/* Bytes of a group of four stand the other way round in KEY_PROG's data. */
static void natural(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 4) {
		uint8_t a = p[i], b = p[i + 1];

		p[i] = p[i + 3];
		p[i + 1] = p[i + 2];
		p[i + 2] = b;
		p[i + 3] = a;
	}
}

static struct sbiret program_key(struct cove_rdsm *r, const uint64_t a[6])
{
	uint8_t data[COVT_DATA_LEN];
	struct sbiret out;
	struct key k;

	if (!key_of(r, a[0], a[1], &k))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	if (!fetch(r, a[2], data, sizeof(data)))
		return ret(SBI_ERR_INVALID_ADDRESS, 0);
	if (*k.status == COVT_KEY_ENABLED) {
		bytes_wipe(data, sizeof(data));
		return ret(SBI_ERR_INVALID_STATE, 0);
	}
	natural(data, sizeof(data));
	out = done(r, &k,
		   r->cfg.keys->program(r->cfg.keys_ctx, k.s->rp, k.s->id,
					k.set, port_dir(&k), k.sub, data,
					data + COVT_KEY_LEN),
		   COVT_KEY_PROGRAMMED);
	bytes_wipe(data, sizeof(data));
	return out;
}

static struct sbiret set_go(struct cove_rdsm *r, const uint64_t a[6])
{
	struct key k;

	if (!key_of(r, a[0], a[1], &k))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	if (*k.status != COVT_KEY_PROGRAMMED)
		return ret(SBI_ERR_INVALID_STATE, 0);
	return done(r, &k,
		    r->cfg.keys->go(r->cfg.keys_ctx, k.s->rp, k.s->id, k.set,
				    port_dir(&k), k.sub),
		    COVT_KEY_ENABLED);
}

/*
 * OPEN: "back to Programmed", while K_SET_STOP destroys the key at the device.
 * The port's is gone, too; what is Programmed can be cleared or written again,
 * and set_go of it is refused by the port.
 */
static struct sbiret set_stop(struct cove_rdsm *r, const uint64_t a[6])
{
	struct key k;

	if (!key_of(r, a[0], a[1], &k))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	if (*k.status != COVT_KEY_ENABLED)
		return ret(SBI_ERR_INVALID_STATE, 0);
	return done(r, &k,
		    r->cfg.keys->stop(r->cfg.keys_ctx, k.s->rp, k.s->id, k.set,
				      port_dir(&k), k.sub),
		    COVT_KEY_PROGRAMMED);
}

static struct sbiret key_status(struct cove_rdsm *r, const uint64_t a[6])
{
	struct key k;

	if (!key_of(r, a[0], a[1], &k))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	return ret(SBI_SUCCESS, *k.status);
}

static struct sbiret clear_key(struct cove_rdsm *r, const uint64_t a[6])
{
	struct cove_rdsm_stream *s = find(r, a[0], a[1]);

	if (!s)
		return ret(SBI_ERR_INVALID_PARAM, 0);
	if (any(s, COVT_KEY_ENABLED))
		return ret(SBI_ERR_INVALID_STATE, 0);
	r->cfg.keys->wipe(r->cfg.keys_ctx, s->rp, s->id);
	memset(s->key, COVT_KEY_CLEARED, sizeof(s->key));
	return ret(SBI_SUCCESS, 0);
}

/* --- the stream's registers --- */

/* Registers of one address block, as the descriptor has them. */
static bool range_of(const struct cove_port *p, const uint8_t *d,
		     struct rp_range *out)
{
	uint32_t a1 = cove_u32(d, 0), a2 = cove_u32(d, 4), a3 = cove_u32(d, 8);

	if (!(a1 & IDE_ADDR1_VALID))
		return false;
	out->base = (uint64_t)a3 << 32 | field_get(IDE_ADDR1_BASE, a1) << 20;
	out->limit = (uint64_t)a2 << 32 | field_get(IDE_ADDR1_LIMIT, a1) << 20 |
		     0xfffff;
	/* What is not behind this port would be led to it. */
	return out->base <= out->limit && out->base >= p->mmio &&
	       out->limit - p->mmio < p->mmio_size;
}

static bool decode(const struct cove_rdsm *r, const struct cove_port *p,
		   uint64_t pa, struct rp_stream *out)
{
	uint8_t d[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)];
	uint32_t rid1, rid2;

	if (!fetch(r, pa, d, COVE_STREAM_LEN(0)) ||
	    d[COVE_STREAM_NUM_ADDR] > COVE_STREAM_ADDR_MAX ||
	    cove_u16(d, COVE_STREAM_RSVD) ||
	    !fetch(r, pa, d, COVE_STREAM_LEN(d[COVE_STREAM_NUM_ADDR])))
		return false;
	rid1 = cove_u32(d, COVE_STREAM_RID1);
	rid2 = cove_u32(d, COVE_STREAM_RID2);
	/*
	 * OPEN: the descriptor has no place for the default bit, nor for TC.
	 * Draft and TDISP have one stream for all interfaces of a device: it
	 * is the port's default, TC 0. Enable stays the host's (the flow's
	 * last steps), configuration requests go in the clear.
	 */
	*out = (struct rp_stream){
		.block = RP_ANY_BLOCK,
		.id = d[COVE_STREAM_ID],
		.segment = (uint8_t)field_get(IDE_SEL_RID2_SEG, rid2),
		.rid_base = (uint16_t)field_get(IDE_SEL_RID2_BASE, rid2),
		.rid_limit = (uint16_t)field_get(IDE_SEL_RID1_LIMIT, rid1),
		.is_default = true,
		.host_enable = true,
		.ranges = d[COVE_STREAM_NUM_ADDR],
	};
	if (!(rid2 & IDE_SEL_RID2_VALID) || out->rid_base > out->rid_limit)
		return false;
	for (unsigned i = 0; i < out->ranges; i++)
		if (!range_of(p, d + COVE_STREAM_ADDR(i), &out->range[i]))
			return false;
	return true;
}

static struct sbiret program_stream(struct cove_rdsm *r, const uint64_t a[6])
{
	const struct cove_port *p = port(r, a[0]);
	struct cove_rdsm_stream *s = NULL;
	struct rp_stream x;
	enum il_err err;

	if (!p || !decode(r, p, a[1], &x) || find(r, a[0], x.id))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	for (unsigned i = COVE_RDSM_STREAMS; i-- > 0;)
		if (!r->stream[i].used)
			s = &r->stream[i];
	if (!s)
		return ret(SBI_ERR_FAILED, 0);
	err = r->cfg.keys->setup(r->cfg.keys_ctx, p->rp, &x);
	if (!err) {
		err = r->cfg.keys->lock(r->cfg.keys_ctx, p->rp, x.id, true);
		if (err)
			(void)r->cfg.keys->teardown(r->cfg.keys_ctx, p->rp,
						    x.id);
	}
	if (err)
		return ret(err == IL_E_SPACE ? SBI_ERR_FAILED
					     : SBI_ERR_INVALID_PARAM,
			   0);
	*s = (struct cove_rdsm_stream){ .used = true, .rp = p->rp, .id = x.id };
	return ret(SBI_SUCCESS, 0);
}

/* Whatever its keys are: this is what isolates a device that is dead. */
static struct sbiret stream_off(struct cove_rdsm *r, const uint64_t a[6])
{
	struct cove_rdsm_stream *s = find(r, a[0], a[1]);

	if (!s)
		return ret(SBI_ERR_INVALID_PARAM, 0);
	r->cfg.keys->wipe(r->cfg.keys_ctx, s->rp, s->id);
	(void)r->cfg.keys->teardown(r->cfg.keys_ctx, s->rp, s->id);
	memset(s, 0, sizeof(*s));
	return ret(SBI_SUCCESS, 0);
}

static struct sbiret stream_status(struct cove_rdsm *r, const uint64_t a[6])
{
	struct cove_rdsm_stream *s = find(r, a[0], a[1]);

	if (!s)
		return ret(SBI_ERR_INVALID_PARAM, 0);
	return ret(SBI_SUCCESS, s->was_secure);
}

static struct sbiret classify(struct cove_rdsm *r, const uint64_t a[6])
{
	const bool on = a[3] != 0;
	const struct cove_class c = { .on = on,
				      .stream = (uint8_t)a[2],
				      .port = (uint8_t)a[0] };

	/* Off needs no stream: the port may have lost it. */
	if (on && (!find(r, a[0], a[2]) || a[0] > UINT8_MAX))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	if (a[1] > UINT32_MAX ||
	    cove_own_class(r->cfg.own, (uint32_t)a[1],
			   on ? &c : &(const struct cove_class){ 0 }))
		return ret(SBI_ERR_INVALID_PARAM, 0);
	return ret(SBI_SUCCESS, 0);
}

struct sbiret cove_rdsm_covt(void *ctx, uint64_t fid, const uint64_t a[6])
{
	static struct sbiret (*const calls[])(struct cove_rdsm * r,
					      const uint64_t a[6]) = {
		[COVT_PROGRAM_KEY - COVT_PROGRAM_KEY] = program_key,
		[COVT_CLEAR_KEY - COVT_PROGRAM_KEY] = clear_key,
		[COVT_SET_GO - COVT_PROGRAM_KEY] = set_go,
		[COVT_SET_STOP - COVT_PROGRAM_KEY] = set_stop,
		[COVT_KEY_STATUS - COVT_PROGRAM_KEY] = key_status,
		[COVT_PROGRAM_STREAM - COVT_PROGRAM_KEY] = program_stream,
		[COVT_CLASSIFY - COVT_PROGRAM_KEY] = classify,
		[COVT_STREAM_OFF - COVT_PROGRAM_KEY] = stream_off,
		[COVT_STREAM_STATUS - COVT_PROGRAM_KEY] = stream_status,
	};
	uint64_t n = (fid & COVE_FID_MASK) - COVT_PROGRAM_KEY;

	return n < COUNT(calls) && calls[n] ? calls[n](ctx, a)
					    : ret(SBI_ERR_NOT_SUPPORTED, 0);
}

bool cove_rdsm_sane(const struct cove_rdsm *r)
{
	for (unsigned i = 0; i < COVE_RDSM_STREAMS; i++) {
		const struct cove_rdsm_stream *s = &r->stream[i];
		const uint8_t *k = &s->key[0][0][0];

		for (size_t n = 0; n < sizeof(s->key); n++)
			if (k[n] > COVT_KEY_ENABLED || (!s->used && k[n]))
				return false;
		for (unsigned n = 0; n < i; n++)
			if (s->used && r->stream[n].used &&
			    r->stream[n].rp == s->rp &&
			    r->stream[n].id == s->id)
				return false;
	}
	return true;
}
