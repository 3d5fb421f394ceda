/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/fields_priv.h"
#include "idekm/codec.h"
#include "tdisp/codec.h"
#include "tdisp/report.h"

/* --- IDE_KM: PCIe Base 6.x §6.33.3 --- */

static const char *const objects[IDEKM_OBJECTS] = {
	[IDEKM_QUERY] = "QUERY",
	[IDEKM_QUERY_RESP] = "QUERY_RESP",
	[IDEKM_KEY_PROG] = "KEY_PROG",
	[IDEKM_K_SET_GO] = "K_SET_GO",
	[IDEKM_K_SET_STOP] = "K_SET_STOP",
	[IDEKM_KP_ACK] = "KP_ACK",
	[IDEKM_K_GOSTOP_ACK] = "K_GOSTOP_ACK",
};

const char *walk_idekm_name(uint8_t object)
{
	return object < IDEKM_OBJECTS ? objects[object] : NULL;
}

static void query_resp(struct walk *w, size_t end)
{
	walk_reserved(w, 1);
	walk_num(w, "port", 1);
	walk_num(w, "devfn", 1);
	walk_num(w, "bus", 1);
	walk_num(w, "segment", 1);
	walk_num(w, "max_port", 1);
	while (!w->err && w->at + 4 <= end)
		walk_num(w, "register", 4);
}

static void key_ref(struct walk *w, bool status)
{
	walk_reserved(w, 2);
	walk_num(w, "stream", 1);
	if (status)
		walk_num(w, "status", 1);
	else
		walk_reserved(w, 1);
	walk_bits(w, "key_set", 0x01);
	walk_bits(w, "dir", 0x02);
	walk_reserved_bits(w, 0x0c);
	walk_last_bits(w, "sub", 0xf0);
	walk_num(w, "port", 1);
}

static void query(struct walk *w)
{
	walk_reserved(w, 1);
	walk_num(w, "port", 1);
}

/* The key stands in the order of the wire: DW7 first. */
static void key_prog(struct walk *w)
{
	key_ref(w, false);
	walk_bytes(w, "key", IDEKM_KEY_LEN);
	walk_bytes(w, "ifv", IDEKM_IFV_LEN);
}

void walk_idekm(struct walk *w, size_t end)
{
	uint64_t object;

	walk_num(w, "protocol", 1);
	object = walk_num(w, "object", 1);
	if (object == IDEKM_QUERY_RESP)
		query_resp(w, end);
	else if (object == IDEKM_QUERY)
		query(w);
	else if (object == IDEKM_KEY_PROG)
		key_prog(w);
	else if (object >= IDEKM_KP_ACK && object <= IDEKM_K_GOSTOP_ACK)
		key_ref(w, object == IDEKM_KP_ACK);
	else if (!w->err)
		w->err = IL_E_ARG;
}

/* --- TDISP: PCIe Base 6.x §11.3 --- */

static void versions(struct walk *w, size_t end)
{
	uint64_t n = walk_num(w, "count", 1);

	(void)end;
	walk_open(w, 1, 1);
	for (; n > 0 && !w->err; n--)
		walk_num(w, "entry", 1);
	walk_close(w);
}

static void capabilities(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "dsm_caps", 4);
	walk_num(w, "msgs", 1); /* where the mandatory requests stand */
	walk_bytes(w, "more_msgs", TDISP_MSGS_LEN - 1);
	walk_num(w, "lock_flags", 2);
	walk_reserved(w, 3);
	walk_num(w, "addr_width", 1);
	walk_num(w, "num_req_this", 1);
	walk_num(w, "num_req_all", 1);
}

static void nonce(struct walk *w, size_t end)
{
	(void)end;
	walk_bytes(w, "nonce", TDISP_NONCE_LEN);
}

static void state(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "state", 1);
}

static void nothing(struct walk *w, size_t end)
{
	(void)w;
	(void)end;
}

/* Source: §11.3.11. */
static void whole_report(struct walk *w)
{
	uint64_t ranges, len;

	walk_num(w, "info", 2);
	walk_reserved(w, 2);
	walk_num(w, "msix_control", 2);
	walk_num(w, "lnr_control", 2);
	walk_num(w, "tph_control", 4);
	ranges = walk_num(w, "range_count", 4);
	walk_open(w, 4, TDISP_RANGE_LEN);
	for (; ranges > 0 && !w->err; ranges--) {
		walk_num(w, "first_page", 8);
		walk_num(w, "pages", 4);
		walk_num(w, "attrs", 2);
		walk_num(w, "range_id", 2);
	}
	walk_close(w);
	len = walk_num(w, "vendor_len", 4);
	walk_counted(w, "vendor", 4, (size_t)len);
}

