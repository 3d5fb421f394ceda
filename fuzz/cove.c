/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/cove/fw_rig.h"
#include "edit.h"

/*
 * A TSM and its root monitor under a host that calls, converts and carries as
 * it likes, a TVM that asks, and a device that may be anybody. Byte 0: how far
 * the rig has gone before.
 *
 * Books and page states stay sane; a call that is refused on the spot changes
 * neither; DMA with T and a TVM's MMIO pass only while a lock session that the
 * TVM started vouches for them; the host reads no page of a TVM.
 */

static struct cove_rig *r;
static uint64_t conf, host, dir, first;
static bool failing; /* keys or dice fail */

/* Numbers that calls may name, good and bad. */
static uint64_t some(uint8_t b)
{
	const uint64_t at[] = { 0,
				1,
				2,
				PAGE_4K,
				RIG_BAR_PAGES * PAGE_4K,
				UINT64_MAX,
				r->tvm,
				first,
				RIG_IF,
				RIG_IF + 1,
				PEER_BAR,
				PEER_BAR + 4 * PAGE_4K,
				RIG_BAR_GPA,
				RIG_BAR_GPA + PAGE_4K,
				RIG_GPA,
				RIG_GPA + 8 * PAGE_4K,
				RIG_GPA + RIG_PAGES * PAGE_4K,
				conf,
				conf + PAGE_4K,
				host,
				host + PAGE_4K,
				r->nacl,
				r->desc,
				r->out,
				r->page,
				RIG_TSM,
				PEER_STREAM,
				COVE_CONN_SIZE_MIN,
				UINT64_C(1) << 48,
				16,
				48,
				host + 8 };

	return at[b % COUNT(at)];
}

/* Calls of the host with what an honest one would say. */
struct call {
	uint16_t fid;
	uint8_t a[6]; /* places of some() */
};

enum {
	ZERO = 0,
	ONE = 1,
	LEN = 3,
	BARS = 4,
	TVM = 6,
	IF = 8,
	MMIO = 10,
	BARGPA = 12,
	MEM = 14,
	MEM8 = 15,
	FREEGPA = 16,
	CONF = 17,
	HOST = 19,
	DESC = 22,
	OUT = 23,
	PARAM = 24,
	STREAM = 26,
	SIZE = 27,
	N16 = 29,
	N48 = 30,
};

static const struct call host_calls[] = {
	{ COVH_GET_TSM_INFO, { PARAM, N48 } },
	{ COVH_CONVERT_PAGES, { HOST, ONE } },
	{ COVH_RECLAIM_PAGES, { CONF, ONE } },
	{ COVH_GLOBAL_FENCE, { 0 } },
	{ COVH_LOCAL_FENCE, { 0 } },
	{ COVH_CREATE_TVM, { PARAM, N16 } },
	{ COVH_FINALIZE_TVM, { TVM } },
	{ COVH_DESTROY_TVM, { TVM } },
	{ COVH_ADD_MEMORY_REGION, { TVM, FREEGPA, LEN } },
	{ COVH_ADD_PAGE_TABLE_PAGES, { TVM, CONF, ONE } },
	{ COVH_ADD_MEASURED_PAGES, { TVM, HOST, CONF, ZERO, ONE, FREEGPA } },
	{ COVH_ADD_ZERO_PAGES, { TVM, CONF, ZERO, ONE, FREEGPA } },
	{ COVH_ADD_SHARED_PAGES, { TVM, HOST, ZERO, ONE, MEM8 } },
	{ COVH_CREATE_VCPU, { TVM, ONE, CONF } },
	{ COVH_TVM_FENCE, { TVM } },
	{ COVH_INVALIDATE_PAGES, { TVM, MEM8, LEN } },
	{ COVH_VALIDATE_PAGES, { TVM, MEM8, LEN } },
	{ COVH_REMOVE_PAGES, { TVM, MEM8, LEN } },
	{ COVH_ADD_REGION, { TVM, IF, MMIO, BARS, BARGPA } },
	{ COVH_RECLAIM_REGION, { TVM, IF, MMIO, BARS } },
	{ COVH_GET_CONN_TRANSCRIPT, { IF, OUT, SIZE } },
	{ COVH_CONNECT_DEVICE, { IF, DESC, OUT, SIZE } },
	{ COVH_DISCONNECT_DEVICE, { IF } },
	{ COVH_BIND_INTERFACE, { TVM, IF } },
	{ COVH_UNBIND_INTERFACE, { TVM, IF } },
	{ COVH_SPDM_KEY_UPDATE, { IF } },
	{ COVH_IDE_KEY_REFRESH, { IF, STREAM } },
	{ COVH_SPDM_HEARTBEAT, { IF } },
	{ COVH_PROMOTE_TO_TVM, { 0 } },
	{ 1029, { 0 } },
};

