/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "fabric/fabric.h"

/* A root port before a device that this test plays, honest or not. */

#define PORT   BDF(0, 2, 0)
#define EP     BDF(4, 0, 0)
#define WINDOW UINT64_C(0xe0000000)

struct play {
	/* Changes the honest answer; NULL: as it is. */
	void (*lie)(struct tlp *cpl);
	unsigned twice;
	bool silent;
};

static struct arena arena;
static struct fake_env fenv;
static struct env env;
static struct fake_crypto fcrypto;
static struct crypto crypto;
static struct mem mem;
static struct iommu iommu;
static struct link_queue queue;
static struct fabric fabric;
static struct play play;
static struct tlp last_req; /* what the device saw last */
static uint8_t last_data[4096];
static uint8_t store[4096];
static unsigned told;

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	(void)ctx;
	(void)rid;
	(void)t;
	out->kind = IOMMU_BYPASS;
	out->interrupts = true;
	out->perm = PT_R | PT_W;
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *req)
{
	(void)ctx;
	(void)e;
	(void)req;
	return NULL;
}

static const struct iommu_rules rules = { lookup, admit };

static void tell(void *ctx, const struct fault *f)
{
	(void)ctx;
	assert_non_null(f->rule);
	told++;
}

static uint8_t wires;
static unsigned wire_told;

static void wire(void *ctx, unsigned port, unsigned pin, bool on)
{
	(void)ctx;
	assert_int_equal(port, 0);
	wires = (uint8_t)((wires & ~(1u << pin)) | (unsigned)on << pin);
	wire_told++;
}

static void send(const struct tlp *t)
{
	struct link_end e = link_queue_end(&queue, 1);

	assert_int_equal(link_send_tlp(&e, t), IL_OK);
}

static void reply(const struct tlp *req)
{
	bool cfg_rd = req->type == TLP_CFGRD0 || req->type == TLP_CFGRD1;
	uint64_t addr;
	uint32_t len, skip;
	struct tlp cpl;

	if (cfg_rd) {
		assert_int_equal(tlp_cpld(&cpl, req, EP, store, 0, 4), IL_OK);
	} else if (req->type == TLP_MRD) {
		assert_int_equal(tlp_mem_range(req, &addr, &len, &skip), IL_OK);
		assert_int_equal(tlp_cpld(&cpl, req, EP, store, 0, len), IL_OK);
	} else {
		tlp_cpl(&cpl, req, EP, TLP_CPL_SC);
	}
	if (play.lie)
		play.lie(&cpl);
	for (unsigned i = 0; i <= play.twice; i++)
		send(&cpl);
}

static bool pump(void *ctx)
{
	struct link_end e = link_queue_end(&queue, 1);
	static uint8_t buf[LINK_FRAME_MAX];
	enum link_kind kind;
	struct rd r;
	size_t n;

	(void)ctx;
	if (link_recv(&e, &kind, buf, sizeof(buf), &n))
		return false;
	if (kind != LINK_TLP)
		return true;
	r = rd_over(buf, n);
	assert_int_equal(tlp_decode(&r, &last_req), IL_OK);
	if (last_req.data)
		memcpy(last_data, last_req.data, 4u * last_req.len_dw);
	if (!play.silent && tlp_class_of(last_req.type) == TLP_NON_POSTED)
		reply(&last_req);
	return true;
}

static void build(void)
{
	const struct mem_cfg m = {
		.arena = &arena, .env = &env, .keys = 2, .irq_slots = 16
	};
	const struct iommu_cfg io = { .arena = &arena,
				      .env = &env,
				      .mem = &mem,
				      .rules = &rules,
				      .tlb_slots = 64,
				      .entry_slots = 64,
				      .queue_slots = 16 };
	const struct fabric_cfg f = { .mem = &mem,
				      .iommu = &iommu,
				      .crypto = &crypto,
				      .env = &env,
				      .refused = tell,
				      .intx = wire };

	assert_int_equal(mem_init(&mem, &m), IL_OK);
	assert_int_equal(mem_add_ram(&mem, 0, 16 * PAGE_2M), IL_OK);
	assert_int_equal(iommu_init(&iommu, &io), IL_OK);
	fabric_init(&fabric, &f);
	assert_int_equal(fabric_window(&fabric, WINDOW, 0x1000000), IL_OK);
}

