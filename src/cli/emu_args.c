/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/emu_args.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "emu/frame.h"
#include "spdm/rsp.h"

/*
 * Options and words: DMTF spdm-emu, spdm_emu_common/spdm_emu.c. Each option
 * has one value behind a space.
 */

struct word {
	const char *name;
	uint32_t bits; /* 0: known, and not here */
};

#define NOT_HERE 0

static const struct word trans_words[] = {
	{ "MCTP", EMU_MCTP },
	{ "PCI_DOE", EMU_DOE },
	{ "TCP", NOT_HERE },
	{ "NONE", NOT_HERE },
};

static const struct word ver_words[] = {
	{ "1.0", SPDM_V10 }, { "1.1", SPDM_V11 }, { "1.2", SPDM_V12 },
	{ "1.3", SPDM_V13 }, { "1.4", SPDM_V14 },
};

static const struct word sec_words[] = {
	{ "1.0", NOT_HERE },
	{ "1.1", SPDM_SM_V11 },
	{ "1.2", SPDM_SM_V12 },
};

static const struct word cap_words[] = {
	{ "CACHE", SPDM_CAP_CACHE },
	{ "CERT", SPDM_CAP_CERT },
	{ "CHAL", SPDM_CAP_CHAL },
	{ "MEAS_NO_SIG", NOT_HERE },
	{ "MEAS_SIG", SPDM_CAP_MEAS_SIG },
	{ "MEAS_FRESH", SPDM_CAP_MEAS_FRESH },
	{ "ENCRYPT", SPDM_CAP_ENCRYPT },
	{ "MAC", SPDM_CAP_MAC },
	{ "MUT_AUTH", SPDM_CAP_MUT_AUTH },
	{ "KEY_EX", SPDM_CAP_KEY_EX },
	{ "PSK", SPDM_CAP_PSK },
	{ "PSK_WITH_CONTEXT", SPDM_CAP_PSK_WITH_CONTEXT },
	{ "ENCAP", SPDM_CAP_ENCAP },
	{ "HBEAT", SPDM_CAP_HBEAT },
	{ "KEY_UPD", SPDM_CAP_KEY_UPD },
	{ "HANDSHAKE_IN_CLEAR", SPDM_CAP_HANDSHAKE_IN_CLEAR },
	{ "PUB_KEY_ID", NOT_HERE },
	{ "CHUNK", NOT_HERE },
	{ "ALIAS_CERT", NOT_HERE },
	{ "SET_CERT", NOT_HERE },
	{ "CSR", NOT_HERE },
	{ "CERT_INSTALL_RESET", NOT_HERE },
	{ "EP_INFO_NO_SIG", NOT_HERE },
	{ "EP_INFO_SIG", NOT_HERE },
	{ "MEL", NOT_HERE },
	{ "EVENT", NOT_HERE },
	{ "MULTI_KEY_ONLY", NOT_HERE },
	{ "MULTI_KEY_NEG", NOT_HERE },
	{ "GET_KEY_PAIR_INFO", NOT_HERE },
	{ "SET_KEY_PAIR_INFO", NOT_HERE },
	{ "SET_KEY_PAIR_RESET", NOT_HERE },
	{ "LARGE_RESP", NOT_HERE },
};

static const struct word hash_words[] = {
	{ "SHA_256", SPDM_HASH_SHA_256 }, { "SHA_384", SPDM_HASH_SHA_384 },
	{ "SHA_512", SPDM_HASH_SHA_512 }, { "SHA3_256", NOT_HERE },
	{ "SHA3_384", NOT_HERE },	  { "SHA3_512", NOT_HERE },
	{ "SM3_256", NOT_HERE },
};

static const struct word meas_hash_words[] = {
	{ "RAW_BIT", SPDM_MEAS_HASH_RAW_ONLY },
	{ "SHA_256", SPDM_MEAS_HASH_SHA_256 },
	{ "SHA_384", SPDM_MEAS_HASH_SHA_384 },
	{ "SHA_512", SPDM_MEAS_HASH_SHA_512 },
	{ "SHA3_256", NOT_HERE },
	{ "SHA3_384", NOT_HERE },
	{ "SHA3_512", NOT_HERE },
	{ "SM3_256", NOT_HERE },
};

