/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "base/bytes.h"

/* Both halves in one. */

struct lib_mem lib_mem_over(void *mem, size_t size)
{
	return (struct lib_mem){ .p = mem, .size = size };
}

void *lib_mem_take(struct lib_mem *m, size_t n, size_t each)
{
	const size_t at = m->used;
	const size_t most = SIZE_MAX - LIB_ALIGN - at;

	if (at > SIZE_MAX - LIB_ALIGN || (each && n > most / each)) {
		m->used = SIZE_MAX;
		return NULL;
	}
	m->used += (n * each + LIB_ALIGN - 1) / LIB_ALIGN * LIB_ALIGN;
	return m->p && m->used <= m->size ? m->p + at : NULL;
}

enum il_err lib_mem_end(const struct lib_mem *m)
{
	return m->used <= m->size && !((uintptr_t)m->p % LIB_ALIGN)
		       ? IL_OK
		       : IL_E_SPACE;
}

/* One front is what the back has to do with. */
static struct il_pci_cfg pci_cfg(const struct il_device_cfg *cfg)
{
	struct il_pci_cfg pci = cfg->pci;

	pci.conns = cfg->spdm.conns ? cfg->spdm.conns : 1;
	return pci;
}

size_t il_device_size(const struct il_device_cfg *cfg)
{
	const struct il_pci_cfg pci = pci_cfg(cfg);
	struct lib_mem m = lib_mem_over(NULL, 0);

	(void)lib_mem_take(&m, 1, sizeof(struct il_device));
	(void)lib_mem_take(&m, 1, il_pci_size(&pci));
	(void)lib_mem_take(&m, 1, il_front_size(&cfg->spdm));
	return m.used;
}

enum il_err il_device_init(const struct il_device_cfg *cfg, void *mem,
			   size_t size, struct il_device **out)
{
	const struct il_pci_cfg pci_of = pci_cfg(cfg);
	const size_t pci_size = il_pci_size(&pci_of);
	const size_t front_size = il_front_size(&cfg->spdm);
	struct lib_mem m = lib_mem_over(mem, size);
	struct il_device *d = lib_mem_take(&m, 1, sizeof(*d));
	void *pci = lib_mem_take(&m, 1, pci_size);
	void *front = lib_mem_take(&m, 1, front_size);
	enum il_err err = lib_mem_end(&m);

	if (!mem)
		return IL_E_ARG;
	if (err)
		return err;
	d->size = m.used;
	err = il_pci_init(&pci_of, pci, pci_size, &d->pci);
	if (err)
		return err;
	err = il_front_init(&cfg->spdm, &dsm_pci_back, &d->pci->p, front,
			    front_size, &d->front);
	if (err)
		il_pci_fini(d->pci);
	else
		*out = d;
	return err;
}

void il_device_fini(struct il_device *d)
{
	il_front_fini(d->front);
	il_pci_fini(d->pci);
	bytes_wipe(d, d->size); /* what fills up between them, too */
}

struct il_front *il_device_front(struct il_device *d)
{
	return d->front;
}

struct il_pci *il_device_pci(struct il_device *d)
{
	return d->pci;
}

uint64_t il_device_tick(struct il_device *d, uint64_t now_ns)
{
	const uint64_t front = il_front_tick(d->front, now_ns);
	const uint64_t pci = il_pci_tick(d->pci, now_ns);

	return front < pci ? front : pci;
}

void il_device_event(struct il_device *d, enum il_device_event ev,
		     uint32_t which)
{
	if (il_event_ends_sessions(ev))
		il_front_reset(d->front);
	il_pci_event(d->pci, ev, which);
}
