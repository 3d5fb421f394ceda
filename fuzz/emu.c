/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "emu/frame.h"
#include "emu/side.h"

/* A message or an answer is only what is written so again. */
static void question(const struct emu_frame *f)
{
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));
	struct emu_side m;

	if (emu_side_decode(f->command, f->p, f->len, &m))
		return;
	must(m.command == f->command);
	must(emu_side_encode(&w, &m) == IL_OK);
	must(w.len == f->len && memcmp(out, f->p, f->len) == 0);
}

static void answer(const struct emu_frame *f)
{
	uint8_t out[4 + 2 * EMU_SIDE_TEXT_MAX];
	struct wr w = wr_over(out, sizeof(out));
	struct emu_side_answer a;

	if (emu_side_answer_decode(f->command, f->p, f->len, &a))
		return;
	must(emu_side_answer_encode(&w, f->command, &a) == IL_OK);
	must(w.len == f->len && memcmp(out, f->p, f->len) == 0);
}

/* A stream of frames, as a socket gives it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t out[EMU_HDR_LEN + EMU_PAYLOAD_MAX];
	struct emu_frame f;
	size_t used = 0;

	while (!emu_frame_decode(data, len, &f, &used)) {
		struct wr w = wr_over(out, sizeof(out));

		must(used >= EMU_HDR_LEN && used <= len);
		must(emu_frame_encode(&w, &f) == IL_OK);
		must(w.len == used && memcmp(out, data, used) == 0);
		question(&f);
		answer(&f);
		data += used;
		len -= used;
	}
	return 0;
}
