/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlp/tlp.h"

#include "base/bits.h"

/* Byte 0: Fmt[2:0] and Type[4:0], Table 2-3. */
#define FMT_4DW	   0x20u
#define FMT_DATA   0x40u
#define FMT_PREFIX 0x80u
#define IDE_BYTE0  0x92u

#define TYPE_MEM      0x00u
#define TYPE_CFG0     0x04u
#define TYPE_CFG1     0x05u
#define TYPE_CPL      0x0au
#define TYPE_MSG      0x10u
#define TYPE_MSG_MASK 0x18u

/* The first dword of a header, §2.2.1.1. */
#define DW0_TYPE   MASK(31, 24)
#define DW0_TAG9   BIT(23)
#define DW0_TC	   MASK(22, 20)
#define DW0_TAG8   BIT(19)
#define DW0_ATTR2  BIT(18)
#define DW0_TH	   BIT(16)
#define DW0_TD	   BIT(15)
#define DW0_EP	   BIT(14)
#define DW0_ATTR10 MASK(13, 12)
#define DW0_AT	   MASK(11, 10)
#define DW0_LENGTH MASK(9, 0)

/* Configuration requests, bytes 8 to 11. */
#define CFG_DEST MASK(31, 16)
#define CFG_REG	 MASK(11, 2)

/* Completions, bytes 4 to 7 and 8 to 11. */
#define CPL_COMPLETER MASK(31, 16)
#define CPL_STATUS    MASK(15, 13)
#define CPL_COUNT     MASK(11, 0)
#define CPL_REQUESTER MASK(31, 16)
#define CPL_TAG	      MASK(15, 8)
#define CPL_LOWER     MASK(6, 0)

/* The IDE prefix. */
#define IDE_PR_SENT MASK(23, 16)
#define IDE_STREAM  MASK(15, 8)
#define IDE_SUB	    MASK(6, 4)
#define IDE_P	    BIT(3)
#define IDE_M	    BIT(2)
#define IDE_K	    BIT(1)
#define IDE_T	    BIT(0)

#define MEM_PAGE 4096u

static const struct tlp_kind {
	const char *name;
	uint8_t byte0; /* 3 DW form; messages have 4 DW always */
	bool data;
	enum tlp_class cls;
} kinds[TLP_TYPES] = {
	/* clang-format off */
	[TLP_MRD]    = { "MRd",    TYPE_MEM,             false, TLP_NON_POSTED },
	[TLP_MWR]    = { "MWr",    TYPE_MEM | FMT_DATA,  true,  TLP_POSTED },
	[TLP_CFGRD0] = { "CfgRd0", TYPE_CFG0,            false, TLP_NON_POSTED },
	[TLP_CFGRD1] = { "CfgRd1", TYPE_CFG1,            false, TLP_NON_POSTED },
	[TLP_CFGWR0] = { "CfgWr0", TYPE_CFG0 | FMT_DATA, true,  TLP_NON_POSTED },
	[TLP_CFGWR1] = { "CfgWr1", TYPE_CFG1 | FMT_DATA, true,  TLP_NON_POSTED },
	[TLP_CPL]    = { "Cpl",    TYPE_CPL,             false, TLP_COMPLETION },
	[TLP_CPLD]   = { "CplD",   TYPE_CPL | FMT_DATA,  true,  TLP_COMPLETION },
	[TLP_MSG]    = { "Msg",    TYPE_MSG | FMT_4DW,   false, TLP_POSTED },
	[TLP_MSGD]   = { "MsgD",   TYPE_MSG | FMT_4DW | FMT_DATA, true,
			 TLP_POSTED },
	/* clang-format on */
};

bool tlp_has_data(enum tlp_type type)
{
	return (unsigned)type < TLP_TYPES && kinds[type].data;
}

enum tlp_class tlp_class_of(enum tlp_type type)
{
	return (unsigned)type < TLP_TYPES ? kinds[type].cls : TLP_CLASSES;
}

const char *tlp_type_name(enum tlp_type type)
{
	return (unsigned)type < TLP_TYPES ? kinds[type].name : "?";
}

static bool is_mem(enum tlp_type type)
{
	return type == TLP_MRD || type == TLP_MWR;
}

static bool is_cfg(enum tlp_type type)
{
	return type >= TLP_CFGRD0 && type <= TLP_CFGWR1;
}

static bool is_cpl(enum tlp_type type)
{
	return type == TLP_CPL || type == TLP_CPLD;
}

static bool is_msg(enum tlp_type type)
{
	return type == TLP_MSG || type == TLP_MSGD;
}

/* Messages and completions without data have no length: §2.2.2. */
static bool has_length(enum tlp_type type)
{
	return type != TLP_CPL && type != TLP_MSG;
}

