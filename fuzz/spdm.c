/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "spdm/codec.h"

/* Byte 0: what was negotiated; the rest is a message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t a[65536], b[65536];
	struct wr w = wr_over(a, sizeof(a)), v = wr_over(b, sizeof(b));
	struct rd in = rd_over(data, len);
	const uint8_t how = rd_u8(&in);
	const bool big = how & 1;
	const struct spdm_shape sh = { .hash_len = big ? 48 : 32,
				       .sig_len = big ? 96 : 64,
				       .dhe_len = how & 2 ? 96 : 64,
				       .summary = how & 4,
				       .sign = how & 8,
				       .clear = how & 16,
				       .multi_key = how & 64,
				       .req_sig_len = how & 128 ? 96 : 0 };
	struct spdm_msg m, n;
	size_t used = rd_left(&in);
	enum il_err err;

	if (how & 32)
		err = spdm_msg_decode_padded(in.p, used, &sh, &m, &used);
	else
		err = spdm_msg_decode(in.p, used, &sh, &m);
	if (err)
		return 0;
	must(used <= rd_left(&in) && rd_left(&in) - used < 4);
	must(spdm_msg_encode(&w, &m) == IL_OK);
	must(w.len == used);
	must(spdm_msg_decode(a, w.len, &sh, &n) == IL_OK);
	must(spdm_msg_encode(&v, &n) == IL_OK);
	same_again(&w, &v, used);
	must(spdm_msg_sig_len(&m) + spdm_msg_verify_len(&m) <= 2 * used);
	return 0;
}
