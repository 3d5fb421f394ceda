/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/chain.h"

#include "spdm/keys_priv.h"
#include "spdm/sig.h"

size_t spdm_der_len(struct spdm_span s)
{
	struct rd r = rd_over(s.p, s.n);
	const uint8_t tag = rd_u8(&r);
	size_t n = rd_u8(&r);

	if (n & 0x80)
		n = (n & 0x7f) <= 2 ? rd_be(&r, n & 0x7f) : 0;
	if (r.err || tag != 0x30 || n > rd_left(&r))
		return 0;
	return s.n - rd_left(&r) + n;
}

static void chain_head(uint8_t out[SPDM_CHAIN_HEAD], size_t total)
{
	struct wr w = wr_over(out, SPDM_CHAIN_HEAD);

	wr_u16le(&w, (uint16_t)total);
	wr_zero(&w, 2);
}

enum il_err spdm_chain_hash(const struct crypto *c, uint32_t hash,
			    struct spdm_span certs, struct spdm_span root,
			    uint8_t *root_hash, uint8_t *chain_hash)
{
	const enum crypto_hash_alg alg = spdm_crypto_hash(hash);
	const size_t hash_len = spdm_hash_len(hash);
	uint8_t head[SPDM_CHAIN_HEAD];
	enum il_err err;

	if (!root.n)
		root = (struct spdm_span){ certs.p, spdm_der_len(certs) };
	err = crypto_hash(c, alg, root.p, root.n, root_hash);
	if (err)
		return err;
	chain_head(head, SPDM_CHAIN_HEAD + hash_len + certs.n);

	const struct crypto_span parts[3] = { { head, sizeof(head) },
					      { root_hash, hash_len },
					      { certs.p, certs.n } };

	return crypto_hash_parts(c, alg, parts, 3, chain_hash);
}

void spdm_chain_bytes(const struct spdm_chain *ch, size_t off, uint8_t *out,
		      size_t n)
{
	uint8_t head[SPDM_CHAIN_HEAD];
	const struct crypto_span part[3] = { { head, sizeof(head) },
					     { ch->root_hash, ch->hash_len },
					     { ch->certs.p, ch->certs.n } };

	chain_head(head, spdm_chain_len(ch));
	for (unsigned i = 0; i < COUNT(part) && n; i++) {
		if (off >= part[i].len) {
			off -= part[i].len;
			continue;
		}

		const size_t take =
			part[i].len - off < n ? part[i].len - off : n;

		memcpy(out, (const uint8_t *)part[i].p + off, take);
		out += take;
		n -= take;
		off = 0;
	}
}

enum il_err spdm_chain_read(const struct crypto *c, uint32_t hash,
			    enum crypto_key want, struct spdm_span chain,
			    const uint8_t *told, uint8_t *digest,
			    struct crypto_chain *out)
{
	const size_t head = SPDM_CHAIN_HEAD + spdm_hash_len(hash);
	struct rd r = rd_over(chain.p, chain.n);
	enum il_err err;

	if (rd_u16le(&r) != chain.n || chain.n <= head)
		return IL_E_FIELD;
	err = crypto_hash(c, spdm_crypto_hash(hash), chain.p, chain.n, digest);
	if (err)
		return err;
	if (memcmp(digest, told, spdm_hash_len(hash)) != 0)
		return IL_E_AUTH;
	err = crypto_chain_parse(c, chain.p + head, chain.n - head, out);
	if (err)
		return err;
	if (out->key == want)
		return IL_OK;
	crypto_chain_drop(c, out);
	return IL_E_FIELD;
}
