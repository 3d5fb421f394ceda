/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/decode.h"
#include "mctp/mctp.h"
#include "pci/doe.h"

/* What the packets of a capture carry. */

#define LINK_MCTP 291
#define LINK_DOE  292
/* Transport header of MCTP in front of a message; not looked at. */
#define MCTP_TRANSPORT 4u

bool dec_link_known(int link)
{
	return link == LINK_MCTP || link == LINK_DOE;
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
	const uint8_t *pay;
	size_t len;
	enum il_err err = doe_unwrap(p, n, DOE_MAX_PAYLOAD, &t, &pay, &len);

	if (err)
		unknown(d, err == IL_E_SHORT
				   ? "a data object that ends early"
				   : "no data object: its length is another");
	else if (t.vendor != DOE_VENDOR_PCISIG)
		other(d, "opaque", "data object", "of another vendor");
	else if (t.type == DOE_TYPE_DISCOVERY)
		other(d, "discovery", "DOE discovery", NULL);
	else if (t.type == DOE_TYPE_SPDM || t.type == DOE_TYPE_SECURED)
		flow_push(&d->flow, NULL,
			  t.type == DOE_TYPE_SPDM ? SPDM_PLAIN : SPDM_SECURED,
			  pay, len);
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

void dec_packet(struct dec *d, int link, const uint8_t *p, size_t n)
{
	(link == LINK_DOE ? doe : mctp)(d, p, n);
}