static void open_port(uint16_t command)
{
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x18, 4, 0x00050400),
			 IL_OK);
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x20, 4, 0xe0f0e000),
			 IL_OK);
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 4, 2, command), IL_OK);
}

static int setup(void **unused)
{
	struct fabric_port_cfg port = {
		.bdf = PORT, .number = 3, .present = true, .pump = pump
	};
	unsigned index;
	uint8_t *ring;

	(void)unused;
	memset(&play, 0, sizeof(play));
	told = 0;
	wires = 0;
	wire_told = 0;
	for (unsigned i = 0; i < sizeof(store); i++)
		store[i] = (uint8_t)(i * 5 + 3);
	assert_int_equal(arena_map(&arena, 0, 128u << 20), IL_OK);
	env = fake_env(&fenv);
	fake_init(&fcrypto, 1);
	crypto = fake_crypto(&fcrypto);
	ring = arena_take(&arena, 1u << 20, 64);
	link_queue_init(&queue, ring, 1u << 20);
	build();
	port.link = link_queue_end(&queue, 0);
	assert_int_equal(fabric_add_port(&fabric, &port, &index), IL_OK);
	assert_int_equal(index, 0);
	open_port(6);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	assert_int_equal(told, fabric.faults);
	assert_true(fabric_sane(&fabric));
	fabric_fini(&fabric);
	arena_unmap(&arena);
	return 0;
}

static enum il_err cfg_read(uint32_t *v)
{
	*v = 0;
	return fabric_cfg_read(&fabric, EP, 8, 4, v);
}

static void a_read_gives_what_the_device_answers(void **unused)
{
	uint32_t v;

	(void)unused;
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(v, 0x120d0803);
	assert_int_equal(last_req.type, TLP_CFGRD0);
	assert_int_equal(last_req.requester, PORT);
	assert_int_equal(last_req.dest, EP);
	assert_int_equal(last_req.reg, 8);
	assert_int_equal(fabric_cfg_read(&fabric, EP, 0xa, 2, &v), IL_OK);
	assert_int_equal(v, 0x120d);
	assert_int_equal(last_req.first_be, 0xc);
	assert_int_equal(fabric_cfg_read(&fabric, BDF(5, 3, 1), 0, 4, &v),
			 IL_OK);
	assert_int_equal(last_req.type, TLP_CFGRD1);
	assert_int_equal(fabric_cfg_write(&fabric, EP, 0xfff, 1, 0xab), IL_OK);
	assert_int_equal(last_req.type, TLP_CFGWR0);
	assert_int_equal(last_req.reg, 0xffc);
	assert_int_equal(last_req.first_be, 8);
	assert_int_equal(last_data[3], 0xab);
}

static void wrong_tag(struct tlp *c)
{
	c->tag ^= 1;
}

static void wrong_requester(struct tlp *c)
{
	c->requester ^= 8;
}

static void too_much(struct tlp *c)
{
	c->byte_count = 8;
}

static void poisoned(struct tlp *c)
{
	c->poisoned = true;
}

static void aborted(struct tlp *c)
{
	c->type = TLP_CPL;
	c->status = TLP_CPL_CA;
	c->len_dw = 0;
	c->data = NULL;
}

static void unsupported(struct tlp *c)
{
	aborted(c);
	c->status = TLP_CPL_UR;
}

static void retry(struct tlp *c)
{
	aborted(c);
	c->status = TLP_CPL_RRS;
}

static void no_data(struct tlp *c)
{
	aborted(c);
	c->status = TLP_CPL_SC;
}

