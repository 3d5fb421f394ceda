/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "idekm/req.h"
#include "tdisp/req.h"

/*
 * The requesters of IDE_KM and TDISP: questions of any kind, answers that fit,
 * that were changed, or that belong to another question.
 *
 * They stay sane; what is refused changes nothing; what is accepted answers
 * what was asked, and a report is as long as its first portion said.
 */

static struct {
	struct idekm_req km;
	struct tdisp_req td;
	uint8_t msg[512]; /* the last question, or an answer to it */
	size_t len;
	uint8_t rep[64];
	uint16_t part;
} x;

static void km_ask(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const struct idekm_msg m = { .object = (enum idekm_object)(a & 7),
				     .ref = { .stream = a >> 3,
					      .key_set = b & 1,
					      .dir = b >> 1 & 1,
					      .sub = b >> 2 & 3,
					      .port = b >> 4 & 1 } };
	struct wr w = wr_over(x.msg, b & 0x20 ? 6 : sizeof(x.msg));
	const struct idekm_req before = x.km;

	if (idekm_req_begin(&x.km, &m, &w))
		must(!memcmp(&before, &x.km, sizeof(before)));
	else
		x.len = w.len;
}

/* What an honest device says to the question that stands in x.msg. */
static void km_answer(struct rd *in)
{
	static const uint8_t image[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const uint8_t how = rd_u8(in);
	struct idekm_msg m = { .object = x.km.sent == IDEKM_QUERY
						 ? IDEKM_QUERY_RESP
					 : x.km.sent == IDEKM_KEY_PROG
						 ? IDEKM_KP_ACK
						 : IDEKM_K_GOSTOP_ACK,
			       .ref = x.km.ref,
			       .status = how >> 5,
			       .max_port = 1,
			       .cap = image,
			       .cap_len = sizeof(image) };
	const struct idekm_req before = x.km;
	struct wr w = wr_over(x.msg, sizeof(x.msg));
	struct idekm_msg out;
	enum il_err err;

	if (idekm_encode(&w, &m))
		return;
	x.len = w.len;
	if (how & 1)
		x.len = edit(in, x.msg, x.len, sizeof(x.msg));
	err = idekm_req_accept(&x.km, x.msg, x.len, &out);
	if (err && err != IL_E_PEER) {
		must(!memcmp(&before, &x.km, sizeof(before)));
		return;
	}
	must(before.busy && !x.km.busy);
	must(err == IL_OK || out.status != IDEKM_OK);
	if (out.object != IDEKM_QUERY_RESP)
		must(out.ref.stream == before.ref.stream &&
		     out.ref.sub == before.ref.sub &&
		     out.ref.dir == before.ref.dir);
}

static void td_ask(struct rd *in)
{
	static const uint8_t id[2] = { 1, 2 }, body[8] = { 3 };
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct tdisp_msg m = { .code = (enum tdisp_code)(0x80 | (a & 15)) };
	struct wr w = wr_over(x.msg, b & 0x20 ? 17 : sizeof(x.msg));
	struct tdisp_req before;
	enum il_err err;

	if (m.code == TDISP_GET_REPORT) {
		m.get_report.length = b;
	} else if (m.code == TDISP_VDM_REQ) {
		m.vdm.registry = b & 3;
		m.vdm.id_len = a & 0x40 ? 2 : 0;
		m.vdm.id = id;
		m.vdm.data = body;
		m.vdm.len = b >> 6;
	}
	if (a & 0x80)
		m.code = (enum tdisp_code)b;
	memcpy(&before, &x.td, sizeof(before));
	if (a & 0x10) {
		x.part = 1 + (b & 15);
		err = tdisp_req_report_begin(&x.td, x.rep,
					     b & 0x40 ? 8 : sizeof(x.rep),
					     b & 0x80 ? 0 : x.part, &w);
	} else {
		err = tdisp_req_begin(&x.td, &m, &w);
	}
	if (err)
		must(unchanged(&before, &x.td, sizeof(before)));
	else
		x.len = w.len;
}

/* An answer of the right kind, as far as that can be told. */
static size_t td_say(uint8_t how, uint8_t *out, size_t cap)
{
	static const uint8_t ten = 0x10, id[2] = { 1, 2 }, body[64] = { 9 };
	const uint8_t code = how & 2 ? TDISP_ERROR : x.td.sent & 0x7f;
	struct tdisp_msg m = { .version = 0x10,
			       .code = (enum tdisp_code)code,
			       .iface = x.td.iface };
	struct wr w = wr_over(out, cap);

	switch (code) {
	case TDISP_VERSION:
		m.versions.entries = &ten;
		m.versions.count = 1;
		break;
	case TDISP_CAPABILITIES:
		m.caps.msgs[0] = 0xfe;
		m.caps.lock_flags = how >> 3;
		break;
	case TDISP_REPORT:
		m.report.data = body;
		m.report.portion = how >> 4;
		m.report.remainder = how & 4 ? 0 : (how & 8) * 2;
		break;
	case TDISP_STATE:
		m.state = how >> 5;
		break;
	case TDISP_VDM_RSP:
		m.vdm.registry = how >> 6;
		m.vdm.id_len = how & 4 ? 2 : 0;
		m.vdm.id = id;
		m.vdm.data = body;
		m.vdm.len = 3;
		break;
	case TDISP_ERROR:
		m.error.code = how >> 3;
		break;
	default:
		break;
	}
	return tdisp_encode(&w, &m) ? 0 : w.len;
}

static void td_answer(struct rd *in, bool report)
{
	const uint8_t how = rd_u8(in);
	uint8_t ans[512];
	struct wr w = wr_over(x.msg, sizeof(x.msg));
	size_t n = td_say(how, ans, sizeof(ans)), len = 0;
	struct tdisp_req before;
	struct tdisp_msg out;
	uint32_t why = 0;
	enum il_err err;

	if (how & 1)
		n = edit(in, ans, n, sizeof(ans));
	memcpy(&before, &x.td, sizeof(before));
	if (report)
		err = tdisp_req_report_accept(&x.td, ans, n, x.part, &w, &len,
					      &why);
	else
		err = tdisp_req_accept(&x.td, ans, n, &out);
	switch ((int)err) {
	case IL_OK:
		must(before.busy && !x.td.busy);
		must(!report || (len > 0 && len <= sizeof(x.rep)));
		if (report && before.rep_total)
			must(len == before.rep_total);
		break;
	case IL_E_PEER:
	case IL_E_SPACE:
		must(before.busy && !x.td.busy);
		break;
	case IL_E_AGAIN:
		must(report && x.td.busy && x.td.rep_len > before.rep_len);
		break;
	default:
		must(unchanged(&before, &x.td, sizeof(before)));
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 7) {
	case 0:
		km_ask(in);
		break;
	case 1:
		km_answer(in);
		break;
	case 2:
		if (op & 8)
			idekm_req_abort(&x.km);
		else
			tdisp_req_abort(&x.td);
		break;
	case 3:
	case 4:
		td_ask(in);
		break;
	default:
		td_answer(in, op & 1);
	}
	must(idekm_req_sane(&x.km));
	must(tdisp_req_sane(&x.td));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	memset(&x, 0, sizeof(x));
	idekm_req_init(&x.km);
	tdisp_req_init(&x.td, rd_u8(&in));
	while (rd_left(&in))
		step(&in);
	return 0;
}
