/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cli/request.h"
#include "tdisp/report.h"

/* Steps of IDE_KM and TDISP; order and checks as the TSM's. */

#define WRITER(q) wr_over((q)->pay + 1, sizeof((q)->pay) - 1)

/* --- IDE_KM --- */

static enum rq_end km(struct rq *q, const struct idekm_msg *m, const char *what,
		      struct idekm_msg *out)
{
	struct wr w = WRITER(q);
	struct spdm_span s = { NULL, 0 };
	enum il_err err = idekm_req_begin(&q->idekm, m, &w);
	enum rq_end end;

	if (err)
		return rq_say(q, RQ_FAILED, "%s: %s", what, il_err_name(err));
	q->pay[0] = IDEKM_PROTOCOL;
	end = rq_vendor(q, 1 + w.len, what, &s);
	bytes_wipe(q->pay, sizeof(q->pay)); /* it may be a key */
	err = end ? IL_OK : idekm_req_accept(&q->idekm, s.p, s.n, out);
	idekm_req_abort(&q->idekm);
	if (end)
		return end;
	if (err == IL_E_PEER)
		return rq_say(q, RQ_REFUSED, "%s: status %u", what,
			      out->status);
	if (err)
		return rq_say(q, RQ_FAILED, "%s: no answer to what was asked",
			      what);
	return RQ_OK;
}

static enum rq_end query(struct rq *q)
{
	const struct idekm_msg m = { .object = IDEKM_QUERY,
				     .ref.port = q->o.port };
	struct idekm_msg r = { .object = IDEKM_QUERY };
	enum rq_end end = km(q, &m, "QUERY", &r);
	char id[16];

	if (end)
		return end;
	snprintf(id, sizeof(id), "%04x:%02x:%02x.%u", r.segment, r.bus,
		 r.devfn >> 3, r.devfn & 7u);
	json_object_set_new(q->found, "function", json_string(id));
	json_object_set_new(q->found, "max_port", json_integer(r.max_port));
	rq_show_hex(q->found, "registers", r.cap, r.cap_len);
	return RQ_OK;
}

/* Words {0, 1}: fixed part zero, counter at its first value (law 8). */
static const uint8_t first_iv[IDEKM_IFV_LEN] = { 0, 0, 0, 0, 0, 0, 0, 1 };

/* One object for each sub-stream of @dir, key set 0. */
static enum rq_end each(struct rq *q, enum idekm_object object,
			enum idekm_dir dir)
{
	static const char *const names[IDEKM_OBJECTS] = {
		[IDEKM_KEY_PROG] = "KEY_PROG",
		[IDEKM_K_SET_GO] = "K_SET_GO",
		[IDEKM_K_SET_STOP] = "K_SET_STOP",
	};
	enum rq_end end = RQ_OK;

	for (uint8_t sub = 0; sub < IDEKM_SUBS && !end; sub++) {
		struct idekm_msg m = { .object = object,
				       .ref = { .stream = q->o.stream,
						.dir = (uint8_t)dir,
						.sub = sub,
						.port = q->o.port } };
		struct idekm_msg r;

		memcpy(m.ifv, first_iv, sizeof(m.ifv));
		if (object == IDEKM_KEY_PROG &&
		    env_random(&q->env, m.key, sizeof(m.key)))
			end = rq_say(q, RQ_FAILED, "no randomness");
		if (!end)
			end = km(q, &m, names[object], &r);
		bytes_wipe(&m, sizeof(m));
	}
	return end;
}

/* Laws 5 and 6: six keys, each its own; RX before TX. */
enum rq_end rq_ide(struct rq *q)
{
	static const struct {
		enum idekm_object object;
		enum idekm_dir dir;
	} plan[] = { { IDEKM_KEY_PROG, IDEKM_RX },
		     { IDEKM_KEY_PROG, IDEKM_TX },
		     { IDEKM_K_SET_GO, IDEKM_RX },
		     { IDEKM_K_SET_GO, IDEKM_TX } };
	enum rq_end end = query(q);

	for (size_t i = 0; i < COUNT(plan) && !end; i++)
		end = each(q, plan[i].object, plan[i].dir);
	if (!end)
		json_object_set_new(q->found, "keys", json_integer(6));
	return end;
}

enum rq_end rq_ide_stop(struct rq *q)
{
	enum rq_end end = each(q, IDEKM_K_SET_STOP, IDEKM_TX);

	return end ? end : each(q, IDEKM_K_SET_STOP, IDEKM_RX);
}

/* --- TDISP --- */

static enum rq_end refused(struct rq *q, const char *what, uint32_t code)
{
	return rq_say(q, RQ_REFUSED, "%s: TDISP ERROR %s (0x%x)", what,
		      rq_tdisp_error(code), code);
}

