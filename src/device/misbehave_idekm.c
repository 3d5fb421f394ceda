/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"
#include "device/misbehave_tee.h"

/*
 * IDE key management. Most rows change a decoded answer or take it away; what
 * has no member there, such as a reserved byte, is changed in the payload.
 */

#define SRC "PCIe Base 6.x §6.33.3"

/* In a payload: protocol id, then the object. */
#define AT_OBJECT 1
#define AT_RSVD	  2
#define AT_STREAM 4
#define AT_KSS	  6
#define AT_PORT	  7
#define AT_REGS	  8 /* of QUERY_RESP */

static uint8_t object_of(const uint8_t *p, size_t n)
{
	return n > AT_OBJECT && p[0] == IDEKM_PROTOCOL ? p[AT_OBJECT]
						       : IDEKM_OBJECTS;
}

/* --- QUERY --- */

static bool query_unanswered(struct misbehave_one *me,
			     const struct idekm_msg *req, struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	return rsp->object != IDEKM_QUERY_RESP;
}

static bool query_other_port(struct misbehave_one *me,
			     const struct idekm_msg *req, struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->object == IDEKM_QUERY_RESP)
		rsp->ref.port ^= 1u;
	return true;
}

static bool query_more_ports(struct misbehave_one *me,
			     const struct idekm_msg *req, struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	rsp->max_port++;
	return true;
}

static bool query_other_function(struct misbehave_one *me,
				 const struct idekm_msg *req,
				 struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	rsp->devfn |= 1u;
	return true;
}

static bool query_segment(struct misbehave_one *me, const struct idekm_msg *req,
			  struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->object == IDEKM_QUERY_RESP)
		rsp->segment = 1;
	return true;
}

/* @arg dwords of registers are missing; more than there are: all. */
static bool query_cut(struct misbehave_one *me, const struct idekm_msg *req,
		      struct idekm_msg *rsp)
{
	const size_t less = (size_t)4 * me->is->arg;

	(void)req;
	rsp->cap_len -= rsp->cap_len < less ? rsp->cap_len : less;
	return true;
}

static void query_reserved(struct misbehave_one *me, const uint8_t *in,
			   size_t n, uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)in;
	(void)n;
	(void)cap;
	if (object_of(out, *len) == IDEKM_QUERY_RESP && *len > AT_RSVD)
		out[AT_RSVD] = 1;
}

/* Bits @arg of the capability register are clear. */
static void query_denies(struct misbehave_one *me, const uint8_t *in, size_t n,
			 uint8_t *out, size_t cap, size_t *len)
{
	(void)in;
	(void)n;
	(void)cap;
	if (object_of(out, *len) == IDEKM_QUERY_RESP && *len >= AT_REGS + 4)
		put_u32le(out + AT_REGS,
			  get_u32le(out + AT_REGS) & (uint32_t)~me->is->arg);
}

static void query_differs(struct misbehave_one *me, const uint8_t *in, size_t n,
			  uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)in;
	(void)n;
	(void)cap;
	if (object_of(out, *len) == IDEKM_QUERY_RESP && *len >= AT_REGS + 8)
		out[AT_REGS + 4] ^= 0x04; /* Flow-Through IDE Stream Enabled */
}

/* --- acknowledgements --- */

/* @arg: the object of the request. */
static bool unanswered(struct misbehave_one *me, const struct idekm_msg *req,
		       struct idekm_msg *rsp)
{
	(void)rsp;
	return req->object != me->is->arg;
}

static bool other_key(struct misbehave_one *me, const struct idekm_msg *req,
		      struct idekm_msg *rsp)
{
	if (rsp->object == me->is->arg ||
	    (req->object && req->object == me->is->arg))
		rsp->ref.stream ^= 1u;
	return true;
}

static void ack_reserved(struct misbehave_one *me, const uint8_t *in, size_t n,
			 uint8_t *out, size_t cap, size_t *len)
{
	(void)cap;
	if (object_of(in, n) == me->is->arg && *len > AT_RSVD)
		out[AT_RSVD] = 1;
}

