/* SPDX-License-Identifier: BSD-2-Clause */
#include <pci/pci.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge/target_pci.h"

/*
 * libpci. It ends the program when something is wrong, unless its error hook
 * does not return: ours leaves by longjmp, with the words. One access at a
 * time, by one thread.
 */
static struct {
	jmp_buf out;
	char *why;
	size_t cap;
} trap;

static void __attribute__((noreturn, format(printf, 1, 2)))
on_error(char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trap.why, trap.cap, fmt, ap);
	va_end(ap);
	longjmp(trap.out, 1);
}

static void __attribute__((format(printf, 1, 2))) on_word(char *fmt, ...)
{
	(void)fmt;
}

static enum il_err fn_of(struct pci_way *w, unsigned fn, struct pci_dev **out)
{
	if (fn >= 8)
		return IL_E_IO;
	if (!w->fn[fn])
		w->fn[fn] = pci_get_dev(w->access, (int)w->domain, w->bus,
					w->dev, (int)fn);
	*out = w->fn[fn];
	return *out ? IL_OK : IL_E_IO;
}

/* What libpci has to say of one access is not shown: it did not succeed. */
static enum il_err read_reg(void *ctx, unsigned fn, uint16_t reg, unsigned size,
			    uint32_t *v)
{
	struct pci_way *w = ctx;
	struct pci_dev *volatile d = NULL;
	struct pci_dev *at;
	char words[64];
	uint8_t b[4] = { 0 };
	enum il_err err;

	if ((size != 1 && size != 2 && size != 4) || reg % size)
		return IL_E_ARG;
	trap.why = words;
	trap.cap = sizeof(words);
	if (setjmp(trap.out))
		return IL_E_IO;
	err = fn_of(w, fn, &at);
	if (err)
		return err;
	d = at;
	if (!pci_read_block(d, reg, b, (int)size))
		return IL_E_IO;
	*v = 0;
	for (unsigned i = size; i-- > 0;)
		*v = *v << 8 | b[i];
	return IL_OK;
}

static enum il_err write_reg(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v)
{
	struct pci_way *w = ctx;
	struct pci_dev *d;
	char words[64];
	uint8_t b[4];
	enum il_err err;

	if ((size != 1 && size != 2 && size != 4) || reg % size)
		return IL_E_ARG;
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	trap.why = words;
	trap.cap = sizeof(words);
	if (setjmp(trap.out))
		return IL_E_IO;
	err = fn_of(w, fn, &d);
	if (!err && !pci_write_block(d, reg, b, (int)size))
		err = IL_E_IO;
	return err;
}

static void wait_ns(void *ctx, uint64_t ns)
{
	(void)ctx;
	(void)poll(NULL, 0, (int)((ns + 999999) / 1000000));
}

static uint64_t now_ns(void *ctx)
{
	const struct pci_way *w = ctx;

	return w->mono_ns();
}

static const struct regs_ops ops = {
	.read = read_reg, .write = write_reg, .wait = wait_ns, .now_ns = now_ns
};

bool pci_way_there(void)
{
	return true;
}

/* @w->access is there when this begins. Errors: IL_E_ARG, IL_E_IO */
static enum il_err open_guarded(struct pci_way *w, char *why, size_t cap)
{
	trap.why = why;
	trap.cap = cap;
	if (setjmp(trap.out))
		return IL_E_IO;
	pci_init(w->access);
	/* A device that is not there reads as all ones, or not at all; what
	 * the system lists is sure. */
	pci_scan_bus(w->access);
	for (struct pci_dev *d = w->access->devices; d; d = d->next)
		if ((unsigned)d->domain == w->domain && d->bus == w->bus &&
		    d->dev == w->dev && d->func == 0)
			return IL_OK;
	snprintf(why, cap, "there is no device %04x:%02x:%02x.0", w->domain,
		 w->bus, w->dev);
	return IL_E_ARG;
}

enum il_err pci_way_open(void *ctx, struct regs *out, char *why, size_t why_cap)
{
	struct pci_way *w = ctx;
	char dump[] = "dump.name";
	enum il_err err;

	w->access = pci_alloc();
	w->access->error = on_error;
	w->access->warning = on_word;
	w->access->debug = on_word;
	w->access->writeable = !w->dump;
	if (w->dump) {
		w->access->method = PCI_ACCESS_DUMP;
		(void)pci_set_param(w->access, dump, (char *)w->dump);
	}
	err = open_guarded(w, why, why_cap);
	if (err) {
		pci_way_close(w);
		return err;
	}
	*out = (struct regs){ .ops = &ops, .ctx = w };
	return IL_OK;
}

void pci_way_close(void *ctx)
{
	struct pci_way *w = ctx;

	for (unsigned i = 0; i < 8; i++) {
		if (w->fn[i])
			pci_free_dev(w->fn[i]);
		w->fn[i] = NULL;
	}
	if (w->access)
		pci_cleanup(w->access);
	w->access = NULL;
}

const char *pci_way_driver(void *ctx)
{
	struct pci_way *w = ctx;
	struct pci_dev *d;
	const char *name;
	char words[64];

	trap.why = words;
	trap.cap = sizeof(words);
	if (setjmp(trap.out) || fn_of(w, 0, &d))
		return NULL;
	pci_fill_info(d, PCI_FILL_DRIVER);
	name = pci_get_string_property(d, PCI_FILL_DRIVER);
	if (!name)
		return NULL;
	snprintf(w->driver, sizeof(w->driver), "%s", name);
	return w->driver;
}
