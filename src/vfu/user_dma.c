/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vfu/user_priv.h"

/*
 * The client's memory, which becomes the machine's.
 *
 * A file that is mapped may be cut short by who gave it, and to touch what is
 * gone is a signal that ends us all. So only memory that is sealed against
 * that is mapped, which is how QEMU makes its own. Other memory files are read
 * and written by system calls, which fail instead. What is neither, whose
 * reading might never end, is as if no descriptor had come: its content is
 * asked for by messages.
 */

enum how { BY_MAP, BY_FILE, BY_MESSAGE };

/* How memory in @fd can be used; an errno if the range is not in it. */
static int judge_file(int fd, const struct vuser_dma_map *d, enum how *how)
{
	/* First, since nobody's file system is asked for it. */
	const int seals = fcntl(fd, F_GET_SEALS);
	struct statfs fs;
	struct stat st;

	*how = BY_MESSAGE;
	if (seals < 0)
		return 0;
	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return errno;
	if (!S_ISREG(st.st_mode) || fs.f_type != TMPFS_MAGIC)
		return 0;
	if (d->offset > INT64_MAX || d->size > INT64_MAX || st.st_size < 0 ||
	    d->offset > (uint64_t)st.st_size ||
	    d->size > (uint64_t)st.st_size - d->offset)
		return EINVAL;
	*how = seals & F_SEAL_SHRINK ? BY_MAP : BY_FILE;
	return 0;
}

/* Milliseconds that it may take still in this turn; 0: none. */
static int left_ms(const struct vuser_fn *f)
{
	const uint64_t all = f->u->cfg.wait_ns;

	return f->waited_ns < all
		       ? (int)((all - f->waited_ns + 999999) / 1000000)
		       : 0;
}

static void count_time(struct vuser_fn *f, uint64_t *since_ns)
{
	const struct vuser_cfg *cfg = &f->u->cfg;
	const uint64_t now = cfg->now_ns(cfg->ctx);

	f->waited_ns += now - *since_ns;
	*since_ns = now;
}

/* Waits until it says something. */
static void hear(struct vuser_fn *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	int n;

	if (vuser_writes(f))
		p.events |= POLLOUT;
	n = poll(&p, 1, left_ms(f));
	/* Who waited in vain has waited for all of it, whatever the clock. */
	if (n == 0)
		f->waited_ns = f->u->cfg.wait_ns;
	else if (n > 0 && (p.revents & POLLOUT))
		vuser_flush(f);
}

/*
 * The answer to the message that was sent. What else comes is served later:
 * the function is at work and sees one access at a time.
 */
static struct vuser_msg *answer(struct vuser_fn *f)
{
	uint64_t since = f->u->cfg.now_ns(f->u->cfg.ctx);
	struct vuser_msg *m;

	while (!f->dying && !f->answer) {
		if (vuser_recv(f))
			continue;
		if (f->dying)
			break;
		count_time(f, &since);
		if (f->eof)
			vuser_die(f, NULL);
		else if (!left_ms(f))
			vuser_die(f, "it left our question without an answer");
		else
			hear(f);
	}
	count_time(f, &since);
	f->asking = false;
	m = f->answer;
	f->answer = NULL;
	return m;
}

/* One message of at most the client's max_data_xfer_size. */
static enum il_err ask(struct vuser_fn *f, uint64_t addr, uint32_t len,
		       uint8_t *in, const uint8_t *out)
{
	uint8_t buf[VUSER_HDR_LEN + VUSER_DMA_LEN];
	struct wr w = wr_over(buf, sizeof(buf));
	struct vuser_msg *m;
	enum il_err err = IL_E_IO;

	if (f->fd < 0 || f->dying || f->asking)
		return IL_E_IO;
	f->ask_id++;
	f->ask_cmd = in ? VFIO_USER_DMA_READ : VFIO_USER_DMA_WRITE;
	f->asking = true;
	vuser_hdr_encode(&w,
			 &(struct vuser_hdr){ .id = f->ask_id,
					      .cmd = f->ask_cmd,
					      .size = (uint32_t)sizeof(buf) +
						      (out ? len : 0) });
	vuser_dma_encode(&w, addr, len);
	vuser_send(f, buf, sizeof(buf), out, out ? len : 0);
	m = answer(f);
	if (m && !(m->hdr.flags & VFIO_USER_ERROR)) {
		struct rd r = rd_over(m->body, m->hdr.size - VUSER_HDR_LEN);

		err = vuser_dma_reply(&r, addr, len, in);
		if (err || m->fds || m->excess) {
			vuser_die(f, "an answer of another form");
			err = IL_E_IO;
		}
	}
	vuser_msg_free(m);
	return err;
}

