/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DOE mailbox as the host drives it: registers only, and one queue for
 * each of them. Source: PCIe Base 6.0 §6.30, §7.9.24; linux.md 1.2
 */
#include <errno.h>
#include <string.h>

#include "doe/doe.h"
#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define SECOND	UINT64_C(1000000000)
#define POLL_NS UINT64_C(1000000)

static uint16_t at(const struct pci_dev *p, unsigned reg)
{
	return (uint16_t)(p->doe.cap + reg);
}

/* Aborts, and waits for the end of it; else it is not used again. -EIO. */
static int abort_mailbox(struct pci_dev *p)
{
	struct host_hw *hw = &p->host->k->hw;
	const uint64_t end = k_now(p->host->k) + SECOND;
	uint32_t sts = UINT32_MAX;
	int ret = pci_write(p, at(p, DOE_CTL), 4, DOE_CTL_ABORT);

	while (!ret) {
		ret = pci_read(p, at(p, DOE_STS), 4, &sts);
		if (ret || sts == UINT32_MAX ||
		    !(sts & (DOE_STS_BUSY | DOE_STS_ERROR)))
			break;
		if (k_now(p->host->k) >= end)
			ret = -ETIMEDOUT;
		else
			hw->ops->wait_ns(hw->ctx, POLL_NS);
	}
	p->doe.dead = ret || sts == UINT32_MAX;
	return p->doe.dead ? -EIO : 0;
}

/* All ones may be data, but the status register has bits that are never set. */
static bool gone(struct pci_dev *p, uint32_t v)
{
	return v == UINT32_MAX && pci_get(p, at(p, DOE_STS), 4) == UINT32_MAX;
}

/*
 * Pops dwords into @out; excess ones are popped and dropped. A device that
 * has gone is noticed here, not after as many reads as a length of ones says.
 */
static int pop(struct pci_dev *p, size_t dws, uint8_t *out, size_t cap)
{
	for (size_t i = 0; i < dws; i++) {
		uint32_t v;

		/* Ready until the last dword is popped. */
		if (i + 1 == dws &&
		    !(pci_get(p, at(p, DOE_STS), 4) & DOE_STS_READY))
			return -EIO;
		if (pci_read(p, at(p, DOE_READ), 4, &v) || gone(p, v) ||
		    pci_write(p, at(p, DOE_READ), 4, 0))
			return -ENODEV;
		for (size_t b = 0; b < 4 && i * 4 + b < cap; b++)
			out[i * 4 + b] = (uint8_t)(v >> (8 * b));
	}
	return 0;
}

static int push(struct pci_dev *p, const uint8_t *obj, size_t n)
{
	for (size_t i = 0; i < n; i += 4) {
		int ret = pci_write(p, at(p, DOE_WRITE), 4, get_u32le(obj + i));

		if (ret)
			return ret;
	}
	return pci_write(p, at(p, DOE_CTL), 4, DOE_CTL_GO);
}

static long receive(struct pci_dev *p, uint8_t type, uint8_t *rsp, size_t cap)
{
	uint8_t head[DOE_HEADER_LEN];
	struct rd r = rd_over(head, sizeof(head));
	struct doe_header h;
	size_t len;
	int ret = pop(p, 1, head, 4);

	if (!ret) {
		/* The second may be the last: then it must be ready too. */
		uint32_t v = pci_get(p, at(p, DOE_READ), 4);

		put_u32le(head + 4, v);
		if (gone(p, v) || pci_write(p, at(p, DOE_READ), 4, 0))
			ret = -ENODEV;
	}
	if (ret)
		return ret;
	if (doe_header_decode(&r, &h) || h.type.vendor != DOE_VENDOR_PCISIG ||
	    h.type.type != type)
		return -EIO;
	if (h.dw == 2)
		return 0;
	ret = pop(p, h.dw - 2, rsp, cap);
	if (ret)
		return ret;
	len = (size_t)(h.dw - 2) * 4;
	return (long)(len < cap ? len : cap & ~(size_t)3);
}

