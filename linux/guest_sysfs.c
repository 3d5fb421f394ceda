// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * tsm/lock, tsm/unlock and tsm/accept of a function, with the names, values and
 * errors of the PCI/TSM patches for guests (second version, March 2026): what
 * user space is written against, before the kernel has it.
 *
 * The device lock keeps drivers from binding while the function changes sides.
 */
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include "guest.h"

/* Takes both locks; the function, or an error. */
static struct ilg_fn *begin(struct device *dev)
{
	struct ilg_fn *f;

	if (device_lock_interruptible(dev))
		return ERR_PTR(-EINTR);
	if (mutex_lock_killable(&ilg.lock)) {
		device_unlock(dev);
		return ERR_PTR(-EINTR);
	}
	f = ilg_find(to_pci_dev(dev));
	if (f)
		return f;
	mutex_unlock(&ilg.lock);
	device_unlock(dev);
	return ERR_PTR(-ENXIO);
}

static void end(struct device *dev)
{
	mutex_unlock(&ilg.lock);
	device_unlock(dev);
}

static ssize_t lock_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct ilg_fn *f = begin(dev);
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	n = sysfs_emit(buf, "%s\n",
		       f->state == ILG_UNLOCKED ? "" : dev_name(&ilg.tsm->dev));
	end(dev);
	return n;
}

static ssize_t lock_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct ilg_fn *f;
	int id, ret;

	if (sscanf(buf, "tsm%d\n", &id) != 1)
		return -EINVAL;
	f = begin(dev);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (dev->driver || f->state != ILG_UNLOCKED)
		ret = -EBUSY;
	else if (id != ilg.tsm->id)
		ret = -ENXIO;
	else
		ret = ilg_lock(f);
	end(dev);
	return ret ? ret : len;
}
static DEVICE_ATTR_RW(lock);

static ssize_t unlock_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct ilg_fn *f = begin(dev);
	int ret;

	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->state == ILG_UNLOCKED ||
	    !sysfs_streq(buf, dev_name(&ilg.tsm->dev)))
		ret = -EINVAL;
	else if (dev->driver)
		ret = -EBUSY;
	else
		ret = ilg_unlock(f);
	end(dev);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(unlock);

static ssize_t accept_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct ilg_fn *f = begin(dev);
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	n = sysfs_emit(buf, "%d\n", f->state == ILG_RUN);
	end(dev);
	return n;
}

static ssize_t accept_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct ilg_fn *f;
	bool on;
	int ret = kstrtobool(buf, &on);

	if (ret || !on)
		return -EINVAL;
	f = begin(dev);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->state == ILG_UNLOCKED)
		ret = -EINVAL;
	else if (dev->driver)
		ret = -EBUSY;
	else
		ret = ilg_accept(f);
	end(dev);
	return ret ? ret : len;
}
static DEVICE_ATTR_RW(accept);

static struct attribute *attrs[] = {
	&dev_attr_lock.attr,
	&dev_attr_unlock.attr,
	&dev_attr_accept.attr,
	NULL,
};

static const struct attribute_group group = { .name = "tsm", .attrs = attrs };

/* A host's link TSM has a group of that name; not in a confidential VM. */
int ilg_sysfs_add(struct pci_dev *pdev)
{
	return sysfs_create_group(&pdev->dev.kobj, &group);
}

void ilg_sysfs_del(struct pci_dev *pdev)
{
	sysfs_remove_group(&pdev->dev.kobj, &group);
}