static const struct call guest_calls[] = {
	{ COVG_ADD_MMIO_REGION, { BARGPA, LEN } },
	{ COVG_REMOVE_MMIO_REGION, { BARGPA, LEN } },
	{ COVG_SHARE_MEMORY_REGION, { MEM8, LEN } },
	{ COVG_UNSHARE_MEMORY_REGION, { MEM8, LEN } },
	{ COVG_GET_DEVICE_LINK, { IF } },
	{ COVG_GET_CONN_TRANSCRIPT, { IF, ONE, ZERO, MEM, LEN } },
	{ COVG_GET_MEASUREMENTS, { IF, ZERO, ZERO, MEM, LEN } },
	{ COVG_GET_INTERFACE_REPORT, { IF, MEM, LEN } },
	{ COVG_GET_INTERFACE_STATE, { IF } },
	{ COVG_MAP_INTERFACE_MMIO, { IF, BARGPA, MMIO, LEN } },
	{ COVG_START_INTERFACE, { IF } },
	{ COVG_STOP_INTERFACE, { IF } },
	{ COVG_EXTEND_MEASUREMENT, { 0 } },
};

static bool anything_pending(void)
{
	return cove_fw_pending(r->fw, 0) || cove_fw_pending(r->fw, 1);
}

/* What the root monitor finds when it looks is no doing of the call. */
static void look(void)
{
	const uint64_t a[6] = { PEER_PORT, PEER_STREAM };

	(void)cove_rdsm_covt(&r->rdsm, COVT_STREAM_STATUS, a);
}

static bool on_the_spot(int64_t error)
{
	return error && error != SBI_ERR_IO && error != SBI_ERR_DENIED &&
	       error != SBI_ERR_FAILED && error != SBI_ERR_TIMEOUT;
}

static struct sbiret ask(uint64_t fid, const uint64_t a[6])
{
	const bool pending = anything_pending();
	struct sbiret s;

	look();
	if (!pending)
		rig_keep(r);
	cove_fw_time(r->fw, r->p->now_ns);
	s = cove_fw_ecall(r->fw, 0, COVE_EID_COVH, fid, a);
	if (!pending && !failing && on_the_spot(s.error))
		rig_same(r);
	return s;
}

static void args(struct rd *in, const struct call *c, unsigned turned,
		 uint64_t a[6])
{
	for (unsigned i = 0; i < 6; i++)
		a[i] = some(c->a[i]);
	while (turned--) {
		const uint8_t at = rd_u8(in), v = rd_u8(in);

		a[at % 6] = at & 0x40 ? v : some(v);
	}
}

/* How the host carries: 0 well, 1 answer edited, 2 header, 3 silent. */
static void bring(struct rd *in, uint8_t how)
{
	const uint64_t at = buffer_at(r);
	uint8_t b[96];
	struct fault f;
	uint32_t len;

	if (!at)
		return;
	r->p->logged = 0;
	host_get(r, at, b, NACL_DEV_PAYLOAD);
	len = cove_u32(b, NACL_DEV_LENGTH);
	if (len & NACL_LENGTH_ANSWER || !len ||
	    (len & NACL_LENGTH_MASK) > PEER_MSG)
		return;
	r->silent = how == 3;
	exchange(r);
	r->silent = false;
	if (how != 1 && how != 2)
		return;
	host_get(r, at, b, sizeof(b));
	(void)edit(in, b + (how == 1 ? NACL_DEV_PAYLOAD : 0),
		   how == 1 ? sizeof(b) - NACL_DEV_PAYLOAD : NACL_DEV_PAYLOAD,
		   how == 1 ? sizeof(b) - NACL_DEV_PAYLOAD : NACL_DEV_PAYLOAD);
	(void)!mem_host_write(&r->m, at, b, sizeof(b), &f);
}

