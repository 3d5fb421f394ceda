/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_PROTO_H
#define VFU_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * Messages of vfio-user, version 0.0. Numbers are in the order of the host's
 * processor by the specification; those that this is built for are
 * little-endian.
 *
 * Decoding settles shape: all fields, and no byte more. Whether a value may be
 * is judged by who acts on it.
 *
 * Source: QEMU, docs/interop/vfio-user.rst; layouts that it takes from VFIO:
 * Linux, include/uapi/linux/vfio.h
 */

enum vuser_cmd {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP,
	VFIO_USER_DMA_UNMAP,
	VFIO_USER_DEVICE_GET_INFO,
	VFIO_USER_DEVICE_GET_REGION_INFO,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS,
	VFIO_USER_DEVICE_GET_IRQ_INFO,
	VFIO_USER_DEVICE_SET_IRQS,
	VFIO_USER_REGION_READ,
	VFIO_USER_REGION_WRITE,
	VFIO_USER_DMA_READ, /* server to client, as is the next */
	VFIO_USER_DMA_WRITE,
	VFIO_USER_DEVICE_RESET,
	VFIO_USER_REGION_WRITE_MULTI = 15,
	VFIO_USER_DEVICE_FEATURE,
	VFIO_USER_MIG_DATA_READ,
	VFIO_USER_MIG_DATA_WRITE,
	VUSER_CMDS,
};

#define VUSER_HDR_LEN 16u

#define VFIO_USER_TYPE	   MASK(3, 0)
#define VFIO_USER_COMMAND  0u
#define VFIO_USER_REPLY	   1u
#define VFIO_USER_NO_REPLY BIT(4)
#define VFIO_USER_ERROR	   BIT(5)

struct vuser_hdr {
	uint16_t id;
	uint16_t cmd;
	uint32_t size; /* of all of it, this header included */
	uint32_t flags;
	uint32_t error; /* errno, in a reply with VFIO_USER_ERROR */
};

/* Errors: IL_E_SHORT; IL_E_FIELD the size is below that of a header. */
enum il_err vuser_hdr_decode(struct rd *r, struct vuser_hdr *out) IL_MUST;
void vuser_hdr_encode(struct wr *w, const struct vuser_hdr *h);

/* --- payloads; decoders give IL_E_SHORT, IL_E_LONG --- */

/* What is proposed, and what is agreed to. */
struct vuser_caps {
	bool fds_said, xfer_said, maps_said, pgsizes_said, multi_said;
	uint64_t max_msg_fds;
	uint64_t max_data_xfer_size;
	uint64_t max_dma_maps;
	uint64_t pgsizes;
	bool write_multiple;
};

/* Of who says nothing. */
#define VUSER_DEF_FDS	  1u
#define VUSER_DEF_XFER	  1048576u
#define VUSER_DEF_MAPS	  65535u
#define VUSER_DEF_PGSIZES 4096u

struct vuser_version {
	uint16_t major;
	uint16_t minor;
	struct vuser_caps caps;
};

/*
 * Errors: IL_E_SHORT; IL_E_FIELD the version data is no JSON object of 4 KiB
 * at most that ends in one zero byte, or a capability is of another type than
 * it has to be. Unknown names are passed over.
 */
enum il_err vuser_version_decode(struct rd *r,
				 struct vuser_version *out) IL_MUST;
/* Names that were not said are not written. IL_E_NOMEM, IL_E_SPACE. */
enum il_err vuser_version_encode(struct wr *w,
				 const struct vuser_version *v) IL_MUST;

#define VFIO_DMA_MAP_READ  BIT(0)
#define VFIO_DMA_MAP_WRITE BIT(1)
#define VUSER_DMA_MAP_LEN  32u

struct vuser_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset; /* in the file */
	uint64_t addr;
	uint64_t size;
};

enum il_err vuser_dma_map_decode(struct rd *r,
				 struct vuser_dma_map *out) IL_MUST;

