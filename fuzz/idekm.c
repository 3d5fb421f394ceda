/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "idekm/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t a[65536], b[65536];
	struct wr w = wr_over(a, sizeof(a)), v = wr_over(b, sizeof(b));
	struct idekm_msg m, n;

	if (idekm_decode(data, len, &m))
		return 0;
	must(idekm_encode(&w, &m) == IL_OK);
	must(idekm_decode(a, w.len, &n) == IL_OK);
	must(idekm_encode(&v, &n) == IL_OK);
	same_again(&w, &v, len);
	return 0;
}
