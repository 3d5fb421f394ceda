// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* One line: a command of the function, an access to a BAR. */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dma.h"

/* The function gives a read 50 ms, and has at most 1 MiB of them. */
#define COMMAND_MS 20000

/* A buffer and the bus address by which the function reaches it. */
struct buffer {
	enum ild_kind kind;
	void *at;
	size_t size;
	u64 bus;
	bool mapped;   /* by the DMA API */
	bool declared; /* private */
	bool lost;     /* perhaps so: not to be freed */
};

static void say(struct ild *d, const char *fmt, ...) __printf(2, 3);

static void say(struct ild *d, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(d->said, sizeof(d->said), fmt, args);
	va_end(args);
}

/* --- buffers --- */

static void buffer_free(struct ild *d, struct buffer *b)
{
	if (b->mapped)
		dma_unmap_single(&d->pdev->dev, b->bus, b->size,
				 DMA_BIDIRECTIONAL);
	if (b->declared && d->guest->shared(b->at, b->size))
		b->lost = true;
	/* Half private, or the host's later on: nobody's. */
	if (b->lost)
		pci_err(d->pdev, "%zu bytes are lost\n", b->size);
	else if (b->at)
		free_pages((unsigned long)b->at, get_order(b->size));
	memset(b, 0, sizeof(*b));
}

/* A function of the host's has the host's idea of addresses. */
static int buffer_map(struct ild *d, struct buffer *b)
{
	if (d->trusted) {
		b->bus = d->guest->bus(d->pdev, virt_to_phys(b->at),
				       b->kind == ILD_SHARED);
		return 0;
	}
	b->bus = dma_map_single(&d->pdev->dev, b->at, b->size,
				DMA_BIDIRECTIONAL);
	if (dma_mapping_error(&d->pdev->dev, b->bus))
		return -ENOMEM;
	b->mapped = true;
	return 0;
}

/* Whose a mapped buffer is: the function's, or ours. */
static void buffer_sync(struct ild *d, struct buffer *b, bool function)
{
	if (b->mapped && function)
		dma_sync_single_for_device(&d->pdev->dev, b->bus, b->size,
					   DMA_BIDIRECTIONAL);
	else if (b->mapped)
		dma_sync_single_for_cpu(&d->pdev->dev, b->bus, b->size,
					DMA_BIDIRECTIONAL);
}

static int buffer_new(struct ild *d, struct buffer *b, enum ild_kind kind,
		      u32 len)
{
	int ret = 0;

	*b = (struct buffer){ .kind = kind };
	b->size = PAGE_SIZE << get_order(len);
	b->at = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					 get_order(len));
	if (!b->at)
		return -ENOMEM;
	if (kind == ILD_PRIVATE && d->guest) {
		ret = d->guest->private(b->at, b->size);
		b->declared = !ret;
		b->lost = ilg_lost(ret);
	}
	if (!ret)
		ret = buffer_map(d, b);
	if (ret)
		buffer_free(d, b);
	return ret;
}

/* --- a command --- */

bool ild_interrupted(struct ild *d)
{
	u32 status;

	if (!d->bar[0])
		return false;
	status = readl(d->bar[0] + DMA_STATUS);
	if (status == ~0u || !(status & (DMA_STATUS_DONE | DMA_STATUS_ERROR)))
		return false;
	/* Once a command: INTx may stand for a while after it was withdrawn. */
	if (!atomic_xchg(&d->armed, 0))
		return false;
	if (d->irq == ILD_INTX)
		writel(0, d->bar[0] + DMA_IRQ);
	d->irqs++;
	complete(&d->done);
	return true;
}

static int wait_done(struct ild *d, u32 *status)
{
	const unsigned long end = jiffies + msecs_to_jiffies(COMMAND_MS);

	for (;;) {
		*status = readl(d->bar[0] + DMA_STATUS);
		if (*status == ~0u)
			return -ENXIO;
		if (*status & (DMA_STATUS_DONE | DMA_STATUS_ERROR))
			return 0;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		if (d->irq == ILD_POLL)
			usleep_range(100, 1000);
		else if (wait_for_completion_killable_timeout(
				 &d->done, max_t(long, HZ / 20, 1)) < 0)
			return -EINTR;
	}
}