/* Everything, with address and size 0; as Linux has it, and QEMU sends it. */
#define VFIO_DMA_UNMAP_ALL  BIT(1)
#define VUSER_DMA_UNMAP_LEN 24u

struct vuser_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;
};

enum il_err vuser_dma_unmap_decode(struct rd *r,
				   struct vuser_dma_unmap *out) IL_MUST;
void vuser_dma_unmap_encode(struct wr *w, const struct vuser_dma_unmap *m);

#define VFIO_DEVICE_RESET BIT(0)
#define VFIO_DEVICE_PCI	  BIT(1)
#define VFIO_REGIONS	  9u /* six BARs, ROM, configuration, VGA */
#define VFIO_REGION_CFG	  7u
#define VFIO_IRQS	  5u /* INTx, MSI, MSI-X, error, request */
#define VFIO_IRQ_INTX	  0u
#define VFIO_IRQ_MSIX	  2u
#define VUSER_INFO_LEN	  16u

/* Device, interrupt, and the head of region I/O descriptors: four words. */
struct vuser_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t a; /* regions; index */
	uint32_t b; /* interrupts; count */
};

enum il_err vuser_info_decode(struct rd *r, struct vuser_info *out) IL_MUST;
void vuser_info_encode(struct wr *w, const struct vuser_info *m);

#define VFIO_REGION_READ  BIT(0)
#define VFIO_REGION_WRITE BIT(1)
#define VUSER_REGION_LEN  32u

struct vuser_region {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

enum il_err vuser_region_decode(struct rd *r, struct vuser_region *out) IL_MUST;
void vuser_region_encode(struct wr *w, const struct vuser_region *m);

#define VFIO_IRQ_EVENTFD    BIT(0)
#define VFIO_IRQ_MASKABLE   BIT(1)
#define VFIO_IRQ_AUTOMASKED BIT(2)

#define VFIO_IRQ_SET_NONE    BIT(0)
#define VFIO_IRQ_SET_BOOL    BIT(1)
#define VFIO_IRQ_SET_FD	     BIT(2)
#define VFIO_IRQ_SET_DATA    MASK(2, 0)
#define VFIO_IRQ_SET_MASK    BIT(3)
#define VFIO_IRQ_SET_UNMASK  BIT(4)
#define VFIO_IRQ_SET_TRIGGER BIT(5)
#define VFIO_IRQ_SET_ACTION  MASK(5, 3)
#define VUSER_IRQ_SET_LEN    20u

struct vuser_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
	const uint8_t *data; /* in the buffer */
	size_t data_len;
};

enum il_err vuser_irq_set_decode(struct rd *r,
				 struct vuser_irq_set *out) IL_MUST;

/* Of a region; behind it, the data. */
#define VUSER_ACCESS_LEN 16u

struct vuser_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	const uint8_t *data; /* @count bytes in the buffer; NULL: of a read */
};

enum il_err vuser_read_decode(struct rd *r, struct vuser_access *out) IL_MUST;
enum il_err vuser_write_decode(struct rd *r, struct vuser_access *out) IL_MUST;
void vuser_access_encode(struct wr *w, const struct vuser_access *m);

/* One of the writes of a REGION_WRITE_MULTI; at most 8 bytes. */
#define VUSER_MULTI_DATA 8u
#define VUSER_MULTI_LEN	 (VUSER_ACCESS_LEN + VUSER_MULTI_DATA)

void vuser_multi_decode(struct rd *r, struct vuser_access *out);

/* Of the client's memory. */
#define VUSER_DMA_LEN 16u

void vuser_dma_encode(struct wr *w, uint64_t addr, uint64_t count);
/*
 * The answer to a read of @len bytes, or to a write (@out NULL).
 * Errors: IL_E_SHORT, IL_E_LONG; IL_E_FIELD it is of another address or count
 */
enum il_err vuser_dma_reply(struct rd *r, uint64_t addr, uint32_t len,
			    uint8_t *out) IL_MUST;

#endif
