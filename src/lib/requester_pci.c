/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/requester_priv.h"

#include "base/bits.h"

/*
 * IDE_KM and TDISP of the installed requester: a request becomes the payload
 * of a vendor defined message, and its answer a result. Which order is right
 * over streams, ends and interfaces is the caller's.
 */

int lib_req_protocol(enum il_req_op op)
{
	if (op >= IL_REQ_IDE_QUERY && op <= IL_REQ_IDE_STOP)
		return IDEKM_PROTOCOL;
	if (op >= IL_REQ_TDISP_VERSION && op <= IL_REQ_TDISP_VENDOR)
		return TDISP_PROTOCOL;
	return -1;
}

/* --- IDE_KM --- */

static enum il_err ide_begin(struct il_requester *r, enum il_req_op op,
			     const struct il_ide_key *k, struct wr *w)
{
	static const enum idekm_object object[] = {
		[IL_REQ_IDE_QUERY - IL_REQ_IDE_QUERY] = IDEKM_QUERY,
		[IL_REQ_IDE_KEY_PROG - IL_REQ_IDE_QUERY] = IDEKM_KEY_PROG,
		[IL_REQ_IDE_GO - IL_REQ_IDE_QUERY] = IDEKM_K_SET_GO,
		[IL_REQ_IDE_STOP - IL_REQ_IDE_QUERY] = IDEKM_K_SET_STOP,
	};
	/* Fixed part zero, counter 1. Source: PCIe Base 6.x §6.33.6 */
	static const uint8_t first[IDEKM_IFV_LEN] = { [7] = 1 };
	static const uint8_t none[IDEKM_IFV_LEN];
	struct idekm_msg m = {
		.object = object[op - IL_REQ_IDE_QUERY],
		.ref = { .stream = k->stream,
			 .key_set = k->key_set,
			 .dir = k->dir,
			 .sub = k->sub,
			 .port = k->port },
	};
	enum il_err err;

	if (op == IL_REQ_IDE_QUERY)
		m.ref = (struct idekm_ref){ .port = k->port };
	if (op == IL_REQ_IDE_KEY_PROG) {
		memcpy(m.key, k->key, sizeof(m.key));
		memcpy(m.ifv,
		       memcmp(k->ifv, none, sizeof(none)) ? k->ifv : first,
		       sizeof(m.ifv));
	}
	err = idekm_req_begin(&r->idekm, &m, w);
	bytes_wipe(&m, sizeof(m));
	return err;
}

static enum il_err ide_accept(struct il_requester *r, struct spdm_span in)
{
	struct il_requester_result *x = &r->result;
	struct idekm_msg m = { .object = IDEKM_QUERY };
	enum il_err err = idekm_req_accept(&r->idekm, in.p, in.n, &m);

	if (err && err != IL_E_PEER)
		return err;
	x->ide_status = m.status;
	if (err || m.object != IDEKM_QUERY_RESP)
		return err;
	x->ide_segment = m.segment;
	x->ide_bus = m.bus;
	x->ide_devfn = m.devfn;
	x->ide_max_port = m.max_port;
	x->ide_regs = (struct il_span){ m.cap, m.cap_len };
	return IL_OK;
}

/* --- TDISP --- */

/* What a request's own field says. */
static void td_fill(struct tdisp_msg *m, const struct il_tdisp_ask *t)
{
	switch ((int)m->code) {
	case TDISP_GET_CAPABILITIES:
		m->tsm_caps = t->tsm_caps;
		break;
	case TDISP_LOCK_REQ:
		m->lock = (struct tdisp_lock){
			.flags = t->lock_flags,
			.default_stream = t->stream,
			.mmio_offset = t->mmio_offset,
			.p2p_mask = t->p2p_mask,
		};
		break;
	case TDISP_START_REQ:
		memcpy(m->nonce, t->nonce, sizeof(m->nonce));
		break;
	case TDISP_BIND_P2P_REQ:
	case TDISP_UNBIND_P2P_REQ:
		m->stream = t->stream;
		break;
	case TDISP_SET_MMIO_ATTR_REQ:
		m->range = (struct tdisp_range){ t->range.first_page,
						 t->range.pages, t->range.attrs,
						 t->range.id };
		break;
	case TDISP_VDM_REQ:
		m->vdm.registry = t->registry;
		m->vdm.id_len = (uint8_t)t->vid.n;
		m->vdm.id = t->vid.p;
		m->vdm.data = t->data.p;
		m->vdm.len = t->data.n;
		break;
	default:
		break;
	}
}

static const enum tdisp_code td_codes[] = {
	[IL_REQ_TDISP_VERSION - IL_REQ_TDISP_VERSION] = TDISP_GET_VERSION,
	[IL_REQ_TDISP_CAPS - IL_REQ_TDISP_VERSION] = TDISP_GET_CAPABILITIES,
	[IL_REQ_TDISP_LOCK - IL_REQ_TDISP_VERSION] = TDISP_LOCK_REQ,
	[IL_REQ_TDISP_REPORT - IL_REQ_TDISP_VERSION] = TDISP_GET_REPORT,
	[IL_REQ_TDISP_STATE - IL_REQ_TDISP_VERSION] = TDISP_GET_STATE,
	[IL_REQ_TDISP_START - IL_REQ_TDISP_VERSION] = TDISP_START_REQ,
	[IL_REQ_TDISP_STOP - IL_REQ_TDISP_VERSION] = TDISP_STOP_REQ,
	[IL_REQ_TDISP_BIND_P2P - IL_REQ_TDISP_VERSION] = TDISP_BIND_P2P_REQ,
	[IL_REQ_TDISP_UNBIND_P2P - IL_REQ_TDISP_VERSION] = TDISP_UNBIND_P2P_REQ,
	[IL_REQ_TDISP_SET_ATTR - IL_REQ_TDISP_VERSION] =
		TDISP_SET_MMIO_ATTR_REQ,
	[IL_REQ_TDISP_VENDOR - IL_REQ_TDISP_VERSION] = TDISP_VDM_REQ,
};

