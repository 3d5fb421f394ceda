/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef CCP_SHIM_H
#define CCP_SHIM_H

#include <linux/types.h>

/*
 * What drivers/crypto/ccp's SEV-TIO files call, over the function "host" of our
 * machine. Two files, since both sides name the numbers of SEV their own way.
 */
struct device;

/* shim_psp.c: 0 and firmware's status, or -errno and none. */
int shim_cmd(int cmd, void *data, u32 *status);
/* A page becomes firmware's, or the hypervisor's again. */
int shim_take(u64 pa);
int shim_give_back(u64 pa);

/* shim_ccp.c: SEV-TIO's files begin and end. */
int shim_ccp_on(struct device *dev);
void shim_ccp_off(void);

#endif
