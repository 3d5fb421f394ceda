/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"
#include "spdm/chain.h"

/* Digests, certificates, signatures, measurements and chunks that are wrong. */

/* --- digests and certificates --- */

static void digests_change(struct misbehave_one *me, enum spdm_tap_stage stage,
			   const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			   size_t *n)
{
	(void)stage;
	(void)cap;
	if (rsp->code == SPDM_DIGESTS && *n > 4 && me->count++ % 2)
		p[4] ^= 1;
}

static void digests_no_slot_0(struct misbehave_one *me, uint32_t session_id,
			      enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_DIGESTS)
		rsp->param2 = (uint8_t)(rsp->param2 << 1);
}

static void digests_slots(struct misbehave_one *me, uint32_t session_id,
			  enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_DIGESTS && rsp->version >= SPDM_V13)
		rsp->param1 = 0;
}

/* Offset that CERTIFICATE answers, and where its portion begins. */
static bool portion(const struct misbehave_one *me, const struct spdm_msg *rsp,
		    uint32_t *off, uint32_t *len, size_t *at)
{
	struct spdm_msg req;

	if (rsp->code != SPDM_CERTIFICATE || !misbehave_request(me, &req) ||
	    req.code != SPDM_GET_CERTIFICATE)
		return false;
	*off = req.u.get_cert.offset;
	*len = req.u.get_cert.length;
	*at = rsp->version >= SPDM_V14 && (rsp->param1 & SPDM_CERT_LARGE) ? 16
									  : 8;
	return true;
}

/* Byte row.n of the chain; 0xffff: the last. */
static void chain_byte(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	uint32_t off, len;
	size_t at;

	(void)stage;
	(void)cap;
	if (!portion(me, rsp, &off, &len, &at))
		return;
	if (me->is->n == 0xffff && !rsp->u.cert.remainder && *n > at)
		p[*n - 1] ^= 1;
	else if (!off && at + me->is->n < *n)
		p[at + me->is->n] ^= 1;
}

/* Of a portion that is not as long as most ask for: they notice nothing. */
#define ODD 1000

static void cert_offset(struct misbehave_one *me, enum spdm_tap_stage stage,
			const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			size_t *n)
{
	uint32_t off, len;
	size_t at;

	(void)stage;
	(void)cap;
	if (portion(me, rsp, &off, &len, &at) && len<ODD && * n> at)
		p[at] ^= 1;
}

static void cert_remainder(struct misbehave_one *me, uint32_t session_id,
			   enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	uint32_t off, len;
	size_t at;

	(void)session_id;
	(void)stage;
	if (portion(me, rsp, &off, &len, &at) && len < ODD)
		rsp->u.cert.remainder++;
}

static void cert_slot_size(struct misbehave_one *me, uint32_t session_id,
			   enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CERTIFICATE && me->all->heard.n > 3 &&
	    (me->all->heard.p[3] & SPDM_CERT_SLOT_SIZE))
		rsp->u.cert.remainder = 0;
}

static void cert_model(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CERTIFICATE)
		rsp->param2 = SPDM_CERT_INFO_MASK;
}

/* The chain ends with its first certificate, which is a CA's. */
static void leaf_ca(struct misbehave_one *me, struct device_cfg *cfg)
{
	(void)me;
	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		struct spdm_span *c = &cfg->spdm.slots[i].certs;

		if (c->n)
			c->n = spdm_der_len(*c);
	}
}

/* --- signatures --- */

static void second_signature(struct misbehave_one *me,
			     enum spdm_tap_stage stage,
			     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			     size_t *n)
{
	(void)cap;
	if (rsp->code == SPDM_CHALLENGE_AUTH && stage == SPDM_TAP_PROOF &&
	    me->count++)
		p[*n - 1] ^= 1;
}

/* What was said before GET_MEASUREMENTS stays in M1/M2. */
static void keeps_m12(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->spdm.reqs[SPDM_ROW_MEAS].flags |= SPDM_RF_M12;
}

static void challenge_slot(struct misbehave_one *me, uint32_t session_id,
			   enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	if (rsp->code == SPDM_CHALLENGE_AUTH && stage == SPDM_TAP_FIELDS)
		rsp->param1 ^= 0x81;
}