static enum il_err by_message(struct vuser_fn *f, uint64_t addr, uint8_t *in,
			      const uint8_t *out, uint32_t len)
{
	enum il_err err = IL_OK;

	while (len && !err) {
		const uint32_t n = len < f->xfer ? len : f->xfer;

		err = ask(f, addr, n, in, out);
		addr += n;
		len -= n;
		if (in)
			in += n;
		else
			out += n;
	}
	return err;
}

static enum il_err map_read(void *ctx, uint64_t addr, uint8_t *buf,
			    uint32_t len)
{
	struct vuser_map *m = ctx;
	ssize_t n;

	if (m->fd < 0)
		return by_message(m->fn, addr, buf, NULL, len);
	n = pread(m->fd, buf, len, (off_t)(m->offset + (addr - m->addr)));
	return n == (ssize_t)len ? IL_OK : IL_E_IO;
}

static enum il_err map_write(void *ctx, uint64_t addr, const uint8_t *buf,
			     uint32_t len)
{
	struct vuser_map *m = ctx;
	ssize_t n;

	if (m->fd < 0)
		return by_message(m->fn, addr, NULL, buf, len);
	n = pwrite(m->fd, buf, len, (off_t)(m->offset + (addr - m->addr)));
	return n == (ssize_t)len ? IL_OK : IL_E_IO;
}

static const struct ep_space_ops map_ops = { .read = map_read,
					     .write = map_write };

/* What it holds of the client's: the mapping, or the file. */
static void let_go(struct vuser_map *m)
{
	if (m->at)
		munmap(m->at, m->size);
	if (m->fd >= 0)
		close(m->fd);
	m->at = NULL;
	m->fd = -1;
}

static void drop_map(struct vuser_map *m)
{
	let_go(m);
	*m = (struct vuser_map){ .fd = -1 };
}

/* Takes the descriptor from @msg if it keeps it. Returns an errno. */
static int open_map(struct vuser_map *m, struct vuser_msg *msg,
		    const struct vuser_dma_map *d)
{
	const int prot = (d->flags & VFIO_DMA_MAP_READ ? PROT_READ : 0) |
			 (d->flags & VFIO_DMA_MAP_WRITE ? PROT_WRITE : 0);
	enum how how = BY_MESSAGE;
	int err = msg->fds ? judge_file(msg->fd[0], d, &how) : 0;

	if (err)
		return err;
	if (how == BY_MAP) {
		void *at = mmap(NULL, d->size, prot, MAP_SHARED, msg->fd[0],
				(off_t)d->offset);

		if (at == MAP_FAILED)
			return errno;
		m->at = at;
	} else if (how == BY_FILE) {
		m->fd = msg->fd[0];
		msg->fd[0] = -1;
	}
	return 0;
}

static int errno_of(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return 0;
	case IL_E_SPACE:
		return ENOSPC;
	case IL_E_NOMEM:
		return ENOMEM;
	case IL_E_STATE:
		return EBUSY;
	case IL_E_ARG:
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_AUTH:
	case IL_E_PEER:
	case IL_E_AGAIN:
	case IL_E_TIMEOUT:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return EINVAL;
}

static bool in_pages(uint64_t addr, uint64_t size)
{
	return size && addr % PAGE_4K == 0 && size % PAGE_4K == 0 &&
	       size <= SIZE_MAX && addr <= UINT64_MAX - (size - 1);
}

/* What is wrong with a DMA_MAP in itself. */
static int judge_map(struct vuser_fn *f, const struct vuser_dma_map *d,
		     unsigned fds)
{
	/* The structure's size, so that a longer one is not misread. */
	if (d->argsz != VUSER_DMA_MAP_LEN || !in_pages(d->addr, d->size) ||
	    (d->flags & ~(VFIO_DMA_MAP_READ | VFIO_DMA_MAP_WRITE)) ||
	    !d->flags || fds > 1)
		return EINVAL;
	if (fds ? d->offset % PAGE_4K : d->offset != 0)
		return EINVAL;
	for (unsigned i = 0; i < VUSER_MAPS; i++) {
		const struct vuser_map *m = &f->map[i];

		if (m->used && d->addr <= m->addr + (m->size - 1) &&
		    m->addr <= d->addr + (d->size - 1))
			return EEXIST;
	}
	return 0;
}

