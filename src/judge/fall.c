/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/fall.h"

#include <string.h>

#include "judge/judge_priv.h"
#include "pci/regs.h"

struct target_link *fall_link(const struct judge *j)
{
	const struct judge_target_ops *o = judge_ops(j);

	return o->link ? o->link(judge_target(j)) : NULL;
}

unsigned fall_fn(const struct judge *j)
{
	return BDF_FN(j->cfg.function_id);
}

/* --- keys at both ends --- */

/* What the device sends with, we take with. */
static enum ide_dir ours(unsigned dir)
{
	return dir == IDEKM_TX ? IDE_RX : IDE_TX;
}

static bool program(struct judge *j, struct target_link *t, unsigned dir,
		    unsigned sub)
{
	const struct idekm_ref ref = tee_ref(j, 0, dir, sub);
	uint8_t m[TEE_KEY_LEN];
	const size_t n = tee_key_prog(j, m, &ref);
	struct idekm_msg key;
	struct tee_km a;
	enum il_err err = idekm_decode(m, n, &key);

	if (!err)
		err = ide_key_set(&t->root.ide, ref.stream, 0, ours(dir), sub,
				  key.key, 1);
	bytes_wipe(&key, sizeof(key));
	if (err) {
		judge_say(j, JUDGE_BROKEN, "a key of ours: %s",
			  il_err_name(err));
		return false;
	}
	if (!tee_km_ask(j, m, n, &a))
		return false;
	bytes_wipe(m, sizeof(m));
	if (!a.bad && a.m.object == IDEKM_KP_ACK && a.m.status == IDEKM_OK)
		return true;
	judge_absent(j, "KEY_PROG is refused");
	return false;
}

static bool go(struct judge *j, struct target_link *t, unsigned dir,
	       unsigned sub)
{
	const struct idekm_ref ref = tee_ref(j, 0, dir, sub);
	uint8_t m[IDEKM_KEY_HDR_LEN];
	struct tee_km a;

	if (!tee_km_ask(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref), &a))
		return false;
	if (a.bad || a.m.object != IDEKM_K_GOSTOP_ACK) {
		judge_absent(j, "K_SET_GO is refused");
		return false;
	}
	if (!ide_key_go(&t->root.ide, ref.stream, 0,
			dir == IDEKM_TX ? IDE_TX : IDE_RX, sub))
		return true;
	judge_say(j, JUDGE_BROKEN, "a key of ours does not go");
	return false;
}

bool fall_keyed(struct judge *j)
{
	struct target_link *t = fall_link(j);
	bool ok = tee_session(j);

	if (!t)
		return ok && tee_keys(j, 0);
	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS && ok; i++)
		ok = program(j, t, i / IDEKM_SUBS, i % IDEKM_SUBS);
	/* Receivers of both ends before transmitters: §6.33.3 */
	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS && ok; i++)
		ok = go(j, t, i / IDEKM_SUBS, i % IDEKM_SUBS);
	return ok && tee_enable(j, true);
}

bool fall_locked(struct judge *j, struct tee_lock *l)
{
	return fall_keyed(j) && tee_lock(j, 0, 0, l);
}

bool fall_running(struct judge *j)
{
	struct tee_lock l;

	return fall_locked(j, &l) && tee_start(j, &l);
}

/* --- after something ended --- */

bool fall_anew(struct judge *j)
{
	if (!judge_on(j))
		return false;
	if (j->ready)
		spdm_req_reset(&j->q);
	j->held = false;
	return judge_session(j);
}

bool fall_event(struct judge *j, enum judge_event ev)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	judge_note(j, "an event of the link: %s",
		   ev == JUDGE_EV_HOT_RESET   ? "hot reset"
		   : ev == JUDGE_EV_LINK_DOWN ? "down, and up again"
					      : "power off and on");
	reg_save(j);
	err = judge_ops(j)->event(judge_target(j), ev);
	return err ? judge_wire_failed(j, err, "an event of the link") : true;
}

static bool state(struct judge *j, unsigned *st)
{
	struct tee_td a;

	if (!tee_ask(j, TDISP_GET_STATE, NULL, 0, &a) ||
	    !tee_is(j, &a, TDISP_GET_STATE & 0x7f))
		return false;
	*st = a.m.state;
	return true;
}

bool fall_down(struct judge *j, const char *after)
{
	unsigned st;

	return state(j, &st) &&
	       judge_expect(j, st == TDI_ERROR || st == TDI_UNLOCKED,
			    "%s, the TDI is in %s", after, tee_state_name(st));
}

bool fall_stays(struct judge *j, enum tdi_state want, const char *after)
{
	unsigned st;

	return state(j, &st) &&
	       judge_expect(j, st == (unsigned)want, "%s, the TDI is in %s",
			    after, tee_state_name(st));
}

bool fall_insecure(struct judge *j, const char *after)
{
	struct target_link *t = fall_link(j);
	uint32_t sts;

	if (!t || !t->ide_block) {
		judge_absent(j, "its IDE registers cannot be read");
		return false;
	}
	return reg_get(j, 0, t->ide_block + IDE_SEL_STS, 4, &sts) &&
	       judge_expect(j, (sts & IDE_SEL_STS_STATE) == IDE_STS_INSECURE,
			    "%s, the stream's status is %u", after,
			    sts & IDE_SEL_STS_STATE);
}

/* --- memory --- */

bool fall_mmio(struct judge *j, uint64_t *addr)
{
	uint8_t buf[TEE_REPORT_MAX];
	struct tdisp_report r;
	size_t n;

	if (!tee_report(j, 1024, buf, &n))
		return false;
	if (tdisp_report_decode(buf, n, &r)) {
		judge_absent(j, "its report is malformed");
		return false;
	}
	for (uint32_t i = 0; i < r.range_count; i++) {
		if (r.ranges[i].attrs &
		    (TDISP_RANGE_NON_TEE | TDISP_RANGE_MSIX_TABLE |
		     TDISP_RANGE_MSIX_PBA))
			continue;
		*addr = r.ranges[i].first_page << 12;
		return true;
	}
	judge_absent(j, "it reports no TEE memory");
	return false;
}

bool fall_read(struct judge *j, uint64_t addr, bool stream, bool t,
	       bool *refused, uint32_t *v)
{
	struct judge_access a = { .stream = stream ? j->cfg.stream : -1,
				  .t = t,
				  .addr = addr,
				  .len = 4 };
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = judge_ops(j)->mem(judge_target(j), &a);
	judge_note(j, "a dword is read at 0x%llx, %s, T %u: %s",
		   (unsigned long long)addr,
		   stream ? "in the stream" : "in the clear", t,
		   err	       ? il_err_name(err)
		   : a.refused ? "refused"
			       : "answered");
	if (err)
		return judge_wire_failed(j, err, "a memory read");
	*refused = a.refused;
	*v = get_u32le(a.data);
	return true;
}

bool fall_peek(struct judge *j, const struct root_how *how, uint64_t addr,
	       enum il_err *err)
{
	struct target_link *t = fall_link(j);
	uint8_t b[4];

	if (!judge_on(j) || !t)
		return false;
	*err = root_mem_read(&t->root, how, addr, sizeof(b), b);
	judge_note(j, "a dword is read at 0x%llx: %s", (unsigned long long)addr,
		   il_err_name(*err));
	return true;
}
