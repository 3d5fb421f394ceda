/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_DEVICE_PRIV_H
#define LIB_DEVICE_PRIV_H

#include "interlock/device.h"

#include "base/env.h"
#include "doe/mbox.h"
#include "dsm/front.h"
#include "dsm/pci.h"
#include "dsm/pipe.h"
#include "lib/reserved.h"

/* The installed device: the halves of the DSM in storage of the caller. */
struct il_front {
	struct dsm_front f;
	struct env env;
	struct crypto crypto;
	size_t size; /* of all its memory */
};

struct il_pci {
	struct dsm_pci p;
	struct env env;
	size_t size;
};

struct il_device {
	struct il_front *front;
	struct il_pci *pci;
	size_t size;
};

/* Memory that is given out piece by piece; without any it only counts. */
struct lib_mem {
	uint8_t *p; /* NULL: counts */
	size_t size;
	size_t used; /* SIZE_MAX: more than there can be */
};

#define LIB_ALIGN _Alignof(uint64_t)

struct lib_mem lib_mem_over(void *mem, size_t size);
/* @n times @each bytes for as long as the memory lives, or NULL. */
void *lib_mem_take(struct lib_mem *m, size_t n, size_t each);
/* Enough, and aligned. Errors: IL_E_SPACE */
enum il_err lib_mem_end(const struct lib_mem *m) IL_MUST;

/* What answers one DOE data object; *@type becomes that of the answer. As
 * il_front_doe() else. */
enum il_err lib_front_object(struct il_front *f, unsigned conn,
			     struct doe_type *type, const uint8_t *in, size_t n,
			     uint8_t *out, size_t cap, size_t *len,
			     uint64_t now_ns) IL_MUST;

static inline struct env lib_env(const struct il_env *e)
{
	return (struct env){ e->random, e->trace, e->ctx };
}

#endif
