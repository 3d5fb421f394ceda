// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * One function, from lock to unlock. The order of the steps and what is
 * compared with what are those of src/guest/session.c.
 *
 * Source: TDISP (PCIe Base 6.x §11.2.3, TDI states); the PCI/TSM patches for
 * guests, second version, March 2026
 */
#include <crypto/utils.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "guest.h"

/* So often evidence is read again because somebody measured meanwhile. */
#define READINGS 8

static void enter(struct ilg_fn *f, enum ilg_state to)
{
	static const char *const name[] = {
		[ILG_UNLOCKED] = "unlocked",
		[ILG_LOCKED] = "locked",
		[ILG_RUN] = "run",
		[ILG_ERROR] = "error",
	};

	pci_info(f->pdev, "tsm: %s, was %s\n", name[to], name[f->state]);
	f->state = to;
}

/* --- evidence --- */

static const struct evidence_blob *blob_of(const struct evidence_blobs *b,
					   enum tio_blob i)
{
	switch (i) {
	case TIO_BLOB_MEASUREMENTS:
		return &b->meas;
	case TIO_BLOB_CERTIFICATES:
		return &b->certs;
	case TIO_BLOB_REPORT:
		return &b->report;
	}
	return NULL;
}

static const u8 *digest_of(const struct evidence_claims *c, enum tio_blob i)
{
	switch (i) {
	case TIO_BLOB_MEASUREMENTS:
		return c->meas;
	case TIO_BLOB_CERTIFICATES:
		return c->certs;
	case TIO_BLOB_REPORT:
		return c->report;
	}
	return NULL;
}

static void evidence_drop(struct ilg_evidence *ev)
{
	int i;

	for (i = 0; i < ILG_BLOBS; i++)
		kvfree(ev->blob[i]);
	*ev = (struct ilg_evidence){ .generation = ++ilg.generation };
	if (!ev->generation)
		ev->generation = ++ilg.generation;
}

/* MSI-X pages and NON_TEE ranges are never private. */
static bool tee_range(const struct tdisp_range *r)
{
	return !(r->attrs & 0x7);
}

/* The first range of a BAR starts it. */
static u64 offset_in_bar(const struct tdisp_report *rep, unsigned int i)
{
	unsigned int k = 0;

	while (rep->ranges[k].id != rep->ranges[i].id)
		k++;
	return rep->ranges[i].first_page - rep->ranges[k].first_page;
}

/* Registers that the host shows us may call a BAR anything. */
static bool is_memory(const struct resource *res)
{
	return res->flags & IORESOURCE_MEM && !(res->flags & IORESOURCE_UNSET);
}

/*
 * A range outside its BAR would be somebody else's memory, and so would one in
 * a BAR of ports, or in one that lies nowhere: its numbers are those of RAM.
 */
static bool ranges_fit(const struct ilg_fn *f, const struct tdisp_report *rep)
{
	u32 i;

	for (i = 0; i < rep->range_count; i++) {
		const struct tdisp_range *r = &rep->ranges[i];
		u64 pages, off = offset_in_bar(rep, i);

		if (r->id >= PCI_STD_NUM_BARS ||
		    !is_memory(&f->pdev->resource[r->id]))
			return false;
		pages = pci_resource_len(f->pdev, r->id) >> PAGE_SHIFT;
		if (off > pages || r->pages > pages - off)
			return false;
	}
	return true;
}

/* What the host brought is what the firmware vouches for, or nothing. */
static int evidence_check(struct ilg_fn *f, const struct evidence_claims *c,
			  const struct evidence_blobs *b,
			  struct tdisp_report *rep)
{
	u8 own[TIO_DIGEST_LEN];
	int i;

	if (!c->meas_valid || !c->meas_fresh) {
		pci_err(f->pdev, "tsm: measurements are not of this lock\n");
		return -ESTALE;
	}
	for (i = 0; i < ILG_BLOBS; i++) {
		const struct evidence_blob *one = blob_of(b, i);

		if (one->len)
			ilg_sha384(one->p, one->len, own);
		if (!one->len ||
		    crypto_memneq(own, digest_of(c, i), sizeof(own))) {
			pci_err(f->pdev,
				"tsm: evidence %d is not what firmware knows\n",
				i);
			return -EBADMSG;
		}
	}
	if (tdisp_report_decode(b->report.p, b->report.len, rep) ||
	    !ranges_fit(f, rep)) {
		pci_err(f->pdev, "tsm: the interface report makes no sense\n");
		return -EBADMSG;
	}
	rep->vendor = NULL;
	rep->vendor_len = 0;
	return 0;
}

/* Of the lock session in which @now holds, is @then still true? */
static int claims_compare(const struct evidence_claims *now,
			  const struct evidence_claims *then)
{
	if (now->tdi_id != then->tdi_id ||
	    crypto_memneq(now->certs, then->certs, TIO_DIGEST_LEN) ||
	    crypto_memneq(now->report, then->report, TIO_DIGEST_LEN))
		return -ESTALE;
	if (crypto_memneq(now->meas, then->meas, TIO_DIGEST_LEN))
		return -EAGAIN;
	return 0;
}

