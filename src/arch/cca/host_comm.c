/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COMMUNICATE: what the monitor wants carried to a device, and what it wants
 * kept of it.
 * Source: architectures.md A.3; Linux "CCA device assignment" v7 (2026),
 * drivers/virt/coco/arm-cca-host/rmi-da.c
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

/* The monitor's own word for a message, and DOE's. */
#define PROTOCOL_SECURED 1
#define DOE_PLAIN	 1
#define DOE_SECURED	 2

int cca_comm_new(struct cca_host *s, struct cca_comm *c)
{
	*c = (struct cca_comm){ .data = cca_page(s),
				.req = cca_page(s),
				.rsp = cca_page(s) };
	if (c->data && c->req && c->rsp)
		return 0;
	cca_comm_free(s, c);
	return -ENOMEM;
}

void cca_comm_free(struct cca_host *s, struct cca_comm *c)
{
	cca_page_free(s, c->data);
	cca_page_free(s, c->req);
	cca_page_free(s, c->rsp);
	*c = (struct cca_comm){ 0 };
}

/* --- objects --- */

void cca_object_reset(struct cca_object *o)
{
	bytes_wipe(o->p, o->len);
	o->len = 0;
}

static struct cca_object *object_of(const struct cca_talk *t, uint8_t id)
{
	switch (id) {
	case RMI_DEV_OBJ_VCA:
		return &t->conn->vca;
	case RMI_DEV_OBJ_CERT:
		return &t->conn->cert;
	case RMI_DEV_OBJ_MEAS:
		return t->tdi ? &t->tdi->meas : NULL;
	case RMI_DEV_OBJ_REPORT:
		return t->tdi ? &t->tdi->report : NULL;
	default:
		return NULL;
	}
}

/* A part of one of the two granules goes behind what is there. */
static int append(struct cca_host *s, struct cca_object *o, uint64_t page,
		  uint64_t off, uint64_t len)
{
	int ret;

	if (off > CCA_GRANULE || len > CCA_GRANULE - off ||
	    len > o->cap - o->len)
		return -EMSGSIZE;
	ret = cca_read(s, page + off, o->p + o->len, len);
	if (!ret)
		o->len += len;
	return ret;
}

static int keep(struct cca_host *s, const struct cca_talk *t, const uint8_t *e)
{
	const uint64_t flags = cca_u64(e, COMM_EXIT_FLAGS);
	struct cca_object *o = object_of(t, cca_u8(e, COMM_EXIT_OBJ_ID));
	int ret = 0;

	if (!(flags & (COMM_F_REQ_CACHE | COMM_F_RSP_CACHE | COMM_F_RSP_RESET)))
		return 0;
	if (!o)
		return -EIO;
	if (flags & COMM_F_RSP_RESET)
		cca_object_reset(o);
	if (flags & COMM_F_REQ_CACHE)
		ret = append(s, o, t->comm->req,
			     cca_u64(e, COMM_EXIT_CACHE_REQ_OFF),
			     cca_u64(e, COMM_EXIT_CACHE_REQ_LEN));
	if (!ret && flags & COMM_F_RSP_CACHE)
		ret = append(s, o, t->comm->rsp,
			     cca_u64(e, COMM_EXIT_CACHE_RSP_OFF),
			     cca_u64(e, COMM_EXIT_CACHE_RSP_LEN));
	return ret;
}

/* --- the loop --- */

static uint64_t rd_of(const struct cca_talk *t)
{
	return cca_vm_of(t->tdi)->rd;
}

static uint64_t communicate(struct cca_host *s, const struct cca_talk *t)
{
	uint64_t p[CCA_SMC_REGS] = { RMI_PDEV_COMMUNICATE, t->pdev,
				     t->comm->data };
	uint64_t v[CCA_SMC_REGS] = { RMI_VDEV_COMMUNICATE };

	if (!t->tdi)
		return cca_smc(s, p);
	v[1] = rd_of(t);
	v[2] = t->pdev;
	v[3] = t->tdi->vdev;
	v[4] = t->comm->data;
	return cca_smc(s, v);
}

static void give_up(struct cca_host *s, const struct cca_talk *t)
{
	uint64_t p[CCA_SMC_REGS] = { RMI_PDEV_ABORT, t->pdev };
	uint64_t v[CCA_SMC_REGS] = { RMI_VDEV_ABORT };

	t->comm->asked = false;
	if (!t->tdi) {
		(void)cca_smc(s, p);
		return;
	}
	v[1] = rd_of(t);
	v[2] = t->pdev;
	v[3] = t->tdi->vdev;
	(void)cca_smc(s, v);
}