static bool prog_fails(struct misbehave_one *me, const struct idekm_msg *req,
		       struct idekm_msg *rsp)
{
	(void)me;
	(void)req;
	rsp->status = IDEKM_FAILED;
	return true;
}

static bool no_second_set(struct misbehave_one *me, const struct idekm_msg *req,
			  struct idekm_msg *rsp)
{
	(void)me;
	if (req->object == IDEKM_KEY_PROG && req->ref.key_set)
		rsp->status = IDEKM_BAD_FIELD;
	return true;
}

/* A refusal with status @arg is none. */
static bool status_unminded(struct misbehave_one *me,
			    const struct idekm_msg *req, struct idekm_msg *rsp)
{
	(void)req;
	if (rsp->object == IDEKM_KP_ACK && rsp->status == me->is->arg)
		rsp->status = IDEKM_OK;
	return true;
}

static bool stopped_for_good(struct misbehave_one *me,
			     const struct idekm_msg *req, struct idekm_msg *rsp)
{
	me->count += req->object == IDEKM_K_SET_STOP;
	if (me->count && rsp->object == IDEKM_KP_ACK)
		rsp->status = IDEKM_FAILED;
	return true;
}

static bool minds_reserved(struct misbehave_one *me,
			   const struct idekm_msg *req, struct idekm_msg *rsp)
{
	(void)me;
	(void)rsp;
	return !req->rsvd_set;
}

/* --- keys --- */

/* Any key may be programmed while it is in use. */
static void reprogram(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->idekm[IDEKM_EV_PROG][IDEKM_KEY_ACTIVE] =
		(struct idekm_edge){ true, IDEKM_KEY_PRIMED };
}

/* The hardware minds as well. */
static enum il_err take(void *ctx, const struct idekm_ref *ref,
			const uint8_t key[IDEKM_KEY_LEN],
			const uint8_t ifv[IDEKM_IFV_LEN], uint8_t *status)
{
	enum il_err err =
		device_dsm_port.program_key(ctx, ref, key, ifv, status);

	if (!err && *status == IDEKM_FAILED)
		*status = IDEKM_OK;
	return err;
}

static void reprogram_ports(struct misbehave_one *me,
			    struct spdm_rsp_port *spdm, struct dsm_port *dsm)
{
	(void)me;
	(void)spdm;
	dsm->program_key = take;
}

/* LOCK as if they were still there. */
static void keeps_keys(struct misbehave_one *me, struct device_cfg *cfg)
{
	(void)me;
	cfg->relax |= DEVICE_RELAX_NO_KEYS;
}

static void held_for_good(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->cascade[DSM_EV_SESSION].streams = DSM_STR_STAY;
}

/* Something of another stream, or of the other set, ends what is locked. */
static bool confused(struct misbehave_one *me, const struct idekm_msg *req,
		     struct idekm_msg *rsp)
{
	struct device *d = me->all->dev;

	(void)rsp;
	if (req->object == IDEKM_KEY_PROG &&
	    dsm_tdi_state(&d->dsm.pci, 0) != TDI_UNLOCKED)
		dsm_event(&d->dsm, DSM_EV_FAILURE, 0);
	return true;
}

/* --- answers to what gets none --- */

/* What would be the answer, were the request good. */
static void answers(struct misbehave_one *me, const uint8_t *in, size_t n,
		    uint8_t *out, size_t cap, size_t *len)
{
	const uint8_t o = object_of(in, n);

	(void)me;
	if (*len || cap < AT_REGS + 8 || (n && in[0] != IDEKM_PROTOCOL))
		return;
	memset(out, 0, AT_REGS + 8);
	out[AT_OBJECT] = o == IDEKM_QUERY      ? IDEKM_QUERY_RESP
			 : o == IDEKM_KEY_PROG ? IDEKM_KP_ACK
					       : IDEKM_K_GOSTOP_ACK;
	if (o != IDEKM_QUERY && n > AT_PORT) {
		out[AT_STREAM] = in[AT_STREAM];
		out[AT_KSS] = in[AT_KSS];
		out[AT_PORT] = in[AT_PORT];
	}
	*len = o == IDEKM_QUERY ? AT_REGS + 8 : AT_REGS;
}

