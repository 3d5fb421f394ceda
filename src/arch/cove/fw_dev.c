/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"
#include "spdm/codes.h"

/*
 * Calls of a device: connected, kept, disconnected; its transcript.
 * Source: CoVE-IO, "Physical Device Management", "Device Connection"
 */

bool cfw_id_ok(uint64_t id)
{
	return !(id & ~(COVE_DEV_RID | COVE_DEV_SEGMENT));
}

struct fw_dev *cfw_dev_find(const struct cove_fw *fw, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->dev[i].conn && fw->dev[i].id == id)
			return &fw->dev[i];
	return NULL;
}

/* The device that an interface is of: connected, and behind the same port. */
struct fw_dev *cfw_dev_of_if(const struct cove_fw *fw, uint64_t ifid)
{
	const struct cove_port *p = cfw_port_of(fw, ifid);

	for (unsigned i = 0; p && i < fw->cfg.limits.tsm.conns; i++)
		if (fw->dev[i].conn && fw->dev[i].rp == p->rp)
			return &fw->dev[i];
	return NULL;
}

/* --- the transcript --- */

void cfw_heard(void *ctx, struct tsm_conn *c, const uint8_t *p, size_t n)
{
	struct cove_fw *fw = ctx;
	struct fw_dev *d = NULL;

	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->dev[i].conn == c)
			d = &fw->dev[i];
	if (!d || !d->hearing)
		return;
	/* A request that was sent again stands once: with its response. */
	if (n > 1 && p[1] & 0x80 && d->messages &&
	    d->msg[d->messages - 1].code & 0x80)
		d->total = d->msg[--d->messages].off;
	if (d->messages == FW_MESSAGES || n > FW_TRANSCRIPT - d->total) {
		d->overflow = true;
		return;
	}
	memcpy(d->heard + d->total, p, n);
	d->msg[d->messages++] = (struct fw_msg_at){ .code = n > 1 ? p[1] : 0,
						    .off = d->total,
						    .len = (uint32_t)n };
	d->total += (uint32_t)n;
}

static void hear(struct fw_dev *d)
{
	d->hearing = true;
	d->overflow = false;
	d->known = false;
	d->messages = 0;
	d->total = 0;
}

/* The place where the host keeps it must be its own, all of it. */
static int64_t place_check(const struct cove_fw *fw, uint64_t pa, uint64_t size)
{
	if (size < COVE_CONN_SIZE_MIN)
		return SBI_ERR_INVALID_PARAM;
	return cfw_pages_are(fw, pa, COVE_CONN_SIZE_MIN / PAGE_4K, COVE_PG_HOST)
		       ? SBI_SUCCESS
		       : SBI_ERR_INVALID_ADDRESS;
}

/* Out to the host; the TSM keeps the digest, and where its messages are. */
static int64_t transcript_out(struct cove_fw *fw, struct fw_dev *d, uint64_t pa)
{
	uint8_t h[COVE_CONN_TRANSCRIPT];
	int64_t ret = SBI_SUCCESS;

	d->hearing = false;
	h[COVE_CONN_VERSION] = COVE_CONN_VERSION_0_1;
	cove_put_u32(h, COVE_CONN_LENGTH, d->total);
	if (d->overflow || crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, d->heard,
				       d->total, d->digest))
		return SBI_ERR_FAILED;
	ret = cfw_write(fw, pa, h, sizeof(h));
	if (!ret)
		ret = cfw_write(fw, pa + sizeof(h), d->heard, d->total);
	bytes_wipe(d->heard, d->total);
	d->known = !ret;
	return ret;
}

/*
 * The host hands the transcript back. Only its digest makes it one; whoever
 * waits for it has it, or the refusal (law 27).
 */