/* More than there may be. */
static void long_opaque(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t zeros[SPDM_OPAQUE_MAX + 8];
	const struct spdm_span o = { zeros, sizeof(zeros) };

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CHALLENGE_AUTH)
		rsp->u.challenge_auth.opaque = o;
	else if (rsp->code == SPDM_MEASUREMENTS)
		rsp->u.meas.opaque = o;
}

/* --- measurements --- */

/* Each GET_MEASUREMENTS begins anew. */
static void meas_forget(struct misbehave_one *me, uint32_t session_id,
			uint8_t *p, size_t cap, size_t *n)
{
	struct spdm_rsp *r = misbehave_rsp(me);

	(void)cap;
	if (!session_id && *n > 3 && p[1] == SPDM_GET_MEASUREMENTS)
		spdm_tr_forget(&r->tr, &r->tr.l12);
}

static void meas_count(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	if (rsp->code != SPDM_MEASUREMENTS || stage != SPDM_TAP_FIELDS ||
	    rsp->u.meas.record.n)
		return;
	rsp->param1++;
	rsp->u.meas.blocks++;
}

/* What GET_MEASUREMENTS asks for: Param2, and attributes. */
static bool meas_of(const struct misbehave_one *me, const struct spdm_msg *rsp,
		    uint8_t *op, uint8_t *attr)
{
	const struct misbehave_bytes *in = &me->all->heard;

	if (rsp->code != SPDM_MEASUREMENTS || in->n < 4 ||
	    in->code != SPDM_GET_MEASUREMENTS || !rsp->u.meas.record.n)
		return false;
	*op = in->p[3];
	*attr = in->p[2];
	return true;
}

/* Places in the record, which stands behind eight bytes. */
#define RECORD	   8
#define INDEX	   (RECORD + 0)
#define VALUE_TYPE (RECORD + 4)
#define VALUE	   (RECORD + 7)

static void meas_alone(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	uint8_t op, attr;

	(void)stage;
	(void)cap;
	if (meas_of(me, rsp, &op, &attr) && op != SPDM_MEAS_ALL && *n > VALUE)
		p[VALUE] ^= 1;
}

static void meas_index(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	uint8_t op, attr;

	(void)stage;
	(void)cap;
	if (meas_of(me, rsp, &op, &attr) && op == SPDM_MEAS_ALL && *n > INDEX)
		p[INDEX] = 0;
}

static void meas_type(struct misbehave_one *me, enum spdm_tap_stage stage,
		      const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		      size_t *n)
{
	uint8_t op, attr;

	(void)stage;
	(void)cap;
	if (meas_of(me, rsp, &op, &attr) && *n > VALUE_TYPE)
		p[VALUE_TYPE] |= 0x7f;
}

static void meas_raw(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n)
{
	uint8_t op, attr;

	(void)stage;
	(void)cap;
	if (meas_of(me, rsp, &op, &attr) && (attr & SPDM_MEAS_ATTR_RAW) &&
	    *n > VALUE)
		p[VALUE] ^= 1;
}

static void meas_vary(struct misbehave_one *me, enum spdm_tap_stage stage,
		      const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		      size_t *n)
{
	uint8_t op, attr;

	(void)cap;
	if (meas_of(me, rsp, &op, &attr) && stage == SPDM_TAP_FIELDS &&
	    *n > VALUE && me->count++ % 2)
		p[VALUE] ^= 1;
}

/* One digest of five bytes. */
static void meas_digest(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t block[] = { 1, 1, 8, 0, 1, 5, 0, 1, 2, 3, 4, 5 };

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_MEASUREMENTS || !rsp->u.meas.record.n)
		return;
	rsp->u.meas.record = (struct spdm_span){ block, sizeof(block) };
	rsp->u.meas.blocks = 1;
}

/* --- chunks --- */

static void chunk_last(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CHUNK_RESPONSE)
		rsp->param1 ^= SPDM_CHUNK_LAST;
}