static int enter(struct cca_host *s, const struct cca_talk *t, uint8_t status,
		 uint64_t rsp_len, uint8_t e[COMM_EXIT_LEN])
{
	uint8_t in[COMM_ENTER_RESP_LEN + 8] = { 0 };
	int ret;

	cca_put_u8(in, COMM_ENTER_STATUS, status);
	cca_put_u64(in, COMM_ENTER_REQ_ADDR, t->comm->req);
	cca_put_u64(in, COMM_ENTER_RESP_ADDR, t->comm->rsp);
	cca_put_u64(in, COMM_ENTER_RESP_LEN, rsp_len);
	ret = cca_write(s, t->comm->data, in, sizeof(in));
	if (!ret)
		ret = cca_errno(communicate(s, t));
	return ret ? ret
		   : cca_read(s, t->comm->data + COMM_EXIT, e, COMM_EXIT_LEN);
}

static int take_request(struct cca_host *s, const struct cca_talk *t,
			const uint8_t *e, struct pci_tsm_relay *r)
{
	const uint64_t len = cca_u64(e, COMM_EXIT_REQ_LEN);
	const uint64_t delay_us = cca_u64(e, COMM_EXIT_REQ_DELAY);
	const struct host_hw *hw = &s->cfg.hw;
	int ret;

	/* @r is NULL for who has nothing to say. */
	if (!r || !len || len > CCA_GRANULE || len > sizeof(r->req))
		return -EIO;
	ret = cca_read(s, t->comm->req, r->req, len);
	if (ret)
		return ret;
	if (delay_us)
		hw->ops->wait_ns(hw->ctx, delay_us * 1000);
	r->req_len = len;
	r->type = cca_u8(e, COMM_EXIT_PROTOCOL) == PROTOCOL_SECURED
			  ? DOE_SECURED
			  : DOE_PLAIN;
	t->comm->asked = true;
	return -EINPROGRESS;
}

/* The answer goes to its granule; nothing of one that is longer would fit. */
static int put_answer(struct cca_host *s, const struct cca_talk *t,
		      const struct pci_tsm_relay *r, uint8_t *status)
{
	*status = COMM_STATUS_NONE;
	if (!t->comm->asked)
		return 0;
	t->comm->asked = false;
	*status = COMM_STATUS_ERROR;
	if (r->err || !r->rsp_len || r->rsp_len > CCA_GRANULE)
		return 0;
	*status = COMM_STATUS_RESPONSE;
	return cca_write(s, t->comm->rsp, r->rsp, r->rsp_len);
}

int cca_talk(struct cca_host *s, const struct cca_talk *t,
	     struct pci_tsm_relay *r)
{
	const bool lost = t->comm->asked && r->err;
	uint8_t e[COMM_EXIT_LEN], status;
	int ret = put_answer(s, t, r, &status);

	for (unsigned i = 0; i < CCA_COMM_TURNS && !ret; i++) {
		uint64_t flags;

		ret = enter(s, t, status,
			    status == COMM_STATUS_RESPONSE ? r->rsp_len : 0, e);
		if (!ret)
			ret = keep(s, t, e);
		if (ret)
			break;
		flags = cca_u64(e, COMM_EXIT_FLAGS);
		status = COMM_STATUS_NONE;
		if (flags & COMM_F_REQ_SEND)
			ret = lost ? r->err : take_request(s, t, e, r);
		else if (flags & COMM_F_STREAM_WAIT)
			return 1;
		else if (!(flags & (COMM_F_MULTI | COMM_F_RSP_WAIT)))
			return lost ? r->err : 0;
	}
	if (!ret)
		ret = -EIO; /* it does not end */
	if (ret != -EINPROGRESS)
		give_up(s, t);
	return ret;
}

void cca_talk_dead(struct cca_host *s, const struct cca_talk *t)
{
	uint8_t e[COMM_EXIT_LEN];
	uint8_t status = t->comm->asked ? COMM_STATUS_ERROR : COMM_STATUS_NONE;

	t->comm->asked = false;
	for (unsigned i = 0; i < 8; i++) {
		if (enter(s, t, status, 0, e))
			break;
		if (!(cca_u64(e, COMM_EXIT_FLAGS) &
		      (COMM_F_REQ_SEND | COMM_F_MULTI)))
			return;
		status = cca_u64(e, COMM_EXIT_FLAGS) & COMM_F_REQ_SEND
				 ? COMM_STATUS_ERROR
				 : COMM_STATUS_NONE;
	}
	give_up(s, t);
}