/* A STOP takes the stream's keys, whatever it names and whoever sent it. */
static void stops_any(struct misbehave_one *me, const uint8_t *in, size_t n,
		      uint8_t *out, size_t cap, size_t *len)
{
	(void)out;
	(void)cap;
	if (!*len && object_of(in, n) == IDEKM_K_SET_STOP && n > AT_STREAM)
		dsm_event(&me->all->dev->dsm, DSM_EV_STREAM_CONFIG,
			  in[AT_STREAM]);
}

static void any_protocol(struct misbehave_one *me, const uint8_t *in, size_t n,
			 uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	if (*len || !n || in[0] <= TDISP_PROTOCOL || cap < n)
		return;
	memcpy(out, in, n);
	*len = n;
}

static bool outside(struct misbehave_one *me, struct device_exchange *x)
{
	static const uint8_t payload[] = {
		IDEKM_PROTOCOL, IDEKM_K_GOSTOP_ACK, 0, 0, 0, 0, 0, 0
	};

	(void)me;
	return misbehave_outside(x, payload, sizeof(payload));
}

static const struct misbehaviour rows[] = {
	{ .name = "active-key-reprogrammed",
	  .says = "KEY_PROG of a key that is in use is taken",
	  .source = SRC,
	  .tables = reprogram,
	  .ports = reprogram_ports },
	{ .name = "idekm-query-unanswered",
	  .says = "QUERY is not answered",
	  .source = SRC,
	  .idekm = query_unanswered },
	{ .name = "idekm-query-other-port",
	  .says = "QUERY_RESP names another port than was asked for",
	  .source = SRC,
	  .idekm = query_other_port },
	{ .name = "idekm-query-too-many-ports",
	  .says = "the maximum port index is that of a port which is not there",
	  .source = SRC,
	  .idekm = query_more_ports },
	{ .name = "idekm-query-segment",
	  .says = "QUERY_RESP names segment 1",
	  .source = SRC,
	  .idekm = query_segment },
	{ .name = "idekm-query-reserved",
	  .says = "the reserved byte of QUERY_RESP is set",
	  .source = SRC,
	  .payload = query_reserved },
	{ .name = "idekm-query-other-function",
	  .says = "QUERY_RESP names function 1",
	  .source = SRC,
	  .idekm = query_other_function },
	{ .name = "idekm-query-no-registers",
	  .says = "QUERY_RESP carries no registers",
	  .source = SRC,
	  .arg = 1024,
	  .idekm = query_cut },
	{ .name = "idekm-query-registers-cut",
	  .says = "the last register of QUERY_RESP is missing",
	  .source = SRC,
	  .arg = 1,
	  .idekm = query_cut },
	{ .name = "idekm-query-denies-idekm",
	  .says = "QUERY_RESP says that IDE_KM is not supported",
	  .source = SRC,
	  .arg = 0x40,
	  .payload = query_denies },
	{ .name = "idekm-query-denies-streams",
	  .says = "QUERY_RESP says that no streams are supported",
	  .source = SRC,
	  .arg = 0x03,
	  .payload = query_denies },
	{ .name = "idekm-query-registers-differ",
	  .says = "the control register in QUERY_RESP is not that of "
		  "configuration space",
	  .source = SRC,
	  .payload = query_differs },
	{ .name = "idekm-key-prog-fails",
	  .says = "each KEY_PROG fails",
	  .source = SRC,
	  .idekm = prog_fails },
	{ .name = "idekm-ack-other-key",
	  .says = "KP_ACK names another stream",
	  .source = SRC,
	  .arg = IDEKM_KP_ACK,
	  .idekm = other_key },
	{ .name = "idekm-ack-reserved",
	  .says = "a reserved byte of KP_ACK is set",
	  .source = SRC,
	  .arg = IDEKM_KEY_PROG,
	  .payload = ack_reserved },
	{ .name = "idekm-go-unanswered",
	  .says = "K_SET_GO is not acknowledged",
	  .source = SRC,
	  .arg = IDEKM_K_SET_GO,
	  .idekm = unanswered },
	{ .name = "idekm-go-ack-other-key",
	  .says = "K_GOSTOP_ACK names another stream than K_SET_GO did",
	  .source = SRC,
	  .arg = IDEKM_K_SET_GO,
	  .idekm = other_key },
	{ .name = "idekm-go-ack-reserved",
	  .says = "a reserved byte of the answer to K_SET_GO is set",
	  .source = SRC,
	  .arg = IDEKM_K_SET_GO,
	  .payload = ack_reserved },
	{ .name = "idekm-stop-unanswered",
	  .says = "K_SET_STOP is not acknowledged",
	  .source = SRC,
	  .arg = IDEKM_K_SET_STOP,
	  .idekm = unanswered },
	{ .name = "idekm-stop-ack-other-key",
	  .says = "K_GOSTOP_ACK names another stream than K_SET_STOP did",
	  .source = SRC,
	  .arg = IDEKM_K_SET_STOP,
	  .idekm = other_key },
	{ .name = "idekm-stop-ack-reserved",
	  .says = "a reserved byte of the answer to K_SET_STOP is set",
	  .source = SRC,
	  .arg = IDEKM_K_SET_STOP,
	  .payload = ack_reserved },
	{ .name = "idekm-no-second-set",
	  .says = "keys of set 1 are refused",
	  .source = SRC,
	  .idekm = no_second_set },
	{ .name = "idekm-minds-reserved",
	  .says = "a request with a reserved bit set is not answered",
	  .source = SRC,
	  .idekm = minds_reserved },
	{ .name = "idekm-key-ends-lock",
	  .says = "any KEY_PROG puts an interface that is locked into ERROR",
	  .source = "PCIe Base 6.x §11.4.5",
	  .idekm = confused },
	{ .name = "idekm-length-unminded",
	  .says = "KEY_PROG of a wrong length is acknowledged as successful",
	  .source = SRC,
	  .arg = IDEKM_BAD_LENGTH,
	  .idekm = status_unminded },
	{ .name = "idekm-port-unminded",
	  .says = "KEY_PROG of a port that is not there is acknowledged as "
		  "successful",
	  .source = SRC,
	  .arg = IDEKM_BAD_PORT,
	  .idekm = status_unminded },
	{ .name = "idekm-fields-unminded",
	  .says = "KEY_PROG with a sub-stream or a counter that cannot be is "
		  "acknowledged as successful",
	  .source = SRC,
	  .arg = IDEKM_BAD_FIELD,
	  .idekm = status_unminded },
	{ .name = "idekm-stopped-for-good",
	  .says = "after a K_SET_STOP no key is taken any more",
	  .source = SRC,
	  .idekm = stopped_for_good },
	{ .name = "idekm-keeps-keys",
	  .says = "keys that were stopped, or whose session ended, count as "
		  "being there",
	  .source = SRC,
	  .start = keeps_keys },
	{ .name = "idekm-held-for-good",
	  .says = "the end of a session leaves the keys to it",
	  .source = SRC,
	  .tables = held_for_good },
	{ .name = "idekm-answers-anything",
	  .says = "what is malformed, of no use, of another session or under "
		  "another cipher is acknowledged all the same",
	  .source = SRC,
	  .payload = answers },
	{ .name = "idekm-stops-any",
	  .says = "K_SET_STOP that is malformed, or of another session, takes "
		  "all keys of its stream",
	  .source = SRC,
	  .payload = stops_any },
	{ .name = "idekm-any-protocol",
	  .says = "a protocol id that is not defined is answered",
	  .source = "PCIe Base 6.x §6.31.3",
	  .payload = any_protocol },
	{ .name = "idekm-outside-session",
	  .says = "IDE_KM outside a session is answered",
	  .source = SRC,
	  .ask = outside },
};

const struct misbehave_group misbehave_idekm = { "IDE_KM", rows, COUNT(rows) };