static void answers_that_do_not_fit_are_not_believed(void **unused)
{
	static const struct {
		void (*lie)(struct tlp *cpl);
		const struct rule *rule;
		unsigned faults;
	} c[] = {
		{ wrong_tag, &fabric_rule_timeout, 2 },
		{ wrong_requester, &fabric_rule_timeout, 2 },
		{ too_much, &fabric_rule_unexpected, 1 },
		{ poisoned, &fabric_rule_poisoned, 1 },
		{ aborted, &fabric_rule_ca, 1 },
		{ unsupported, &fabric_rule_ur, 1 },
		{ retry, &fabric_rule_ur, 1 },
		{ no_data, &fabric_rule_unexpected, 1 },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		uint64_t faults = fabric.faults;
		uint32_t v;

		play.lie = c[i].lie;
		assert_int_equal(cfg_read(&v), IL_E_IO);
		assert_int_equal(v, UINT32_MAX);
		assert_ptr_equal(fabric.last.rule, c[i].rule);
		assert_int_equal(fabric.last.id, EP);
		assert_int_equal(fabric.faults - faults, c[i].faults);
		play.lie = NULL;
		assert_int_equal(cfg_read(&v), IL_OK);
	}
}

static void a_second_answer_is_nobodys(void **unused)
{
	uint32_t v;

	(void)unused;
	play.twice = 1;
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(fabric.faults, 0);
	assert_true(fabric_run(&fabric));
	assert_int_equal(fabric.faults, 1);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_unexpected);
	assert_int_equal(fabric.last.who, AGENT_DEVICE);
	assert_false(fabric_run(&fabric));
}

static void data_for_a_write_is_nobodys(void **unused)
{
	struct tlp req, cpl;

	(void)unused;
	play.silent = true;
	assert_int_equal(fabric_cfg_write(&fabric, EP, 0, 4, 1), IL_E_IO);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_timeout);
	/* The tag of the next request, guessed; it is a write. */
	assert_int_equal(tlp_cfg_read(&req, PORT, (uint16_t)(last_req.tag + 1),
				      EP, 0, 4, false),
			 IL_OK);
	assert_int_equal(tlp_cpld(&cpl, &req, EP, store, 0, 4), IL_OK);
	send(&cpl);
	assert_int_equal(fabric_cfg_write(&fabric, EP, 0, 4, 1), IL_E_IO);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_timeout);
	assert_int_equal(fabric.faults, 3);
}

static void a_cpu_read_becomes_one_packet(void **unused)
{
	struct mem_req req = mem_req_host(WINDOW + 0x1233, 1000, false);
	uint8_t buf[1000];
	struct fault f;

	(void)unused;
	assert_int_equal(mem_access(&mem, &req, buf, &f), IL_OK);
	assert_int_equal(last_req.type, TLP_MRD);
	assert_int_equal(last_req.addr, WINDOW + 0x1230);
	assert_int_equal(last_req.first_be, 8);
	assert_memory_equal(buf, store + 3, sizeof(buf));
	play.lie = aborted;
	assert_int_equal(mem_access(&mem, &req, buf, &f), IL_OK);
	for (unsigned i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xff);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_ca);
	assert_int_equal(fabric.last.pa, WINDOW + 0x1233);
	assert_int_equal(fabric.last.who, AGENT_HOST);
}

static void a_cpu_write_of_a_page_is_cut_into_payloads(void **unused)
{
	struct mem_req req = mem_req_host(WINDOW + 0x2001, 2000, true);
	uint8_t buf[2000];
	struct fault f;

	(void)unused;
	memset(buf, 7, sizeof(buf));
	assert_int_equal(mem_access(&mem, &req, buf, &f), IL_OK);
	while (pump(NULL))
		assert_true(last_req.len_dw <= TLP_MAX_DATA / 4);
	assert_int_equal(fabric.port[0].tlps_down, 4);
	assert_int_equal(fabric.faults, 0);
}

/* --- an end that runs by itself, behind a channel that may break --- */

static struct {
	unsigned calls;	   /* of wait, in the latest access */
	unsigned patience; /* until it says that time is over */
	unsigned answer;   /* the call at which the device runs; 0: never */
	enum il_err lost;  /* what the channel then answers; IL_OK: it lives */
} far;

