/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_cfg.h"

#include <stdio.h>
#include <stdlib.h>

#include "judge/target_pci.h"

/* A device in this machine: by a fake, and by libpci over dumps of lspci. */

struct pci_rig {
	struct fake_cfg f;
	const char *driver;
	unsigned opened, closed;
	struct target_pci t;
};

static enum il_err open_fake(void *ctx, struct regs *out, char *why, size_t cap)
{
	struct pci_rig *r = ctx;

	(void)why;
	(void)cap;
	r->opened++;
	*out = fake_cfg_regs(&r->f);
	return IL_OK;
}

static void close_fake(void *ctx)
{
	struct pci_rig *r = ctx;

	r->closed++;
}

static const char *driver_fake(void *ctx)
{
	const struct pci_rig *r = ctx;

	return r->driver;
}

static uint64_t now_fake(void *ctx)
{
	struct pci_rig *r = ctx;

	return r->f.now;
}

static struct pci_rig *rig_new(bool force)
{
	struct pci_rig *r = test_calloc(1, sizeof(*r));
	const struct target_pci_cfg cfg = { .open = open_fake,
					    .close = close_fake,
					    .driver = driver_fake,
					    .ctx = r,
					    .now_ns = now_fake,
					    .force = force };

	fake_cfg_init(&r->f, true);
	target_pci_init(&r->t, &cfg);
	return r;
}

static void rig_free(struct pci_rig *r)
{
	target_pci_fini(&r->t);
	assert_int_equal(r->opened, r->closed);
	test_free(r);
}

static void names_are_those_of_the_kernel(void **unused)
{
	static const char *const bad[] = {
		"",
		"0000:01:00",
		"01:00.0",
		"0000:01:00.1",
		"0000:01:20.0",
		"0000:01:00.0 ",
		"0000-01:00.0",
		"g000:01:00.0",
		"0000:1:00.0",
		"0000:01:0.0",
		"00000:01:00.0",
		"0000:01:00,0",
	};
	struct pci_way w = { .domain = 7 };

	(void)unused;
	assert_int_equal(pci_way_parse("10aB:41:1f.0", &w), IL_OK);
	assert_int_equal(w.domain, 0x10ab);
	assert_int_equal(w.bus, 0x41);
	assert_int_equal(w.dev, 0x1f);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(pci_way_parse(bad[i], &w), IL_E_ARG);
	assert_int_equal(w.domain, 0x10ab);
}

static void a_bound_driver_is_left_alone(void **unused)
{
	struct pci_rig *r = rig_new(false);
	const struct judge_target t = target_pci(&r->t);

	(void)unused;
	r->driver = "nvme";
	assert_int_equal(target_pci_look(&r->t), IL_E_STATE);
	assert_non_null(strstr(t.ops->why(t.ctx), "nvme"));
	assert_non_null(strstr(t.ops->why(t.ctx), "--force"));
	assert_int_equal(t.ops->open(t.ctx), IL_E_IO);
	assert_int_equal(t.ops->send(t.ctx, JUDGE_PLAIN, (uint8_t[4]){ 0 }, 4,
				     UINT64_MAX),
			 IL_E_IO);
	assert_int_equal(r->f.writes, 0);
	rig_free(r);
	r = rig_new(true);
	r->driver = "nvme";
	assert_int_equal(target_pci_look(&r->t), IL_OK);
	assert_int_equal(r->f.writes, 0);
	rig_free(r);
}

static void a_mailbox_in_use_is_not_touched_even_by_force(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 6; i++) {
		struct pci_rig *r = rig_new(i & 1);

		if (i / 2 == 0)
			r->f.busy_until = UINT64_MAX;
		if (i / 2 == 1)
			r->f.sts = DOE_STS_ERROR;
		if (i / 2 == 2)
			r->f.ready_forever = true;
		assert_int_equal(target_pci_look(&r->t), IL_E_STATE);
		assert_int_equal(r->f.writes, 0);
		rig_free(r);
	}
}

static void what_we_left_in_the_mailbox_is_aborted(void **unused)
{
	struct pci_rig *r = rig_new(false);
	const struct judge_target t = target_pci(&r->t);

	(void)unused;
	assert_int_equal(t.ops->open(t.ctx), IL_OK);
	assert_int_equal(r->f.aborts, 0);
	r->f.sts = DOE_STS_ERROR;
	assert_int_equal(t.ops->open(t.ctx), IL_OK);
	assert_int_equal(r->f.aborts, 1);
	rig_free(r);
}

