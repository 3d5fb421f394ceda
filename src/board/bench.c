/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/bench.h"

#include <string.h>

#include "base/bytes.h"
#include "board/board.h"
#include "board/regs.h"

void board_bench_init(struct board_bench *n, const struct board_bench_cfg *cfg)
{
	*n = (struct board_bench){ .cfg = *cfg };
}

void board_bench_refused(struct board_bench *n, const struct fault *f)
{
	n->faults++;
	(void)board_fault_text(f, n->text, sizeof(n->text));
}

/* --- registers --- */

static uint32_t at(const void *bytes, uint32_t off)
{
	return get_u32le((const uint8_t *)bytes + off);
}

static uint32_t get(const struct board_bench *n, uint32_t off)
{
	if (off >= BOARD_BENCH_NAME &&
	    off < BOARD_BENCH_NAME + BOARD_BENCH_NAME_LEN)
		return at(n->name, off - BOARD_BENCH_NAME);
	if (off >= BOARD_FAULT_TEXT &&
	    off < BOARD_FAULT_TEXT + BOARD_FAULT_TEXT_LEN)
		return at(n->text, off - BOARD_FAULT_TEXT);
	switch (off) {
	case BOARD_BENCH_RC:
		return n->rc;
	case BOARD_BENCH_EXCHANGES:
		return n->cfg.exchanges ? (uint32_t)n->cfg.exchanges(n->cfg.ctx)
					: 0;
	case BOARD_FAULTS:
		return n->faults;
	default:
		return UINT32_MAX;
	}
}

void board_bench_get(const struct board_bench *n, uint32_t off, uint8_t *buf,
		     uint32_t len)
{
	memset(buf, 0xff, len);
	if (len == 4 && off % 4 == 0)
		put_u32le(buf, get(n, off));
}

/* Bytes that a program in a VM wrote: whatever they are, they end. */
static void act(struct board_bench *n, uint32_t op)
{
	char name[BOARD_BENCH_NAME_LEN + 1] = "";

	memcpy(name, n->name, BOARD_BENCH_NAME_LEN);
	if (op == BOARD_BENCH_FORGET) {
		n->faults = 0;
		memset(n->text, 0, sizeof(n->text));
		n->rc = 0;
		return;
	}
	n->rc = !n->cfg.op || !n->cfg.op(n->cfg.ctx, op, name);
}

void board_bench_put(struct board_bench *n, uint32_t off, const uint8_t *buf,
		     uint32_t len)
{
	if (len != 4 || off % 4)
		return;
	if (off == BOARD_BENCH_OP)
		act(n, get_u32le(buf));
	else if (off >= BOARD_BENCH_NAME &&
		 off < BOARD_BENCH_NAME + BOARD_BENCH_NAME_LEN)
		memcpy(n->name + (off - BOARD_BENCH_NAME), buf, 4);
}

/* --- text, without stdio: cut where there is no more room --- */

static void add(char *out, size_t cap, size_t *len, const char *s)
{
	while (*s && *len + 1 < cap)
		out[(*len)++] = *s++;
	out[*len] = '\0';
}

static void add_hex(char *out, size_t cap, size_t *len, uint64_t v)
{
	char digits[19] = "0x";
	unsigned n = 1;

	while (n < 16 && v >> 4 * n)
		n++;
	for (unsigned i = 0; i < n; i++)
		digits[2 + i] = "0123456789abcdef"[v >> 4 * (n - 1 - i) & 0xf];
	digits[2 + n] = '\0';
	add(out, cap, len, digits);
}

size_t board_fault_text(const struct fault *f, char *out, size_t cap)
{
	size_t len = 0;

	add(out, cap, &len, f->rule->name);
	add(out, cap, &len, ": ");
	add(out, cap, &len, fault_agent_name(f->who));
	add(out, cap, &len, " ");
	add_hex(out, cap, &len, f->id);
	add(out, cap, &len, f->write ? " writes " : " reads ");
	add_hex(out, cap, &len, f->addr);
	add(out, cap, &len, f->trusted ? ", trusted (" : " (");
	add(out, cap, &len, fault_source(f));
	add(out, cap, &len, ")");
	return len;
}