static bool far_wait(void *ctx, unsigned turn)
{
	(void)ctx;
	assert_int_equal(turn, far.calls);
	far.calls++;
	if (far.calls == far.answer)
		pump(NULL);
	return far.calls < far.patience;
}

static enum il_err far_send(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len)
{
	struct link_end e = link_queue_end(&queue, 0);

	(void)ctx;
	return link_send(&e, kind, p, len);
}

static bool endless;

static enum il_err far_recv(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len)
{
	struct link_end e = link_queue_end(&queue, 0);
	enum il_err err = link_recv(&e, kind, buf, cap, len);

	(void)ctx;
	if (endless) { /* link up, as often as anybody asks */
		*kind = LINK_EVENT;
		buf[0] = LINK_UP;
		*len = 1;
		return IL_OK;
	}
	return err == IL_E_AGAIN && far.lost ? far.lost : err;
}

static const struct link_ops far_ops = { far_send, far_recv };

static void far_away(unsigned patience, unsigned answer, enum il_err lost)
{
	struct fabric_port *p = &fabric.port[0];

	p->wait = far_wait;
	p->link = (struct link_end){ .ops = &far_ops };
	far.calls = 0;
	far.patience = patience;
	far.answer = answer;
	far.lost = lost;
}

static void an_end_that_runs_by_itself_is_waited_for(void **unused)
{
	uint32_t v;

	(void)unused;
	/* More turns than a device in this process would get. */
	far_away(2000, 1500, IL_OK);
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(v, 0x120d0803);
	assert_int_equal(far.calls, 1500);
	/* The next access counts anew. */
	far_away(2000, 1, IL_OK);
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(far.calls, 1);
}

static void the_wait_says_when_time_is_over(void **unused)
{
	uint32_t v;

	(void)unused;
	far_away(9, 0, IL_OK);
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_int_equal(v, UINT32_MAX);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_timeout);
	assert_int_equal(far.calls, 9);
	assert_true(fabric.port[0].up);
}

/* What came before the end counts; then the link is down, and stays down. */
static void the_end_of_the_channel_is_link_down(void **unused)
{
	static const enum il_err lost[] = { IL_E_IO, IL_E_FIELD, IL_E_LONG };
	uint32_t v;

	(void)unused;
	for (size_t i = 0; i < COUNT(lost); i++) {
		far_away(9, 1, lost[i]);
		fabric.port[0].up = true;
		assert_int_equal(cfg_read(&v), IL_OK);
		assert_int_equal(v, 0x120d0803);
		assert_true(fabric_run(&fabric));
		assert_false(fabric.port[0].up);
		assert_false(fabric_run(&fabric));
		/* At once: nobody is waited for. */
		far.calls = 0;
		assert_int_equal(cfg_read(&v), IL_E_IO);
		assert_int_equal(v, UINT32_MAX);
		assert_ptr_equal(fabric.last.rule, &fabric_rule_link_down);
		assert_int_equal(far.calls, 0);
	}
}

static void a_channel_that_ends_in_an_access_ends_the_access(void **unused)
{
	uint32_t v;

	(void)unused;
	far_away(9000, 0, IL_E_IO);
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_link_down);
	assert_int_equal(far.calls, 1);
}

static void who_sends_without_end_holds_nobody_up(void **unused)
{
	uint32_t v;

	(void)unused;
	far_away(3, 0, IL_OK);
	far.lost = IL_OK;
	endless = true;
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_timeout);
	assert_true(fabric_run(&fabric));
	endless = false;
}

static void dma(enum tlp_type type, uint16_t rid, uint64_t addr, uint32_t len,
		void (*lie)(struct tlp *t))
{
	uint8_t pad[TLP_MAX_DATA + 8];
	struct tlp t;

	if (type == TLP_MWR)
		assert_int_equal(
			tlp_mwr(&t, rid, addr, store, len, pad, sizeof(pad)),
			IL_OK);
	else
		assert_int_equal(tlp_mrd(&t, rid, 9, addr, len), IL_OK);
	if (lie)
		lie(&t);
	send(&t);
	assert_true(fabric_run(&fabric));
}