static enum il_err td_begin(struct il_requester *r, enum il_req_op op,
			    const struct il_requester_args *a, struct wr *w)
{
	struct tdisp_msg m = { .code = td_codes[op - IL_REQ_TDISP_VERSION] };
	enum il_err err;

	if (a->tdisp.vid.n > UINT8_MAX)
		return IL_E_ARG;
	tdisp_req_init(&r->tdisp, a->tdisp.function_id);
	if (op == IL_REQ_TDISP_REPORT) {
		r->portion = a->tdisp.portion ? a->tdisp.portion
					      : LIB_REPORT_PORTION;
		return a->out ? tdisp_req_report_begin(&r->tdisp, a->out,
						       a->out_cap > UINT16_MAX
							       ? UINT16_MAX
							       : a->out_cap,
						       r->portion, w)
			      : IL_E_ARG;
	}
	td_fill(&m, &a->tdisp);
	err = tdisp_req_begin(&r->tdisp, &m, w);
	bytes_wipe(&m, sizeof(m));
	return err;
}

static void td_found(struct il_requester *r, const struct tdisp_msg *m)
{
	struct il_requester_result *x = &r->result;

	switch ((int)m->code) {
	case TDISP_CAPABILITIES:
		x->dsm_caps = m->caps.dsm_caps;
		memcpy(x->tdisp_requests, m->caps.msgs,
		       sizeof(x->tdisp_requests));
		x->lock_flags = m->caps.lock_flags;
		x->addr_width = m->caps.addr_width;
		x->reqs_this = m->caps.num_req_this;
		x->reqs_all = m->caps.num_req_all;
		break;
	case TDISP_LOCK_RSP:
		memcpy(x->nonce, m->nonce, sizeof(x->nonce));
		break;
	case TDISP_STATE:
		x->tdi = m->state;
		break;
	case TDISP_VDM_RSP:
		x->payload = (struct il_span){ m->vdm.data, m->vdm.len };
		break;
	default:
		break;
	}
}

static enum il_err td_accept(struct il_requester *r, struct spdm_span in,
			     struct wr *w)
{
	struct tdisp_msg m = { .code = TDISP_GET_VERSION };
	uint32_t why = TDISP_E_UNSPECIFIED;
	enum il_err err;

	if (r->op == IL_REQ_TDISP_REPORT) {
		err = tdisp_req_report_accept(&r->tdisp, in.p, in.n, r->portion,
					      w, &r->result.out_len, &why);
		if (err == IL_E_PEER)
			r->result.tdi_error = why;
		return err == IL_E_SPACE ? IL_E_NOMEM : err;
	}
	err = tdisp_req_accept(&r->tdisp, in.p, in.n, &m);
	if (err == IL_E_PEER)
		r->result.tdi_error = m.error.code;
	if (!err)
		td_found(r, &m);
	bytes_wipe(&m, sizeof(m));
	return err;
}

/* --- both --- */

enum il_err lib_req_pci_begin(struct il_requester *r, enum il_req_op op,
			      const struct il_requester_args *a)
{
	struct wr w = wr_over(r->pay + 1, r->pay_cap - 1);
	const int protocol = lib_req_protocol(op);
	enum il_err err = protocol == IDEKM_PROTOCOL
				  ? ide_begin(r, op, &a->ide, &w)
				  : td_begin(r, op, a, &w);

	r->pay[0] = (uint8_t)protocol;
	r->pay_len = 1 + w.len;
	return err;
}

enum il_err lib_req_pci_accept(struct il_requester *r)
{
	const int protocol = lib_req_protocol(r->op);
	struct spdm_span in = spdm_req_answer(&r->spdm)->payload;
	struct wr w = wr_over(r->pay + 1, r->pay_cap - 1);
	enum il_err err;

	/* Its vendor is ours, or the engine had refused it. */
	if (!in.n || in.p[0] != protocol)
		return IL_E_FIELD;
	in.p++;
	in.n--;
	err = protocol == IDEKM_PROTOCOL ? ide_accept(r, in)
					 : td_accept(r, in, &w);
	if (err == IL_E_AGAIN)
		r->pay_len = 1 + w.len;
	return err;
}

void lib_req_pci_over(struct il_requester *r)
{
	idekm_req_abort(&r->idekm);
	tdisp_req_abort(&r->tdisp);
	bytes_wipe(r->pay, r->pay_len);
	r->pay_len = 0;
}

const char *lib_req_pci_name(enum il_req_op op)
{
	static const char *const name[] = {
		"QUERY",
		"KEY_PROG",
		"K_SET_GO",
		"K_SET_STOP",
		"GET_TDISP_VERSION",
		"GET_TDISP_CAPABILITIES",
		"LOCK_INTERFACE_REQUEST",
		"GET_DEVICE_INTERFACE_REPORT",
		"GET_DEVICE_INTERFACE_STATE",
		"START_INTERFACE_REQUEST",
		"STOP_INTERFACE_REQUEST",
		"BIND_P2P_STREAM_REQUEST",
		"UNBIND_P2P_STREAM_REQUEST",
		"SET_MMIO_ATTRIBUTE_REQUEST",
		"VDM_REQUEST",
	};

	_Static_assert(COUNT(name) == IL_REQ_OPS - IL_REQ_IDE_QUERY,
		       "a name each");
	return name[op - IL_REQ_IDE_QUERY];
}