static int claims_again(struct ilg_fn *f, const struct evidence_claims *then)
{
	struct evidence_claims now;
	struct evidence_blobs none;
	int ret =
		ilg_errno(f, sev_guest_ops.evidence(ilg.sev, NULL, &now, &none),
			  "TDI_INFO");

	return ret ? ret : claims_compare(&now, then);
}

static int evidence_copy(struct ilg_fn *f, const struct ilg_evidence *from,
			 const struct evidence_blobs *b)
{
	struct ilg_evidence ev = *from;
	int i;

	for (i = 0; i < ILG_BLOBS; i++) {
		const struct evidence_blob *one = blob_of(b, i);

		ev.blob[i] = kvmemdup(one->p, one->len, GFP_KERNEL);
		ev.len[i] = one->len;
		if (!ev.blob[i])
			goto no_memory;
	}
	evidence_drop(&f->ev);
	ev.generation = f->ev.generation;
	ev.there = true;
	f->ev = ev;
	return 0;

no_memory:
	while (i-- > 0)
		kvfree(ev.blob[i]);
	return -ENOMEM;
}

/* -EAGAIN: the device was measured for somebody else meanwhile. */
static int evidence_read(struct ilg_fn *f, const u8 *nonce)
{
	struct ilg_evidence *ev = kzalloc(sizeof(*ev), GFP_KERNEL);
	struct evidence_blobs blobs;
	int ret;

	if (!ev)
		return -ENOMEM;
	if (nonce)
		memcpy(ev->nonce, nonce, sizeof(ev->nonce));
	else
		get_random_bytes(ev->nonce, sizeof(ev->nonce));
	ret = ilg_errno(
		f,
		sev_guest_ops.evidence(ilg.sev, ev->nonce, &ev->claims, &blobs),
		"evidence");
	if (!ret)
		ret = evidence_check(f, &ev->claims, &blobs, &ev->report);
	if (!ret)
		ret = evidence_copy(f, ev, &blobs);
	kfree(ev);
	return ret ? ret : claims_again(f, &f->ev.claims);
}

int ilg_refresh(struct ilg_fn *f, const u8 nonce[TIO_NONCE_LEN])
{
	int ret, i;

	if (f->state == ILG_UNLOCKED)
		return -ENXIO;
	if (f->state == ILG_ERROR)
		return -EIO;
	ret = ilg_idle();
	if (ret)
		return ret;
	ret = -EAGAIN;
	for (i = 0; i < READINGS && ret == -EAGAIN; i++)
		ret = evidence_read(f, nonce);
	ilg_keys_save();
	return ret;
}

/* --- lock, accept --- */

static int decode_on(struct ilg_fn *f)
{
	int ret = pci_enable_device(f->pdev);

	if (ret)
		return ret;
	f->enabled = true;
	/*
	 * Both from before the lock to after the unlock: to clear one of them
	 * in between takes the interface to ERROR.
	 */
	pci_set_master(f->pdev);
	return 0;
}

static void decode_off(struct ilg_fn *f)
{
	if (f->enabled)
		pci_disable_device(f->pdev);
	f->enabled = false;
}

/*
 * The host may think that it is bound: an unlock of ours was not answered in
 * time, or whoever waited for a lock was killed.
 */
static int bind(struct ilg_fn *f)
{
	const u32 rid = pci_domain_nr(f->pdev->bus) << 16 | pci_dev_id(f->pdev);
	enum il_err err = sev_guest_ops.lock(ilg.sev, rid);

	if (err == IL_E_PEER && ilg.sev->ghcb.info2 == EBUSY &&
	    !sev_guest_ops.unbind(ilg.sev))
		err = sev_guest_ops.lock(ilg.sev, rid);
	return ilg_errno(f, err, "lock");
}

int ilg_lock(struct ilg_fn *f)
{
	int ret;

	if (f->state != ILG_UNLOCKED || ilg.owner)
		return -EBUSY;
	ret = ilg_channel();
	if (!ret)
		ret = ilg_idle();
	if (!ret)
		ret = decode_on(f);
	if (ret)
		return ret;
	ilg.owner = f;
	ret = bind(f);
	if (ret) {
		ilg.owner = NULL;
		decode_off(f);
		return ret;
	}
	enter(f, ILG_LOCKED);
	ret = ilg_refresh(f, NULL);
	if (ret)
		(void)ilg_unlock(f);
	return ret;
}

u64 ilg_range_gpa(const struct ilg_fn *f, unsigned int i)
{
	const struct tdisp_range *r = &f->ev.report.ranges[i];

	if (!tee_range(r))
		return 0;
	return pci_resource_start(f->pdev, r->id) +
	       (offset_in_bar(&f->ev.report, i) << PAGE_SHIFT);
}