/* The object that is in the host's buffer now. */
static void show(struct pci_dev *p, size_t len)
{
	const struct host_hw *hw = &p->host->k->hw;

	if (hw->ops->doe_object)
		hw->ops->doe_object(hw->ctx, p->bdf, p->host->doe_buf, len);
}

static void show_answer(struct pci_dev *p, uint8_t type, const uint8_t *rsp,
			size_t len)
{
	struct wr w = wr_over(p->host->doe_buf, sizeof(p->host->doe_buf));

	if (!doe_wrap(&w, (struct doe_type){ DOE_VENDOR_PCISIG, type }, rsp,
		      len) &&
	    !w.err)
		show(p, w.len);
}

/* --- the queue --- */

static void phase(struct pci_dev *p, enum pci_doe_phase ph)
{
	p->doe.phase = ph;
	p->doe.until_ns = k_now(p->host->k) + SECOND;
}

/* The first task is over; the mailbox is free for the next. */
static void done(struct pci_dev *p, long ret)
{
	struct pci_doe_task *t = p->doe.queue;

	p->doe.phase = PCI_DOE_IDLE;
	p->doe.queue = t->next;
	t->next = NULL;
	t->ret = ret;
}

/*
 * What went wrong is told once the mailbox has been aborted, so that the next
 * task finds it idle; a function that has gone is not asked.
 */
static void failed(struct pci_dev *p, long ret)
{
	if (ret == -ENODEV || pci_write(p, at(p, DOE_CTL), 4, DOE_CTL_ABORT)) {
		done(p, ret);
		return;
	}
	p->doe.result = ret;
	phase(p, PCI_DOE_ABORT);
}

static void send(struct pci_dev *p)
{
	const struct pci_doe_task *t = p->doe.queue;
	struct wr w = wr_over(p->host->doe_buf, sizeof(p->host->doe_buf));
	int ret = -EINVAL;

	if (!doe_wrap(&w, (struct doe_type){ DOE_VENDOR_PCISIG, t->type },
		      t->req, t->len) &&
	    !w.err) {
		show(p, w.len);
		ret = push(p, p->host->doe_buf, w.len);
	}
	if (ret)
		done(p, ret);
	else
		phase(p, PCI_DOE_SENT);
}

static void take(struct pci_dev *p)
{
	const struct pci_doe_task *t = p->doe.queue;
	long got = receive(p, t->type, t->rsp, t->cap);

	if (got < 0) {
		failed(p, got);
		return;
	}
	show_answer(p, t->type, t->rsp, (size_t)got);
	done(p, got);
}

static void abort_over(struct pci_dev *p, uint32_t status, bool late)
{
	if (!late && status & (DOE_STS_BUSY | DOE_STS_ERROR))
		return;
	/* After an abort that did not end it is not used again. */
	p->doe.dead = late && status & (DOE_STS_BUSY | DOE_STS_ERROR);
	done(p, p->doe.result);
}

static void vanished(struct pci_dev *p)
{
	p->doe.dead = p->doe.phase == PCI_DOE_ABORT;
	done(p, p->doe.dead ? p->doe.result : -ENODEV);
}

/* One look at the status register; false: time has to go by. */
static bool step(struct pci_dev *p)
{
	const bool late = k_now(p->host->k) >= p->doe.until_ns;
	const enum pci_doe_phase was = p->doe.phase;
	const struct pci_doe_task *first = p->doe.queue;
	uint32_t sts;

	if (was == PCI_DOE_IDLE) {
		phase(p, PCI_DOE_BUSY);
		return true;
	}
	if (pci_read(p, at(p, DOE_STS), 4, &sts) || sts == UINT32_MAX)
		vanished(p);
	else if (was == PCI_DOE_ABORT)
		abort_over(p, sts, late);
	else if (sts & DOE_STS_ERROR &&
		 !(was == PCI_DOE_BUSY && sts & DOE_STS_BUSY))
		failed(p, -EIO);
	else if (was == PCI_DOE_BUSY && !(sts & DOE_STS_BUSY))
		send(p);
	else if (was == PCI_DOE_SENT && sts & DOE_STS_READY)
		take(p);
	else if (late)
		failed(p, was == PCI_DOE_BUSY ? -EBUSY : -EIO);
	return p->doe.phase != was || p->doe.queue != first;
}