static void a_device_without_doe_or_at_all_is_named(void **unused)
{
	struct pci_rig *r = rig_new(true);

	(void)unused;
	fake_cfg_init(&r->f, false);
	assert_int_equal(target_pci_look(&r->t), IL_E_ARG);
	assert_non_null(strstr(r->t.carry.why, "no DOE"));
	r->f.gone = true;
	assert_int_equal(target_pci_look(&r->t), IL_E_ARG);
	assert_non_null(strstr(r->t.carry.why, "no such device"));
	assert_int_equal(r->f.writes, 0);
	rig_free(r);
}

static void registers_beside_the_mailbox_take_force(void **unused)
{
	struct pci_rig *r = rig_new(false);
	struct judge_target t = target_pci(&r->t);
	uint32_t v;

	(void)unused;
	assert_null(t.ops->reset);
	assert_null(t.ops->event);
	assert_null(t.ops->mem);
	assert_int_equal(t.ops->cfg_read(t.ctx, 0, CFG_VENDOR_ID, &v), IL_E_IO);
	assert_int_equal(t.ops->open(t.ctx), IL_OK);
	assert_int_equal(t.ops->cfg_read(t.ctx, 0, CFG_VENDOR_ID, &v), IL_OK);
	assert_int_equal(v, 0x56781234);
	assert_int_equal(t.ops->cfg_write(t.ctx, 0, CFG_COMMAND, 2, 6),
			 IL_E_STATE);
	assert_non_null(strstr(t.ops->why(t.ctx), "--force"));
	assert_int_equal(
		t.ops->cfg_write(t.ctx, 0, (uint16_t)(r->f.doe - 4), 4, 1),
		IL_E_STATE);
	assert_int_equal(t.ops->cfg_write(t.ctx, 0,
					  (uint16_t)(r->f.doe + DOE_CAP_SIZE),
					  4, 1),
			 IL_E_STATE);
	assert_int_equal(
		t.ops->cfg_write(t.ctx, 1, (uint16_t)(r->f.doe + 8), 4, 1),
		IL_E_STATE);
	assert_int_equal(r->f.writes, 0);
	assert_int_equal(
		t.ops->cfg_write(t.ctx, 0, (uint16_t)(r->f.doe + 8), 4, 1),
		IL_OK);
	assert_int_equal(r->f.aborts, 1);
	rig_free(r);
}

static void a_forced_reset_puts_registers_back(void **unused)
{
	struct pci_rig *r = rig_new(true);
	const struct judge_target t = target_pci(&r->t);
	uint64_t was;

	(void)unused;
	assert_int_equal(t.ops->open(t.ctx), IL_OK);
	/* No FLR in its capabilities. */
	assert_int_equal(t.ops->reset(t.ctx), IL_E_IO);
	pci_cfg_put(&r->f.cfg, 0x4c, 4, EXP_DEVCAP_FLR);
	pci_cfg_put(&r->f.cfg, CFG_COMMAND, 2, 6);
	pci_cfg_put(&r->f.cfg, CFG_BAR0, 4, 0xfe000000);
	was = r->f.now;
	assert_int_equal(t.ops->reset(t.ctx), IL_OK);
	assert_in_range(r->f.now - was, 100000000, 200000000);
	assert_int_equal(pci_cfg_get(&r->f.cfg, CFG_COMMAND, 2), 6);
	assert_int_equal(pci_cfg_get(&r->f.cfg, CFG_BAR0, 4), 0xfe000000);
	assert_int_equal(r->f.aborts, 0);
	/* What the reset left in the mailbox is ours. */
	r->f.sts = DOE_STS_ERROR;
	assert_int_equal(t.ops->reset(t.ctx), IL_OK);
	assert_int_equal(r->f.aborts, 1);
	rig_free(r);
}