static enum rq_end td(struct rq *q, const struct tdisp_msg *m, const char *what,
		      struct tdisp_msg *out)
{
	struct wr w = WRITER(q);
	struct spdm_span s = { NULL, 0 };
	enum il_err err = tdisp_req_begin(&q->tdisp, m, &w);
	enum rq_end end;

	if (err)
		return rq_say(q, RQ_FAILED, "%s: %s", what, il_err_name(err));
	q->pay[0] = TDISP_PROTOCOL;
	end = rq_vendor(q, 1 + w.len, what, &s);
	bytes_wipe(q->pay, sizeof(q->pay)); /* it may be a nonce */
	err = end ? IL_OK : tdisp_req_accept(&q->tdisp, s.p, s.n, out);
	tdisp_req_abort(&q->tdisp);
	if (end)
		return end;
	if (err == IL_E_PEER)
		return refused(q, what, out->error.code);
	if (err)
		return rq_say(q, RQ_FAILED, "%s: no answer to what was asked",
			      what);
	return RQ_OK;
}

/* Law 19: the state is read back, and must be the one that was asked for. */
static enum rq_end state_is(struct rq *q, enum tdi_state want)
{
	const struct tdisp_msg m = { .code = TDISP_GET_STATE };
	struct tdisp_msg r = { .code = TDISP_STATE };
	enum rq_end end = td(q, &m, "GET_DEVICE_INTERFACE_STATE", &r);

	if (end)
		return end;
	json_array_append_new(json_object_get(q->found, "states"),
			      json_string(rq_tdi_state(r.state)));
	if (r.state == want)
		return RQ_OK;
	return rq_say(q, RQ_FAILED, "the TDI is in %s, not in %s",
		      rq_tdi_state(r.state), rq_tdi_state((uint8_t)want));
}

static const struct rq_bit lock_names[] = {
	{ TDISP_LOCK_NO_FW_UPDATE, TDISP_LOCK_NO_FW_UPDATE, "NO_FW_UPDATE" },
	{ TDISP_LOCK_CACHE_LINE_128, TDISP_LOCK_CACHE_LINE_128,
	  "CACHE_LINE_128" },
	{ TDISP_LOCK_MSIX, TDISP_LOCK_MSIX, "LOCK_MSIX" },
	{ TDISP_LOCK_BIND_P2P, TDISP_LOCK_BIND_P2P, "BIND_P2P" },
	{ TDISP_LOCK_REDIRECT, TDISP_LOCK_REDIRECT, "ALL_REQUEST_REDIRECT" },
};

static enum rq_end greet(struct rq *q)
{
	struct tdisp_msg m = { .code = TDISP_GET_VERSION };
	struct tdisp_msg r = { .code = TDISP_VERSION };
	enum rq_end end = td(q, &m, "GET_TDISP_VERSION", &r);

	if (end)
		return end;
	json_object_set_new(q->found, "version", json_string("1.0"));
	m.code = TDISP_GET_CAPABILITIES;
	end = td(q, &m, "GET_TDISP_CAPABILITIES", &r);
	if (end)
		return end;
	json_object_set_new(
		q->found, "lock_flags",
		rq_bits(r.caps.lock_flags, lock_names, COUNT(lock_names)));
	rq_show_hex(q->found, "requests", r.caps.msgs, 2);
	json_object_set_new(q->found, "address_width",
			    json_integer(r.caps.addr_width));
	if (q->o.lock_flags & ~r.caps.lock_flags)
		return rq_say(q, RQ_ABSENT,
			      "it lacks a lock flag that was asked for");
	return RQ_OK;
}

static const struct rq_bit info_names[] = {
	{ TDISP_INFO_NO_FW_UPDATE, TDISP_INFO_NO_FW_UPDATE, "NO_FW_UPDATE" },
	{ TDISP_INFO_DMA_NO_PASID, TDISP_INFO_DMA_NO_PASID, "DMA_NO_PASID" },
	{ TDISP_INFO_DMA_PASID, TDISP_INFO_DMA_PASID, "DMA_PASID" },
	{ TDISP_INFO_ATS, TDISP_INFO_ATS, "ATS" },
	{ TDISP_INFO_PRS, TDISP_INFO_PRS, "PRS" },
};

static const struct rq_bit range_names[] = {
	{ TDISP_RANGE_MSIX_TABLE, TDISP_RANGE_MSIX_TABLE, "MSIX_TABLE" },
	{ TDISP_RANGE_MSIX_PBA, TDISP_RANGE_MSIX_PBA, "MSIX_PBA" },
	{ TDISP_RANGE_NON_TEE, TDISP_RANGE_NON_TEE, "NON_TEE" },
	{ TDISP_RANGE_UPDATABLE, TDISP_RANGE_UPDATABLE, "UPDATABLE" },
};