static void host_call(struct rd *in, uint8_t op)
{
	const struct call *c = &host_calls[rd_u8(in) % COUNT(host_calls)];
	const uint8_t when = op & 0x80 ? rd_u8(in) : 0xff;
	uint64_t a[6];
	struct sbiret s;

	args(in, c, op >> 4 & 3, a);
	s = ask(c->fid, a);
	for (unsigned n = 0; cfw_is_pending(s) && n < 80; n++) {
		if (n == (when & 63u) && when & 0x80)
			return; /* left as it is */
		bring(in, n == (when & 63u) ? op >> 4 & 3 : 0);
		s = ask(c->fid, a);
	}
	if (c->fid == COVH_CONNECT_DEVICE && !s.error)
		peer_enable(r->p);
	if (c->fid == COVH_CREATE_TVM && !s.error)
		r->tvm = s.value;
}

static void guest_call(struct rd *in, uint8_t op)
{
	const struct call *c = &guest_calls[rd_u8(in) % COUNT(guest_calls)];
	const uint8_t when = op & 0x80 ? rd_u8(in) : 0xff;

	if (!r->calls) {
		args(in, c, op >> 4 & 3, r->a);
		r->eid = COVE_EID_COVG;
		r->fid = c->fid;
		r->calls = true;
		r->answered = false;
	}
	for (unsigned n = 0; n < 40; n++) {
		if (run(r).error || r->answered ||
		    (n == (when & 31u) && when & 0x80))
			return;
		bring(in, n == (when & 31u) ? op >> 4 & 3 : 0);
		if (!buffer_at(r) && r->fid == COVG_GET_CONN_TRANSCRIPT)
			(void)covh(r, COVH_GET_CONN_TRANSCRIPT, RIG_IF, r->out,
				   COVE_CONN_SIZE_MIN, 0, 0, 0);
	}
}

/* Interfaces that run by a lock session of now, for the device's RID. */
static bool vouched(bool dma_too)
{
	const struct fw_if *f = cfw_if_find(r->fw, RIG_IF);

	if (!f || !f->bind || !f->lock_id || !f->on)
		return false;
	return tsm_bind_state(f->bind) == TSM_BIND_RUN &&
	       tsm_lock_info(f->bind)->id == f->lock_id &&
	       (!dma_too || tsm_dma_on(f->bind));
}

static bool tvm_known(void)
{
	struct cove_fw_tvm t;

	return cove_fw_tvm_find(r->fw, r->tvm, &t);
}

/* Does the TVM's G-stage lead from there to a region, and so to T? */
static bool to_region(uint64_t gpa)
{
	const struct fw_tvm *t = cfw_tvm_find(r->fw, r->tvm);
	struct fw_leaf l;

	cfw_leaf_get(r->fw, t, gpa, &l);
	return l.kind == LEAF_PAGE &&
	       cove_own_state(&r->o, l.pa) == COVE_PG_REGION;
}

static void touch(struct rd *in, uint8_t op)
{
	const uint64_t at = some(rd_u8(in));
	struct cove_page p;
	struct fault f;
	uint8_t b[8];

	if (op & 0x10 && !dma(r, op & 0x20, at & ~UINT64_C(7), op & 0x40, &f) &&
	    op & 0x20)
		must(vouched(true));
	if (at >> 48)
		return;
	if (!(op & 0x10) && tvm_known() &&
	    !guest_access(r, at & ~UINT64_C(7), op & 0x40, &f) && to_region(at))
		must(vouched(false));
	if (!cove_own_page(&r->o, at, &p) && p.state != COVE_PG_HOST)
		must(mem_host_read(&r->m, at & ~UINT64_C(7), b, 8, &f) ==
		     IL_E_IO);
}

/* The host's memory, the buffers too. */
static void scribble(struct rd *in, uint8_t op)
{
	const uint64_t at = op & 0x10 ? buffer_at(r) : some(rd_u8(in));
	uint8_t b[16] = { 0 };
	struct fault f;

	rd_copy(in, b, rd_left(in) < (op >> 5) * 2u ? 0 : (op >> 5) * 2u);
	if (at)
		(void)!mem_host_write(&r->m, at, b, sizeof(b), &f);
}