struct sbiret cfw_take_transcript(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_dev *d = cfw_dev_find(fw, c->a[0]);
	uint8_t h[COVE_CONN_TRANSCRIPT], digest[48];
	int64_t ret;

	if (!d)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!d->known)
		return sbi_err(SBI_ERR_INVALID_STATE);
	if (c->a[2] < sizeof(h) + d->total)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (c->a[1] % PAGE_4K || cfw_read(fw, c->a[1], h, sizeof(h)) ||
	    cfw_read(fw, c->a[1] + sizeof(h), d->heard, d->total))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	ret = SBI_SUCCESS;
	if (h[COVE_CONN_VERSION] != COVE_CONN_VERSION_0_1 ||
	    cove_u32(h, COVE_CONN_LENGTH) != d->total ||
	    crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, d->heard, d->total,
			digest) ||
	    memcmp(digest, d->digest, sizeof(digest)) != 0)
		ret = SBI_ERR_DENIED;
	cfw_transcript_give(fw, d, ret);
	bytes_wipe(d->heard, d->total);
	return sbi_err(ret);
}

struct out {
	uint8_t *p;
	uint32_t n;
	bool ok;
};

static void add(struct out *o, const uint8_t *p, uint32_t n)
{
	if (n > FW_GUEST_MAX - o->n) {
		o->ok = false;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

/* Messages of a kind, requests and responses. */
static bool of(uint64_t element, uint8_t code)
{
	switch (element) {
	case COVE_ELEMENT_FULL:
		return true;
	case COVE_ELEMENT_VCA:
		return code == SPDM_GET_VERSION || code == SPDM_VERSION ||
		       code == SPDM_GET_CAPABILITIES ||
		       code == SPDM_CAPABILITIES ||
		       code == SPDM_NEGOTIATE_ALGORITHMS ||
		       code == SPDM_ALGORITHMS;
	case COVE_ELEMENT_SESSION:
		return code == SPDM_KEY_EXCHANGE ||
		       code == SPDM_KEY_EXCHANGE_RSP || code == SPDM_FINISH ||
		       code == SPDM_FINISH_RSP;
	case COVE_ELEMENT_MEASUREMENT:
		return code == SPDM_GET_MEASUREMENTS ||
		       code == SPDM_MEASUREMENTS;
	default:
		/* TDISP's own messages come at bind, not in the connection. */
		return false;
	}
}

/* "Reconstructed from the CERTIFICATE responses": their portions, in turn. */
#define CERT_SLOT    2
#define CERT_PORTION 4
#define CERT_HEAD    8

static int64_t chain(const struct fw_dev *d, uint64_t slot, struct out *o)
{
	bool any = false;

	for (unsigned i = 0; i < d->messages; i++) {
		const struct fw_msg_at *m = &d->msg[i];
		const uint8_t *p = d->heard + m->off;

		if (m->code != SPDM_CERTIFICATE)
			continue;
		/* The codec has looked at it when it came. */
		if (m->len < CERT_HEAD ||
		    cove_u16(p, CERT_PORTION) > m->len - CERT_HEAD)
			return SBI_ERR_FAILED;
		if ((p[CERT_SLOT] & 0xf) != slot)
			continue;
		any = true;
		add(o, p + CERT_HEAD, cove_u16(p, CERT_PORTION));
	}
	return any ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM;
}

int64_t cfw_element(struct cove_fw *fw, const struct fw_dev *d,
		    uint64_t element, uint64_t param, uint32_t *len)
{
	struct out o = { .p = fw->out, .ok = true };
	int64_t ret = SBI_SUCCESS;

	if (element == COVE_ELEMENT_CERTIFICATE) {
		ret = chain(d, param, &o);
	} else {
		for (unsigned i = 0; i < d->messages; i++)
			if (of(element, d->msg[i].code))
				add(&o, d->heard + d->msg[i].off,
				    d->msg[i].len);
	}
	if (!ret && !o.ok)
		ret = SBI_ERR_FAILED;
	if (!ret)
		*len = o.n;
	return ret;
}

/* --- connect --- */

enum { CONNECT_IDENTITY, CONNECT_SESSION, CONNECT_STREAM };

static void dev_free(struct cove_fw *fw, struct fw_dev *d)
{
	enum il_err err = tsm_conn_free(d->conn);

	IL_ASSERT(!err);
	cfw_slot_free(fw, d);
	d->conn = NULL;
	d->known = false;
	bytes_wipe(d->heard, d->total);
	d->total = 0;
	d->messages = 0;
}

/*
 * A verb of connect is over without error: the next. The root port is
 * programmed when the session is there, as the flow has it.
 */
static struct sbiret connect_next(struct cove_fw *fw, const struct fw_ecall *c,
				  struct fw_dev *d)
{
	const struct tsm_args stream = { .stream_id = d->desc[0] };
	struct sbiret r;

	switch (d->pending.phase++) {
	case CONNECT_IDENTITY:
		return cfw_verb(fw, c->hart, d, TSM_SESSION,
				&(const struct tsm_args){ 0 });
	case CONNECT_SESSION:
		r = sbi_err(cfw_stream_program(fw, d));
		if (!r.error)
			r = cfw_verb(fw, c->hart, d, TSM_STREAM, &stream);
		return r;
	default:
		return sbi_err(transcript_out(fw, d, d->pending.a[2]));
	}
}

static struct sbiret connect_go(struct cove_fw *fw, const struct fw_ecall *c,
				struct fw_dev *d, struct sbiret r)
{
	while (!r.error && !cfw_is_pending(r) &&
	       d->pending.phase <= CONNECT_STREAM)
		r = connect_next(fw, c, d);
	if (tsm_verb(d->conn) != TSM_NO_VERB)
		return r; /* goes on, or what the host brought was refused */
	d->hearing = false;
	cfw_pending_clear(fw, c->hart, d);
	/* Nothing is left of a connect that failed. */
	if (r.error) {
		tsm_isolate(d->conn);
		cfw_covt(fw, COVT_STREAM_OFF, d->rp, d->desc[0], 0, 0);
		dev_free(fw, d);
	}
	return r;
}

static int64_t connect_check(struct cove_fw *fw, const struct fw_ecall *c,
			     const struct cove_port *p, struct fw_dev **out,
			     uint8_t *desc)
{
	struct fw_dev *d = NULL;
	int64_t ret;

	if (!cfw_id_ok(c->a[0]) || !p)
		return SBI_ERR_INVALID_PARAM;
	if (cfw_dev_find(fw, c->a[0]))
		return SBI_ERR_ALREADY_STARTED;
	/* One device, and so one stream, for each root port. */
	for (unsigned i = fw->cfg.limits.tsm.conns; i-- > 0;) {
		if (fw->dev[i].conn && fw->dev[i].rp == p->rp)
			return SBI_ERR_INVALID_STATE;
		if (!fw->dev[i].conn)
			d = &fw->dev[i];
	}
	if (!d)
		return SBI_ERR_FAILED;
	if (!fw->nacl[c->hart])
		return SBI_ERR_NO_SHMEM;
	ret = place_check(fw, c->a[2], c->a[3]);
	if (!ret)
		ret = cfw_stream_copy(fw, c->a[1], (uint32_t)c->a[0], desc);
	*out = d;
	return ret;
}

static struct sbiret connect_begin(struct cove_fw *fw, const struct fw_ecall *c)
{
	const struct cove_port *p =
		cfw_id_ok(c->a[0]) ? cfw_port_of(fw, c->a[0]) : NULL;
	uint8_t desc[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)];
	struct fw_dev *d = NULL;
	struct tsm_conn_cfg cfg = { 0 };
	enum il_err err;
	int64_t ret = connect_check(fw, c, p, &d, desc);

	if (ret)
		return sbi_err(ret);
	cfg.rid = (uint16_t)(c->a[0] & COVE_DEV_RID);
	cfg.segment = (uint8_t)field_get(COVE_DEV_SEGMENT, c->a[0]);
	cfg.port = p->rp;
	cfg.owner = c->a[0] + 1;
	if (!cfw_slot_take(fw, d))
		return sbi_err(SBI_ERR_FAILED);
	err = tsm_conn_new(fw->tsm, &cfg, &d->conn);
	if (err) {
		d->conn = NULL;
		cfw_slot_free(fw, d);
		return sbi_err(cfw_ret(err));
	}
	d->id = (uint32_t)c->a[0];
	d->rp = p->rp;
	memcpy(d->desc, desc, sizeof(desc));
	hear(d);
	cfw_pending_set(d, COVH_CONNECT_DEVICE, c->a);
	return connect_go(fw, c, d,
			  cfw_verb(fw, c->hart, d, TSM_IDENTIFY,
				   &(const struct tsm_args){ 0 }));
}

/*
 * Whether the call is the one that @d waits for: the same function and the
 * same arguments. Law 52.
 */
bool cfw_same(const struct fw_dev *d, uint32_t fid, const uint64_t a[6],
	      unsigned n)
{
	return d->pending.fid == fid &&
	       memcmp(d->pending.a, a, n * sizeof(*a)) == 0;
}

struct sbiret cfw_connect(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_dev *d = cfw_dev_find(fw, c->a[0]);

	if (!d || !d->pending.fid)
		return connect_begin(fw, c);
	if (!cfw_same(d, COVH_CONNECT_DEVICE, c->a, 4))
		return sbi_err(SBI_ERR_INVALID_STATE);
	return connect_go(fw, c, d, cfw_verb_again(fw, c->hart, d));
}

/* --- disconnect --- */

/*
 * Draft: the call's text stops all interfaces first, the flow's refuses while
 * one is bound. We refuse: an interface is a TVM's, and its unbind has an order
 * of its own (law 4). Nor does the root port go before K_SET_STOP as in step 4:
 * its keys would be Cleared by that, and step 6 is INVALID_STATE then. It goes
 * off last.
 */
struct sbiret cfw_disconnect(struct cove_fw *fw, const struct fw_ecall *c)
{
	const struct tsm_args none = { 0 };
	struct fw_dev *d = cfw_dev_find(fw, c->a[0]);
	struct sbiret r = sbi_ok(0);

	if (!d)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (d->pending.fid) {
		if (!cfw_same(d, COVH_DISCONNECT_DEVICE, c->a, 1))
			return sbi_err(SBI_ERR_INVALID_STATE);
		r = cfw_again(fw, c->hart, d);
	} else if (tsm_conn_binds(d->conn)) {
		return sbi_err(SBI_ERR_INVALID_STATE);
	} else if (tsm_conn_state(d->conn) == TSM_CONN_READY) {
		if (cfw_keys_old(d))
			return sbi_err(SBI_ERR_KEY_UPDATE_REQUIRED);
		r = cfw_begin(fw, c->hart, d, COVH_DISCONNECT_DEVICE, c->a,
			      TSM_DISCONNECT, &none);
	}
	if (tsm_verb(d->conn) != TSM_NO_VERB)
		return r;
	/* A stream that is stuck half way is cut. */
	if (tsm_conn_state(d->conn) == TSM_CONN_READY)
		return r;
	cfw_covt(fw, COVT_STREAM_OFF, d->rp, d->desc[0], 0, 0);
	if (r.error)
		return r; /* it is isolated; the host asks again (law 48) */
	dev_free(fw, d);
	return r;
}

/* --- keys, sign of life --- */

static struct sbiret simple(struct cove_fw *fw, const struct fw_ecall *c,
			    uint32_t fid, unsigned args, enum tsm_verb verb)
{
	const struct tsm_args none = { 0 };
	struct fw_dev *d = cfw_dev_find(fw, c->a[0]);

	if (!d)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (d->pending.fid) {
		if (!cfw_same(d, fid, c->a, args))
			return sbi_err(SBI_ERR_INVALID_STATE);
		return cfw_again(fw, c->hart, d);
	}
	if (verb != TSM_KEY_UPDATE && cfw_keys_old(d))
		return sbi_err(SBI_ERR_KEY_UPDATE_REQUIRED);
	return cfw_begin(fw, c->hart, d, fid, c->a, verb, &none);
}

struct sbiret cfw_key_update(struct cove_fw *fw, const struct fw_ecall *c)
{
	return simple(fw, c, COVH_SPDM_KEY_UPDATE, 1, TSM_KEY_UPDATE);
}

struct sbiret cfw_key_refresh(struct cove_fw *fw, const struct fw_ecall *c)
{
	const struct fw_dev *d = cfw_dev_find(fw, c->a[0]);

	if (d && tsm_stream_id(d->conn) != c->a[1])
		return sbi_err(SBI_ERR_INVALID_PARAM);
	return simple(fw, c, COVH_IDE_KEY_REFRESH, 2, TSM_REFRESH);
}

struct sbiret cfw_heartbeat(struct cove_fw *fw, const struct fw_ecall *c)
{
	return simple(fw, c, COVH_SPDM_HEARTBEAT, 1, TSM_HEARTBEAT);
}