static const struct word asym_words[] = {
	{ "NONE", NOT_HERE },
	{ "RSASSA_2048", SPDM_ASYM_RSASSA_2048 },
	{ "RSASSA_3072", SPDM_ASYM_RSASSA_3072 },
	{ "RSASSA_4096", SPDM_ASYM_RSASSA_4096 },
	{ "RSAPSS_2048", SPDM_ASYM_RSAPSS_2048 },
	{ "RSAPSS_3072", SPDM_ASYM_RSAPSS_3072 },
	{ "RSAPSS_4096", SPDM_ASYM_RSAPSS_4096 },
	{ "ECDSA_P256", SPDM_ASYM_ECDSA_P256 },
	{ "ECDSA_P384", SPDM_ASYM_ECDSA_P384 },
	{ "ECDSA_P521", NOT_HERE },
	{ "SM2_P256", NOT_HERE },
	{ "EDDSA_25519", NOT_HERE },
	{ "EDDSA_448", NOT_HERE },
};

#define DHE_NONE BIT(31) /* ours: asked for, and no group at all */

static const struct word dhe_words[] = {
	{ "NONE", DHE_NONE },
	{ "FFDHE_2048", NOT_HERE },
	{ "FFDHE_3072", NOT_HERE },
	{ "FFDHE_4096", NOT_HERE },
	{ "SECP_256_R1", SPDM_DHE_SECP256R1 },
	{ "SECP_384_R1", SPDM_DHE_SECP384R1 },
	{ "SECP_521_R1", SPDM_DHE_SECP521R1 },
	{ "SM2_P256", NOT_HERE },
};

static const struct word aead_words[] = {
	{ "AES_128_GCM", SPDM_AEAD_AES_128_GCM },
	{ "AES_256_GCM", SPDM_AEAD_AES_256_GCM },
	{ "CHACHA20_POLY1305", SPDM_AEAD_CHACHA20_POLY1305 },
	{ "SM4_128_GCM", NOT_HERE },
};

#define ASK_NOT BIT(31) /* ours: said, and nothing at all */

static const struct word basic_words[] = {
	{ "NO", ASK_NOT },
	{ "BASIC", 1 },
};

static const struct word mut_words[] = {
	{ "NO", ASK_NOT },
	{ "WO_ENCAP", SPDM_MUT_AUTH },
	{ "W_ENCAP", SPDM_MUT_AUTH_ENCAP },
	{ "DIGESTS", SPDM_MUT_AUTH_DIGESTS },
};

static const struct word count_words[] = {
	{ "1", 1 }, { "2", 2 }, { "3", 3 }, { "4", 4 },
	{ "5", 5 }, { "6", 6 }, { "7", 7 }, { "8", 8 },
};

/* 0xFF is a key without a certificate. */
static const struct word slot_words[] = {
	{ "0", 1 }, { "1", 1 }, { "2", 1 }, { "3", 1 },		  { "4", 1 },
	{ "5", 1 }, { "6", 1 }, { "7", 1 }, { "0xFF", NOT_HERE },
};

enum kind {
	ONE,	/* one word; not here: refused */
	SHOWN,	/* one word; not here: said, and gone on without */
	LIST,	/* words with commas; none here: refused */
	PART,	/* the same; none here: gone on without */
	TEXT,	/* any, kept */
	IGNORE, /* any, the requester's or of no effect here */
	ALONE,	/* no value */
};

#define NO_FIELD SIZE_MAX
#define FIELD(f) offsetof(struct emu_args, f)
#define WORDS(w) (w), COUNT(w)

