/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "tlp/tlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t a[TLP_MAX_BYTES], b[TLP_MAX_BYTES];
	struct rd r = rd_over(data, len), again;
	struct wr w = wr_over(a, sizeof(a)), v = wr_over(b, sizeof(b));
	struct tlp t, u;
	struct tlp_span s;

	if (tlp_decode(&r, &t))
		return 0;
	must(tlp_encode(&w, &t) == IL_OK);
	again = rd_over(a, w.len);
	must(tlp_decode(&again, &u) == IL_OK);
	must(tlp_encode(&v, &u) == IL_OK);
	same_again(&w, &v, len);
	s = tlp_span_of(&t);
	must(s.hdr_len + s.data_len + s.mac_len == len);
	must(s.data_len == (tlp_has_data(t.type) ? 4u * t.len_dw : 0));
	must(memcmp(a + s.hdr_len, data + s.hdr_len, len - s.hdr_len) == 0);
	return 0;
}
