/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that the device's session is to be opened with. The monitor has no
 * X.509: it takes the leaf's key from us, and the realm compares it with the
 * chain that it judges (A.3).
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bytes.h"

static int algo_of(enum crypto_curve curve, uint8_t *algo)
{
	switch (curve) {
	case CRYPTO_P256:
		*algo = RMI_SIG_ECDSA_P256;
		return 0;
	case CRYPTO_P384:
		*algo = RMI_SIG_ECDSA_P384;
		return 0;
	case CRYPTO_P521:
		break; /* the monitor's profile has no other */
	}
	return -EOPNOTSUPP;
}

/* A point, uncompressed, and the algorithm, of the last certificate. */
static int leaf_key(struct cca_host *s, const struct cca_conn *c,
		    uint8_t pub[1 + CRYPTO_PUB_MAX], size_t *len, uint8_t *algo)
{
	struct crypto_chain chain = { 0 };
	enum crypto_curve curve;
	int ret = 0;

	if (crypto_chain_parse(s->cfg.crypto, c->cert.p, c->cert.len, &chain))
		return -EIO;
	pub[0] = PUBKEY_POINT;
	if (crypto_pubkey(s->cfg.crypto, chain.leaf, &curve, pub + 1))
		ret = -EOPNOTSUPP;
	else
		ret = algo_of(curve, algo);
	if (!ret)
		*len = 1 + 2 * crypto_curve_len(curve);
	crypto_chain_drop(s->cfg.crypto, &chain);
	return ret;
}

int cca_set_pubkey(struct cca_host *s, struct cca_conn *c)
{
	uint8_t p[PUBKEY_PARAMS_LEN] = { 0 }, pub[1 + CRYPTO_PUB_MAX], algo = 0;
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_SET_PUBKEY, c->ep.pa };
	size_t len = 0;
	int ret = leaf_key(s, c, pub, &len, &algo);

	if (ret)
		return ret;
	memcpy(p + PUBKEY_PARAMS_KEY, pub, len);
	cca_put_u64(p, PUBKEY_PARAMS_KEY_LEN, len);
	cca_put_u8(p, PUBKEY_PARAMS_ALGO, algo);
	x[2] = cca_params(s, p, sizeof(p));
	return x[2] ? cca_errno(cca_smc(s, x)) : -EIO;
}
