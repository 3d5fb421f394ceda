/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/decode.h"
#include "doe/doe.h"
#include "idekm/codec.h"
#include "mctp/mctp.h"

/* What the packets of a capture carry. */

#define LINK_TLP  147 /* DLT_USER0 */
#define LINK_MCTP 291
#define LINK_DOE  292
/* Transport header of MCTP in front of a message; not looked at. */
#define MCTP_TRANSPORT 4u

bool dec_link_known(int link)
{
	return link == LINK_TLP || link == LINK_MCTP || link == LINK_DOE;
}

static void other(struct dec *d, const char *what, const char *name,
		  const char *why)
{
	const struct dec_line l = { .what = what, .name = name, .why = why };

	d->sum.others++;
	dec_show(d, &l);
}

static void unknown(struct dec *d, const char *why)
{
	const struct dec_line l = { .what = "unknown", .why = why };

	d->sum.unknown++;
	dec_show(d, &l);
}

static void doe(struct dec *d, const uint8_t *p, size_t n)
{
	struct doe_type t;
	bool secured;
	const uint8_t *pay;
	size_t len;
	enum il_err err = doe_unwrap(p, n, DOE_MAX_PAYLOAD, &t, &pay, &len);

	if (err)
		unknown(d, err == IL_E_SHORT
				   ? "a data object that ends early"
				   : "no data object: its length is another");
	else if (doe_is_spdm(t, &secured))
		flow_push(&d->flow, &doe_binding,
			  secured ? SPDM_SECURED : SPDM_PLAIN, pay, len);
	else if (t.vendor != DOE_VENDOR_PCISIG)
		other(d, "opaque", "data object", "of another vendor");
	else if (t.type == DOE_TYPE_DISCOVERY)
		other(d, "discovery", "DOE discovery", NULL);
	else if (t.type == DOE_TYPE_SPDM_CONN ||
		 t.type == DOE_TYPE_SECURED_CONN)
		other(d, "opaque", "data object",
		      "of a type with a connection id");
	else
		other(d, "opaque", "data object",
		      "of a type that carries no SPDM");
}

static void mctp(struct dec *d, const uint8_t *p, size_t n)
{
	enum mctp_type type;
	const uint8_t *pay;
	size_t len;

	if (n <= MCTP_TRANSPORT)
		unknown(d, "an MCTP packet that ends early");
	else if (mctp_unwrap(p + MCTP_TRANSPORT, n - MCTP_TRANSPORT, &type,
			     &pay, &len))
		other(d, "opaque", "MCTP message",
		      "of a type that carries no SPDM");
	else
		flow_push(&d->flow, &mctp_binding,
			  type == MCTP_SPDM ? SPDM_PLAIN : SPDM_SECURED, pay,
			  len);
}

/* --- the packets of a link --- */

void dec_object(void *ctx, bool answer, const uint8_t *p, size_t n)
{
	(void)answer;
	doe(ctx, p, n);
}

/* Natural order; the wire's is undone. */
void dec_keys(struct dec *d, const struct flow_note *n)
{
	struct idekm_msg m;
	struct spdm_span p;
	struct rd r;

	if (!n->msg || n->what != FLOW_MESSAGE || n->response ||
	    n->msg->code != SPDM_VENDOR_DEFINED_REQUEST)
		return;
	p = n->msg->u.vdm.payload;
	if (!p.n || p.p[0] != IDEKM_PROTOCOL ||
	    idekm_decode(p.p + 1, p.n - 1, &m))
		return;
	r = rd_over(m.ifv, sizeof(m.ifv));
	if (m.object == IDEKM_KEY_PROG)
		watch_key(&d->watch, m.ref.stream, m.ref.key_set, m.ref.dir,
			  m.ref.sub, m.key, rd_u64be(&r));
	bytes_wipe(&m, sizeof(m));
}

static void tlp(struct dec *d, const uint8_t *p, size_t n)
{
	struct tlp t;
	struct dec_line l = { .what = "packet", .tlp = &t };

	switch (watch_push(&d->watch, p, n, &t)) {
	case WATCH_CLEAR:
		break;
	case WATCH_OPENED:
		d->sum.opened++;
		break;
	case WATCH_PROTECTED:
		d->sum.closed++;
		l.what = "protected";
		break;
	case WATCH_WRONG:
		d->sum.closed++;
		d->sum.fails++;
		l.what = "protected";
		l.why = "MAC: does not hold: it does not open with the keys "
			"of its stream";
		l.name = tlp_type_name(t.type);
		dec_show(d, &l);
		return;
	case WATCH_MALFORMED:
		unknown(d, "no packet that our ports know");
		return;
	}
	d->sum.others++;
	l.name = tlp_type_name(t.type);
	if (d->verbose)
		dec_show(d, &l);
}

void dec_packet(struct dec *d, int link, const uint8_t *p, size_t n)
{
	(link == LINK_DOE ? doe : link == LINK_MCTP ? mctp : tlp)(d, p, n);
}