static void translated(struct tlp *t)
{
	t->at = TLP_AT_TRANSLATED;
}

static void translate(struct tlp *t)
{
	t->at = TLP_AT_TRANSLATE;
}

/* What the root port answered; false: nothing. */
static bool answer(struct tlp *out)
{
	if (!pump(NULL))
		return false;
	*out = last_req;
	return true;
}

static void requests_are_checked_before_they_reach_memory(void **unused)
{
	static const struct {
		uint16_t rid;
		void (*lie)(struct tlp *t);
		bool no_bme;
		const struct rule *rule;
	} c[] = {
		{ BDF(3, 0, 0), NULL, false, &fabric_rule_source },
		{ BDF(6, 0, 0), NULL, false, &fabric_rule_source },
		{ BDF(0, 2, 0), NULL, false, &fabric_rule_source },
		{ EP, translated, false, &fabric_rule_translated },
		{ EP, translate, false, &fabric_rule_translated },
		{ EP, NULL, true, &fabric_rule_bme },
	};
	struct tlp t;

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		uint8_t b[64];
		struct fault f;

		open_port(c[i].no_bme ? 2 : 6);
		dma(TLP_MWR, c[i].rid, 0x1000, 64, c[i].lie);
		assert_ptr_equal(fabric.last.rule, c[i].rule);
		assert_int_equal(fabric.last.id, c[i].rid);
		assert_true(fabric.last.write);
		assert_false(answer(&t));
		assert_int_equal(mem_host_read(&mem, 0x1000, b, 64, &f), IL_OK);
		for (unsigned k = 0; k < 64; k++)
			assert_int_equal(b[k], 0);
		dma(TLP_MRD, c[i].rid, 0x1000, 64, c[i].lie);
		assert_ptr_equal(fabric.last.rule, c[i].rule);
		assert_false(fabric.last.write);
		assert_true(answer(&t));
		assert_int_equal(t.type, TLP_CPL);
		assert_int_equal(t.status, TLP_CPL_UR);
		assert_int_equal(t.completer, PORT);
		assert_int_equal(t.tag, 9);
	}
	assert_int_equal(fabric.dma_read + fabric.dma_write, 0);
	open_port(6);
	dma(TLP_MWR, EP, 0x1000, 64, poisoned);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_poisoned);
	assert_int_equal(fabric.dma_write, 0);
	dma(TLP_MWR, BDF(5, 7, 1), 0x1000, 64, NULL);
	assert_int_equal(fabric.dma_write, 64);
}

static void bus_zero_is_never_below_a_port(void **unused)
{
	(void)unused;
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x18, 4, 0x00ff0000),
			 IL_OK);
	dma(TLP_MWR, BDF(0, 5, 0), 0x1000, 64, NULL);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_source);
	assert_false(fabric_behind(&fabric, 0, 0, BDF(0, 5, 0)));
}

static void a_flush_is_answered_with_one_dword(void **unused)
{
	struct tlp t = { .type = TLP_MRD,
			 .len_dw = 1,
			 .requester = EP,
			 .addr = 0x1000,
			 .tag = 4 };

	(void)unused;
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_true(answer(&t));
	assert_int_equal(t.type, TLP_CPLD);
	assert_int_equal(t.len_dw, 1);
	assert_int_equal(t.byte_count, 1);
	assert_int_equal(fabric.faults + fabric.dma_read, 0);
	t = (struct tlp){ .type = TLP_MRD,
			  .len_dw = 1,
			  .requester = EP,
			  .addr = UINT64_C(1) << 40 };
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_ptr_equal(fabric.last.rule, &mem_rule_nothing);
	assert_true(answer(&t));
	assert_int_equal(t.status, TLP_CPL_UR);
}

