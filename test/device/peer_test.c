/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two TDIs that exchange data by a stream of their own, and what becomes of it
 * when one of them leaves RUN. PCIe Base 6.x §11.2.1, §11.3.18 to §11.3.21.
 */
#include "peer_rig.h"

#define LEN 1000u

static void pattern(uint8_t out[LEN], unsigned seed)
{
	for (unsigned i = 0; i < LEN; i++)
		out[i] = (uint8_t)(seed + i * 37 + (i >> 8));
}

/* The TVM puts a pattern into @i's memory. */
static void plant(struct peers *s, unsigned i, uint8_t text[LEN])
{
	pattern(text, 17 + i);
	for (uint32_t at = 0; at < LEN; at += 500)
		host_write(s, i, MEM(i) + at, text + at, 500);
	assert_memory_equal(memory(s, i), text, LEN);
	/* From here on: on no link in the clear. */
	s->secret = text;
	s->secret_len = 16;
	memset(&s->p[ONE].seen, 0, sizeof(s->p[ONE].seen));
	memset(&s->p[TWO].seen, 0, sizeof(s->p[TWO].seen));
}

static bool zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* @i reads from its peer and writes back there, 8 KiB further on. */
static uint32_t there_and_back(struct peers *s, unsigned i)
{
	engine(s, i, DMA_CMD_COPY, MEM(1 - i), MEM(1 - i) + 0x2000, LEN);
	peers_run(s);
	return engine_error(s, i);
}

static void two_tdis_exchange_data_by_their_stream_alone(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct peers *s = peers_new();
		uint8_t text[LEN];

		peers_bound(s);
		plant(s, 1 - i, text);
		assert_int_equal(there_and_back(s, i), DMA_ERROR_NONE);
		assert_memory_equal(memory(s, 1 - i) + 0x2000, text, LEN);
		/* Requests and answers: all between them, all trusted. */
		for (unsigned k = 0; k < 2; k++) {
			assert_true(s->p[k].seen.to_peer > 1);
			assert_int_equal(s->p[k].seen.on_peer,
					 s->p[k].seen.to_peer);
			assert_int_equal(s->p[k].seen.to_root, 0);
		}
		assert_null(s->p[ONE].refused);
		assert_null(s->p[TWO].refused);
		/* What is for nobody of them goes to the root, as ever. */
		engine(s, i, DMA_CMD_STORE, 0, HOST_RAM, 64);
		peers_run(s);
		assert_int_equal(s->p[i].seen.to_root, 1);
		assert_int_equal(s->p[i].seen.on_peer, s->p[i].seen.to_peer);
		peers_free(s);
	}
}

/* A store of @i's to its peer's memory, of what its engine holds. */
static uint32_t store(struct peers *s, unsigned i)
{
	engine(s, i, DMA_CMD_STORE, 0, MEM(1 - i) + 0x3000, 64);
	peers_run(s);
	return engine_error(s, i);
}

static void refused_as(const struct peers *s, unsigned i, const char *name)
{
	assert_non_null(s->p[i].refused);
	assert_string_equal(s->p[i].refused->name, name);
}

static void run(struct peers *s, unsigned i)
{
	assert_int_equal(lock(s, i, FLAGS, UINT64_MAX), TDISP_LOCK_RSP);
	assert_int_equal(say(s, i, TDISP_START_REQ), TDISP_START_RSP);
}

/* Without BIND the default stream is the way, and nothing there is for it. */
static void who_has_not_bound_the_stream_does_not_use_it(void **unused)
{
	struct peers *s = peers_new();

	(void)unused;
	run(s, ONE);
	run(s, TWO);
	assert_int_equal(bind(s, TWO, PEER), TDISP_BIND_P2P_RSP);
	assert_int_equal(store(s, ONE), DMA_ERROR_NONE);
	assert_int_equal(s->p[ONE].seen.to_peer, 1);
	assert_int_equal(s->p[ONE].seen.on_peer, 0);
	refused_as(s, TWO, "ide-misrouted");
	assert_int_equal(state(s, ONE), TDI_RUN);
	assert_int_equal(state(s, TWO), TDI_RUN);
	peers_free(s);
}