/* The vCPU leaves with something that is the host's to answer. */
static void leave(uint8_t how, uint64_t at)
{
	const uint64_t kept = r->a[0];
	const bool calls = r->calls;

	if (how & 8 && calls)
		return;
	r->vm_fault = !(how & 8);
	r->vm_store = how & 16;
	r->a[0] = r->vm_fault ? at : kept;
	if (!r->vm_fault) {
		r->eid = 0x10;
		r->fid = 3;
		r->calls = true;
	}
	(void)run(r);
	r->calls = calls;
	r->vm_fault = false;
	r->a[0] = kept;
	(void)run(r);
}

/* Without its NACL memory, or with another. */
static void no_nacl(uint8_t how, uint64_t at)
{
	static const uint64_t fids[] = { COVH_RUN_VCPU, COVH_BIND_INTERFACE,
					 COVH_UNBIND_INTERFACE,
					 COVH_SPDM_HEARTBEAT };
	const uint64_t none[6] = { NACL_SHMEM_NONE, NACL_SHMEM_NONE };
	const uint64_t other[6] = { at }, mine[6] = { r->nacl };
	const uint64_t fid = fids[how >> 3 & 3];
	const uint64_t a[6] = { fid == COVH_SPDM_HEARTBEAT ? RIG_IF : r->tvm,
				fid == COVH_RUN_VCPU ? 0 : RIG_IF };

	(void)cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_SET_SHMEM, other);
	(void)cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_SET_SHMEM, none);
	(void)ask(fid, a);
	must(!cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_SET_SHMEM, mine)
		      .error);
}

/* The host may have given the page away. */
static void put(uint64_t at, uint64_t v)
{
	struct fault f;
	uint8_t b[8];

	cove_put_u64(b, 0, v);
	(void)!mem_host_write(&r->m, at, b, sizeof(b), &f);
}

/*
 * A directory of the host's, nearly right, and DMA by it: ten pages from @dir,
 * root of the G-stage, three levels, a page; directory and its leaf.
 */
static void host_dma(struct rd *in, uint64_t at)
{
	const uint64_t l3 = dir + 4 * PAGE_4K, l2 = l3 + PAGE_4K,
		       l1 = l2 + PAGE_4K, ddt = l1 + PAGE_4K,
		       leaf = ddt + PAGE_4K;
	const uint64_t e = ddt + PEER_RID / COVE_DDT_SPAN * 8,
		       dc = leaf + PEER_RID % COVE_DDT_SPAN * COVE_DC_LEN;
	const uint64_t word[] = { e, dc, dc + 8, dc + 16, dc + 24, l1 };
	const uint8_t w = rd_u8(in), bit = rd_u8(in);
	struct fault f;
	uint8_t b[8];

	put(dir, (l3 >> 12) << 10 | 1);
	put(l3, (l2 >> 12) << 10 | 1);
	put(l2, (l1 >> 12) << 10 | 1);
	put(l1, (at >> 12) << 10 | 0xd7);
	put(e, (leaf >> 12) << 10 | 1);
	put(dc, COVE_TC_V);
	put(dc + 8, UINT64_C(9) << 60 | dir >> 12);
	put(dc + 16, 0);
	put(dc + 24, 0);
	if (w & 0x80 &&
	    !mem_host_read(&r->m, word[w % COUNT(word)], b, sizeof(b), &f))
		put(word[w % COUNT(word)],
		    cove_u64(b, 0) ^ UINT64_C(1) << bit % 64);
	(void)!iommu_set_device_table(&r->i, ddt, w & 0x40 ? PEER_RID : 65536);
	(void)!iommu_inval_all(&r->i);
	iommu_wait(&r->i);
	if (!dma(r, false, 0, bit & 1, &f) && !(w & 0x80))
		must(cove_own_state(&r->o, at) == COVE_PG_HOST ||
		     cove_own_state(&r->o, at) == COVE_PG_NONE);
}

