// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * /dev/interlock_evidence: evidence for user space, that judges a function
 * before it is accepted. One object at a time is asked for by a line and then
 * read from offset 0 on:
 *
 *	0000:00:04.0 certificates	the SPDM certificate chain
 *	0000:00:04.0 measurements	VCA, requests, signed answers
 *	0000:00:04.0 report		the interface report
 *	0000:00:04.0 nonce		that the measurements answer
 *	0000:00:04.0 claims		lines: tdi-id, lock-flags, spdm-hash
 *	0000:00:04.0 WHAT digest	SHA-384 of WHAT, as firmware tells it
 *	0000:00:04.0 refresh HEX	measured again, for this nonce
 *
 * All that is read through one open file is of one reading: when evidence is
 * taken anew, or ends with the lock, reads and requests fail with EAGAIN, and
 * the file is opened again. ENXIO: there is none; ENODEV: no such function.
 *
 * Those errors are of the generic netlink family "pci-tsm" of the PCI/TSM
 * patches, which later kernels are to have; objects are those of its types.
 */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/hex.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "guest.h"

#define LINE_MAX_LEN 160
#define CLAIMS_MAX   96

struct reader {
	struct mutex lock;
	u32 generation; /* 0: nothing was asked for yet */
	u8 *data;
	size_t len;
};

static int ev_open(struct inode *inode, struct file *file)
{
	struct reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	file->private_data = r;
	return 0;
}

static int ev_release(struct inode *inode, struct file *file)
{
	struct reader *r = file->private_data;

	kvfree(r->data);
	kfree(r);
	return 0;
}

static struct ilg_fn *by_name(const char *name)
{
	struct ilg_fn *f;

	list_for_each_entry(f, &ilg.fns, node)
		if (!strcmp(name, pci_name(f->pdev)))
			return f;
	return NULL;
}

struct object {
	const u8 *p;
	size_t len;
};

static int object_of(const struct ilg_evidence *ev, const char *what,
		     bool digest, struct object *o)
{
	static const char *const name[ILG_BLOBS] = {
		[TIO_BLOB_MEASUREMENTS] = "measurements",
		[TIO_BLOB_CERTIFICATES] = "certificates",
		[TIO_BLOB_REPORT] = "report",
	};
	const u8 *const sum[ILG_BLOBS] = {
		[TIO_BLOB_MEASUREMENTS] = ev->claims.meas,
		[TIO_BLOB_CERTIFICATES] = ev->claims.certs,
		[TIO_BLOB_REPORT] = ev->claims.report,
	};
	int i = match_string(name, ILG_BLOBS, what);

	if (i >= 0)
		*o = digest ? (struct object){ sum[i], TIO_DIGEST_LEN }
			    : (struct object){ ev->blob[i], ev->len[i] };
	else if (!strcmp(what, "nonce") && !digest)
		*o = (struct object){ ev->nonce, sizeof(ev->nonce) };
	else
		return -EINVAL;
	return 0;
}

/* What firmware says of it that is no digest. */
static size_t claims_text(const struct evidence_claims *c, char *out,
			  size_t cap)
{
	return scnprintf(out, cap,
			 "tdi-id 0x%llx\nlock-flags 0x%04x\nspdm-hash %s\n",
			 c->tdi_id, c->lock_flags,
			 c->spdm_hash == CRYPTO_SHA384 ? "sha384" : "sha256");
}

static int ask(struct reader *r, struct ilg_fn *f, const char *what,
	       const char *arg)
{
	const bool digest = arg && !strcmp(arg, "digest");
	char text[CLAIMS_MAX];
	struct object o;
	u8 *copy;
	int ret = 0;

	if (arg && !digest)
		return -EINVAL;
	if (!arg && !strcmp(what, "claims"))
		o = (struct object){ text, claims_text(&f->ev.claims, text,
						       sizeof(text)) };
	else
		ret = object_of(&f->ev, what, digest, &o);
	if (ret)
		return ret;
	if (r->generation && r->generation != f->ev.generation)
		return -EAGAIN;
	if (!f->ev.there)
		return -ENXIO;
	copy = kvmemdup(o.p, o.len, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	kvfree(r->data);
	r->data = copy;
	r->len = o.len;
	r->generation = f->ev.generation;
	return 0;
}

static int refresh(struct reader *r, struct ilg_fn *f, const char *arg)
{
	u8 nonce[TIO_NONCE_LEN];
	int ret;

	if (!arg || strlen(arg) != 2 * sizeof(nonce) ||
	    hex2bin(nonce, arg, sizeof(nonce)))
		return -EINVAL;
	ret = ilg_refresh(f, nonce);
	if (ret)
		return ret;
	/* What was asked for before is of another reading. */
	kvfree(r->data);
	r->data = NULL;
	r->generation = f->ev.generation;
	return 0;
}

/* "NAME WHAT [ARG]" */
static int request(struct reader *r, char *line)
{
	char *rest = strim(line), *name, *what, *arg;
	struct ilg_fn *f;

	name = strsep(&rest, " ");
	what = strsep(&rest, " ");
	arg = strsep(&rest, " ");
	if (!what || rest)
		return -EINVAL;
	f = by_name(name);
	if (!f)
		return -ENODEV;
	return strcmp(what, "refresh") ? ask(r, f, what, arg)
				       : refresh(r, f, arg);
}

static ssize_t ev_write(struct file *file, const char __user *buf, size_t len,
			loff_t *pos)
{
	struct reader *r = file->private_data;
	char line[LINE_MAX_LEN];
	int ret = -EINTR;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = 0;
	if (mutex_lock_killable(&r->lock))
		return -EINTR;
	if (!mutex_lock_killable(&ilg.lock)) {
		ret = request(r, line);
		mutex_unlock(&ilg.lock);
	}
	mutex_unlock(&r->lock);
	if (ret)
		return ret;
	*pos = 0;
	return len;
}

/* Whether a function still has the evidence that this file is about. */
static bool current_still(u32 generation)
{
	struct ilg_fn *f;

	list_for_each_entry(f, &ilg.fns, node)
		if (f->ev.generation == generation && f->ev.there)
			return true;
	return false;
}

static ssize_t ev_read(struct file *file, char __user *buf, size_t len,
		       loff_t *pos)
{
	struct reader *r = file->private_data;
	ssize_t ret = -EINTR;

	if (mutex_lock_killable(&r->lock))
		return -EINTR;
	if (!r->data) {
		ret = -ENXIO;
	} else if (!mutex_lock_killable(&ilg.lock)) {
		ret = current_still(r->generation) ? 0 : -EAGAIN;
		mutex_unlock(&ilg.lock);
	}
	if (!ret)
		ret = simple_read_from_buffer(buf, len, pos, r->data, r->len);
	mutex_unlock(&r->lock);
	return ret;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = ev_open,
	.release = ev_release,
	.read = ev_read,
	.write = ev_write,
	.llseek = default_llseek,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "interlock_evidence",
	.fops = &fops,
	.mode = 0600,
};

int ilg_evidence_init(void)
{
	return misc_register(&dev);
}

void ilg_evidence_exit(void)
{
	misc_deregister(&dev);
}