static void who_has_not_bound_the_stream_takes_nothing_from_it(void **unused)
{
	struct peers *s = peers_new();
	uint8_t text[LEN];

	(void)unused;
	run(s, ONE);
	run(s, TWO);
	assert_int_equal(bind(s, ONE, PEER), TDISP_BIND_P2P_RSP);
	plant(s, TWO, text);
	assert_int_equal(store(s, ONE), DMA_ERROR_NONE);
	assert_int_equal(s->p[ONE].seen.on_peer, 1);
	refused_as(s, TWO, "tdi-untrusted");
	/* A read is answered, and that ends the trust of who asked. */
	assert_int_equal(there_and_back(s, ONE), DMA_ERROR_UR);
	assert_int_equal(state(s, ONE), TDI_ERROR);
	assert_int_equal(state(s, TWO), TDI_RUN);
	assert_memory_equal(memory(s, TWO), text, LEN);
	assert_true(zero(memory(s, TWO) + 0x2000, LEN));
	peers_free(s);
}

static void stopped(struct peers *s, unsigned i)
{
	assert_int_equal(say(s, i, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(state(s, i), TDI_UNLOCKED);
}

/* Bus Master Enable is taken away, memory decoding stays. */
static void broken(struct peers *s, unsigned i)
{
	config(s, i, 0x04, 2, 2);
	assert_int_equal(state(s, i), TDI_ERROR);
}

static const struct {
	void (*leave)(struct peers *s, unsigned i);
	const char *rule;
	bool keeps; /* what is in its memory */
} ways[] = {
	{ stopped, "tdi-unlocked", false },
	/* In ERROR no stream to a peer is bound any more. */
	{ broken, "tdi-untrusted", true },
};

static void a_tdi_that_left_run_takes_nothing_from_its_peer(void **unused)
{
	(void)unused;
	for (size_t w = 0; w < COUNT(ways); w++)
		for (unsigned i = 0; i < 2; i++) {
			struct peers *s = peers_new();
			const unsigned j = 1 - i;
			uint8_t text[LEN];

			peers_bound(s);
			plant(s, j, text);
			assert_int_equal(there_and_back(s, i), DMA_ERROR_NONE);
			ways[w].leave(s, j);
			/* A write: dropped, and its sender does not know. */
			assert_int_equal(store(s, i), DMA_ERROR_NONE);
			refused_as(s, j, ways[w].rule);
			assert_true(zero(memory(s, j) + 0x3000, 64));
			assert_int_equal(state(s, i), TDI_RUN);
			/* A read brings nothing. */
			s->p[j].refused = NULL;
			assert_int_equal(there_and_back(s, i), DMA_ERROR_UR);
			refused_as(s, j, ways[w].rule);
			assert_int_equal(state(s, i), TDI_ERROR);
			if (ways[w].keeps)
				assert_memory_equal(memory(s, j), text, LEN);
			else
				assert_true(zero(memory(s, j), 0x3000));
			peers_free(s);
		}
}

/* It leaves while its reads are on the way. */
static void a_tdi_that_left_run_asks_nothing_of_its_peer(void **unused)
{
	(void)unused;
	for (size_t w = 0; w < COUNT(ways); w++) {
		struct peers *s = peers_new();
		struct party *one = &s->p[ONE];
		uint8_t text[LEN];
		uint64_t sent;

		peers_bound(s);
		plant(s, TWO, text);
		engine(s, ONE, DMA_CMD_COPY, MEM(TWO), MEM(TWO) + 0x2000, LEN);
		assert_true(device_run(&one->dev, s->now));
		assert_int_equal(one->dev.fn[0].engine.asked, LEN);
		sent = one->dev.ide.sent;
		ways[w].leave(s, ONE);
		peers_run(s);
		/* Nothing but what was on its way already. */
		assert_int_equal(one->dev.ide.sent, sent);
		assert_int_equal(engine_error(s, ONE),
				 ways[w].keeps ? DMA_ERROR_STATE
					       : DMA_ERROR_NONE);
		assert_true(zero(one->dev.fn[0].engine.buf, LEN));
		assert_true(zero(memory(s, TWO) + 0x2000, LEN));
		assert_int_equal(state(s, TWO), TDI_RUN);
		peers_free(s);
	}
}

/* The host drives it now; the stream is Secure still, and T is 0. */
static void a_function_without_lock_reaches_no_peer(void **unused)
{
	struct peers *s = peers_new();
	uint8_t text[LEN];

	(void)unused;
	peers_bound(s);
	plant(s, TWO, text);
	stopped(s, ONE);
	s->untrusted = true;
	assert_int_equal(store(s, ONE), DMA_ERROR_NONE);
	assert_int_equal(s->p[ONE].seen.to_peer, 1);
	refused_as(s, TWO, "tdi-untrusted");
	s->p[TWO].refused = NULL;
	assert_int_equal(there_and_back(s, ONE), DMA_ERROR_UR);
	refused_as(s, TWO, "tdi-untrusted");
	assert_memory_equal(memory(s, TWO), text, LEN);
	assert_true(zero(memory(s, TWO) + 0x2000, 0x2000));
	assert_int_equal(state(s, TWO), TDI_RUN);
	peers_free(s);
}

static void run_that_comes_again_has_no_peer_bound(void **unused)
{
	struct peers *s = peers_new();

	(void)unused;
	peers_bound(s);
	stopped(s, TWO);
	run(s, TWO);
	assert_int_equal(store(s, ONE), DMA_ERROR_NONE);
	refused_as(s, TWO, "tdi-untrusted");
	assert_int_equal(bind(s, TWO, PEER), TDISP_BIND_P2P_RSP);
	s->p[TWO].refused = NULL;
	assert_int_equal(store(s, ONE), DMA_ERROR_NONE);
	assert_null(s->p[TWO].refused);
	peers_free(s);
}

#define NO(e) (REFUSED | TDISP_E_##e)

static void bind_is_refused_before_run_and_under_other_locks(void **unused)
{
	static const uint16_t flags[] = {
		TDISP_LOCK_NO_FW_UPDATE,
		FLAGS | TDISP_LOCK_REDIRECT,
	};
	struct peers *s = peers_new();

	(void)unused;
	assert_int_equal(bind(s, ONE, PEER), NO(INVALID_INTERFACE_STATE));
	for (size_t k = 0; k < COUNT(flags); k++) {
		assert_int_equal(lock(s, ONE, flags[k], UINT64_MAX),
				 TDISP_LOCK_RSP);
		assert_int_equal(bind(s, ONE, PEER),
				 NO(INVALID_INTERFACE_STATE));
		assert_int_equal(say(s, ONE, TDISP_START_REQ), TDISP_START_RSP);
		assert_int_equal(bind(s, ONE, PEER), NO(INVALID_REQUEST));
		stopped(s, ONE);
	}
	run(s, ONE);
	assert_int_equal(bind(s, ONE, DEFAULT(ONE)), NO(INVALID_REQUEST));
	assert_int_equal(bind(s, ONE, PEER + 1), NO(INVALID_REQUEST));
	assert_int_equal(bind(s, ONE, 255), NO(INVALID_REQUEST));
	assert_int_equal(unbind(s, ONE, PEER), NO(INVALID_REQUEST));
	assert_int_equal(bind(s, ONE, PEER), TDISP_BIND_P2P_RSP);
	assert_int_equal(bind(s, ONE, PEER), NO(INVALID_REQUEST));
	broken(s, ONE);
	assert_int_equal(unbind(s, ONE, PEER), NO(INVALID_INTERFACE_STATE));
	peers_free(s);
}

/* The third block of registers, against that of the stream. */
static const struct {
	uint32_t ctl, rid1, rid2, addr;
	bool meets;
} blocks[] = {
	/* the same number, nothing else but a requester of its own */
	{ PEER << 24, 0x300 << 8, 0x300 << 8 | 1, 0, true },
	/* the peer's requester ID, at either edge */
	{ 11u << 24, 0x200 << 8, 0x1ff << 8 | 1, 0, true },
	{ 11u << 24, 0x2ff << 8, 0x200 << 8 | 1, 0, true },
	{ 11u << 24, 0x1ff << 8, 0x100 << 8 | 1, 0, false },
	{ 11u << 24, 0x2ff << 8, 0x201 << 8 | 1, 0, false },
	/* its addresses: the MiB itself, one around it, those beside it */
	{ 11u << 24, 0, 0, 0xe01u << 20 | 0xe01u << 8 | 1, true },
	{ 11u << 24, 0, 0, 0xe02u << 20 | 0xe00u << 8 | 1, true },
	{ 11u << 24, 0, 0, 0xe00u << 20 | 0xdf0u << 8 | 1, false },
	{ 11u << 24, 0, 0, 0xe10u << 20 | 0xe02u << 8 | 1, false },
	/* the same, but not valid */
	{ 11u << 24, 0x2ff << 8, 0x200 << 8, 0xe01u << 20 | 0xe01u << 8,
	  false },
};

static void bind_is_refused_if_registers_meet_those_of_another(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < COUNT(blocks); k++) {
		struct peers *s = peers_new();

		run(s, ONE);
		ide_reg(s, ONE, 2, 4, blocks[k].ctl);
		ide_reg(s, ONE, 2, 0xc, blocks[k].rid1);
		ide_reg(s, ONE, 2, 0x10, blocks[k].rid2);
		ide_reg(s, ONE, 2, 0x14, blocks[k].addr);
		assert_int_equal(bind(s, ONE, PEER),
				 blocks[k].meets ? NO(INVALID_REQUEST)
						 : TDISP_BIND_P2P_RSP);
		assert_int_equal(state(s, ONE), TDI_RUN);
		peers_free(s);
	}
}

static void a_bound_stream_that_changes_ends_the_trust_of_both(void **unused)
{
	struct peers *s = peers_new();

	(void)unused;
	peers_bound(s);
	ide_reg(s, ONE, 1, 0x14, 0xe02u << 20 | 0xe01u << 8 | 1);
	peers_run(s);
	assert_int_equal(state(s, ONE), TDI_ERROR);
	assert_int_equal(state(s, TWO), TDI_ERROR);
	peers_free(s);
}

/* Keys of one end go with the session that brought them. */
static void a_session_that_ends_takes_the_stream_along(void **unused)
{
	struct peers *s = peers_new();

	(void)unused;
	peers_bound(s);
	dsm_pci_back.ended(&s->p[ONE].dev.dsm.pci, &s->p[ONE].session);
	assert_int_equal(state(s, ONE), TDI_ERROR);
	assert_int_equal(state(s, TWO), TDI_RUN);
	/* The other end hears of it by an IDE Fail message. */
	peers_run(s);
	assert_int_equal(state(s, TWO), TDI_ERROR);
	peers_free(s);
}

static void a_stream_that_was_let_go_may_change(void **unused)
{
	struct peers *s = peers_new();

	(void)unused;
	peers_bound(s);
	assert_int_equal(unbind(s, ONE, PEER), TDISP_UNBIND_P2P_RSP);
	assert_int_equal(unbind(s, TWO, PEER), TDISP_UNBIND_P2P_RSP);
	ide_reg(s, ONE, 1, 0x14, 0xe02u << 20 | 0xe01u << 8 | 1);
	peers_run(s);
	assert_int_equal(state(s, ONE), TDI_RUN);
	assert_int_equal(state(s, TWO), TDI_RUN);
	peers_free(s);
}

static void unbind_ends_what_is_under_way_on_the_stream(void **unused)
{
	struct peers *s = peers_new();
	uint8_t text[LEN];

	(void)unused;
	peers_bound(s);
	plant(s, TWO, text);
	engine(s, ONE, DMA_CMD_COPY, MEM(TWO), HOST_RAM, LEN);
	assert_true(device_run(&s->p[ONE].dev, s->now));
	assert_int_equal(unbind(s, ONE, PEER), TDISP_UNBIND_P2P_RSP);
	assert_int_equal(engine_error(s, ONE), DMA_ERROR_STATE);
	peers_run(s);
	assert_int_equal(s->p[ONE].seen.to_root, 0);
	assert_int_equal(state(s, ONE), TDI_RUN);
	peers_free(s);
}

/* None of its requests may be overtaken by one on the new stream. */
static void bind_waits_for_what_is_under_way(void **unused)
{
	static const uint8_t reset[4] = { DMA_CTRL_RESET };
	struct peers *s = peers_new();

	(void)unused;
	run(s, ONE);
	/* The root does not answer it. */
	engine(s, ONE, DMA_CMD_LOAD, HOST_RAM, 0, 64);
	peers_run(s);
	assert_int_equal(bind_raw(s, ONE, PEER), IL_E_AGAIN);
	peers_run(s);
	assert_int_equal(bind_raw(s, ONE, PEER), IL_E_AGAIN);
	host_write(s, ONE, REGS(ONE) + DMA_CTRL, reset, 4);
	assert_int_equal(bind(s, ONE, PEER), TDISP_BIND_P2P_RSP);
	peers_free(s);
}

static void
the_mask_of_the_lock_is_applied_before_addresses_are_compared(void **unused)
{
	const uint64_t mark = UINT64_C(1) << 40;
	const uint64_t masks[] = { UINT64_MAX, ~mark };

	(void)unused;
	for (unsigned k = 0; k < 2; k++) {
		struct peers *s = peers_new();

		assert_int_equal(lock(s, ONE, FLAGS, masks[k]), TDISP_LOCK_RSP);
		assert_int_equal(say(s, ONE, TDISP_START_REQ), TDISP_START_RSP);
		assert_int_equal(bind(s, ONE, PEER), TDISP_BIND_P2P_RSP);
		engine(s, ONE, DMA_CMD_STORE, 0, MEM(TWO) | mark, 64);
		peers_run(s);
		assert_int_equal(s->p[ONE].seen.on_peer, k);
		assert_int_equal(s->p[ONE].seen.to_peer, k);
		assert_int_equal(s->p[ONE].seen.to_root, 1 - k);
		peers_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_tdis_exchange_data_by_their_stream_alone),
		cmocka_unit_test(who_has_not_bound_the_stream_does_not_use_it),
		cmocka_unit_test(
			who_has_not_bound_the_stream_takes_nothing_from_it),
		cmocka_unit_test(
			a_tdi_that_left_run_takes_nothing_from_its_peer),
		cmocka_unit_test(a_tdi_that_left_run_asks_nothing_of_its_peer),
		cmocka_unit_test(a_function_without_lock_reaches_no_peer),
		cmocka_unit_test(run_that_comes_again_has_no_peer_bound),
		cmocka_unit_test(
			bind_is_refused_before_run_and_under_other_locks),
		cmocka_unit_test(
			bind_is_refused_if_registers_meet_those_of_another),
		cmocka_unit_test(
			a_bound_stream_that_changes_ends_the_trust_of_both),
		cmocka_unit_test(a_session_that_ends_takes_the_stream_along),
		cmocka_unit_test(a_stream_that_was_let_go_may_change),
		cmocka_unit_test(unbind_ends_what_is_under_way_on_the_stream),
		cmocka_unit_test(bind_waits_for_what_is_under_way),
		cmocka_unit_test(
			the_mask_of_the_lock_is_applied_before_addresses_are_compared),
	};

	return cmocka_run_group_tests_name("device peer", tests, NULL, NULL);
}
