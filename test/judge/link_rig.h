/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_JUDGE_LINK_RIG_H
#define TEST_JUDGE_LINK_RIG_H

#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "device/device.h"
#include "judge/mailbox.h"
#include "judge/root.h"

/*
 * The judge's root port and a device of ours, at both ends of a queue link.
 * Time stands still but for what is waited.
 */
struct link_rig {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto fcrypto;
	struct crypto crypto;
	struct link_queue queue;
	uint8_t *ring;
	struct device dev;
	struct root root;
	struct mailbox box;
	uint64_t now;
	bool hang;	  /* the device does not run */
	uint64_t slow_ns; /* what it takes whenever it does */
};

/* Powered up; @vfs of the device. */
struct link_rig *link_rig_new(unsigned vfs);
void link_rig_free(struct link_rig *r);

#endif