static bool is_4dw(const struct tlp *t)
{
	return is_msg(t->type) || (is_mem(t->type) && t->addr >> 32);
}

/* Source: PCIe Base 6.3 §2.2.5.1 */
static bool byte_enables_ok(const struct tlp *t)
{
	if (t->first_be > 0xf || t->last_be > 0xf)
		return false;
	if (t->len_dw == 1)
		return t->last_be == 0;
	/* Only a pair of whole quadwords may have holes; we have none. */
	return t->first_be != 0 && t->last_be != 0;
}

/* Source: PCIe Base 6.3 §2.2.7.1 */
static bool mem_ok(const struct tlp *t)
{
	if (t->addr & 3 || !byte_enables_ok(t))
		return false;
	return (t->addr & (MEM_PAGE - 1)) + UINT64_C(4) * t->len_dw <= MEM_PAGE;
}

/* Source: PCIe Base 6.3 §2.2.7.1, rules for Configuration Requests */
static bool cfg_ok(const struct tlp *t)
{
	return t->len_dw == 1 && t->tc == 0 && t->attr == 0 &&
	       !(t->reg & ~0xffcu) && byte_enables_ok(t);
}

static bool cpl_ok(const struct tlp *t)
{
	return t->status <= 7 && t->lower_addr <= 0x7f && t->byte_count >= 1 &&
	       t->byte_count <= 4096;
}

/* Reserved routings terminate at the receiver, who need not know them. */
static bool msg_ok(const struct tlp *t)
{
	return t->msg_route <= TLP_ROUTE_GATHERED && t->tag <= 0xff;
}

static bool fields_ok(const struct tlp *t)
{
	if (t->tc > 7 || t->attr > 7 || t->at > 3 || t->tag > 0x3ff)
		return false;
	if (has_length(t->type) ? t->len_dw < 1 || t->len_dw > 1024
				: t->len_dw != 0)
		return false;
	if (t->at && !is_mem(t->type))
		return false;
	if (is_mem(t->type))
		return mem_ok(t);
	if (is_cfg(t->type))
		return cfg_ok(t);
	return is_cpl(t->type) ? cpl_ok(t) : msg_ok(t);
}

static bool prefix_ok(const struct tlp_ide *i)
{
	return !i->p && i->sub <= 7;
}

static uint32_t prefix(const struct tlp_ide *i)
{
	return IDE_BYTE0 << 24 | (uint32_t)field_put(IDE_PR_SENT, i->pr_sent) |
	       (uint32_t)field_put(IDE_STREAM, i->stream) |
	       (uint32_t)field_put(IDE_SUB, i->sub) | (i->p ? IDE_P : 0) |
	       (i->m ? IDE_M : 0) | (i->k ? IDE_K : 0) | (i->t ? IDE_T : 0);
}

/* Two dwords at once: packets are made often. */
static void put_two(struct wr *w, uint32_t first, uint32_t second)
{
	wr_u64be(w, (uint64_t)first << 32 | second);
}

static inline void get_prefix(struct tlp_ide *i, uint32_t v)
{
	i->m = v & IDE_M;
	i->p = v & IDE_P;
	i->k = v & IDE_K;
	i->t = v & IDE_T;
	i->sub = (uint8_t)field_get(IDE_SUB, v);
	i->stream = (uint8_t)field_get(IDE_STREAM, v);
	i->pr_sent = (uint8_t)field_get(IDE_PR_SENT, v);
}

static uint32_t dw0(const struct tlp *t)
{
	uint32_t byte0 = kinds[t->type].byte0;

	if (is_4dw(t))
		byte0 |= FMT_4DW;
	if (is_msg(t->type))
		byte0 |= t->msg_route;
	/* Tag[9:8] is not part of a message. */
	return (uint32_t)field_put(DW0_TYPE, byte0) |
	       (t->tag & 0x200 ? DW0_TAG9 : 0) |
	       (t->tag & 0x100 ? DW0_TAG8 : 0) |
	       (uint32_t)field_put(DW0_TC, t->tc) |
	       (t->attr & TLP_ATTR_IDO ? DW0_ATTR2 : 0) |
	       (t->poisoned ? DW0_EP : 0) |
	       (uint32_t)field_put(DW0_ATTR10, t->attr & 3u) |
	       (uint32_t)field_put(DW0_AT, t->at) | (t->len_dw & DW0_LENGTH);
}

/* Bytes 4 to 7 of requests. */
static uint32_t dw1(const struct tlp *t, uint8_t byte7)
{
	return (uint32_t)t->requester << 16 | (t->tag & 0xffu) << 8 | byte7;
}

