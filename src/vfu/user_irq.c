/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "vfu/user_priv.h"

/* Interrupts of a client: eventfds that it gave. */

/* An event counter; asked not to keep anybody waiting who writes to it. */
static bool is_eventfd(int fd)
{
	char path[40], what[40];
	int fl = fcntl(fd, F_GETFL);
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, what, sizeof(what) - 1);
	if (n < 0)
		return false;
	what[n] = 0;
	return strcmp(what, "anon_inode:[eventfd]") == 0 && fl >= 0 &&
	       fcntl(fd, F_SETFL, fl | O_NONBLOCK) == 0;
}

static void put(int *fd, int to)
{
	if (*fd >= 0)
		close(*fd);
	*fd = to;
}

static void irq(void *ctx, enum ep_irq kind, unsigned vector, bool on)
{
	struct vuser_fn *f = ctx;

	if (f->fd < 0 || f->dying || !on)
		return;
	if (kind == EP_MSIX) {
		if (vector < EP_MSIX_MAX)
			vuser_event_signal(&f->u->event, f->msix[vector]);
		return;
	}
	/* Masked by itself; what still is asserted comes again after UNMASK. */
	if (f->intx_masked || f->intx < 0)
		return;
	f->intx_masked = true;
	vuser_event_signal(&f->u->event, f->intx);
}

const struct ep_user_ops vuser_irq_ops = { .irq = irq };

void vuser_irq_init(struct vuser_fn *f)
{
	f->intx = -1;
	f->intx_masked = f->intx_wanted = false;
	for (unsigned i = 0; i < EP_MSIX_MAX; i++)
		f->msix[i] = -1;
	f->msix_wanted = 0;
}

void vuser_irq_close(struct vuser_fn *f)
{
	put(&f->intx, -1);
	for (unsigned i = 0; i < EP_MSIX_MAX; i++)
		put(&f->msix[i], -1);
	vuser_irq_init(f);
}

/* Interrupts of the kind @index. */
static uint32_t count_of(const struct vuser_fn *f, uint32_t index)
{
	if (index == VFIO_IRQ_INTX)
		return f->ep->intx;
	return index == VFIO_IRQ_MSIX ? f->ep->msix : 0;
}

static bool one_bit(uint32_t v)
{
	return v && !(v & (v - 1));
}

/* What is wrong with it; no more than that is done after. */
static int judge(const struct vuser_fn *f, const struct vuser_irq_set *s,
		 const struct vuser_msg *m)
{
	const uint32_t have = count_of(f, s->index);
	const uint32_t data = s->flags & VFIO_IRQ_SET_DATA;
	const uint32_t act = s->flags & VFIO_IRQ_SET_ACTION;

	if (s->argsz != VUSER_IRQ_SET_LEN + s->data_len ||
	    (s->flags & ~(VFIO_IRQ_SET_DATA | VFIO_IRQ_SET_ACTION)) ||
	    !one_bit(data) || !one_bit(act) || s->index >= VFIO_IRQS)
		return EINVAL;
	if (s->data_len != (data == VFIO_IRQ_SET_BOOL ? s->count : 0) ||
	    (m->fds && (data != VFIO_IRQ_SET_FD || m->fds != s->count)))
		return EINVAL;
	/* None of them: all are switched off. */
	if (!s->count)
		return s->start || data != VFIO_IRQ_SET_NONE ||
				       act != VFIO_IRQ_SET_TRIGGER
			       ? EINVAL
			       : 0;
	if (s->start >= have || s->count > have - s->start)
		return EINVAL;
	/* Events of masking are for who emulates it elsewhere. MSI-X is masked
	 * in its table. */
	if (act != VFIO_IRQ_SET_TRIGGER &&
	    (data == VFIO_IRQ_SET_FD || s->index != VFIO_IRQ_INTX))
		return EINVAL;
	for (unsigned i = 0; i < m->fds; i++)
		if (!is_eventfd(m->fd[i]))
			return EINVAL;
	return 0;
}

/* The function is told how many vectors are wanted, when that changes. */
static void tell(struct vuser_fn *f)
{
	unsigned n = EP_MSIX_MAX;

	while (n && f->msix[n - 1] < 0)
		n--;
	if (n != f->msix_wanted)
		f->ep->ops->irq_set(f->ep, EP_MSIX, n);
	f->msix_wanted = n;
	if ((f->intx >= 0) != f->intx_wanted)
		f->ep->ops->irq_set(f->ep, EP_INTX, f->intx >= 0);
	f->intx_wanted = f->intx >= 0;
}

static int *slot(struct vuser_fn *f, uint32_t index, uint32_t i)
{
	return index == VFIO_IRQ_INTX ? &f->intx : &f->msix[i];
}

static void assign(struct vuser_fn *f, const struct vuser_irq_set *s,
		   struct vuser_msg *m)
{
	const uint32_t n = s->count ? s->count : count_of(f, s->index);

	for (uint32_t i = 0; i < n; i++) {
		put(slot(f, s->index, s->start + i), m->fds ? m->fd[i] : -1);
		if (m->fds)
			m->fd[i] = -1;
	}
	tell(f);
	if (s->index != VFIO_IRQ_INTX || !f->intx_wanted)
		return;
	/* Who just came has seen nothing yet, not even in another's place. */
	f->intx_masked = false;
	f->ep->ops->intx_done(f->ep);
}

static void act_on(struct vuser_fn *f, const struct vuser_irq_set *s,
		   uint32_t i)
{
	if (s->flags & VFIO_IRQ_SET_TRIGGER) {
		vuser_event_signal(&f->u->event, *slot(f, s->index, i));
	} else if (s->flags & VFIO_IRQ_SET_MASK) {
		f->intx_masked = true;
	} else {
		f->intx_masked = false;
		f->ep->ops->intx_done(f->ep);
	}
}

int vuser_set_irqs(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		   struct wr *w)
{
	struct vuser_irq_set s;
	int err;

	(void)w;
	if (vuser_irq_set_decode(r, &s))
		return EINVAL;
	err = judge(f, &s, m);
	if (err)
		return err;
	if (!s.count || (s.flags & VFIO_IRQ_SET_FD)) {
		assign(f, &s, m);
		return 0;
	}
	for (uint32_t i = 0; i < s.count; i++)
		if (!(s.flags & VFIO_IRQ_SET_BOOL) || s.data[i])
			act_on(f, &s, s.start + i);
	return 0;
}