static void a_large_read_is_answered_in_parts(void **unused)
{
	uint32_t got = 0;
	struct fault f;
	struct tlp t;

	(void)unused;
	assert_int_equal(mem_host_write(&mem, 0x3001, store, 4095, &f), IL_OK);
	dma(TLP_MRD, EP, 0x3001, 4095, NULL);
	while (answer(&t)) {
		assert_int_equal(t.type, TLP_CPLD);
		assert_int_equal(t.byte_count, 4095 - got);
		assert_int_equal(t.lower_addr, (0x3001 + got) & 0x7f);
		assert_memory_equal(last_data + (t.lower_addr & 3), store + got,
				    4u * t.len_dw - (t.lower_addr & 3));
		got += 4u * t.len_dw - (t.lower_addr & 3);
	}
	assert_int_equal(got, 4095);
	assert_int_equal(fabric.dma_read, 4095);
}

static void a_device_may_not_configure_the_host(void **unused)
{
	struct tlp t, cpl;
	uint8_t data[4];

	(void)unused;
	assert_int_equal(tlp_cfg_read(&t, EP, 5, PORT, 0, 4, false), IL_OK);
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_ptr_equal(fabric.last.rule, &fabric_rule_type);
	assert_true(answer(&cpl));
	assert_int_equal(cpl.status, TLP_CPL_UR);
	assert_int_equal(tlp_cfg_write(&t, EP, 5, PORT, 4, 2, 0, true, data),
			 IL_OK);
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_int_equal(fabric.faults, 2);
	assert_true(answer(&cpl));
	assert_int_equal(cpl.type, TLP_CPL);
	assert_int_equal(cpl.status, TLP_CPL_UR);
}

static void say_wire(unsigned pin, bool on)
{
	struct tlp t;

	tlp_intx(&t, EP, pin, on);
	send(&t);
	assert_true(fabric_run(&fabric));
}

static void a_wire_is_told_of_when_it_changes(void **unused)
{
	(void)unused;
	say_wire(1, true);
	say_wire(4, true);
	assert_int_equal(wires, 1u << 1 | 1u << 4);
	say_wire(1, true); /* twice is once */
	assert_int_equal(wire_told, 2);
	say_wire(1, false);
	say_wire(2, false);
	assert_int_equal(wires, 1u << 4);
	assert_int_equal(wire_told, 3);
	assert_int_equal(fabric_link_down(&fabric, 0), IL_OK);
	assert_int_equal(wires, 0);
	assert_int_equal(wire_told, 4);
	assert_int_equal(fabric.faults, 0);
}

static void a_wire_by_another_way_is_refused(void **unused)
{
	struct tlp t;

	(void)unused;
	tlp_intx(&t, EP, 1, true);
	t.tc = 1;
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_ptr_equal(fabric.last.rule, &fabric_rule_intx);
	tlp_intx(&t, EP, 1, true);
	t.msg_route = TLP_ROUTE_TO_RC;
	send(&t);
	assert_true(fabric_run(&fabric));
	assert_int_equal(fabric.faults, 2);
	assert_int_equal(wire_told, 0);
}