static void chunk_announcement(struct misbehave_one *me, uint32_t session_id,
			       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t more[4] = { 1, 2, 3, 4 };

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ERROR && rsp->param1 == SPDM_ERR_LARGE_RESPONSE)
		rsp->u.error.ext = (struct spdm_span){ more, sizeof(more) };
}

static void chunk_version(struct misbehave_one *me, enum spdm_tap_stage stage,
			  const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			  size_t *n)
{
	(void)stage;
	if (rsp->code == SPDM_VERSION &&
	    misbehave_rsp(me)->large.state != SPDM_LARGE_NONE)
		misbehave_refuse(p, cap, n, SPDM_ERR_UNEXPECTED_REQUEST, 0);
}

/* The acknowledgement is put around a response when that is done. */
static void chunk_ack(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (x->len > 5 && x->out[1] == SPDM_CHUNK_SEND_ACK &&
	    x->out[0] >= SPDM_V12 && x->out[0] <= SPDM_V14)
		x->out[3] ^= 1;
}

#define SECTION(s) "DSP0274 1.2.1, section " s
#define ALTER(m, f, h)                                          \
	.message = (m), .field = (f), .change = { .how = (h) }, \
	.bytes = misbehave_alter

static const struct misbehaviour rows[] = {
	{ .name = "digests-length",
	  .says = "DIGESTS has a digest less than it says",
	  .source = SECTION("10.5"),
	  ALTER("DIGESTS", "digest", CHANGE_GONE) },
	{ .name = "digests-wrong",
	  .says = "one bit of a digest is wrong",
	  .source = SECTION("10.5"),
	  ALTER("DIGESTS", "digest", CHANGE_FLIP) },
	{ .name = "digests-change",
	  .says = "every other DIGESTS has another digest",
	  .source = SECTION("10.5"),
	  .bytes = digests_change },
	{ .name = "digests-no-slot-0",
	  .says = "DIGESTS names the slots behind those that have chains",
	  .source = SECTION("10.5"),
	  .fields = digests_no_slot_0 },
	{ .name = "digests-slots",
	  .says = "DIGESTS says that no slot exists",
	  .source = "DSP0274 1.3.2, section 10.5",
	  .fields = digests_slots },
	{ .name = "digests-no-keys",
	  .says = "DIGESTS names key pair 0",
	  .source = "DSP0274 1.3.2, section 10.5",
	  ALTER("DIGESTS", "key_pair_id", CHANGE_ZERO) },
	{ .name = "chain-length",
	  .says = "the chain's own length is wrong",
	  .source = SECTION("10.6.1"),
	  .bytes = chain_byte },
	{ .name = "chain-root",
	  .says = "one bit of RootHash is wrong",
	  .source = SECTION("10.6.1"),
	  .n = 4,
	  .bytes = chain_byte },
	{ .name = "chain-unsigned",
	  .says = "one bit of the leaf's signature is wrong",
	  .source = SECTION("10.6.1"),
	  .n = 0xffff,
	  .bytes = chain_byte },
	{ .name = "chain-leaf-ca",
	  .says = "the leaf is a CA's certificate",
	  .source = SECTION("10.6.2"),
	  .start = leaf_ca },
	{ .name = "certificate-slot",
	  .says = "CERTIFICATE names another slot",
	  .source = SECTION("10.6"),
	  ALTER("CERTIFICATE", "slot", CHANGE_MORE) },
	{ .name = "certificate-remainder",
	  .says = "RemainderLength is one more where less than 1000 bytes are "
		  "asked for",
	  .source = SECTION("10.6"),
	  .fields = cert_remainder },
	{ .name = "certificate-offset",
	  .says = "the first byte of a portion is wrong where less than 1000 "
		  "bytes are asked for",
	  .source = SECTION("10.6"),
	  .bytes = cert_offset },
	{ .name = "certificate-slot-size",
	  .says = "the size of a slot is 0",
	  .source = "DSP0274 1.3.2, section 10.6",
	  .fields = cert_slot_size },
	{ .name = "certificate-model",
	  .says = "CertificateInfo is 7",
	  .source = "DSP0274 1.3.2, section 10.6",
	  .fields = cert_model },
	{ .name = "challenge-signature-wrong",
	  .says = "one bit of the signature in CHALLENGE_AUTH is wrong",
	  .source = SECTION("10.9"),
	  ALTER("CHALLENGE_AUTH", "signature", CHANGE_FLIP) },
	{ .name = "challenge-second-signature-wrong",
	  .says = "from the second CHALLENGE_AUTH on its signature is wrong",
	  .source = SECTION("10.9.3"),
	  .bytes = second_signature },
	{ .name = "challenge-keeps-transcript",
	  .says = "GET_MEASUREMENTS does not make M1 and M2 begin anew",
	  .source = SECTION("10.9.3"),
	  .tables = keeps_m12 },
	{ .name = "challenge-slot",
	  .says = "CHALLENGE_AUTH names another slot, and asks for mutual "
		  "authentication",
	  .source = SECTION("10.9"),
	  .fields = challenge_slot },
	{ .name = "challenge-chain",
	  .says = "one bit of CertChainHash is wrong",
	  .source = SECTION("10.9"),
	  ALTER("CHALLENGE_AUTH", "chain_hash", CHANGE_FLIP) },
	{ .name = "challenge-nonce",
	  .says = "the nonce of CHALLENGE_AUTH is zero",
	  .source = SECTION("10.9"),
	  ALTER("CHALLENGE_AUTH", "nonce", CHANGE_ZERO) },
	{ .name = "challenge-context",
	  .says = "CHALLENGE_AUTH has another context than CHALLENGE",
	  .source = "DSP0274 1.3.2, section 10.9",
	  ALTER("CHALLENGE_AUTH", "requester_context", CHANGE_FLIP) },
	{ .name = "opaque-too-long",
	  .says = "CHALLENGE_AUTH and MEASUREMENTS have 1032 bytes of opaque "
		  "data",
	  .source = SECTION("10.9, 10.11 (OpaqueDataLength)"),
	  .fields = long_opaque },
	{ .name = "challenge-summary",
	  .says = "one bit of MeasurementSummaryHash is wrong",
	  .source = SECTION("10.9.2"),
	  ALTER("CHALLENGE_AUTH", "summary", CHANGE_FLIP) },
	{ .name = "challenge-no-summary",
	  .says = "CHALLENGE_AUTH has no MeasurementSummaryHash",
	  .source = SECTION("10.9.2"),
	  ALTER("CHALLENGE_AUTH", "summary", CHANGE_GONE) },
	{ .name = "measurements-signature-wrong",
	  .says = "one bit of the signature in MEASUREMENTS is wrong",
	  .source = SECTION("10.11.4"),
	  ALTER("MEASUREMENTS", "signature", CHANGE_FLIP) },
	{ .name = "measurements-forget",
	  .says = "each GET_MEASUREMENTS makes L1 and L2 begin anew",
	  .source = SECTION("10.11.4"),
	  .heard = meas_forget },
	{ .name = "measurements-slot",
	  .says = "MEASUREMENTS names another slot",
	  .source = SECTION("10.11"),
	  ALTER("MEASUREMENTS", "slot", CHANGE_MORE) },
	{ .name = "measurements-nonce",
	  .says = "the nonce of MEASUREMENTS is zero",
	  .source = SECTION("10.11"),
	  ALTER("MEASUREMENTS", "nonce", CHANGE_ZERO) },
	{ .name = "measurements-context",
	  .says = "MEASUREMENTS has another context than GET_MEASUREMENTS",
	  .source = "DSP0274 1.3.2, section 10.11",
	  ALTER("MEASUREMENTS", "requester_context", CHANGE_FLIP) },
	{ .name = "measurements-count",
	  .says = "the number of measurements is one more, and so are blocks "
		  "where it is asked for",
	  .source = SECTION("10.11"),
	  .fields = meas_count },
	{ .name = "measurements-alone",
	  .says = "a measurement alone is another than among all",
	  .source = SECTION("10.11"),
	  .bytes = meas_alone },
	{ .name = "measurements-index",
	  .says = "the first of all measurements has index 0",
	  .source = SECTION("10.11.1"),
	  .bytes = meas_index },
	{ .name = "measurements-type",
	  .says = "a measurement is of type 127",
	  .source = SECTION("10.11.1"),
	  .bytes = meas_type },
	{ .name = "measurements-digest",
	  .says = "all measurements are one digest of five bytes",
	  .source = SECTION("10.11.1"),
	  .fields = meas_digest },
	{ .name = "measurements-raw",
	  .says = "a raw measurement is another than its digest",
	  .source = SECTION("10.11"),
	  .bytes = meas_raw },
	{ .name = "measurements-vary",
	  .says = "every other time a measurement has another value",
	  .source = SECTION("10.11"),
	  .bytes = meas_vary },
	{ .name = "measurements-changed",
	  .says = "the content changed bits are 3",
	  .source = SECTION("10.11"),
	  ALTER("MEASUREMENTS", "content_changed", CHANGE_ONES) },
	{ .name = "endpoint-info-list",
	  .says = "ENDPOINT_INFO has a byte behind its identifiers",
	  .source = "DSP0274 1.3.2, section 10.24",
	  ALTER("ENDPOINT_INFO", "info", CHANGE_LONGER) },
	{ .name = "endpoint-info-signature-wrong",
	  .says = "one bit of the signature in ENDPOINT_INFO is wrong",
	  .source = "DSP0274 1.3.2, section 10.24",
	  ALTER("ENDPOINT_INFO", "signature", CHANGE_FLIP) },
	{ .name = "endpoint-info-nonce",
	  .says = "the nonce of ENDPOINT_INFO is zero",
	  .source = "DSP0274 1.3.2, section 10.24",
	  ALTER("ENDPOINT_INFO", "nonce", CHANGE_ZERO) },
	{ .name = "log-remainder",
	  .says = "RemainderLength of the log is one more",
	  .source = "DSP0274 1.3.2, section 10.25",
	  ALTER("MEASUREMENT_EXTENSION_LOG", "remainder", CHANGE_MORE) },
	{ .name = "log-entries",
	  .says = "the log says another number of entries than it has",
	  .source = "DSP0274 1.3.2, section 10.25",
	  ALTER("MEASUREMENT_EXTENSION_LOG", "portion", CHANGE_FLIP) },
	{ .name = "csr-wrong",
	  .says = "one bit of the CSR is wrong",
	  .source = "DSP0274 1.3.2, section 10.26.1",
	  ALTER("CSR", "csr", CHANGE_FLIP) },
	{ .name = "key-pair-uses",
	  .says = "a key pair has uses that it may not have",
	  .source = "DSP0274 1.3.2, section 10.27.1",
	  ALTER("KEY_PAIR_INFO", "usage", CHANGE_ONES) },
	{ .name = "key-pair-capabilities",
	  .says = "a key pair has capabilities that nobody knows",
	  .source = "DSP0274 1.3.2, section 10.27.1",
	  ALTER("KEY_PAIR_INFO", "caps", CHANGE_ONES) },
	{ .name = "key-pair-slots",
	  .says = "no key pair has a slot",
	  .source = "DSP0274 1.3.2, section 10.27.1",
	  ALTER("KEY_PAIR_INFO", "slots", CHANGE_ZERO) },
	{ .name = "chunk-last",
	  .says = "every chunk but the last is marked as the last",
	  .source = SECTION("10.27"),
	  .fields = chunk_last },
	{ .name = "chunk-announcement",
	  .says = "ERROR LargeResponse has four bytes for its handle",
	  .source = SECTION("10.10 (LargeResponse)"),
	  .fields = chunk_announcement },
	{ .name = "chunk-version-refused",
	  .says = "GET_VERSION is refused while chunks are on their way",
	  .source = SECTION("10.2"),
	  .bytes = chunk_version },
	{ .name = "chunk-ack",
	  .says = "CHUNK_SEND_ACK has another handle",
	  .source = SECTION("10.26"),
	  .answered = chunk_ack },
};

const struct misbehave_group misbehave_spdm_prove = {
	"SPDM, proofs and what carries them", rows, COUNT(rows)
};
