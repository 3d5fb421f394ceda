/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM that ends in some state of its guest's device, its descriptors closing
 * in some order: here with the firmware and the device as they are. The kernel
 * alone stops the interface and takes everything back; laws hold in each step.
 * All orders, over fakes: test/vmm/dies_test.c.
 */
#include "arch/sev_tio/host_priv.h"

#include "laws_rig.h"

#include "world/plat_sev_tio.h"

#include "../share.h"

#define PF "0000:01:00.0"

#define ATTACHED "vmm launch\nguest boot\nvmm attach " PF "\nguest probe\n"
#define LOCKED	 ATTACHED "guest lock\n"
#define ACCEPTED LOCKED "guest evidence\nguest accept\n"
#define RUNNING	 ACCEPTED "guest start\n"

/* The last command of a state is left after some steps, if it begins with G:
 */
static const char *const states[] = {
	"vmm prepare\nvmm attach " PF "\n",
	"vmm launch\nguest boot\n",
	ATTACHED,
	ATTACHED "start G: guest lock\n",
	LOCKED,
	LOCKED "start G: guest evidence\n",
	ACCEPTED,
	ACCEPTED "start G: guest start\n",
	RUNNING "start G: guest dma\n",
	RUNNING "guest mmio\nstart G: guest release\n",
};

static const char *const fds[] = { "vfio",     "bars", "iommufd", "vcpu",
				   "kvm-vfio", "gmem", "vm" };

static enum il_err run(const char *text, struct world_end *end)
{
	struct lang_script s = { .call = t.call, .cap = LAWS_CALLS };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("line %u: %s\n%s", e.line, e.what, text);
	/* Call by call: what was started may stay under way. */
	for (size_t i = 0; i < s.n; i++) {
		const struct lang_call *next =
			i + 1 < s.n ? &t.call[i + 1] : NULL;
		enum il_err err = world_call(t.w, &t.call[i], next, end);

		if (err)
			return err;
	}
	return IL_OK;
}

static void must(const char *text)
{
	struct world_end end = { 0 };

	if (run(text, &end))
		fail_msg("line %u: %s\n%s", end.line, end.what, text);
}

/* What is not there any more, or is over, is no news; a law is. */
static void may(const char *text)
{
	struct world_end end = { 0 };

	if (run(text, &end) && end.law)
		fail_msg("%s\n%s", end.what, text);
}

/* Some of the descriptors, in an order of the dice's. */
static void close_some(struct dice *d)
{
	uint64_t n = dice_below(d, 2 * COUNT(fds));
	char line[64];

	while (n--) {
		snprintf(line, sizeof(line), "vmm close %s\n",
			 fds[dice_below(d, COUNT(fds))]);
		may(line);
	}
}

struct left {
	uint64_t frames, assigned, leaked;
	uint32_t pools[8];
};

static struct left left(void)
{
	const struct host *h = t.w->host;
	const struct own *o = &plat()->own;
	struct left x = {
		.frames = mem_frames_left(&t.w->mem),
		.leaked = plat()->host->leaked,
		.pools = { h->k.file_pool.live, h->k.vma_pool.live,
			   h->k.task_pool.live, h->tsm.tdi_pool.live,
			   h->iommufd.ctx_pool.live, h->iommufd.obj_pool.live,
			   h->iommufd.area_pool.live, h->vfio.buf_pool.live },
	};

	for (uint32_t a = 0; a < o->asids; a++)
		x.assigned += o->pages[a];
	return x;
}

static void the_kernel_cleans_up_behind_a_vmm_alone(void **unused)
{
	const unsigned rounds = SANITIZED ? 4 : 60;
	struct dice d = { share_seed(7) };
	struct left first, now;

	(void)unused;
	print_message("seed %llu\n", (unsigned long long)d.state);
	must("platform sev-tio\ndevice\nlink\nhost connect " PF "\n"
	     "vmm launch\nvmm attach " PF "\nvmm die\n");
	first = left();
	for (unsigned i = 0; i < rounds; i++) {
		unsigned s = i % COUNT(states);

		must(states[s]);
		if (strstr(states[s], "start G"))
			for (uint64_t n = 1 + dice_below(&d, 24); n; n--)
				may("step G\n");
		close_some(&d);
		must("vmm die\nexpect tdi " PF " unlocked\n");
		now = left();
		assert_memory_equal(&now, &first, sizeof(now));
	}
	must("vmm launch\nguest boot\nvmm attach " PF "\nguest probe\n"
	     "guest lock\nguest evidence\nguest accept\nguest start\n"
	     "guest dma\nguest mmio\nguest release\nvmm detach " PF "\n"
	     "vmm destroy\nhost disconnect " PF "\nexpect connected no\n");
	assert_true(world_cleanup(t.w));
}

static int fresh(void **unused)
{
	(void)unused;
	open_world("0", PF);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(fresh, the_kernel_cleans_up_behind_a_vmm_alone),
	};

	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