static void put_cpl(struct wr *w, const struct tlp *t)
{
	put_two(w,
		(uint32_t)field_put(CPL_COMPLETER, t->completer) |
			(uint32_t)field_put(CPL_STATUS, t->status) |
			(t->byte_count & CPL_COUNT),
		(uint32_t)field_put(CPL_REQUESTER, t->requester) |
			(uint32_t)field_put(CPL_TAG, t->tag & 0xffu) |
			t->lower_addr);
}

static void put_msg(struct wr *w, const struct tlp *t)
{
	uint64_t hdr = t->msg_hdr;

	if (t->msg_route == TLP_ROUTE_BY_ID)
		hdr = field_set(hdr, MASK64(63, 48), t->dest);
	wr_u32be(w, dw1(t, t->msg_code));
	wr_u64be(w, hdr);
}

static void put_request(struct wr *w, const struct tlp *t)
{
	const uint32_t second =
		dw1(t, (uint8_t)(t->last_be << 4 | t->first_be));

	if (is_cfg(t->type)) {
		put_two(w, second,
			(uint32_t)field_put(CFG_DEST, t->dest) | t->reg);
	} else if (is_4dw(t)) {
		wr_u32be(w, second);
		wr_u64be(w, t->addr);
	} else {
		put_two(w, second, (uint32_t)t->addr);
	}
}

enum il_err tlp_encode(struct wr *w, const struct tlp *t)
{
	if ((unsigned)t->type >= TLP_TYPES || !fields_ok(t))
		return IL_E_ARG;
	if (tlp_has_data(t->type) && !t->data)
		return IL_E_ARG;
	if (t->ide && !prefix_ok(&t->prefix))
		return IL_E_ARG;

	if (t->ide)
		put_two(w, prefix(&t->prefix), dw0(t));
	else
		wr_u32be(w, dw0(t));
	if (is_cpl(t->type))
		put_cpl(w, t);
	else if (is_msg(t->type))
		put_msg(w, t);
	else
		put_request(w, t);
	if (tlp_has_data(t->type))
		wr_bytes(w, t->data, (size_t)4 * t->len_dw);
	if (t->ide && t->prefix.m) {
		if (t->mac)
			wr_bytes(w, t->mac, TLP_MAC_LEN);
		else
			wr_zero(w, TLP_MAC_LEN);
	}
	return w->err;
}

/* Errors: IL_E_FIELD a reserved or unsupported Fmt and Type */
static enum il_err get_type(uint32_t byte0, struct tlp *m, bool *fmt_4dw)
{
	*fmt_4dw = byte0 & FMT_4DW;
	if (byte0 & FMT_PREFIX)
		return IL_E_FIELD;
	if ((byte0 & TYPE_MSG_MASK) == TYPE_MSG) {
		m->type = byte0 & FMT_DATA ? TLP_MSGD : TLP_MSG;
		m->msg_route = byte0 & 7;
		return *fmt_4dw ? IL_OK : IL_E_FIELD;
	}
	switch (byte0) {
	case TYPE_MEM:
	case TYPE_MEM | FMT_4DW:
		m->type = TLP_MRD;
		return IL_OK;
	case TYPE_MEM | FMT_DATA:
	case TYPE_MEM | FMT_DATA | FMT_4DW:
		m->type = TLP_MWR;
		return IL_OK;
	case TYPE_CFG0:
		m->type = TLP_CFGRD0;
		return IL_OK;
	case TYPE_CFG1:
		m->type = TLP_CFGRD1;
		return IL_OK;
	case TYPE_CFG0 | FMT_DATA:
		m->type = TLP_CFGWR0;
		return IL_OK;
	case TYPE_CFG1 | FMT_DATA:
		m->type = TLP_CFGWR1;
		return IL_OK;
	case TYPE_CPL:
		m->type = TLP_CPL;
		return IL_OK;
	case TYPE_CPL | FMT_DATA:
		m->type = TLP_CPLD;
		return IL_OK;
	default:
		return IL_E_FIELD;
	}
}

/* Errors: as get_type(), and what our ports do not support. */
static enum il_err get_dw0(struct rd *r, struct tlp *m, bool *fmt_4dw)
{
	uint32_t v = rd_u32be(r);
	enum il_err err =
		get_type((uint32_t)field_get(DW0_TYPE, v), m, fmt_4dw);

	if (err)
		return err;
	/* ECRC is not used here, and is forbidden on IDE packets: §6.33.4. */
	if (v & DW0_TD)
		return IL_E_FIELD;
	/* Steering tags would replace the byte enables of reads. */
	if (is_mem(m->type) && v & DW0_TH)
		return IL_E_FIELD;

