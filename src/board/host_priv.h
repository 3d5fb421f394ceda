/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_HOST_PRIV_H
#define BOARD_HOST_PRIV_H

#include "board/host.h"
#include "board/regs.h"

/* psp.c: a write of CMDRESP; what was held is over. */
void host_psp_ring(struct board_host *h, uint32_t val);
void host_psp_run(struct board_host *h);

/* insn.c: writes of INSN_OP and COPY_OP. */
void host_insn(struct board_host *h, uint32_t op);
void host_copy(struct board_host *h, uint32_t op);

/* iommu.c: writes of the registers that do something. */
void host_io_table(struct board_host *h, uint32_t count);
void host_io_log(struct board_host *h, uint32_t slots);
void host_io_head(struct board_host *h, uint32_t head);
void host_io_inval(struct board_host *h, uint32_t op);
void host_io_run(struct board_host *h);

#endif