/* Whether @n bytes at the cursor are a report and not the end of one. */
static bool report_is_whole(const struct walk *w, size_t n)
{
	const uint8_t *p = w->p + w->at;
	size_t at;

	if (w->err || n < 20 || w->n - w->at < n ||
	    get_u32le(p + 12) > (n - 20) / TDISP_RANGE_LEN)
		return false;
	at = 16 + TDISP_RANGE_LEN * (size_t)get_u32le(p + 12);
	return get_u32le(p + at) == n - at - 4;
}

static void report(struct walk *w, size_t end)
{
	size_t n = (size_t)walk_num(w, "portion", 2);
	uint64_t more;

	(void)end;
	walk_open(w, 2, 1);
	more = walk_num(w, "remainder", 2);
	if (more || !report_is_whole(w, n))
		walk_bytes(w, "data", n);
	else
		whole_report(w);
	walk_close(w);
}

static void error(struct walk *w, size_t end)
{
	walk_num(w, "error", 4);
	walk_num(w, "data", 4);
	if (!w->err && w->at < end)
		walk_bytes(w, "extended", end - w->at);
}

static void get_capabilities(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "tsm_caps", 4);
}

static void lock(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "flags", 2);
	walk_num(w, "default_stream", 1);
	walk_reserved(w, 1);
	walk_num(w, "mmio_offset", 8);
	walk_num(w, "p2p_mask", 8);
}

static void get_report(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "offset", 2);
	walk_num(w, "length", 2);
}

/* BIND_P2P and UNBIND_P2P name a stream. */
static void stream(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "stream", 1);
}

static void mmio_attr(struct walk *w, size_t end)
{
	(void)end;
	walk_num(w, "first_page", 8);
	walk_num(w, "pages", 4);
	walk_num(w, "attrs", 2);
	walk_num(w, "range_id", 2);
}

static void vdm(struct walk *w, size_t end)
{
	size_t n;

	walk_num(w, "registry", 1);
	n = (size_t)walk_num(w, "vendor_len", 1);
	walk_counted(w, "vendor", 1, n);
	if (!w->err && w->at < end)
		walk_bytes(w, "data", end - w->at);
}

static const struct message {
	uint8_t code;
	const char *name;
	void (*walk)(struct walk *w, size_t end);
} messages[] = {
	{ TDISP_VERSION, "TDISP_VERSION", versions },
	{ TDISP_CAPABILITIES, "TDISP_CAPABILITIES", capabilities },
	{ TDISP_LOCK_RSP, "LOCK_RSP", nonce },
	{ TDISP_REPORT, "REPORT", report },
	{ TDISP_STATE, "STATE", state },
	{ TDISP_START_RSP, "START_RSP", nothing },
	{ TDISP_STOP_RSP, "STOP_RSP", nothing },
	{ TDISP_BIND_P2P_RSP, "BIND_P2P_RSP", nothing },
	{ TDISP_UNBIND_P2P_RSP, "UNBIND_P2P_RSP", nothing },
	{ TDISP_SET_MMIO_ATTR_RSP, "SET_MMIO_ATTR_RSP", nothing },
	{ TDISP_VDM_RSP, "VDM_RSP", vdm },
	{ TDISP_ERROR, "TDISP_ERROR", error },
	{ TDISP_GET_VERSION, "GET_TDISP_VERSION", nothing },
	{ TDISP_GET_CAPABILITIES, "GET_TDISP_CAPABILITIES", get_capabilities },
	{ TDISP_LOCK_REQ, "LOCK_REQ", lock },
	{ TDISP_GET_REPORT, "GET_REPORT", get_report },
	{ TDISP_GET_STATE, "GET_STATE", nothing },
	{ TDISP_START_REQ, "START_REQ", nonce },
	{ TDISP_STOP_REQ, "STOP_REQ", nothing },
	{ TDISP_BIND_P2P_REQ, "BIND_P2P_REQ", stream },
	{ TDISP_UNBIND_P2P_REQ, "UNBIND_P2P_REQ", stream },
	{ TDISP_SET_MMIO_ATTR_REQ, "SET_MMIO_ATTR_REQ", mmio_attr },
	{ TDISP_VDM_REQ, "VDM_REQ", vdm },
};

static const struct message *find(uint8_t code)
{
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].code == code)
			return &messages[i];
	return NULL;
}

const char *walk_tdisp_name(uint8_t code)
{
	const struct message *m = find(code);

	return m ? m->name : NULL;
}

void walk_tdisp(struct walk *w, size_t end)
{
	const struct message *m;

	walk_num(w, "protocol", 1);
	walk_num(w, "message_version", 1);
	m = find((uint8_t)walk_num(w, "message_code", 1));
	walk_reserved(w, 2);
	walk_num(w, "function_id", 4);
	walk_reserved(w, 8);
	if (m)
		m->walk(w, end);
	else if (!w->err)
		w->err = IL_E_ARG;
}
