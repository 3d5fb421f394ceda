/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
#include "emu/side.h"
#include "fake_env.h"
#include "vfu/vfu_priv.h"

/*
 * Frames of any kind at the SPDM socket, before the socket: whatever comes, the
 * device stays sane, an answer fits a frame, and a question changes nothing.
 */
static struct world {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto lib;
	struct crypto crypto;
	struct device dev;
	struct vfu v;
} w;

static const uint8_t cert[] = { 0x30, 2, 5, 0 };

static void open_world(void)
{
	struct device_cfg cfg = {
		.arena = &w.arena,
		.crypto = &w.crypto,
		.env = &w.env,
		.vfs = 1,
		.streams = 2,
		.assume = true,
		.powered = true,
	};

	memset(&w, 0, sizeof(w));
	w.env = fake_env(&w.fenv);
	fake_init(&w.lib, 1);
	w.crypto = fake_crypto(&w.lib);
	device_spdm_defaults(&cfg.spdm);
	cfg.spdm.slots[0].certs = (struct spdm_span){ cert, sizeof(cert) };
	must(arena_map(&w.arena, 0, device_arena_need(&cfg)) == IL_OK);
	must(device_init(&w.dev, &cfg) == IL_OK);
	w.v.dev = &w.dev;
}

static void close_world(void)
{
	device_fini(&w.dev);
	arena_unmap(&w.arena);
}

/* What reads, and must not write. */
static bool is_question(const struct emu_frame *f)
{
	return f->transport == EMU_DOE &&
	       (f->command == EMU_BARE_TDISP || f->command == EMU_SIDE_STATE ||
		f->command == EMU_SIDE_ACCESS);
}

static void frame(const struct emu_frame *f)
{
	static uint8_t out[VFU_FRAME_MAX];
	static struct dsm dsm;
	static struct tdi tdis[DEVICE_FNS];
	struct wr wr = wr_over(out, sizeof(out));
	struct emu_frame reply;
	const char *why = NULL;
	enum vfu_verdict got;

	memcpy(&dsm, &w.dev.dsm, sizeof(dsm));
	memcpy(tdis, w.dev.tdis, sizeof(tdis));
	w.v.now_ns += 1000000;
	got = vfu_spdm_frame(&w.v, 0, f, &reply, &why);
	must(device_sane(&w.dev));
	must((got == VFU_DROP) == (why != NULL));
	if (is_question(f)) {
		must(unchanged(&dsm, &w.dev.dsm, sizeof(dsm)));
		must(unchanged(tdis, w.dev.tdis, sizeof(tdis)));
	}
	if (got == VFU_DROP || !reply.command)
		return;
	must(reply.transport == f->transport);
	must(emu_frame_encode(&wr, &reply) == IL_OK);
	(void)device_run(&w.dev, w.v.now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct emu_frame f;
	size_t used = 0;

	open_world();
	while (!emu_frame_decode(data, len, &f, &used)) {
		frame(&f);
		data += used;
		len -= used;
	}
	close_world();
	return 0;
}