static void bytes_that_are_no_packet_are_refused(void **unused)
{
	struct link_end e = link_queue_end(&queue, 1);
	const uint8_t junk[12] = { 0xff, 1, 2, 3 };

	(void)unused;
	assert_int_equal(link_send(&e, LINK_TLP, junk, sizeof(junk)), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(fabric.last.stage, FAULT_IDE);
	assert_int_equal(fabric.faults, 1);
	/* An IDE packet of a stream that is not there. */
	assert_int_equal(link_send(&e, LINK_TLP,
				   (const uint8_t[]){ 0x92, 0, 5, 4, 0x40, 0, 0,
						      1,    4, 0, 0, 0xf,  0, 0,
						      0x10, 0, 1, 2, 3,	   4, 0,
						      0,    0, 0, 0, 0,	   0, 0,
						      0,    0, 0, 0 },
				   32),
			 IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(fabric.faults, 2);
	assert_int_equal(fabric.dma_write, 0);
}

static void events_of_a_device_without_a_slot(void **unused)
{
	struct link_end e = link_queue_end(&queue, 1);
	uint32_t v;

	(void)unused;
	assert_int_equal(link_send_event(&e, LINK_HOT_RESET), IL_OK);
	assert_int_equal(link_send_event(&e, LINK_POWER_OFF), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(link_send_event(&e, LINK_DOWN), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_ptr_equal(fabric.last.rule, &fabric_rule_link_down);
	/* What comes over a dead link is not taken in. */
	dma(TLP_MWR, EP, 0x1000, 64, NULL);
	assert_int_equal(fabric.dma_write, 0);
	assert_int_equal(link_send_event(&e, LINK_UP), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(cfg_read(&v), IL_OK);
	assert_int_equal(link_send_event(&e, LINK_ABSENT), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(link_send_event(&e, LINK_UP), IL_OK);
	assert_int_equal(link_send_event(&e, LINK_PRESENT), IL_OK);
	assert_true(fabric_run(&fabric));
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_int_equal(fabric_insert(&fabric, 0), IL_E_STATE);
}

static void people_name_ports_that_are_there(void **unused)
{
	(void)unused;
	assert_int_equal(fabric_hot_reset(&fabric, 1), IL_E_ARG);
	assert_int_equal(fabric_fund_reset(&fabric, 1), IL_E_ARG);
	assert_int_equal(fabric_link_down(&fabric, 9), IL_E_ARG);
	assert_int_equal(fabric_link_up(&fabric, 1), IL_E_ARG);
	assert_int_equal(fabric_remove(&fabric, 1), IL_E_ARG);
	assert_int_equal(fabric_insert(&fabric, 1), IL_E_ARG);
	assert_int_equal(fabric_stream_ready(&fabric, 1, 5, 0, EP), IL_E_ARG);
	assert_int_equal(fabric_stream_ready(&fabric, 0, 255, 0, EP), IL_E_ARG);
	assert_int_equal(fabric_port_at(&fabric, PORT), 0);
	assert_int_equal(fabric_port_at(&fabric, EP), -1);
	assert_int_equal(fabric_port_above(&fabric, EP), 0);
	assert_int_equal(fabric_port_above(&fabric, BDF(7, 0, 0)), -1);
}

static void link_disable_is_link_down(void **unused)
{
	uint32_t v;

	(void)unused;
	/* Express at 0x48: link control at 0x58, status at 0x5a. */
	assert_int_equal(fabric_cfg_read(&fabric, PORT, 0x5a, 2, &v), IL_OK);
	assert_int_equal(v, 0x2084);
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x58, 2, 0x10), IL_OK);
	assert_int_equal(fabric_cfg_read(&fabric, PORT, 0x5a, 2, &v), IL_OK);
	assert_int_equal(v, 0x84);
	assert_int_equal(cfg_read(&v), IL_E_IO);
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x58, 2, 0), IL_OK);
	assert_int_equal(cfg_read(&v), IL_OK);
}

/* What laws 9 and 12 ask of a block before keys come. */
static void a_stream_is_ready_only_as_laws_9_and_12_say(void **unused)
{
	static const struct {
		const char *what;
		unsigned reg;
		uint32_t v;
		bool ready;
	} c[] = {
		{ "as set up", 0x10, (uint32_t)EP << 8 | 1, true },
		{ "enabled", 0x04, 5u << 24 | 1u << 22 | 1, false },
		{ "no default", 0x04, 5u << 24, true },
		{ "another class", 0x04, 5u << 24 | 1u << 22 | 1u << 19,
		  false },
		{ "another id", 0x04, 6u << 24 | 1u << 22, false },
		{ "no RID", 0x10, (uint32_t)EP << 8, false },
		{ "base above", 0x10, (EP + 1u) << 8 | 1, false },
		{ "limit below", 0x0c, (EP - 1u) << 8, false },
		{ "segment", 0x10, 1u << 24 | (uint32_t)EP << 8 | 1, false },
		{ "two with the id", 44 + 0x04, 5u << 24, false },
		{ "another default", 44 + 0x04, 6u << 24 | 1u << 22, false },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		uint16_t b = (uint16_t)(fabric.port[0].ide_cap + 0xc);

		teardown(NULL);
		setup(NULL);
		assert_int_equal(fabric_cfg_write(&fabric, PORT,
						  (uint16_t)(b + 0xc), 4,
						  (EP + 7u) << 8),
				 IL_OK);
		assert_int_equal(fabric_cfg_write(&fabric, PORT,
						  (uint16_t)(b + 0x10), 4,
						  (uint32_t)EP << 8 | 1),
				 IL_OK);
		assert_int_equal(fabric_cfg_write(&fabric, PORT,
						  (uint16_t)(b + 4), 4,
						  5u << 24 | 1u << 22),
				 IL_OK);
		assert_int_equal(fabric_cfg_write(&fabric, PORT,
						  (uint16_t)(b + c[i].reg), 4,
						  c[i].v),
				 IL_OK);
		if (fabric_stream_ready(&fabric, 0, 5, 0, EP) !=
		    (c[i].ready ? IL_OK : IL_E_STATE))
			fail_msg("%s", c[i].what);
	}
}

static void ports_do_not_share_names(void **unused)
{
	struct fabric_port_cfg p = { .bdf = BDF(0, 3, 0), .number = 4 };
	unsigned i = 99;

	(void)unused;
	p.link = link_queue_end(&queue, 0);
	p.bdf = PORT;
	assert_int_equal(fabric_add_port(&fabric, &p, &i), IL_E_ARG);
	p.bdf = BDF(1, 0, 0);
	assert_int_equal(fabric_add_port(&fabric, &p, &i), IL_E_ARG);
	p.bdf = BDF(0, 3, 0);
	p.number = 3;
	assert_int_equal(fabric_add_port(&fabric, &p, &i), IL_E_ARG);
	assert_int_equal(i, 99);
	for (uint8_t n = 4; n < 3 + FABRIC_PORTS; n++) {
		p.number = n;
		p.bdf = BDF(0, n, 0);
		assert_int_equal(fabric_add_port(&fabric, &p, &i), IL_OK);
	}
	p.number = 30;
	p.bdf = BDF(0, 30, 0);
	assert_int_equal(fabric_add_port(&fabric, &p, &i), IL_E_SPACE);
	assert_int_equal(fabric.ports, FABRIC_PORTS);
}

static void broken_fabrics_are_not_sane(void **unused)
{
	(void)unused;
	assert_true(fabric_sane(&fabric));
	fabric.ports = FABRIC_PORTS + 1;
	assert_false(fabric_sane(&fabric));
	fabric.ports = 1;
	fabric.port[0].index = 1;
	assert_false(fabric_sane(&fabric));
	fabric.port[0].index = 0;
	fabric.port[0].present = false;
	assert_false(fabric_sane(&fabric));
	fabric.port[0].present = true;
	fabric.port[0].fabric = NULL;
	assert_false(fabric_sane(&fabric));
	fabric.port[0].fabric = &fabric;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_read_gives_what_the_device_answers),
		T(answers_that_do_not_fit_are_not_believed),
		T(a_second_answer_is_nobodys),
		T(data_for_a_write_is_nobodys),
		T(a_cpu_read_becomes_one_packet),
		T(a_cpu_write_of_a_page_is_cut_into_payloads),
		T(an_end_that_runs_by_itself_is_waited_for),
		T(the_wait_says_when_time_is_over),
		T(the_end_of_the_channel_is_link_down),
		T(a_channel_that_ends_in_an_access_ends_the_access),
		T(who_sends_without_end_holds_nobody_up),
		T(requests_are_checked_before_they_reach_memory),
		T(bus_zero_is_never_below_a_port),
		T(a_flush_is_answered_with_one_dword),
		T(a_large_read_is_answered_in_parts),
		T(a_device_may_not_configure_the_host),
		T(a_wire_is_told_of_when_it_changes),
		T(a_wire_by_another_way_is_refused),
		T(bytes_that_are_no_packet_are_refused),
		T(events_of_a_device_without_a_slot),
		T(people_name_ports_that_are_there),
		T(link_disable_is_link_down),
		T(a_stream_is_ready_only_as_laws_9_and_12_say),
		T(ports_do_not_share_names),
		T(broken_fabrics_are_not_sane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
