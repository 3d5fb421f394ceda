/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "base/bytes.h"

/* The ends of a pipe between halves on two processors. */

#define FRAME 2048u

struct il_pipe_front {
	struct dsm_pipe_front f;
	size_t size;
};

struct il_pipe_back {
	struct dsm_pipe_back b;
	size_t size;
};

static size_t conns_of(const struct il_pipe_cfg *c)
{
	return c->conns ? c->conns : 1;
}

static size_t frame_of(const struct il_pipe_cfg *c)
{
	return c->frame ? c->frame : FRAME;
}

/* A slot for each seat, with room for @frames frames in each. */
static struct dsm_pipe_slot *slots(struct lib_mem *m,
				   const struct il_pipe_cfg *c, size_t frames)
{
	const size_t n = conns_of(c) * DSM_SEATS;
	const size_t cap = frame_of(c) * frames;
	struct dsm_pipe_slot *s = lib_mem_take(m, n, sizeof(*s));

	for (size_t i = 0; i < n; i++) {
		uint8_t *buf = lib_mem_take(m, 1, cap);

		if (s && buf)
			s[i] = (struct dsm_pipe_slot){ .buf = buf, .cap = cap };
	}
	return s;
}

static bool whole(const struct il_pipe_cfg *c, const void *mem)
{
	return c->send && mem && c->conns <= IL_DEVICE_CONNS &&
	       frame_of(c) > DSM_FRAME_HDR && frame_of(c) <= UINT16_MAX;
}

size_t il_pipe_front_size(const struct il_pipe_cfg *cfg)
{
	struct lib_mem m = lib_mem_over(NULL, 0);

	(void)lib_mem_take(&m, 1, sizeof(struct il_pipe_front));
	(void)slots(&m, cfg, 2);
	return m.used;
}

enum il_err il_pipe_front_init(const struct il_pipe_cfg *cfg, void *mem,
			       size_t size, struct il_pipe_front **out)
{
	struct lib_mem m = lib_mem_over(mem, size);
	struct dsm_pipe_slot *s;
	struct il_pipe_front *f;
	enum il_err err;

	if (!whole(cfg, mem))
		return IL_E_ARG;
	f = lib_mem_take(&m, 1, sizeof(*f));
	s = slots(&m, cfg, 2);
	err = lib_mem_end(&m);
	if (err)
		return err;
	f->size = m.used;
	dsm_pipe_front_init(&f->f, cfg->send, cfg->ctx, s, conns_of(cfg));
	*out = f;
	return IL_OK;
}

void il_pipe_front_fini(struct il_pipe_front *f)
{
	dsm_pipe_front_fini(&f->f);
	bytes_wipe(f, f->size);
}

/* The context is the outer struct, which begins with ours. */
static enum il_err request(void *ctx, const struct dsm_session *s,
			   const uint8_t *in, size_t n, uint8_t *out,
			   size_t cap, size_t *len)
{
	struct il_pipe_front *f = ctx;

	return dsm_pipe_back_ops.request(&f->f, s, in, n, out, cap, len);
}

static void ended(void *ctx, const struct dsm_session *s)
{
	struct il_pipe_front *f = ctx;

	dsm_pipe_back_ops.ended(&f->f, s);
}

const struct il_back *il_pipe_front_back(void)
{
	static const struct il_back back = { request, ended };

	return &back;
}

enum il_err il_pipe_front_take(struct il_pipe_front *f, const uint8_t *p,
			       size_t n)
{
	return dsm_pipe_front_take(&f->f, p, n);
}

void il_pipe_front_flush(struct il_pipe_front *f)
{
	dsm_pipe_front_flush(&f->f);
}

size_t il_pipe_back_size(const struct il_pipe_cfg *cfg)
{
	struct lib_mem m = lib_mem_over(NULL, 0);

	(void)lib_mem_take(&m, 1, sizeof(struct il_pipe_back));
	(void)slots(&m, cfg, 1);
	(void)lib_mem_take(&m, 1, frame_of(cfg));
	return m.used;
}

enum il_err il_pipe_back_init(const struct il_pipe_cfg *cfg, struct il_pci *pci,
			      void *mem, size_t size, struct il_pipe_back **out)
{
	struct lib_mem m = lib_mem_over(mem, size);
	struct dsm_pipe_slot *s;
	struct il_pipe_back *b;
	enum il_err err;
	uint8_t *buf;

	if (!whole(cfg, mem) || !pci)
		return IL_E_ARG;
	b = lib_mem_take(&m, 1, sizeof(*b));
	s = slots(&m, cfg, 1);
	buf = lib_mem_take(&m, 1, frame_of(cfg));
	err = lib_mem_end(&m);
	if (err)
		return err;
	b->size = m.used;
	dsm_pipe_back_init(&b->b, cfg->send, cfg->ctx, &dsm_pci_back, &pci->p,
			   s, conns_of(cfg), buf, frame_of(cfg));
	*out = b;
	return IL_OK;
}

void il_pipe_back_fini(struct il_pipe_back *b)
{
	dsm_pipe_back_fini(&b->b);
	bytes_wipe(b, b->size);
}

enum il_err il_pipe_back_take(struct il_pipe_back *b, const uint8_t *p,
			      size_t n)
{
	return dsm_pipe_back_take(&b->b, p, n);
}

void il_pipe_back_poll(struct il_pipe_back *b)
{
	dsm_pipe_back_poll(&b->b);
}
