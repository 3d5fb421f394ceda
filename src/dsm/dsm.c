/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm.h"

#include "base/assert.h"

static enum il_err init_front(struct dsm *d, const struct dsm_cfg *cfg)
{
	struct dsm_front_tap tap = { .ctx = cfg->tap_ctx };

	if (cfg->tap) {
		tap.spdm = cfg->tap->spdm;
		tap.bytes = cfg->tap->bytes;
		tap.heard = cfg->tap->heard;
	}
	return dsm_front_start(&d->front, &cfg->spdm, cfg->conns,
			       cfg->conn_count, &dsm_pci_back, &d->pci, &tap);
}

enum il_err dsm_init(struct dsm *d, const struct dsm_cfg *cfg)
{
	struct dsm_pci_cfg pci = cfg->pci;
	enum il_err err;

	memset(d, 0, sizeof(*d));
	pci.tap_idekm = cfg->tap ? cfg->tap->idekm : NULL;
	pci.tap_tdisp = cfg->tap ? cfg->tap->tdisp : NULL;
	pci.tap_payload = cfg->tap ? cfg->tap->payload : NULL;
	pci.tap_ctx = cfg->tap_ctx;
	pci.seats = d->seats;
	pci.conns = DSM_CONNS;
	err = dsm_pci_init(&d->pci, &pci);
	return err ? err : init_front(d, cfg);
}

void dsm_fini(struct dsm *d)
{
	dsm_front_fini(&d->front);
	dsm_pci_fini(&d->pci);
}

void dsm_via(struct dsm *d, unsigned conn, const struct spdm_binding *b)
{
	if (conn < d->front.count)
		spdm_rsp_via(&d->front.conns[conn].rsp, b);
}

enum il_err dsm_handle(struct dsm *d, unsigned conn, enum spdm_kind kind,
		       const uint8_t *in, size_t n, uint8_t *out, size_t cap,
		       size_t *out_len, enum spdm_kind *out_kind,
		       uint64_t now_ns)
{
	enum il_err err = dsm_front_handle(&d->front, conn, kind, in, n, out,
					   cap, out_len, out_kind, now_ns);

	IL_ASSERT(d->pci.cfg.tdi_table || dsm_sane(d));
	return err;
}

uint64_t dsm_tick(struct dsm *d, uint64_t now_ns)
{
	uint64_t front = dsm_front_tick(&d->front, now_ns);
	uint64_t pci = dsm_pci_tick(&d->pci, now_ns);

	return front < pci ? front : pci;
}

void dsm_event(struct dsm *d, enum dsm_event ev, uint32_t which)
{
	if (dsm_event_ends_sessions(ev))
		dsm_front_reset_all(&d->front);
	dsm_pci_event(&d->pci, ev, which);
}

/* Each session that one half holds, the other holds too. */
bool dsm_sane(const struct dsm *d)
{
	if (!dsm_front_sane(&d->front) || !dsm_pci_sane(&d->pci))
		return false;
	for (unsigned c = 0; c < d->pci.cfg.conns; c++)
		for (unsigned i = 0; i < DSM_SEATS; i++) {
			const struct dsm_seat *s = &d->pci.seat[c][i];

			if (s->open && !dsm_front_open(&d->front, c, i, s->gen))
				return false;
		}
	return true;
}