static enum il_err set_range(struct ilg_fn *f, unsigned int i, bool on)
{
	const struct tdisp_range *r = &f->ev.report.ranges[i];
	const struct guest_pages m = {
		.gpa = ilg_range_gpa(f, i),
		.pages = r->pages,
		.range_id = r->id,
		.index = i,
		.first_page = r->first_page,
	};

	return m.gpa ? sev_guest_ops.mmio(ilg.sev, &m, on) : IL_OK;
}

/* All are given back, whatever becomes of one; the first error. */
static enum il_err ranges_off(struct ilg_fn *f)
{
	enum il_err first = IL_OK;

	while (f->ranges_on && ilg_answered()) {
		enum il_err err = set_range(f, --f->ranges_on, false);

		first = first ? first : err;
	}
	return first;
}

/* A range that fails undoes those before it. */
static int ranges_on(struct ilg_fn *f)
{
	enum il_err err = IL_OK;

	while (!err && f->ranges_on < f->ev.report.range_count) {
		err = set_range(f, f->ranges_on, true);
		f->ranges_on += !err;
	}
	if (!err)
		return 0;
	err = ilg_errno(f, err, "MMIO");
	ilg.clean = true;
	(void)ranges_off(f);
	ilg.clean = false;
	return err;
}

static int run(struct ilg_fn *f)
{
	enum il_err err = sev_guest_ops.start(ilg.sev);

	if (!err)
		err = sev_guest_ops.dma(ilg.sev, true);
	f->dma_on = !err;
	return ilg_errno(f, err, "run");
}

/*
 * Whoever writes "accept" has judged the evidence that it read. That must be
 * the evidence of what now begins to run.
 */
int ilg_accept(struct ilg_fn *f)
{
	int ret;

	if (f->state == ILG_RUN)
		return 0;
	if (f->state != ILG_LOCKED)
		return f->state == ILG_ERROR ? -EIO : -EINVAL;
	ret = ilg_idle();
	if (ret)
		return ret;
	ret = claims_again(f, &f->ev.claims);
	if (!ret)
		ret = ranges_on(f);
	else if (ret == -ESTALE)
		enter(f, ILG_ERROR);
	if (!ret) {
		ret = run(f);
		/* There is no way back from RUN to LOCKED. */
		enter(f, ret ? ILG_ERROR : ILG_RUN);
	}
	ilg_keys_save();
	return ret;
}

/* --- unlock --- */

static void plain_again(struct ilg_fn *f)
{
	unsigned int i;

	for (i = 0; i < f->ev.report.range_count; i++)
		if (ilg_range_gpa(f, i))
			(void)ilg_map(ilg_range_gpa(f, i),
				      f->ev.report.ranges[i].pages, false);
}

/*
 * DMA first, then MMIO, then STOP: after STOP there is no lock session in whose
 * name a range could be given back. What fails is passed, because the host may
 * refuse everything and we must still let go; of the first the caller hears.
 */
static enum il_err give_back(struct ilg_fn *f)
{
	enum il_err first = IL_OK, err;

	if (f->dma_on)
		first = sev_guest_ops.dma(ilg.sev, false);
	err = ranges_off(f);
	first = first ? first : err;
	/* An exit that was not answered in time is the last one. */
	err = ilg_answered() ? sev_guest_ops.stop(ilg.sev) : IL_E_TIMEOUT;
	first = first ? first : err;
	err = ilg_answered() ? sev_guest_ops.unbind(ilg.sev) : IL_E_TIMEOUT;
	return first ? first : err;
}

/*
 * A function that was pulled out reads as ones. Nobody would carry the messages
 * either, and each that is lost costs a key.
 */
static bool gone(struct ilg_fn *f)
{
	u16 vendor = 0xffff;

	pci_read_config_word(f->pdev, PCI_VENDOR_ID, &vendor);
	return vendor == 0xffff;
}

int ilg_unlock(struct ilg_fn *f)
{
	int ret = -ENXIO;

	if (f->state == ILG_UNLOCKED)
		return -EINVAL;
	ilg.clean = true;
	if (!ilg_dead()) {
		plain_again(f);
		ret = ilg_idle();
		if (!ret && gone(f))
			ret = -ENXIO;
		else if (!ret)
			ret = ilg_errno(f, give_back(f), "unlock");
		ilg_keys_save();
	}
	ilg.clean = false;
	ilg_forget(f);
	return ret;
}

/* Nothing of it is left here; a failed unbind is the host's to mend. */
void ilg_forget(struct ilg_fn *f)
{
	if (f->state != ILG_UNLOCKED) {
		ilg.sev->tdi_id = 0;
		ilg.sev->dma_on = false;
		ilg.owner = NULL;
		enter(f, ILG_UNLOCKED);
	}
	f->dma_on = false;
	f->ranges_on = 0;
	evidence_drop(&f->ev);
	decode_off(f);
}