static const struct option {
	const char *name;
	enum kind kind;
	const struct word *words;
	size_t count;
	size_t field;
} options[] = {
	{ "--trans", ONE, WORDS(trans_words), FIELD(trans) },
	{ "--ip", TEXT, NULL, 0, FIELD(ip) },
	{ "--port", TEXT, NULL, 0, FIELD(port) },
	{ "--ver", ONE, WORDS(ver_words), FIELD(ver) },
	{ "--sec_ver", ONE, WORDS(sec_words), FIELD(sec_ver) },
	{ "--cap", PART, WORDS(cap_words), FIELD(caps) },
	{ "--hash", LIST, WORDS(hash_words), FIELD(hash) },
	{ "--meas_hash", LIST, WORDS(meas_hash_words), FIELD(meas_hash) },
	{ "--asym", LIST, WORDS(asym_words), FIELD(asym) },
	{ "--dhe", LIST, WORDS(dhe_words), FIELD(dhe) },
	{ "--aead", LIST, WORDS(aead_words), FIELD(aead) },
	{ "--slot_count", ONE, WORDS(count_words), FIELD(slots) },
	{ "--slot_id", ONE, WORDS(slot_words), NO_FIELD },
	{ "--basic_mut_auth", ONE, WORDS(basic_words), FIELD(basic) },
	{ "--mut_auth", ONE, WORDS(mut_words), FIELD(mutual) },
	{ "--tcp_sub", IGNORE, NULL, 0, NO_FIELD },
	{ "--meas_spec", IGNORE, NULL, 0, NO_FIELD },
	{ "--mel_spec", IGNORE, NULL, 0, NO_FIELD },
	{ "--req_asym", PART, WORDS(asym_words), FIELD(req_asym) },
	{ "--pqc_asym", IGNORE, NULL, 0, NO_FIELD },
	{ "--req_pqc_asym", IGNORE, NULL, 0, NO_FIELD },
	{ "--kem", IGNORE, NULL, 0, NO_FIELD },
	{ "--key_schedule", IGNORE, NULL, 0, NO_FIELD },
	{ "--other_param", IGNORE, NULL, 0, NO_FIELD },
	{ "--pqc_first", IGNORE, NULL, 0, NO_FIELD },
	{ "--peer_cap", IGNORE, NULL, 0, NO_FIELD },
	{ "--meas_sum", IGNORE, NULL, 0, NO_FIELD },
	{ "--meas_op", IGNORE, NULL, 0, NO_FIELD },
	{ "--meas_att", IGNORE, NULL, 0, NO_FIELD },
	{ "--key_upd", IGNORE, NULL, 0, NO_FIELD },
	{ "--req_slot_id", IGNORE, NULL, 0, NO_FIELD },
	{ "--exe_mode", IGNORE, NULL, 0, NO_FIELD },
	{ "--exe_conn", IGNORE, NULL, 0, NO_FIELD },
	{ "--exe_session", IGNORE, NULL, 0, NO_FIELD },
	{ "--priv_key_mode", IGNORE, NULL, 0, NO_FIELD },
	{ "--key-log", TEXT, NULL, 0, FIELD(keylog) },
	{ "--verbose", ALONE, NULL, 0, NO_FIELD },
	{ "-v", ALONE, NULL, 0, NO_FIELD },
};

/* What would change what goes on, and is not here. */
static const char *const refused[] = { "--save_state", "--load_state",
				       "--pcap" };

static const struct option *find(const char *name)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static const struct word *word_of(const struct option *o, const char *s,
				  size_t n)
{
	for (size_t i = 0; i < o->count; i++)
		if (strlen(o->words[i].name) == n &&
		    memcmp(o->words[i].name, s, n) == 0)
			return &o->words[i];
	return NULL;
}

/* "SHA_256 SHA_384": what can be said instead. */
static void offers(const struct option *o, char *buf, size_t cap)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < o->count && at < cap; i++)
		if (o->words[i].bits)
			at += (size_t)snprintf(buf + at, cap - at, "%s%s",
					       at ? " " : "", o->words[i].name);
}

static void put(const struct option *o, struct emu_args *a, uint32_t bits)
{
	if (o->field != NO_FIELD)
		memcpy((char *)a + o->field, &bits, sizeof(bits));
}

static int take_words(struct cli *c, const struct option *o, const char *value,
		      struct emu_args *a)
{
	bool list = o->kind == LIST || o->kind == PART;
	uint32_t bits = 0;
	char here[256], missing[256] = "";
	size_t m = 0;

	for (const char *at = value; *at;) {
		size_t n = list ? strcspn(at, ",") : strlen(at);
		const struct word *w = word_of(o, at, n);

		if (!w)
			return cli_misuse(c, "%s: unknown word '%.*s'", o->name,
					  (int)n, at);
		if (!w->bits && m < sizeof(missing))
			m += (size_t)snprintf(missing + m, sizeof(missing) - m,
					      " %s", w->name);
		bits |= w->bits;
		at += n;
		if (*at == ',')
			at++;
	}
	offers(o, here, sizeof(here));
	if (!bits && (o->kind == ONE || o->kind == LIST))
		return cli_fail(c, "%s %s: not here; here: %s", o->name, value,
				here);
	if (m)
		fprintf(c->out, "%s: left out, not here:%s\n", o->name,
			missing);
	put(o, a, bits);
	return 0;
}

