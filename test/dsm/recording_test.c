/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <jansson.h>
#include <pcap/pcap.h>

#include "crypto/ossl.h"
#include "idekm/req.h"
#include "spdm/secured.h"
#include "tdisp/req.h"
#include "tdisp/vec.h"

/*
 * The recording tdisp12 (test/vectors/README.md), decrypted by our secured
 * messages with the data secrets that its JSON lists. What comes out of it
 * must be, message for message, what the text vectors of idekm and tdisp say,
 * and a conversation that our requesters could have had.
 */

#define DOE_HDR	     8
#define DOE_SECURED  2
#define SESSIONS     2
#define PCI_MESSAGES 120

static char **paths; /* pcap, json, IDE_KM vectors, TDISP vectors */

struct ear {
	struct ossl *o;
	struct crypto c;
	struct spdm_channel ch[SESSIONS][SPDM_DIRS];
	FILE *vec[2]; /* by protocol id */
	struct idekm_req km;
	struct tdisp_req td;
	unsigned heard;
};

static void secret(json_t *all, const char *name, size_t i, uint8_t out[48])
{
	const char *hex = json_string_value(
		json_array_get(json_object_get(all, name), i));

	assert_non_null(hex);
	for (size_t n = 0; n < 48; n++)
		out[n] = (uint8_t)(vec_nibble(hex[2 * n]) << 4 |
				   vec_nibble(hex[2 * n + 1]));
}

static void ear_open(struct ear *e)
{
	static const char *const names[SPDM_DIRS] = { "request_data_secrets",
						      "response_data_secrets" };
	const struct ossl_cfg cfg = { .seeded = true, .seed = 1 };
	json_t *all = json_load_file(paths[1], 0, NULL);
	const struct spdm_keys keys = { .version = SPDM_V12,
					.hash = SPDM_HASH_SHA_384,
					.hash_len = 48 };

	assert_non_null(all);
	assert_int_equal(ossl_new(&cfg, &e->o), IL_OK);
	e->c = ossl_crypto(e->o);
	for (size_t i = 0; i < SESSIONS; i++)
		for (unsigned dir = 0; dir < SPDM_DIRS; dir++) {
			uint8_t s[48];

			secret(all, names[dir], i, s);
			assert_int_equal(spdm_channel_open(&e->ch[i][dir],
							   &e->c, &keys, s,
							   UINT64_MAX),
					 IL_OK);
		}
	json_decref(all);
	e->vec[IDEKM_PROTOCOL] = fopen(paths[2], "r");
	e->vec[TDISP_PROTOCOL] = fopen(paths[3], "r");
	assert_non_null(e->vec[0]);
	assert_non_null(e->vec[1]);
	idekm_req_init(&e->km);
	tdisp_req_init(&e->td, 0xbeef);
}

static void ear_close(struct ear *e)
{
	for (size_t i = 0; i < SESSIONS; i++)
		for (unsigned dir = 0; dir < SPDM_DIRS; dir++)
			spdm_channel_close(&e->ch[i][dir], &e->c);
	assert_int_equal(ossl_live(e->o), 0);
	ossl_free(e->o);
	fclose(e->vec[0]);
	fclose(e->vec[1]);
}

static void hear_idekm(struct ear *e, bool req, const uint8_t *p, size_t n)
{
	uint8_t out[VEC_MAX];
	struct wr w = wr_over(out, sizeof(out));
	struct idekm_msg m;

	assert_int_equal(idekm_decode(p, n, &m), IL_OK);
	if (!req) {
		assert_int_equal(idekm_req_accept(&e->km, p, n, &m), IL_OK);
		assert_int_equal(idekm_encode(&w, &m), IL_OK);
	} else {
		assert_int_equal(idekm_req_begin(&e->km, &m, &w), IL_OK);
	}
	assert_int_equal(w.len, n);
	assert_memory_equal(out, p, n);
}

static void hear_tdisp(struct ear *e, bool req, const uint8_t *p, size_t n)
{
	uint8_t out[VEC_MAX];
	struct wr w = wr_over(out, sizeof(out));
	struct tdisp_msg m;

	assert_int_equal(tdisp_decode(p, n, &m), IL_OK);
	if (!req) {
		assert_int_equal(tdisp_req_accept(&e->td, p, n, &m), IL_OK);
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
	} else {
		assert_int_equal(tdisp_req_begin(&e->td, &m, &w), IL_OK);
	}
	assert_int_equal(w.len, n);
	assert_memory_equal(out, p, n);
}

static void hear_payload(struct ear *e, unsigned session, bool req,
			 const struct spdm_span *load)
{
	static struct vec v;
	uint8_t protocol;

	assert_true(load->n > 1);
	protocol = load->p[0];
	assert_in_range(protocol, 0, 1);
	assert_true(vec_next(e->vec[protocol], &v));
	assert_int_equal(v.session, session + 1);
	assert_int_equal(v.req, req);
	assert_int_equal(v.n, load->n - 1);
	assert_memory_equal(v.p, load->p + 1, v.n);
	if (protocol == IDEKM_PROTOCOL)
		hear_idekm(e, req, load->p + 1, load->n - 1);
	else
		hear_tdisp(e, req, load->p + 1, load->n - 1);
	e->heard++;
}

/* One secured record; those of other keys (handshake, PSK) are not for us. */
static void hear(struct ear *e, const uint8_t *p, size_t n)
{
	uint8_t plain[VEC_MAX];
	size_t len;

	for (unsigned i = 0; i < SESSIONS * SPDM_DIRS; i++) {
		const struct spdm_shape shape = { .hash_len = 48 };
		struct spdm_msg m;

		if (spdm_secured_open(&e->ch[i / 2][i % 2], &e->c, p, n, plain,
				      sizeof(plain), &len))
			continue;
		if (plain[1] != SPDM_VENDOR_DEFINED_REQUEST &&
		    plain[1] != SPDM_VENDOR_DEFINED_RESPONSE)
			return;
		assert_int_equal(spdm_msg_decode(plain, len, &shape, &m),
				 IL_OK);
		if (m.u.vdm.standard == SPDM_STD_PCISIG && m.u.vdm.vid.n == 2 &&
		    m.u.vdm.vid.p[0] == 1 && m.u.vdm.vid.p[1] == 0)
			hear_payload(e, i / 2, i % 2 == SPDM_DIR_REQ,
				     &m.u.vdm.payload);
		return;
	}
}

static void the_recording_holds_what_the_text_vectors_say(void **unused)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *cap = pcap_open_offline(paths[0], why);
	static struct ear e;
	static struct vec v;
	struct pcap_pkthdr *hdr;
	const uint8_t *p;

	(void)unused;
	assert_non_null(cap);
	ear_open(&e);
	while (pcap_next_ex(cap, &hdr, &p) == 1)
		if (hdr->caplen > DOE_HDR && p[2] == DOE_SECURED)
			hear(&e, p + DOE_HDR, hdr->caplen - DOE_HDR);
	assert_int_equal(e.heard, PCI_MESSAGES);
	assert_false(vec_next(e.vec[0], &v));
	assert_false(vec_next(e.vec[1], &v));
	ear_close(&e);
	pcap_close(cap);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recording_holds_what_the_text_vectors_say),
	};

	if (argc != 5)
		return 2;
	paths = argv + 1;
	return cmocka_run_group_tests_name("dsm recording", tests, NULL, NULL);
}