static void all_over(struct pci_dev *p, long ret)
{
	while (p->doe.queue)
		done(p, ret);
}

bool pci_doe_run(struct pci_dev *p)
{
	do {
		if (p->doe.dead || p->gone)
			all_over(p, -EIO);
	} while (p->doe.queue && step(p));
	return p->doe.queue;
}

void pci_doe_cancel(struct pci_dev *p)
{
	all_over(p, -EIO);
	p->doe.dead = true;
}

int pci_doe_submit(struct pci_dev *p, struct pci_doe_task *t)
{
	struct pci_doe_task **end = &p->doe.queue;

	if (!p->doe.cap || !pci_doe_has(p, t->type) || t->len > DOE_MAX_BYTES)
		return -EINVAL;
	if (p->doe.dead || p->gone)
		return -EIO;
	while (*end)
		end = &(*end)->next;
	t->next = NULL;
	t->ret = -EINPROGRESS;
	*end = t;
	return 0;
}

/* While one waits the others go on: whose device it is does not matter. */
static void run_all(struct pci_host *h)
{
	for (struct pci_dev *p = h->devs; p; p = p->next)
		if (p->doe.queue)
			(void)pci_doe_run(p);
}

static long wait_for(struct pci_dev *p, struct pci_doe_task *t)
{
	struct host_hw *hw = &p->host->k->hw;

	for (;;) {
		(void)pci_doe_run(p);
		if (t->ret != -EINPROGRESS)
			return t->ret;
		run_all(p->host);
		if (t->ret == -EINPROGRESS)
			hw->ops->wait_ns(hw->ctx, POLL_NS);
	}
}

bool pci_doe_has(const struct pci_dev *p, uint8_t type)
{
	for (unsigned i = 0; i < p->doe.n_feats; i++)
		if (p->doe.feats[i].vendor == DOE_VENDOR_PCISIG &&
		    p->doe.feats[i].type == type)
			return true;
	return false;
}

long pci_doe(struct pci_dev *p, uint8_t type, const uint8_t *req, size_t len,
	     uint8_t *rsp, size_t cap)
{
	struct pci_doe_task t = {
		.type = type, .req = req, .len = len, .rsp = rsp, .cap = cap
	};
	long ret = pci_doe_submit(p, &t);

	if (ret)
		return ret;
	ret = wait_for(p, &t);
	p->host->k->stats.exchanges++;
	if (p->host->k->hw.env)
		env_trace(p->host->k->hw.env, K_TRACE_DOE, p->bdf, type,
			  (uint64_t)ret);
	return ret;
}

/* Discovery is what tells which types are there: it is asked by itself. */
static long discover(struct pci_dev *p, const uint8_t *req, size_t len,
		     uint8_t *rsp, size_t cap)
{
	struct pci_doe_task t = { .type = DOE_TYPE_DISCOVERY,
				  .req = req,
				  .len = len,
				  .rsp = rsp,
				  .cap = cap,
				  .ret = -EINPROGRESS };

	p->doe.queue = &t;
	return wait_for(p, &t);
}

int pci_doe_init(struct pci_dev *p)
{
	uint8_t version = ECAP_VER(pci_get(p, p->doe.cap, 4)) >= 2 ? 2 : 0;
	uint8_t index = 0;

	all_over(p, -EIO);
	p->doe.n_feats = 0;
	p->doe.dead = false;
	if (abort_mailbox(p))
		return -EIO;
	do {
		uint8_t req[DOE_DISCOVERY_LEN], rsp[DOE_DISCOVERY_LEN];
		struct wr w = wr_over(req, sizeof(req));
		long ret;

		doe_discovery_req_encode(&w, index, version);
		ret = discover(p, req, w.len, rsp, sizeof(rsp));
		if (ret < 0 || doe_discovered(rsp, (size_t)ret, &index,
					      &p->doe.feats[p->doe.n_feats])) {
			p->doe.n_feats = 0;
			(void)abort_mailbox(p);
			return -EIO;
		}
		p->doe.n_feats++;
	} while (index && p->doe.n_feats < PCI_DOE_FEATS);
	return 0;
}