static int take(struct cli *c, const struct option *o, const char *value,
		struct emu_args *a)
{
	switch (o->kind) {
	case ONE:
	case SHOWN:
	case LIST:
	case PART:
		return take_words(c, o, value, a);
	case TEXT:
		memcpy((char *)a + o->field, &value, sizeof(value));
		break;
	case IGNORE:
	case ALONE:
		break;
	}
	return 0;
}

/*
 * What one capability needs of others, lest no requester believe the set.
 * Source: DSP0274 1.2.1, section 10.3 (flags of the responder).
 */
static void settle_caps(struct emu_args *a)
{
	const uint32_t session =
		SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;

	a->basic &= ~ASK_NOT;
	a->mutual &= ~ASK_NOT;
	if (!a->req_asym)
		a->caps &= ~SPDM_CAP_MUT_AUTH;
	if ((a->caps & SPDM_CAP_PSK_MASK) == SPDM_CAP_PSK_MASK)
		a->caps &= ~SPDM_CAP_PSK;
	if (!(a->caps & SPDM_CAP_MUT_AUTH))
		a->basic = a->mutual = 0;
	if (!(a->caps & SPDM_CAP_ENCAP)) {
		a->basic = 0;
		a->mutual &= SPDM_MUT_AUTH;
	}
	if (!(a->caps & SPDM_CAP_CERT))
		a->caps &=
			~(SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG | SPDM_CAP_KEY_EX);
	if (!(a->caps & SPDM_CAP_MEAS_SIG))
		a->caps &= ~SPDM_CAP_MEAS_FRESH;
	if (a->dhe & DHE_NONE)
		a->dhe &= ~DHE_NONE;
	if (!a->dhe || (a->caps & session) != session)
		a->caps &= ~(session | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD |
			     SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_PSK_MASK);
}

static int read_one(struct cli *c, int argc, char **argv, int *i,
		    struct emu_args *a)
{
	const char *name = argv[*i];
	const struct option *o = find(name);

	for (size_t k = 0; k < COUNT(refused); k++)
		if (strcmp(refused[k], name) == 0)
			return cli_fail(c, "%s: not here", name);
	if (!o)
		return cli_misuse(c, "unknown option %s", name);
	if (o->kind != ALONE && *i + 1 >= argc)
		return cli_misuse(c, "%s wants a value", name);
	return take(c, o, o->kind == ALONE ? "" : argv[++*i], a);
}

int emu_args_read(struct cli *c, int argc, char **argv, struct emu_args *out)
{
	struct emu_args a = {
		.trans = EMU_MCTP,
		.sec_ver = SPDM_SM_V11,
		.caps = SPDM_RSP_CAPS_ALL | /* TF-RMM needs all of them */
			SPDM_CAP_PSK_WITH_CONTEXT | SPDM_CAP_MUT_AUTH |
			SPDM_CAP_ENCAP,
		.req_asym = SPDM_ASYM_RSAPSS_3072 | SPDM_ASYM_RSAPSS_2048 |
			    SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSASSA_2048 |
			    SPDM_ASYM_ECDSA_P384 | SPDM_ASYM_ECDSA_P256,
		.hash = SPDM_HASH_SHA_384 | SPDM_HASH_SHA_256,
		.meas_hash = SPDM_MEAS_HASH_SHA_384 | SPDM_MEAS_HASH_SHA_256,
		.asym = SPDM_ASYM_ECDSA_P384 | SPDM_ASYM_ECDSA_P256,
		.dhe = SPDM_DHE_SECP384R1 | SPDM_DHE_SECP256R1,
		.aead = SPDM_AEAD_AES_256_GCM,
		.slots = 3,
		.ip = "127.0.0.1",
		.port = "2323",
	};
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			a.help = true;
			break;
		}
		ret = read_one(c, argc, argv, &i, &a);
	}
	if (ret)
		return ret;
	settle_caps(&a);
	*out = a;
	return 0;
}

void emu_args_usage(FILE *f)
{
	char here[256];

	fputs("usage: spdm_responder_emu [OPTION VALUE]...\n\n", f);
	for (size_t i = 0; i < COUNT(options); i++) {
		const struct option *o = &options[i];

		if (o->kind == IGNORE || o->kind == ALONE)
			continue;
		offers(o, here, sizeof(here));
		fprintf(f, "  %-16s %s\n", o->name,
			o->kind == TEXT ? "VALUE" : here);
	}
	fputs("\nTaken and without effect:", f);
	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i].kind == IGNORE || options[i].kind == ALONE)
			fprintf(f, " %s", options[i].name);
	fputc('\n', f);
}
