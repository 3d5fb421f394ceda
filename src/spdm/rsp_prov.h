/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_RSP_PROV_H
#define SPDM_RSP_PROV_H

#include "spdm/rsp_priv.h"

/* What the requests of provisioning share. */

/* Turns what a port said into a refusal; see prov.h. IL_OK and IL_E_AGAIN
 * come back as they are. */
enum il_err spdm_ex_prov(struct spdm_ex *x, enum il_err err) IL_MUST;

/* ERROR ResetRequired, which only one who offers @cap may answer. */
enum il_err spdm_ex_reset_needed(struct spdm_ex *x, uint32_t cap,
				 uint8_t data) IL_MUST;

/* Whether a session stands on one of @slots, and may not lose it: in a place
 * of trust it may. */
bool spdm_rsp_held(const struct spdm_rsp *r, uint8_t slots);

/* Whether the port has all that the capabilities promise. */
bool spdm_rsp_prov_whole(const struct spdm_rsp_cfg *cfg);

/*
 * A key pair and a model must be named where the connection has many keys,
 * and may not elsewhere. Source: DSP0274 1.3.2, sections 10.26.1, 10.26.2
 */
bool spdm_rsp_key_named(const struct spdm_rsp *r, uint8_t key_pair,
			uint8_t model);

/*
 * Who may change what is kept: in a session or in a place of trust, and slot
 * 0 in the latter alone. Refuses otherwise.
 */
enum il_err spdm_ex_may_write(struct spdm_ex *x, uint8_t slots) IL_MUST;

#endif