static void messages_go_through_the_mailbox(void **unused)
{
	struct pci_rig *r = rig_new(false);
	const struct judge_target t = target_pci(&r->t);
	static const uint8_t ask[] = { 0x10, 0x84, 0, 0 };
	struct judge_came m;

	(void)unused;
	assert_int_equal(t.ops->open(t.ctx), IL_OK);
	assert_int_equal(t.ops->send(t.ctx, JUDGE_PLAIN, ask, 4, 1000000),
			 IL_OK);
	/* Vendor 1, type 1, three dwords; §6.30.1. */
	assert_int_equal(r->f.in_n, 3);
	assert_int_equal(r->f.in[0], 0x00010001);
	assert_int_equal(r->f.in[1], 3);
	assert_int_equal(r->f.in[2], 0x00008410);
	assert_int_equal(r->f.goes, 1);
	assert_int_equal(t.ops->recv(t.ctx, &m, r->f.now + 1000000),
			 IL_E_TIMEOUT);
	memcpy(r->f.out, (uint32_t[]){ 0x00020001, 3, 0x55667788 }, 12);
	r->f.out_n = 3;
	/* One that stands in the way is kept, and comes first. */
	assert_int_equal(
		t.ops->send(t.ctx, JUDGE_RECORD, ask, 3, r->f.now + 1000000),
		IL_OK);
	assert_int_equal(r->f.in[3], 0x00020001);
	assert_int_equal(r->f.pops, 3);
	assert_int_equal(t.ops->recv(t.ctx, &m, 0), IL_OK);
	assert_int_equal(m.kind, JUDGE_RECORD);
	assert_int_equal(m.n, 4);
	assert_int_equal(get_u32le(m.p), 0x55667788);
	assert_int_equal(m.raw_n, 12);
	/* Error: no answer, and the next message first aborts. */
	r->f.sts = DOE_STS_ERROR;
	assert_int_equal(t.ops->recv(t.ctx, &m, r->f.now + 1000000),
			 IL_E_TIMEOUT);
	assert_non_null(strstr(t.ops->why(t.ctx), "Error"));
	assert_int_equal(
		t.ops->send(t.ctx, JUDGE_OBJECT, ask, 4, r->f.now + 1000000),
		IL_OK);
	assert_int_equal(r->f.aborts, 1);
	rig_free(r);
}

static void look_at(const char *name, const char *dump, struct pci_way *w,
		    struct target_pci *t)
{
	static char path[4096];
	const struct target_pci_cfg cfg = { .open = pci_way_open,
					    .close = pci_way_close,
					    .driver = pci_way_driver,
					    .ctx = w,
					    .now_ns = now_fake,
					    .force = false };

	snprintf(path, sizeof(path), "%s/%s", getenv("LSPCI"), dump);
	memset(w, 0, sizeof(*w));
	assert_int_equal(pci_way_parse(name, w), IL_OK);
	w->dump = path;
	target_pci_init(t, &cfg);
}

static uint64_t mono(void)
{
	static uint64_t n;

	return n += 1000000000;
}

static void libpci_finds_what_a_dump_has(void **unused)
{
	struct target_pci *t = test_malloc(sizeof(*t));
	struct pci_way w;

	(void)unused;
	if (!pci_way_there()) {
		test_free(t);
		print_message("skipped: this build has no libpci\n");
		skip();
	}
	look_at("0000:41:00.0", "nvme.txt", &w, t);
	w.mono_ns = mono;
	assert_int_equal(target_pci_look(t), IL_OK);
	assert_int_equal(t->carry.m.cap, regs_ecap(&t->regs, 0, ECAP_DOE, 0));
	assert_true(t->carry.m.cap >= 0x100);
	assert_int_equal(t->exp, 0xc0);
	assert_int_equal(regs_get(&t->regs, 0, 0, 4), 0x37141b96);
	assert_int_equal(regs_get(&t->regs, 0, 0x0e, 1), 0);
	/* A dump is not written to. */
	assert_int_equal(mailbox_go(&t->carry.m), IL_E_IO);
	target_pci_fini(t);
	look_at("0000:41:01.0", "nvme.txt", &w, t);
	w.mono_ns = mono;
	assert_int_equal(target_pci_look(t), IL_E_ARG);
	assert_non_null(strstr(t->carry.why, "no device 0000:41:01.0"));
	look_at("0000:02:05.0", "plain.txt", &w, t);
	w.mono_ns = mono;
	assert_int_equal(target_pci_look(t), IL_E_IO);
	assert_non_null(strstr(t->carry.why, "rights of root"));
	look_at("0000:02:05.0", "is-not-there", &w, t);
	assert_int_equal(target_pci_look(t), IL_E_IO);
	assert_non_null(strstr(t->carry.why, "is-not-there"));
	target_pci_fini(t);
	test_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_kernel),
		cmocka_unit_test(a_bound_driver_is_left_alone),
		cmocka_unit_test(a_mailbox_in_use_is_not_touched_even_by_force),
		cmocka_unit_test(what_we_left_in_the_mailbox_is_aborted),
		cmocka_unit_test(a_device_without_doe_or_at_all_is_named),
		cmocka_unit_test(registers_beside_the_mailbox_take_force),
		cmocka_unit_test(a_forced_reset_puts_registers_back),
		cmocka_unit_test(messages_go_through_the_mailbox),
		cmocka_unit_test(libpci_finds_what_a_dump_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
