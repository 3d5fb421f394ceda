/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_VFU_ASKER_H
#define TEST_VFU_ASKER_H

#include "rig.h"

#include "spdm/req.h"

/* A requester of ours at the socket, in either of its framings. */
struct asker {
	struct rig *r;
	int fd;
	struct spdm_req req;
	uint8_t scratch[4096];
	uint8_t chain[8192];
};

void asker_open(struct asker *a, struct rig *r, bool mctp);
void asker_close(struct asker *a);
/* One message each way. What push said. */
enum il_err asker_exchange(struct asker *a);
/* The whole operation, which must go well. */
void asker_run(struct asker *a, enum spdm_req_op op);

/* A PCI-SIG payload inside the session; protocol id first, both ways. Lives
 * until the next. */
struct spdm_span asker_vendor(struct asker *a, const uint8_t *p, size_t n);
/* One TDISP message to FUNCTION_ID @fn; from the version byte on. */
struct spdm_span asker_tdisp(struct asker *a, uint32_t fn, uint8_t code,
			     const void *body, size_t n);
/* All six keys of key set 0 of @stream, and GO. */
void asker_keys(struct asker *a, uint8_t stream);

#endif
