/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* IDE key management. */

/* Any key may be programmed while it is in use. */
static void reprogram(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->idekm[IDEKM_EV_PROG][IDEKM_KEY_ACTIVE] =
		(struct idekm_edge){ true, IDEKM_KEY_PRIMED };
}

static enum il_err take(void *ctx, const struct idekm_ref *ref,
			const uint8_t key[IDEKM_KEY_LEN],
			const uint8_t ifv[IDEKM_IFV_LEN], uint8_t *status)
{
	enum il_err err = device_dsm_port.program_key(ctx, ref, key, ifv,
						      status);

	if (!err && *status == IDEKM_FAILED)
		*status = IDEKM_OK;
	return err;
}

static void reprogram_ports(struct misbehave_one *me,
			    struct spdm_rsp_port *spdm, struct dsm_port *dsm)
{
	(void)me;
	(void)spdm;
	dsm->program_key = take;
}

static const struct misbehaviour rows[] = {
	{ .name = "active-key-reprogrammed",
	  .says = "KEY_PROG of a key that is in use is taken",
	  .source = "PCIe Base 6.x §6.33.3",
	  .tables = reprogram,
	  .ports = reprogram_ports },
};

const struct misbehave_group misbehave_idekm = { "IDE_KM", rows, COUNT(rows) };