/*
 * A machine has room for memory at some addresses only, and what a VMM has
 * elsewhere, such as its firmware's ROM, no access of the machine reaches. That
 * is no mistake of the client's: it is told so, and the piece counts as mapped.
 * Nothing of it is kept: its size is bounded by nothing, our address space is.
 */
static int give(struct vuser_map *m, const struct vuser_dma_map *d)
{
	const struct vuser_cfg *cfg = &m->fn->u->cfg;
	const enum il_err err = cfg->machine->give(
		cfg->machine_ctx, m->fn->ep->space, m->fn,
		&(struct ep_piece){
			.addr = d->addr,
			.size = d->size,
			.readable = (d->flags & VFIO_DMA_MAP_READ) != 0,
			.writable = (d->flags & VFIO_DMA_MAP_WRITE) != 0,
			.at = m->at,
			.ops = &map_ops,
			.ctx = m });
	char what[80];

	m->given = !err;
	if (err != IL_E_ARG)
		return errno_of(err);
	let_go(m);
	snprintf(what, sizeof(what),
		 ": memory at 0x%llx is where the machine has none",
		 (unsigned long long)d->addr);
	vuser_say(m->fn, what, "");
	return 0;
}

int vuser_dma_map(struct vuser_fn *f, struct vuser_msg *msg, struct rd *r,
		  struct wr *w)
{
	struct vuser_map *m = f->map;
	struct vuser_dma_map d;
	int err;

	(void)w;
	if (vuser_dma_map_decode(r, &d))
		return EINVAL;
	err = judge_map(f, &d, msg->fds);
	if (err)
		return err;
	while (m < f->map + VUSER_MAPS && m->used)
		m++;
	if (m == f->map + VUSER_MAPS)
		return ENOSPC;
	*m = (struct vuser_map){ .fn = f,
				 .addr = d.addr,
				 .size = d.size,
				 .fd = -1,
				 .offset = d.offset };
	err = open_map(m, msg, &d);
	if (!err)
		err = give(m, &d);
	if (err)
		drop_map(m);
	else
		m->used = true;
	return err;
}

static int unmap(struct vuser_fn *f, struct vuser_map *m)
{
	const struct vuser_cfg *cfg = &f->u->cfg;
	const enum il_err err =
		m->given ? cfg->machine->take(cfg->machine_ctx, f->ep->space, f,
					      m->addr, m->size)
			 : IL_OK;

	if (!err)
		drop_map(m);
	return errno_of(err);
}

int vuser_dma_unmap(struct vuser_fn *f, struct vuser_msg *msg, struct rd *r,
		    struct wr *w)
{
	struct vuser_dma_unmap d;
	bool all;

	(void)msg;
	if (vuser_dma_unmap_decode(r, &d) || d.argsz < VUSER_DMA_UNMAP_LEN ||
	    (d.flags & ~VFIO_DMA_UNMAP_ALL))
		return EINVAL;
	all = d.flags & VFIO_DMA_UNMAP_ALL;
	if (all && (d.addr || d.size))
		return EINVAL;
	if (all) {
		vuser_dma_close(f);
	} else {
		struct vuser_map *m = f->map;
		int err;

		while (m < f->map + VUSER_MAPS &&
		       (!m->used || m->addr != d.addr || m->size != d.size))
			m++;
		err = m == f->map + VUSER_MAPS ? ENOENT : unmap(f, m);
		if (err)
			return err;
	}
	d.argsz = VUSER_DMA_UNMAP_LEN;
	vuser_dma_unmap_encode(w, &d);
	return 0;
}

void vuser_dma_close(struct vuser_fn *f)
{
	const struct vuser_cfg *cfg = &f->u->cfg;

	cfg->machine->take_all(cfg->machine_ctx, f);
	for (unsigned i = 0; i < VUSER_MAPS; i++)
		if (f->map[i].used)
			drop_map(&f->map[i]);
}
