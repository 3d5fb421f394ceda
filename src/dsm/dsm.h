/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_DSM_H
#define DSM_DSM_H

#include "dsm/front.h"
#include "dsm/pci.h"

/*
 * The device security manager in one process: the half that speaks SPDM
 * (front.h) and the half that knows PCI-SIG's protocols (pci.h), wired to each
 * other. dsm/session.h says what goes between them.
 */

/*
 * Sees each request and may change each response before it is hashed, signed
 * and encrypted. NULL in the shipped library. idekm and tdisp return false to
 * send no answer; payload changes the encoded vendor payload; heard sees an
 * SPDM request's bytes in the clear, and may give others.
 */
struct dsm_tap {
	spdm_rsp_tap_fn *spdm;
	idekm_tap *idekm;
	tdisp_tap *tdisp;
	dsm_payload_tap *payload;
	spdm_rsp_bytes_fn *bytes;
	spdm_rsp_heard_fn *heard;
};

struct dsm_cfg {
	/* As in struct dsm_front_cfg; tap, bytes and heard are overwritten:
	 * the DSM puts its own there. */
	struct spdm_rsp_cfg spdm;
	struct dsm_conn *conns;
	size_t conn_count;
	struct dsm_pci_cfg pci;	   /* its taps are overwritten as well */
	const struct dsm_tap *tap; /* NULL outside worlds and tests */
	void *tap_ctx;
};

struct dsm {
	struct dsm_front front;
	struct dsm_pci pci;
	struct dsm_seat seats[DSM_CONNS][DSM_SEATS];
};

/*
 * dsm_init() - no session, all TDIs UNLOCKED and not hosted
 * @cfg: copied; what it points to must outlive the DSM; @d must not move
 *
 * Errors:   IL_E_ARG  a needed pointer is missing; others as spdm_rsp_init()
 */
enum il_err dsm_init(struct dsm *d, const struct dsm_cfg *cfg) IL_MUST;
void dsm_fini(struct dsm *d);

/* By which transport messages of @conn come from now on; see spdm_rsp_via(). */
void dsm_via(struct dsm *d, unsigned conn, const struct spdm_binding *b);

/*
 * dsm_handle() - one SPDM message in, at most one out
 * @conn: the connection that it came by
 *
 * As spdm_rsp_handle(); PCI-SIG vendor messages go to IDE_KM and TDISP.
 * *out_len 0: no answer.
 */
enum il_err dsm_handle(struct dsm *d, unsigned conn, enum spdm_kind kind,
		       const uint8_t *in, size_t n, uint8_t *out, size_t cap,
		       size_t *out_len, enum spdm_kind *out_kind,
		       uint64_t now_ns) IL_MUST;

/* Heartbeats, and slow STOPs. Returns when to call again (UINT64_MAX: not
 * before something happens). */
uint64_t dsm_tick(struct dsm *d, uint64_t now_ns);

/* dsm_pci_event(), and what it means for the half that speaks SPDM. */
void dsm_event(struct dsm *d, enum dsm_event ev, uint32_t which);

bool dsm_sane(const struct dsm *d);

#endif
