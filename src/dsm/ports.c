/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm_priv.h"

/* The device, as IDE_KM and the TDIs ask for it. */

/* IDE_KM. */

static enum il_err km_program(void *ctx, const struct idekm_ref *ref,
			      const uint8_t key[IDEKM_KEY_LEN],
			      const uint8_t ifv[IDEKM_IFV_LEN], uint8_t *status)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->program_key(p->cfg.port_ctx, ref, key, ifv, status);
}

static enum il_err km_go(void *ctx, const struct idekm_ref *ref)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->key_go(p->cfg.port_ctx, ref);
}

static enum il_err km_stop(void *ctx, const struct idekm_ref *ref)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->key_stop(p->cfg.port_ctx, ref);
}

static enum il_err km_query(void *ctx, uint8_t port, struct idekm_msg *out)
{
	struct dsm_pci *p = ctx;
	struct il_ide_query q = { 0 };
	enum il_err err = p->cfg.port->query(p->cfg.port_ctx, port, &q);

	if (err)
		return err;
	out->devfn = q.devfn;
	out->bus = q.bus;
	out->segment = q.segment;
	out->max_port = q.max_port;
	out->cap = q.cap.p;
	out->cap_len = q.cap.n;
	return IL_OK;
}

static void km_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct dsm_pci *p = ctx;

	p->cfg.port->stream_kill(p->cfg.port_ctx, port, stream);
}

/* TDIs. */

static enum il_err tdi_arm(void *ctx, uint32_t fn)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->arm(p->cfg.port_ctx, fn);
}

static void tdi_disarm(void *ctx, uint32_t fn)
{
	struct dsm_pci *p = ctx;

	p->cfg.port->disarm(p->cfg.port_ctx, fn);
}

static enum il_err tdi_quiesce(void *ctx, uint32_t fn)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->quiesce(p->cfg.port_ctx, fn);
}

static enum il_err tdi_scrub(void *ctx, uint32_t fn)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->scrub(p->cfg.port_ctx, fn);
}

static enum il_err tdi_report(void *ctx, uint32_t fn,
			      const struct tdisp_lock *lock,
			      struct tdisp_report *out)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->report(p->cfg.port_ctx, fn, lock, out);
}

static enum tdisp_error tdi_unbind_p2p(void *ctx, uint32_t fn, uint8_t stream)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->unbind_p2p(p->cfg.port_ctx, fn, stream);
}

static enum tdisp_error tdi_set_attr(void *ctx, uint32_t fn,
				     const struct tdisp_range *range)
{
	struct dsm_pci *p = ctx;

	return p->cfg.port->set_mmio_attr(p->cfg.port_ctx, fn, range);
}

static enum tdisp_error tdi_vdm(void *ctx, uint32_t fn,
				const struct tdisp_msg *req, struct wr *out)
{
	struct dsm_pci *p = ctx;
	const struct il_tdisp_vdm v = {
		.registry = req->vdm.registry,
		.id = { req->vdm.id, req->vdm.id_len },
		.data = { req->vdm.data, req->vdm.len },
	};
	size_t len = 0;
	enum tdisp_error e = p->cfg.port->vdm(p->cfg.port_ctx, fn, &v, out->p,
					      out->cap, &len);

	if (!e)
		(void)wr_room(out, len); /* the bytes are there */
	return e;
}

static void tdi_entered(void *ctx, uint32_t fn, enum tdi_state old,
			enum tdi_state now, enum tdi_event why)
{
	struct dsm_pci *p = ctx;

	if (p->cfg.port->tdi_entered)
		p->cfg.port->tdi_entered(p->cfg.port_ctx, fn, old, now, why);
}

void dsm_ports_init(struct dsm_pci *p)
{
	const struct dsm_port *port = p->cfg.port;
	bool p2p = port->bind_p2p && port->unbind_p2p;

	p->idekm_port = (struct idekm_port){ .program = km_program,
					     .go = km_go,
					     .stop = km_stop,
					     .query = km_query,
					     .kill = km_kill };
	p->tdi_port = (struct tdi_port){
		.check = dsm_lock_check,
		.arm = tdi_arm,
		.disarm = tdi_disarm,
		.quiesce = tdi_quiesce,
		.scrub = tdi_scrub,
		.report = tdi_report,
		.bind_p2p = p2p ? dsm_p2p_check : NULL,
		.unbind_p2p = p2p ? tdi_unbind_p2p : NULL,
		.set_mmio_attr = port->set_mmio_attr ? tdi_set_attr : NULL,
		.vdm = port->vdm ? tdi_vdm : NULL,
		.entered = tdi_entered,
	};
}