	m->tc = (uint8_t)field_get(DW0_TC, v);
	m->attr = (uint8_t)(field_get(DW0_ATTR10, v) |
			    (v & DW0_ATTR2 ? TLP_ATTR_IDO : 0));
	if (is_mem(m->type))
		m->at = (uint8_t)field_get(DW0_AT, v);
	/* Reserved where there is no payload to poison: §2.7.2. */
	m->poisoned = v & DW0_EP && tlp_has_data(m->type);
	if (!is_msg(m->type))
		m->tag = (uint16_t)((v & DW0_TAG9 ? 0x200 : 0) |
				    (v & DW0_TAG8 ? 0x100 : 0));
	if (has_length(m->type)) {
		m->len_dw = (uint16_t)(v & DW0_LENGTH);
		if (!m->len_dw)
			m->len_dw = 1024;
	}
	return IL_OK;
}

static void get_cpl(struct rd *r, struct tlp *m)
{
	uint32_t v = rd_u32be(r);

	m->completer = (uint16_t)field_get(CPL_COMPLETER, v);
	m->status = (uint8_t)field_get(CPL_STATUS, v);
	m->byte_count = (uint16_t)(v & CPL_COUNT);
	if (!m->byte_count)
		m->byte_count = 4096;

	v = rd_u32be(r);
	m->requester = (uint16_t)field_get(CPL_REQUESTER, v);
	m->tag |= (uint16_t)field_get(CPL_TAG, v);
	m->lower_addr = (uint8_t)(v & CPL_LOWER);
}

static void get_msg(struct rd *r, struct tlp *m)
{
	m->requester = rd_u16be(r);
	m->tag = rd_u8(r);
	m->msg_code = rd_u8(r);
	m->msg_hdr = rd_u64be(r);
	if (m->msg_route == TLP_ROUTE_BY_ID)
		m->dest = (uint16_t)(m->msg_hdr >> 48);
}

/* Errors: IL_E_FIELD a 4 DW header for an address that fits 3 DW */
static enum il_err get_request(struct rd *r, struct tlp *m, bool fmt_4dw)
{
	uint32_t v = rd_u32be(r);

	m->requester = (uint16_t)(v >> 16);
	m->tag |= (uint16_t)(v >> 8 & 0xff);
	m->first_be = v & 0xf;
	m->last_be = (uint8_t)(v >> 4 & 0xf);
	if (is_cfg(m->type)) {
		v = rd_u32be(r);
		m->dest = (uint16_t)field_get(CFG_DEST, v);
		m->reg = (uint16_t)(v & CFG_REG);
		return IL_OK;
	}
	/* Bits 1:0 are the processing hint; reserved without TH. */
	m->addr = (fmt_4dw ? rd_u64be(r) : rd_u32be(r)) & ~UINT64_C(3);
	/*
	 * OPEN: §2.2.4.1 forbids requesters the long form below 4 GiB and
	 * leaves open what receivers do. Refused, so that one address has
	 * one form.
	 */
	return !r->err && fmt_4dw && !(m->addr >> 32) ? IL_E_FIELD : IL_OK;
}

enum il_err tlp_decode_at(struct rd *r, struct tlp *m)
{
	bool fmt_4dw = false;
	enum il_err err;

	memset(m, 0, sizeof(*m));
	m->ide = rd_left(r) && *r->p == IDE_BYTE0;
	if (m->ide) {
		get_prefix(&m->prefix, rd_u32be(r));
		if (!r->err && m->prefix.p)
			return IL_E_FIELD;
	}
	err = get_dw0(r, m, &fmt_4dw);
	if (err)
		return err;
	if (is_cpl(m->type))
		get_cpl(r, m);
	else if (is_msg(m->type))
		get_msg(r, m);
	else
		err = get_request(r, m, fmt_4dw);
	if (tlp_has_data(m->type))
		m->data = rd_bytes(r, (size_t)4 * m->len_dw);
	if (m->ide && m->prefix.m)
		m->mac = rd_bytes(r, TLP_MAC_LEN);
	if (rd_end(r))
		return rd_end(r);
	return err || !fields_ok(m) ? IL_E_FIELD : IL_OK;
}

enum il_err tlp_decode(struct rd *r, struct tlp *out)
{
	struct tlp m;
	enum il_err err = tlp_decode_at(r, &m);

	if (!err)
		*out = m;
	return err;
}

struct tlp_span tlp_span_of(const struct tlp *t)
{
	const unsigned prefix = t->ide ? TLP_PREFIX_LEN : 0;

	return (struct tlp_span){
		.hdr_len = (uint16_t)(prefix + (is_4dw(t) ? 16 : 12)),
		.data_len = tlp_has_data(t->type) ? 4u * t->len_dw : 0,
		.mac_len = t->ide && t->prefix.m ? TLP_MAC_LEN : 0,
	};
}

bool tlp_is_ide(const uint8_t *p, size_t n)
{
	return n >= TLP_PREFIX_LEN && *p == IDE_BYTE0;
}
