/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <pcap/pcap.h>
#include <string.h>

#include "doe/doe.h"
#include "mctp/mctp.h"

/*
 * The recordings of test/vectors, packet by packet: what comes out of each is
 * put together again to the same bytes. Counts are of test/vectors/README.md.
 */

#define LINK_MCTP 291
#define LINK_DOE  292
/* The transport header that the recorder puts in front of an MCTP message. */
#define MCTP_TRANSPORT 4u

struct count {
	unsigned discovery;
	unsigned plain;
	unsigned secured;
};

/* What the walk through discovery tells, in the order of its packets. */
struct walk {
	bool asked;
	uint8_t index;
	unsigned types;
};

static void step(struct walk *k, const uint8_t *p, size_t n)
{
	uint8_t index = 99, version = 99, back[DOE_DISCOVERY_LEN];
	struct wr w = wr_over(back, sizeof(back));
	struct doe_discovery_rsp m;
	struct doe_type t;
	struct rd r = rd_over(p, n);

	k->asked = !k->asked;
	if (k->asked) {
		assert_int_equal(doe_discovery_req_decode(&r, &index, &version),
				 IL_OK);
		assert_int_equal(index, k->index);
		doe_discovery_req_encode(&w, index, version);
	} else {
		assert_int_equal(doe_discovery_rsp_decode(&r, &m), IL_OK);
		doe_discovery_rsp_encode(&w, &m);
		assert_int_equal(doe_discovered(p, n, &k->index, &t), IL_OK);
		assert_int_equal(t.vendor, 1);
		k->types |= 1u << t.type;
	}
	assert_int_equal(w.len, n);
	assert_memory_equal(back, p, n);
}

static void object(struct count *c, struct walk *k, const uint8_t *p, size_t n)
{
	static uint8_t back[1 << 16];
	struct wr w = wr_over(back, sizeof(back));
	const uint8_t *pay = NULL;
	struct doe_type t = { 0, 0 };
	bool secured = false;
	size_t len = 0;

	assert_int_equal(doe_unwrap(p, n, sizeof(back), &t, &pay, &len), IL_OK);
	if (doe_is_spdm(t, &secured)) {
		*(secured ? &c->secured : &c->plain) += 1;
		t = doe_spdm(secured);
	} else {
		assert_int_equal(t.vendor, DOE_VENDOR_PCISIG);
		assert_int_equal(t.type, DOE_TYPE_DISCOVERY);
		c->discovery++;
		step(k, pay, len);
	}
	assert_int_equal(doe_wrap(&w, t, pay, len), IL_OK);
	assert_int_equal(w.len, n);
	assert_memory_equal(back, p, n);
}

static void message(struct count *c, const uint8_t *p, size_t n)
{
	static uint8_t back[1 << 16];
	struct wr w = wr_over(back, sizeof(back));
	enum mctp_type type = MCTP_SPDM;
	const uint8_t *pay = NULL;
	size_t len = 0;

	assert_true(n > MCTP_TRANSPORT);
	p += MCTP_TRANSPORT;
	n -= MCTP_TRANSPORT;
	assert_int_equal(mctp_unwrap(p, n, &type, &pay, &len), IL_OK);
	*(type == MCTP_SECURED ? &c->secured : &c->plain) += 1;
	assert_int_equal(mctp_wrap(&w, type, pay, len), IL_OK);
	assert_int_equal(w.len, n);
	assert_memory_equal(back, p, n);
}

static struct count hear(const char *path, int link)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *f = pcap_open_offline(path, why);
	struct count c = { 0 };
	struct walk k = { 0 };
	struct pcap_pkthdr *h;
	const uint8_t *p;

	assert_non_null(f);
	assert_int_equal(pcap_datalink(f), link);
	while (pcap_next_ex(f, &h, &p) == 1) {
		assert_int_equal(h->caplen, h->len);
		if (link == LINK_DOE)
			object(&c, &k, p, h->caplen);
		else
			message(&c, p, h->caplen);
	}
	pcap_close(f);
	/* Discovery itself, SPDM and secured SPDM, and the walk was ended. */
	assert_int_equal(k.types, link == LINK_DOE ? 7 : 0);
	assert_int_equal(k.index, 0);
	assert_false(k.asked);
	return c;
}

static void each_object_of_tdisp12_is_made_again(void **unused)
{
	const struct count c = hear(TDISP12, LINK_DOE);

	(void)unused;
	assert_int_equal(c.discovery, 6);
	assert_int_equal(c.plain, 250 - 6 - 212);
	assert_int_equal(c.secured, 212);
}

static void each_object_of_base11_is_made_again(void **unused)
{
	const struct count c = hear(BASE11, LINK_DOE);

	(void)unused;
	assert_int_equal(c.discovery, 6);
	assert_int_equal(c.plain, 48 - 6 - 12);
	assert_int_equal(c.secured, 12);
}

static void each_object_of_psk13_is_made_again(void **unused)
{
	const struct count c = hear(PSK13, LINK_DOE);

	(void)unused;
	assert_int_equal(c.discovery, 6);
	assert_int_equal(c.plain, 70 - 6 - 32);
	assert_int_equal(c.secured, 32);
}

static void each_message_of_mctp12_is_made_again(void **unused)
{
	const struct count c = hear(MCTP12, LINK_MCTP);

	(void)unused;
	assert_int_equal(c.discovery, 0);
	assert_int_equal(c.plain, 54 - 28);
	assert_int_equal(c.secured, 28);
}

static void each_message_of_mutual14_is_made_again(void **unused)
{
	const struct count c = hear(MUTUAL14, LINK_MCTP);

	(void)unused;
	assert_int_equal(c.discovery, 0);
	assert_int_equal(c.plain, 100 - 38);
	assert_int_equal(c.secured, 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_object_of_tdisp12_is_made_again),
		cmocka_unit_test(each_object_of_base11_is_made_again),
		cmocka_unit_test(each_object_of_psk13_is_made_again),
		cmocka_unit_test(each_message_of_mctp12_is_made_again),
		cmocka_unit_test(each_message_of_mutual14_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
