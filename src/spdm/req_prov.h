/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_REQ_PROV_H
#define SPDM_REQ_PROV_H

#include "spdm/req_priv.h"

/* The requester's side of provisioning. */

/* Whether @a can be asked of this peer, for the operations of this side. */
bool spdm_req_prov_fits(const struct spdm_req *q, enum spdm_req_op op,
			const struct spdm_req_args *a);

/* Copies a result to where the caller wants it. IL_E_NOMEM: too long. */
enum il_err spdm_req_put(struct spdm_req *q, struct spdm_span s) IL_MUST;

#endif
