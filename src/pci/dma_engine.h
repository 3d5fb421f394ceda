/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PCI_DMA_ENGINE_H
#define PCI_DMA_ENGINE_H

#include <stdint.h>

/*
 * Programming interface of the endpoint function: what a driver knows of it.
 * docs/device-dma.md is its data sheet.
 *
 * BAR0, 64-bit, 16 KiB: page 0 registers, page 1 reserved, page 2 MSI-X table,
 * page 3 PBA. BAR2, 64-bit, 64 KiB: device memory, gone after unlock or reset.
 * Registers are little-endian; accesses are aligned, of 4 or 8 bytes.
 */
#define DMA_BAR_REGS	    0u
#define DMA_BAR_MEM	    2u
#define DMA_BAR_REGS_SIZE   UINT64_C(0x4000)
#define DMA_BAR_MEM_SIZE    UINT64_C(0x10000)
#define DMA_PAGE_MSIX_TABLE UINT64_C(0x2000)
#define DMA_PAGE_MSIX_PBA   UINT64_C(0x3000)
#define DMA_MSIX_VECTORS    4u

#define DMA_ID		  0x00u /* u32, reads DMA_ID_VALUE */
#define DMA_ID_VALUE	  0x1d1a0001u
#define DMA_CTRL	  0x08u /* u32 */
#define DMA_CTRL_RESET	  0x1u	/* ends and forgets any command */
#define DMA_STATUS	  0x0cu /* u32 */
#define DMA_STATUS_BUSY	  0x1u
#define DMA_STATUS_DONE	  0x2u	/* write 1 to clear */
#define DMA_STATUS_ERROR  0x4u	/* write 1 to clear */
#define DMA_SRC		  0x10u /* u64, bus address */
#define DMA_DST		  0x18u /* u64, bus address */
#define DMA_LEN		  0x20u /* u32, bytes, 1 to DMA_MAX_LEN */
#define DMA_MAX_LEN	  0x100000u
#define DMA_CMD		  0x24u /* u32; a write starts it, unless busy */
#define DMA_CMD_LOAD	  1u	/* SRC to the internal buffer */
#define DMA_CMD_STORE	  2u	/* the internal buffer to DST */
#define DMA_CMD_COPY	  3u	/* SRC to DST */
#define DMA_ERROR	  0x28u /* u32, why the last command failed */
#define DMA_ERROR_NONE	  0u
#define DMA_ERROR_COMMAND 1u	/* unknown command, or LEN out of range */
#define DMA_ERROR_MASTER  2u	/* Bus Master Enable is clear, or not in D0 */
#define DMA_ERROR_STATE	  3u	/* the TDI's state allows no DMA (E.4) */
#define DMA_ERROR_UR	  4u	/* a read was answered Unsupported Request */
#define DMA_ERROR_CA	  5u	/* a read was answered Completer Abort */
#define DMA_ERROR_TIMEOUT 6u	/* a read was never answered */
#define DMA_ERROR_LINK	  7u	/* the link is down or its stream insecure */
#define DMA_COUNT	  0x30u /* u64, bytes moved by the last command */
#define DMA_IRQ		  0x38u /* u32 */
#define DMA_IRQ_VECTOR	  0x0000ffffu
#define DMA_IRQ_ENABLE	  0x00010000u

#endif