static const char *error_name(u32 error)
{
	static const char *const name[] = {
		[DMA_ERROR_NONE] = "none",
		[DMA_ERROR_COMMAND] = "command",
		[DMA_ERROR_MASTER] = "bus master",
		[DMA_ERROR_STATE] = "state",
		[DMA_ERROR_UR] = "unsupported request",
		[DMA_ERROR_CA] = "completer abort",
		[DMA_ERROR_TIMEOUT] = "timeout",
		[DMA_ERROR_LINK] = "link",
	};

	return error < ARRAY_SIZE(name) ? name[error] : "?";
}

static int command(struct ild *d, u32 cmd, u64 src, u64 dst, u32 len)
{
	void __iomem *r = d->bar[0];
	u32 status;
	int ret;

	reinit_completion(&d->done);
	atomic_set(&d->armed, d->irq != ILD_POLL);
	writel(DMA_STATUS_DONE | DMA_STATUS_ERROR, r + DMA_STATUS);
	writeq(src, r + DMA_SRC);
	writeq(dst, r + DMA_DST);
	writel(len, r + DMA_LEN);
	writel(d->irq == ILD_POLL ? 0 : DMA_IRQ_ENABLE, r + DMA_IRQ);
	writel(cmd, r + DMA_CMD);
	ret = wait_done(d, &status);
	if (ret) {
		say(d, "no end in sight, status 0x%x", status);
		/* Nothing of it may reach a buffer that is freed. */
		writel(DMA_CTRL_RESET, r + DMA_CTRL);
		(void)readl(r + DMA_STATUS); /* it has arrived */
		return ret;
	}
	if (status & DMA_STATUS_ERROR) {
		u32 error = readl(r + DMA_ERROR);

		say(d, "error %u: %s", error, error_name(error));
		return -EREMOTEIO;
	}
	if (readq(r + DMA_COUNT) != len) {
		say(d, "%llu bytes of %u", readq(r + DMA_COUNT), len);
		return -EREMOTEIO;
	}
	return 0;
}

static int same(struct ild *d, const u8 *want, const u8 *have, u32 len,
		const char *what)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (want[i] == have[i])
			continue;
		say(d, "%s: byte %u is 0x%02x, not 0x%02x", what, i, have[i],
		    want[i]);
		return -EBADMSG;
	}
	return 0;
}

static int run_copy(struct ild *d, enum ild_kind from, enum ild_kind to,
		    u32 len)
{
	struct buffer src = {}, dst = {};
	u8 *want = kvmalloc(len, GFP_KERNEL);
	int ret = want ? 0 : -ENOMEM;

	if (!ret)
		ret = buffer_new(d, &src, from, len);
	if (!ret)
		ret = buffer_new(d, &dst, to, len);
	if (!ret) {
		get_random_bytes(want, len);
		memcpy(src.at, want, len);
		memset(dst.at, 0, len);
		buffer_sync(d, &src, true);
		buffer_sync(d, &dst, true);
		ret = command(d, DMA_CMD_COPY, src.bus, dst.bus, len);
		buffer_sync(d, &src, false);
		buffer_sync(d, &dst, false);
	}
	if (!ret)
		ret = same(d, want, dst.at, len, "what arrived");
	if (!ret)
		ret = same(d, want, src.at, len, "what was sent");
	buffer_free(d, &dst);
	buffer_free(d, &src);
	kvfree(want);
	return ret;
}

static int run_one(struct ild *d, u32 cmd, enum ild_kind kind, u64 address,
		   u32 len)
{
	struct buffer b = { .bus = address };
	int ret = kind == ILD_ADDRESS ? 0 : buffer_new(d, &b, kind, len);

	if (!ret)
		ret = command(d, cmd, b.bus, b.bus, len);
	if (kind != ILD_ADDRESS)
		buffer_free(d, &b);
	return ret;
}

/* --- lines --- */