static void show_report(struct rq *q, const struct tdisp_report *r)
{
	json_t *ranges = json_array();

	json_object_set_new(q->found, "interface_info",
			    rq_bits(r->info, info_names, COUNT(info_names)));
	for (uint32_t i = 0; i < r->range_count; i++) {
		const struct tdisp_range *x = &r->ranges[i];
		json_t *one = json_object();
		char page[24];

		snprintf(page, sizeof(page), "0x%llx",
			 (unsigned long long)x->first_page);
		json_object_set_new(one, "bar", json_integer(x->id));
		json_object_set_new(one, "first_page", json_string(page));
		json_object_set_new(one, "pages", json_integer(x->pages));
		json_object_set_new(
			one, "attributes",
			rq_bits(x->attrs, range_names, COUNT(range_names)));
		json_array_append_new(ranges, one);
	}
	json_object_set_new(q->found, "ranges", ranges);
}

static enum rq_end report(struct rq *q)
{
	static const char what[] = "GET_DEVICE_INTERFACE_REPORT";
	const uint16_t part = 1024;
	struct wr w = WRITER(q);
	struct tdisp_report r;
	uint32_t why = TDISP_E_NONE;
	size_t len = 0;
	enum il_err err = tdisp_req_report_begin(&q->tdisp, q->report,
						 sizeof(q->report), part, &w);

	while (!err || err == IL_E_AGAIN) {
		struct spdm_span s = { NULL, 0 };
		enum rq_end end;

		q->pay[0] = TDISP_PROTOCOL;
		end = rq_vendor(q, 1 + w.len, what, &s);
		if (end) {
			tdisp_req_abort(&q->tdisp);
			return end;
		}
		w = WRITER(q);
		err = tdisp_req_report_accept(&q->tdisp, s.p, s.n, part, &w,
					      &len, &why);
		if (!err)
			break;
	}
	tdisp_req_abort(&q->tdisp);
	if (err == IL_E_PEER)
		return refused(q, what, why);
	if (err)
		return rq_say(q, RQ_FAILED, "%s: no answer to what was asked",
			      what);
	rq_show_hex(q->found, "report", q->report, len);
	if (tdisp_report_decode(q->report, len, &r))
		return rq_say(q, RQ_FAILED,
			      "the interface report is malformed");
	show_report(q, &r);
	return RQ_OK;
}

static enum rq_end lock(struct rq *q, uint8_t nonce[TDISP_NONCE_LEN])
{
	const struct tdisp_msg m = {
		.code = TDISP_LOCK_REQ,
		.lock = { .flags = q->o.lock_flags,
			  .default_stream = q->o.stream },
	};
	struct tdisp_msg r = { .code = TDISP_LOCK_RSP };
	enum rq_end end = td(q, &m, "LOCK_INTERFACE_REQUEST", &r);

	if (end)
		return end;
	memcpy(nonce, r.nonce, TDISP_NONCE_LEN);
	bytes_wipe(&r, sizeof(r));
	return state_is(q, TDI_LOCKED);
}

static enum rq_end start(struct rq *q, const uint8_t nonce[TDISP_NONCE_LEN])
{
	struct tdisp_msg m = { .code = TDISP_START_REQ };
	struct tdisp_msg r = { .code = TDISP_START_RSP };
	enum rq_end end;

	memcpy(m.nonce, nonce, sizeof(m.nonce));
	end = td(q, &m, "START_INTERFACE_REQUEST", &r);
	bytes_wipe(&m, sizeof(m));
	return end ? end : state_is(q, TDI_RUN);
}

static enum rq_end stop(struct rq *q)
{
	const struct tdisp_msg m = { .code = TDISP_STOP_REQ };
	struct tdisp_msg r = { .code = TDISP_STOP_RSP };
	enum rq_end end = td(q, &m, "STOP_INTERFACE_REQUEST", &r);

	return end ? end : state_is(q, TDI_UNLOCKED);
}

/* What was locked is unlocked again, whatever came between. */
static enum rq_end locked(struct rq *q)
{
	uint8_t nonce[TDISP_NONCE_LEN];
	char why[sizeof(q->why)];
	enum rq_end end = lock(q, nonce);

	if (!end)
		end = report(q);
	if (!end)
		end = start(q, nonce);
	bytes_wipe(nonce, sizeof(nonce));
	if (!end)
		return stop(q);
	memcpy(why, q->why, sizeof(why)); /* the first refusal counts */
	if (q->spdm.state == SPDM_REQ_SESSION)
		(void)stop(q);
	memcpy(q->why, why, sizeof(why));
	return end;
}

enum rq_end rq_tdisp(struct rq *q)
{
	enum rq_end end = greet(q);

	if (end)
		return end;
	json_object_set_new(q->found, "states", json_array());
	end = state_is(q, TDI_UNLOCKED);
	return end ? end : locked(q);
}
