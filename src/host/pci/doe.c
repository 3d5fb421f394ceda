/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DOE mailbox as the host drives it: registers only, one exchange a call.
 * Source: PCIe Base 6.0 §6.30, §7.9.24; linux.md 1.2
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

/*
 * Polls until a bit of @mask is as @set says, for one second of world time.
 * -ETIMEDOUT, -ENODEV.
 */
static int poll_status(struct pci_dev *p, uint32_t mask, bool set,
		       uint32_t *status)
{
	struct host_hw *hw = &p->host->k->hw;
	const uint64_t end = k_now(p->host->k) + SECOND;

	for (;;) {
		int ret = pci_read(p, at(p, DOE_STS), 4, status);

		if (ret)
			return ret;
		if (*status == UINT32_MAX)
			return -ENODEV;
		if (set ? *status & mask : !(*status & mask))
			return 0;
		if (k_now(p->host->k) >= end)
			return -ETIMEDOUT;
		hw->ops->wait_ns(hw->ctx, POLL_NS);
	}
}

/* After an abort that did not end the mailbox is not used again. */
static int abort_mailbox(struct pci_dev *p)
{
	uint32_t status;
	int ret = pci_write(p, at(p, DOE_CTL), 4, DOE_CTL_ABORT);

	if (!ret)
		ret = poll_status(p, DOE_STS_BUSY | DOE_STS_ERROR, false,
				  &status);
	if (ret)
		p->doe.dead = true;
	return ret ? -EIO : 0;
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

static long exchange(struct pci_dev *p, uint8_t type, const uint8_t *req,
		     size_t len, uint8_t *rsp, size_t cap)
{
	struct wr w = wr_over(p->host->doe_buf, sizeof(p->host->doe_buf));
	uint32_t status;
	long got;
	int ret;

	if (doe_wrap(&w, (struct doe_type){ DOE_VENDOR_PCISIG, type }, req,
		     len) ||
	    w.err)
		return -EINVAL;
	ret = poll_status(p, DOE_STS_BUSY, false, &status);
	if (ret)
		return ret == -ETIMEDOUT ? -EBUSY : ret;
	if (status & DOE_STS_ERROR)
		return -EIO;
	show(p, w.len);
	ret = push(p, p->host->doe_buf, w.len);
	if (!ret)
		ret = poll_status(p, DOE_STS_READY | DOE_STS_ERROR, true,
				  &status);
	if (ret == -ENODEV)
		return ret;
	if (ret || status & DOE_STS_ERROR)
		return -EIO;
	got = receive(p, type, rsp, cap);
	if (got >= 0)
		show_answer(p, type, rsp, (size_t)got);
	return got;
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
	long ret;

	if (!p->doe.cap || !pci_doe_has(p, type) || len > DOE_MAX_BYTES)
		return -EINVAL;
	if (p->doe.dead)
		return -EIO;
	ret = exchange(p, type, req, len, rsp, cap);
	p->host->k->stats.exchanges++;
	if (p->host->k->hw.env)
		env_trace(p->host->k->hw.env, K_TRACE_DOE, p->bdf, type,
			  (uint64_t)ret);
	if (ret == -EIO || ret == -EBUSY)
		(void)abort_mailbox(p);
	return ret;
}

int pci_doe_init(struct pci_dev *p)
{
	uint8_t version = ECAP_VER(pci_get(p, p->doe.cap, 4)) >= 2 ? 2 : 0;
	uint8_t index = 0;

	p->doe.n_feats = 0;
	p->doe.dead = false;
	if (abort_mailbox(p))
		return -EIO;
	do {
		uint8_t req[DOE_DISCOVERY_LEN], rsp[DOE_DISCOVERY_LEN];
		struct wr w = wr_over(req, sizeof(req));
		long ret;

		doe_discovery_req_encode(&w, index, version);
		ret = exchange(p, DOE_TYPE_DISCOVERY, req, w.len, rsp,
			       sizeof(rsp));
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
