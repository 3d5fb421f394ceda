/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"
#include "spdm/caps.h"

/* VERSION, CAPABILITIES and ALGORITHMS that are not what they have to be. */

/* --- VERSION --- */

/* Every other one lists a version less. */
static void version_changes(struct misbehave_one *me, uint32_t session_id,
			    enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_VERSION && me->count++ % 2 &&
	    rsp->u.version_list.count)
		rsp->u.version_list.count--;
}

/* The first version that was ever chosen is the only one. */
static void version_sticks(struct misbehave_one *me, uint32_t session_id,
			   uint8_t *p, size_t cap, size_t *n)
{
	(void)session_id;
	(void)cap;
	if (*n < 4 || p[1] != SPDM_GET_CAPABILITIES)
		return;
	if (!me->note[0])
		me->note[0] = p[0];
	if (me->note[0] != p[0])
		p[0] = 0x2f;
}

/* --- CAPABILITIES --- */

static void caps_length(struct misbehave_one *me, enum spdm_tap_stage stage,
			const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			size_t *n)
{
	(void)me;
	(void)stage;
	if (rsp->code != SPDM_CAPABILITIES || cap < *n + 4)
		return;
	memset(p + *n, 0x5a, 4);
	*n += 4;
}

static void later_flags(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_CAPABILITIES)
		return;
	rsp->u.caps.flags |= ~spdm_caps_mask(rsp->version, false);
	rsp->u.caps.ext_flags |= 0xfffe;
}

static void block_unasked(struct misbehave_one *me, uint32_t session_id,
			  enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CAPABILITIES && rsp->version >= SPDM_V13 &&
	    !(rsp->param1 & SPDM_CAPS_ALGS)) {
		rsp->param1 |= SPDM_CAPS_ALGS;
		memset(&rsp->u.caps_algs, 0, sizeof(rsp->u.caps_algs));
	}
}

static void block_wrong(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CAPABILITIES && (rsp->param1 & SPDM_CAPS_ALGS))
		rsp->u.caps_algs.asym = rsp->u.caps_algs.hash = 0;
}

static void small_sizes(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_CAPABILITIES)
		return;
	rsp->u.caps.transfer = SPDM_TRANSFER_MIN - 1;
	rsp->u.caps.max_msg = SPDM_TRANSFER_MIN - 2;
}

/* The requester is taken for one that takes more than it says. */
static void any_size(struct misbehave_one *me, uint32_t session_id, uint8_t *p,
		     size_t cap, size_t *n)
{
	(void)me;
	(void)session_id;
	(void)cap;
	if (*n < 20 || p[1] != SPDM_GET_CAPABILITIES)
		return;
	put_u32le(p + 12, 4032);
	put_u32le(p + 16, 4032);
}

/* Flags of CAPABILITIES: those of @off gone, those of @on there. */
static void flags(struct spdm_msg *rsp, uint32_t off, uint32_t on)
{
	if (rsp->code != SPDM_CAPABILITIES)
		return;
	rsp->u.caps.flags = ((rsp->u.caps.flags & ~off) | on) &
			    spdm_caps_mask(rsp->version, false);
}

#define FLAGS(name, off, on)                                              \
	static void name(struct misbehave_one *me, uint32_t session_id,   \
			 enum spdm_tap_stage stage, struct spdm_msg *rsp) \
	{                                                                 \
		(void)me;                                                 \
		(void)session_id;                                         \
		(void)stage;                                              \
		flags(rsp, off, on);                                      \
	}

FLAGS(flags_all, 0, UINT32_MAX)
FLAGS(flags_no_cipher, SPDM_CAP_ENCRYPT | SPDM_CAP_MAC, SPDM_CAP_KEY_EX)
FLAGS(flags_no_sessions,
      SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK | SPDM_CAP_CHAL | SPDM_CAP_ENCAP,
      SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT |
	      SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_MUT_AUTH)
FLAGS(flags_no_key, SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID,
      SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG | SPDM_CAP_EP_INFO_SIG |
	      SPDM_CAP_SET_CERT)
FLAGS(flags_no_measurements, SPDM_CAP_MEAS_MASK, SPDM_CAP_MEAS_FRESH)
FLAGS(flags_no_provisioning,
      SPDM_CAP_CSR | SPDM_CAP_SET_CERT | SPDM_CAP_GET_KEY_PAIR_INFO |
	      SPDM_CAP_SET_KEY_PAIR_INFO,
      SPDM_CAP_CERT_INSTALL_RESET | SPDM_CAP_MULTI_KEY_NEG |
	      SPDM_CAP_SET_KEY_PAIR_RESET)

/* --- ALGORITHMS --- */

static void algs_two(struct misbehave_one *me, uint32_t session_id,
		     enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct spdm_algs *a = &rsp->u.algs;

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS)
		return;
	a->asym |= SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384;
	for (uint8_t i = 0; i < a->tables; i++)
		a->table[i].bits |= 3;
}

static void algs_not_offered(struct misbehave_one *me, uint32_t session_id,
			     enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct spdm_algs *a = &rsp->u.algs;

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS)
		return;
	a->asym = UINT32_C(1) << 31;
	for (uint8_t i = 0; i < a->tables; i++)
		a->table[i].bits = 0x4000;
}

