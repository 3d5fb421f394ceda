/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/unbound.h"

#include <string.h>

#include "base/bits.h"
#include "spdm/codec.h"

/* What a device of ours says when it is honest. */
#define ANY	UINT64_MAX
#define DSP0274 "DSP0274 1.2.1, section "
#define TDISP	"PCIe Base 6.x §11.3."
#define IGNORED "reserved: sent as zero, ignored when received"
#define STATUS                                                    \
	"a status register moves by itself; configuration space " \
	"shows another moment"
/* Nobody's nonce but the module's own, and before there is an interface. */
#define FOR_HOST                                                            \
	"of the session, for the host alone: no grant rests on them, a TD " \
	"asks anew with its own nonce"
#define OWN_WORD                                                             \
	"the device's own word, where nothing tells it from another of the " \
	"same lock"
#define NO_OTHER "no other port than 0 is keyed or asked for"

/* Flags that change nothing of what this requester does with the peer. */
#define FLAGS                                                              \
	(SPDM_CAP_CACHE | SPDM_CAP_CHAL | SPDM_CAP_MEAS_FRESH |            \
	 SPDM_CAP_MUT_AUTH | SPDM_CAP_PSK_MASK | SPDM_CAP_ENCAP |          \
	 SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD | SPDM_CAP_HANDSHAKE_IN_CLEAR | \
	 SPDM_CAP_CHUNK | SPDM_CAP_ALIAS_CERT | SPDM_CAP_SET_CERT |        \
	 MASK(31, 22))