static int kind_of(const char *word, enum ild_kind *kind, u64 *address)
{
	static const char *const name[] = {
		[ILD_SHARED] = "shared",
		[ILD_PRIVATE] = "private",
		[ILD_UNDECLARED] = "undeclared",
	};
	int i;

	if (word[0] == '@' && address) {
		*kind = ILD_ADDRESS;
		return kstrtou64(word + 1, 0, address);
	}
	i = match_string(name, ARRAY_SIZE(name), word);
	if (i < 0)
		return -EINVAL;
	*kind = i;
	return 0;
}

static int length_of(const char *word, u32 *len)
{
	int ret = kstrtou32(word, 0, len);

	return ret || !*len || *len > DMA_MAX_LEN ? -EINVAL : 0;
}

static int line_copy(struct ild *d, char *const arg[])
{
	enum ild_kind from, to;
	u32 len;

	if (kind_of(arg[1], &from, NULL) || kind_of(arg[2], &to, NULL) ||
	    length_of(arg[3], &len))
		return -EINVAL;
	return run_copy(d, from, to, len);
}

static int line_one(struct ild *d, char *const arg[])
{
	const u32 cmd = arg[0][0] == 'l' ? DMA_CMD_LOAD : DMA_CMD_STORE;
	enum ild_kind kind;
	u64 address = 0;
	u32 len;

	if (kind_of(arg[1], &kind, &address) || length_of(arg[2], &len))
		return -EINVAL;
	return run_one(d, cmd, kind, address, len);
}

/* Where a BAR's register is that a line names. */
static void __iomem *place(struct ild *d, const char *bar, const char *off)
{
	u32 n, at;

	if (kstrtou32(bar, 0, &n) || kstrtou32(off, 0, &at) ||
	    n >= PCI_STD_NUM_BARS || !d->bar[n] || at & 3 ||
	    at >= pci_resource_len(d->pdev, n))
		return NULL;
	return d->bar[n] + at;
}

static int line_read(struct ild *d, char *const arg[])
{
	void __iomem *at = place(d, arg[1], arg[2]);

	if (!at)
		return -EINVAL;
	say(d, "0x%08x", readl(at));
	return 0;
}

static int line_write(struct ild *d, char *const arg[])
{
	void __iomem *at = place(d, arg[1], arg[2]);
	u32 val;

	if (!at || kstrtou32(arg[3], 0, &val))
		return -EINVAL;
	writel(val, at);
	return 0;
}

static int line_encrypt(struct ild *d, char *const arg[])
{
	u32 bar;
	bool on;

	if (kstrtou32(arg[1], 0, &bar) || bar >= PCI_STD_NUM_BARS ||
	    kstrtobool(arg[2], &on))
		return -EINVAL;
	return d->guest ? d->guest->encrypt(d->pdev, bar, on) : -ENODEV;
}

static int line_irq(struct ild *d, char *const arg[])
{
	static const char *const name[] = {
		[ILD_POLL] = "none",
		[ILD_INTX] = "intx",
		[ILD_MSIX] = "msix",
	};

	say(d, "%s %u", name[d->irq], d->irqs);
	return 0;
}

static const struct line {
	const char *name;
	int words;
	int (*run)(struct ild *d, char *const arg[]);
} lines[] = {
	{ "copy", 4, line_copy },   { "load", 3, line_one },
	{ "store", 3, line_one },   { "read", 3, line_read },
	{ "write", 4, line_write }, { "encrypt", 3, line_encrypt },
	{ "irq", 1, line_irq },
};

#define WORDS 4

int ild_run(struct ild *d, char *line)
{
	char *rest = strim(line), *arg[WORDS + 1] = {};
	int n = 0, i, ret;

	while (rest && n <= WORDS)
		arg[n++] = strsep(&rest, " ");
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (!rest && n == lines[i].words &&
		    !strcmp(arg[0], lines[i].name))
			break;
	if (i == ARRAY_SIZE(lines))
		return -EINVAL;
	say(d, "ok");
	ret = lines[i].run(d, arg);
	if (ret && !strcmp(d->said, "ok"))
		say(d, "errno %d", -ret);
	return ret;
}
