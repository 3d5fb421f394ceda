// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * TDIs that firmware did not let go of, because it did not answer: unbind
 * cannot fail, and whoever asked is gone. Their commands are kept as bytes,
 * since the connection may be gone as well, and given again before anything
 * that they are in the way of.
 */
#include <linux/list.h>
#include <linux/slab.h>

#include "tsm_vm.h"

struct left {
	struct list_head list;
	struct ilt_tdi *t;
	u8 unbind[TIO_TDI_UNBIND_LEN];
	u8 reclaim[TIO_TDI_RECLAIM_LEN];
	u8 fence[TIO_FENCE_CLEAR_LEN];
};

static LIST_HEAD(left);
static DEFINE_MUTEX(left_lock); /* above ilt_psp.lock and .insn */

void ilt_left_add(struct ilt_tdi *t, const u8 *unbind, const u8 *reclaim,
		  const u8 *fence)
{
	struct left *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l) {
		ilt_tdi_free(t);
		return;
	}
	l->t = t;
	memcpy(l->unbind, unbind, sizeof(l->unbind));
	memcpy(l->reclaim, reclaim, sizeof(l->reclaim));
	memcpy(l->fence, fence, sizeof(l->fence));
	mutex_lock(&left_lock);
	list_add_tail(&l->list, &left);
	mutex_unlock(&left_lock);
}

/* True: nothing of it is left. */
static bool again(struct left *l)
{
	struct ilt_tdi *t = l->t;
	u32 st = 0;

	/* By FORCE; the second one differs and abandons the first. */
	if (!ilt_cmd(t->psp, SEV_CMD_TIO_TDI_UNBIND, l->unbind, true, &st) &&
	    st) {
		sev_put_u64(l->unbind, TIO_CMD_SPDM_CTRL + TIO_SPDM_OUTPUT, 0);
		ilt_cmd(t->psp, SEV_CMD_TIO_TDI_UNBIND, l->unbind, true, &st);
	}
	if (t->created &&
	    !ilt_cmd(t->psp, SEV_CMD_TIO_TDI_RECLAIM, l->reclaim, true, &st))
		t->created = st;
	ilt_mmio_shared(t);
	/* Left in error it would keep this guest, or its successor, out. */
	ilt_cmd(t->psp, SEV_CMD_TIO_ASID_FENCE_CLEAR, l->fence, true, &st);
	return !t->created && !t->n_mmio;
}

void ilt_left_again(bool last)
{
	struct left *l, *next;

	mutex_lock(&left_lock);
	list_for_each_entry_safe(l, next, &left, list)
		if (again(l) || last) {
			list_del(&l->list);
			ilt_tdi_free(l->t);
			kfree(l);
		}
	mutex_unlock(&left_lock);
}