/* Agents that have no business there. */
static void stranger(uint8_t how, uint64_t at)
{
	struct mem_req q = { .who = AGENT_VCPU, .gpa = at, .pa = at, .len = 8 };
	struct iommu_req d = { .rid = PEER_RID + (how >> 6 & 1),
			       .t = true,
			       .stream = PEER_STREAM + (how >> 3 & 1),
			       .tc = how >> 4 & 1,
			       .port = PEER_PORT + (how >> 5 & 1),
			       .iova = RIG_GPA,
			       .len = 8 };
	struct fault f;
	uint8_t b[8];

	if (!mem_access(&r->m, &q, b, &f))
		must(cove_own_state(&r->o, at) <= COVE_PG_HOST);
	if (!iommu_access(&r->i, &d, b, &f))
		must(!(how >> 3 & 15) && vouched(true));
}

/*
 * The root monitor's calls with what no TSM says. A stream that it did drop
 * would be one that the TSM believes in.
 */
static void covt(uint8_t how, uint64_t at)
{
	const uint64_t a[6] = { how & 0x80 ? at : PEER_PORT, at, at };
	static const uint64_t fids[] = { COVT_KEY_STATUS, COVT_PROGRAM_STREAM,
					 COVT_CLEAR_KEY, COVT_PROGRAM_KEY };

	if ((how >> 3 & 3) != 2 || at != PEER_STREAM)
		(void)cove_rdsm_covt(&r->rdsm, fids[how >> 3 & 3], a);
}

static void more(struct rd *in)
{
	const uint8_t how = rd_u8(in);
	const uint64_t at = some(rd_u8(in));

	switch (how & 7) {
	case 0:
		no_nacl(how, at);
		break;
	case 1:
	case 2:
		leave(how, at);
		break;
	case 3:
	case 4:
		host_dma(in, at & ~UINT64_C(4095));
		break;
	case 5:
	case 6:
		stranger(how, at & ~UINT64_C(7));
		break;
	default:
		covt(how, at);
		break;
	}
}

static void world(struct rd *in, uint8_t op)
{
	switch (op >> 4) {
	case 0:
		r->p->rp_secure = false;
		r->p->secure = false;
		break;
	case 1:
		r->p->random_err = r->p->random_err ? IL_OK : IL_E_RANDOM;
		break;
	case 2:
		r->p->rp_program = r->p->rp_program ? IL_OK : IL_E_IO;
		break;
	case 3:
		r->p->rp_go = r->p->rp_go ? IL_OK : IL_E_IO;
		break;
	case 4:
		r->setup_err = r->setup_err ? IL_OK : IL_E_SPACE;
		break;
	case 5:
		(void)covh(r, COVH_CONVERT_PAGES, conf, 2, 0, 0, 0, 0);
		(void)covh(r, COVH_GLOBAL_FENCE, 0, 0, 0, 0, 0, 0);
		break;
	case 6:
		r->tvm = first;
		break;
	case 7:
		more(in);
		break;
	default:
		r->p->now_ns += UINT64_C(1000000) << (op >> 4);
		break;
	}
	failing = r->p->random_err || r->p->rp_program || r->p->rp_go ||
		  r->setup_err;
}

static void up(uint8_t stage)
{
	r = rig_new();
	failing = false;
	conf = rig_conf(r, 2, 1);
	host = rig_host(r, 2, 1);
	dir = rig_host(r, 9, 4);
	switch (stage % 5) {
	case 0:
		break;
	case 1:
		rig_launch(r);
		break;
	case 2:
		rig_launch(r);
		must(!dev_connect(r).error);
		break;
	case 3:
		all_bound(r);
		break;
	default:
		all_running(r);
		break;
	}
	first = r->tvm;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	up(rd_u8(&in));
	for (unsigned n = 0; rd_left(&in) && n < 24; n++) {
		const uint8_t op = rd_u8(&in);

		switch (op & 7) {
		case 0:
		case 1:
		case 2:
			host_call(&in, op);
			break;
		case 3:
		case 4:
			guest_call(&in, op);
			break;
		case 5:
			touch(&in, op);
			break;
		case 6:
			scribble(&in, op);
			break;
		default:
			world(&in, op);
			break;
		}
		must(cove_fw_sane(r->fw));
		must(cove_rdsm_sane(&r->rdsm));
	}
	rig_free(r); /* and looks at every page */
	return 0;
}