static void algs_order(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct spdm_algs *a = &rsp->u.algs;
	struct spdm_alg_table first;

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS || a->tables < 2)
		return;
	first = a->table[0];
	a->table[0] = a->table[1];
	a->table[1] = first;
}

static void algs_none(struct misbehave_one *me, uint32_t session_id,
		      enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct spdm_algs *a = &rsp->u.algs;

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS)
		return;
	a->asym = a->hash = a->meas_hash = 0;
	a->meas_spec = a->other_params = 0;
	for (uint8_t i = 0; i < a->tables; i++)
		a->table[i].bits = 0;
}

/* From the second time on another one than would be right. */
static void algs_fixed(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ALGORITHMS && me->count++)
		rsp->u.algs.asym ^= SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384;
}

static void algs_key(struct misbehave_one *me, uint32_t session_id,
		     enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ALGORITHMS)
		rsp->u.algs.asym ^= SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384;
}

#define SECTION(s) "DSP0274 1.2.1, section " s

static const struct misbehaviour rows[] = {
	{ .name = "version-count",
	  .says = "VERSION counts one entry more than it has",
	  .source = SECTION("10.2"),
	  .message = "VERSION",
	  .field = "count",
	  .change = { .how = CHANGE_MORE },
	  .bytes = misbehave_alter },
	{ .name = "version-changes",
	  .says = "every other VERSION lists one version less",
	  .source = SECTION("10.2"),
	  .fields = version_changes },
	{ .name = "version-sticks",
	  .says = "the version that was chosen first is the only one ever "
		  "after",
	  .source = SECTION("10.2, 10.3"),
	  .heard = version_sticks },
	{ .name = "capabilities-length",
	  .says = "CAPABILITIES has four bytes too many",
	  .source = SECTION("10.3"),
	  .bytes = caps_length },
	{ .name = "capabilities-later-flags",
	  .says = "CAPABILITIES has flags that its version does not know",
	  .source = SECTION("10.3"),
	  .fields = later_flags },
	{ .name = "capabilities-block-unasked",
	  .says = "CAPABILITIES lists algorithms that nobody asked for",
	  .source = "DSP0274 1.3.2, section 10.3 (Supported Algorithms)",
	  .fields = block_unasked },
	{ .name = "capabilities-block-wrong",
	  .says = "CAPABILITIES leaves out algorithms that are selected later",
	  .source = "DSP0274 1.3.2, section 10.3 (Supported Algorithms)",
	  .fields = block_wrong },
	{ .name = "capabilities-sizes",
	  .says = "DataTransferSize is 41, and MaxSPDMmsgSize below it",
	  .source = SECTION("10.3"),
	  .fields = small_sizes },
	{ .name = "size-any",
	  .says = "responses are longer than the requester takes at once",
	  .source = SECTION("10.3 (DataTransferSize)"),
	  .heard = any_size },
	{ .name = "flags-all",
	  .says = "CAPABILITIES has every flag that its version knows",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_all },
	{ .name = "flags-no-cipher",
	  .says = "CAPABILITIES has KEY_EX_CAP without ENCRYPT_CAP and MAC_CAP",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_no_cipher },
	{ .name = "flags-no-sessions",
	  .says = "CAPABILITIES has what belongs to sessions, and no sessions",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_no_sessions },
	{ .name = "flags-no-key",
	  .says = "CAPABILITIES has signatures, and no key to see",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_no_key },
	{ .name = "flags-no-measurements",
	  .says = "CAPABILITIES has MEAS_FRESH_CAP without MEAS_CAP",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_no_measurements },
	{ .name = "flags-no-provisioning",
	  .says = "CAPABILITIES has resets for what cannot be installed",
	  .source = SECTION("10.3 (Responder flag fields)"),
	  .fields = flags_no_provisioning },
	{ .name = "algorithms-length",
	  .says = "Length of ALGORITHMS is one more than it is",
	  .source = SECTION("10.4"),
	  .message = "ALGORITHMS",
	  .field = "length",
	  .change = { .how = CHANGE_MORE },
	  .bytes = misbehave_alter },
	{ .name = "algorithms-two",
	  .says = "ALGORITHMS selects two of a kind",
	  .source = SECTION("10.4"),
	  .fields = algs_two },
	{ .name = "algorithms-not-offered",
	  .says = "ALGORITHMS selects what was not offered",
	  .source = SECTION("10.4"),
	  .fields = algs_not_offered },
	{ .name = "algorithms-order",
	  .says = "two AlgStructs of ALGORITHMS stand in the wrong order",
	  .source = SECTION("10.4"),
	  .fields = algs_order },
	{ .name = "algorithms-none",
	  .says = "ALGORITHMS selects nothing",
	  .source = SECTION("10.4"),
	  .fields = algs_none },
	{ .name = "algorithms-fixed",
	  .says = "from the second ALGORITHMS on another one is selected",
	  .source = SECTION("10.4"),
	  .fields = algs_fixed },
	{ .name = "algorithms-another-key",
	  .says = "ALGORITHMS selects a signature that the key cannot make",
	  .source = SECTION("10.4"),
	  .fields = algs_key },
};

const struct misbehave_group misbehave_spdm_connect = { "SPDM, connections",
							rows, COUNT(rows) };