/* clang-format off */
const struct unbound unbound[] = {
	{ "*", "reserved", -1, ANY, false, IGNORED, DSP0274 "10" },

	{ "VERSION", "entry", -1, 0x00ff, true,
	  "major and minor number decide; a list may be longer", DSP0274 "10.2" },
	{ "CAPABILITIES", "ct_exponent", 0, ANY, false,
	  "how long the host waits is the host's; bounded anyway", DSP0274 "10.3" },
	{ "CAPABILITIES", "flags", 0, FLAGS, false,
	  "abilities that we do not ask for", DSP0274 "10.3" },
	{ "KEY_EXCHANGE_RSP", "heartbeat_s", 0, ANY, false,
	  "the responder's to choose", DSP0274 "10.16" },
	{ "KEY_EXCHANGE_RSP", "random", 0, ANY, false,
	  "random", DSP0274 "10.16" },
	{ "KEY_EXCHANGE_RSP", "secured_version", 0, 0x01ff, false,
	  "major and minor number decide; 1.0 was offered too", "DSP0277 1.1, opaque data format" },
	{ "MEASUREMENTS", "total_indices", 0, ANY, false,
	  "reserved unless their number is asked for", DSP0274 "10.11" },
	{ "MEASUREMENTS", "content_changed", 0, ANY, false,
	  "a hint about earlier requests of one transcript; ours is alone in its", DSP0274 "10.11" },
	{ "MEASUREMENTS", "nonce", 0, ANY, false,
	  "random", DSP0274 "10.11" },
	{ "MEASUREMENTS", "index", -1, ANY, false,
	  FOR_HOST, DSP0274 "10.11", .either = true, .op = "host-connect" },
	{ "MEASUREMENTS", "value_type", -1, ANY, false,
	  FOR_HOST, DSP0274 "10.11", .either = true, .op = "host-connect" },
	{ "MEASUREMENTS", "value", -1, ANY, true,
	  FOR_HOST, DSP0274 "10.11", .shorter = true, .either = true, .op = "host-connect" },

	{ "QUERY_RESP", "max_port", 0, ANY, false,
	  NO_OTHER, "PCIe Base 6.x §6.33.3" },
	{ "QUERY_RESP", "register", 4, ANY, false, STATUS, "PCIe Base 6.0 §7.9.26" },
	{ "QUERY_RESP", "register", 12, ANY, false, STATUS, "PCIe Base 6.0 §7.9.26" },
	{ "QUERY_RESP", "register", 20, ANY, false, STATUS, "PCIe Base 6.0 §7.9.26" },
	{ "QUERY_RESP", "register", 28, ANY, false, STATUS, "PCIe Base 6.0 §7.9.26" },

	{ "TDISP_VERSION", "message_version", 0, 0x0f, false,
	  "the answer that tells the versions may be of any 1.x", TDISP "5" },
	{ "TDISP_VERSION", "entry", -1, 0, true,
	  "a list may be longer", TDISP "5" },
	{ "TDISP_CAPABILITIES", "dsm_caps", 0, ANY, false,
	  "no bit of it is defined", TDISP "7" },
	{ "TDISP_CAPABILITIES", "msgs", 0, 0x01, false,
	  "no request has that code", TDISP "7" },
	{ "TDISP_CAPABILITIES", "more_msgs", 0, ANY, false,
	  "requests that we do not send", TDISP "7" },
	{ "TDISP_CAPABILITIES", "lock_flags", 0, 0x000e, false,
	  "flags that we do not ask for", TDISP "7" },
	{ "TDISP_CAPABILITIES", "lock_flags", 0, 0x0010, false,
	  "not asked for here", TDISP "7", .on = "tdx-connect" },
	{ "TDISP_CAPABILITIES", "lock_flags", 0, 0x0010, false,
	  "not asked for here", TDISP "7", .on = "cca" },
	{ "TDISP_CAPABILITIES", "lock_flags", 0, 0x0010, false,
	  "not asked for here", TDISP "7", .on = "cove-io" },
	{ "TDISP_CAPABILITIES", "addr_width", 0, ANY, false,
	  "fewer than 52 bits are refused, more are all the same", "TDX module 2.0 source, tdisp.c", .either = true, .on = "tdx-connect" },
	{ "TDISP_CAPABILITIES", "addr_width", 0, ANY, false,
	  "which addresses there are the I/O page table says", TDISP "7" },
	{ "TDISP_CAPABILITIES", "num_req_this", 0, ANY, false,
	  "one request at a time is always allowed", TDISP "7" },
	{ "TDISP_CAPABILITIES", "num_req_all", 0, ANY, false,
	  "one request at a time is always allowed", TDISP "7" },

	{ "REPORT", "pages", -1, ANY, false,
	  OWN_WORD ": what is not reported is not used; an MSI-X table that is reported as plain MMIO, law 36 names", TDISP "11", .either = true, .law = 36 },
	{ "REPORT", "attrs", -1, 0x0008, false,
	  OWN_WORD ": nobody asks to have attributes changed", TDISP "11", .either = true },
	{ "REPORT", "range_id", -1, 0, true,
	  OWN_WORD ": what stands twice belongs to the vendor's part", TDISP "11", .either = true },
	{ "REPORT", "vendor", -1, 0, true,
	  OWN_WORD ": the vendor's part", TDISP "11", .either = true },
};
/* clang-format on */

const size_t unbound_n = COUNT(unbound);

/*
 * SPDM's own reserved fields: in a vendor's message those of its header. What
 * is reserved inside IDE_KM and TDISP must be zero: law 17.
 */
static bool ignored(const struct unbound_case *c)
{
	return c->field->off < 4 || !c->vendor;
}

const struct unbound *unbound_find(const struct unbound_case *c)
{
	for (size_t i = 0; i < unbound_n; i++) {
		const struct unbound *u = &unbound[i];

		if (strcmp(u->field, c->field->name) != 0 ||
		    (u->nth >= 0 && (unsigned)u->nth != c->field->nth))
			continue;
		if (u->message[0] == '*' ? !ignored(c)
					 : strcmp(u->message, c->message) != 0)
			continue;
		if ((u->op && strcmp(u->op, c->op) != 0) ||
		    (u->on && strcmp(u->on, c->on) != 0))
			continue;
		if ((c->shorter && !u->shorter) ||
		    (c->longer ? !u->longer
			       : !c->shorter && c->diff & ~u->bits))
			continue;
		return u;
	}
	return NULL;
}
