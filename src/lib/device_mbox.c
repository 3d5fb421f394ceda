/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

/* A DOE instance's registers. */

struct il_mbox {
	struct doe_mbox m;
	struct env env;
};

/* Offsets in the capability. Source: PCIe Base 6.0 §7.9.24 */
#define CONTROL	   0x08
#define STATUS	   0x0c
#define WRITE_MBOX 0x10
#define READ_MBOX  0x14

size_t il_mbox_size(size_t limit)
{
	struct lib_mem m = lib_mem_over(NULL, 0);

	(void)lib_mem_take(&m, 1, sizeof(struct il_mbox));
	(void)lib_mem_take(&m, 2, limit);
	return m.used;
}

enum il_err il_mbox_init(const struct il_env *env, size_t limit, void *mem,
			 size_t size, struct il_mbox **out)
{
	struct lib_mem m = lib_mem_over(mem, size);
	struct il_mbox *b;
	enum il_err err;
	uint8_t *buf;

	if (!env || !mem || limit < DOE_HEADER_LEN || limit % 4)
		return IL_E_ARG;
	b = lib_mem_take(&m, 1, sizeof(*b));
	buf = lib_mem_take(&m, 2, limit);
	err = lib_mem_end(&m);
	if (err)
		return err;
	b->env = lib_env(env);
	doe_init(&b->m, &b->env, buf, buf + limit, limit);
	*out = b;
	return IL_OK;
}

uint32_t il_mbox_read(const struct il_mbox *m, uint32_t off)
{
	if (off == STATUS)
		return doe_reg_status(&m->m);
	return off == READ_MBOX ? doe_reg_read(&m->m) : 0;
}

void il_mbox_write(struct il_mbox *m, uint32_t off, uint32_t dw,
		   uint64_t now_ns)
{
	if (off == CONTROL)
		doe_reg_write_ctl(&m->m, dw, now_ns);
	else if (off == WRITE_MBOX)
		doe_reg_write_mbox(&m->m, dw);
	else if (off == READ_MBOX)
		doe_reg_write_read_mbox(&m->m);
}

void il_mbox_reset(struct il_mbox *m)
{
	(void)!doe_event(&m->m, DOE_EV_RESET, &(union doe_arg){ .dw = 0 });
}

enum il_err il_mbox_serve(struct il_mbox *m, struct il_front *f, unsigned conn,
			  uint64_t now_ns)
{
	uint8_t *out = m->m.out + DOE_HEADER_LEN;
	struct doe_type type;
	const uint8_t *in;
	size_t n, len;
	enum il_err err;

	doe_tick(&m->m, now_ns);
	if (doe_request(&m->m, &type, &in, &n))
		return IL_OK;
	err = lib_front_object(f, conn, &type, in, n, out,
			       m->m.limit - DOE_HEADER_LEN, &len, now_ns);
	if (!err)
		return doe_reply(&m->m, type, len ? out : NULL, len);
	if (err != IL_E_AGAIN)
		(void)!doe_event(&m->m, DOE_EV_FAIL,
				 &(union doe_arg){ .dw = 0 });
	return err;
}
