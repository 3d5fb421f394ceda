/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_HOST_PRIV_H
#define ARCH_SEV_TIO_HOST_PRIV_H

#include "arch/sev_tio/abi.h"
#include "arch/sev_tio/host.h"
#include "arch/sev_tio/pt.h"
#include "arch/sev_tio/uapi.h"
#include "host/iommufd/paged.h"

#define SEV_BUF_PAGES	16
#define SEV_ASIDS_MAX	4096
#define SEV_MMIO_RANGES 128
#define SEV_BLOB_MAX	0x10000

/* Pages that the PSP is told of by one SLA. */
struct sev_buf {
	uint64_t page[SEV_BUF_PAGES];
	unsigned n;
	uint64_t list; /* the scatter page; 0 with one page */
	bool fw;       /* in firmware state */
};

/* The connection of one function 0. */
struct sev_conn {
	struct pci_dev *p;
	struct pci_ide_stream *st;
	bool created; /* DEV_CREATE has been done */
	uint64_t ctx;
	uint64_t res; /* firmware page for answers to guests */
	struct sev_buf req, resp, scratch, out;
	/* The command under way: kept, for it is issued again unchanged. */
	uint32_t cmd;
	uint8_t buf[SEV_CMD_BUF_MAX];
	size_t len;
	bool issued;
	unsigned step; /* of the operation it belongs to */
	uint8_t type;  /* of the last request */
	/* Evidence on its way to a guest. */
	uint8_t blob[TIO_BLOB_MAX][SEV_BLOB_MAX];
	uint32_t blob_len[TIO_BLOB_MAX];
};

/* MMIO pages that are a guest's. */
struct sev_mmio {
	uint64_t gpa;
	uint64_t pa;
	uint64_t pages;
};

struct sev_tdi {
	uint64_t ctx;
	bool created;
	bool bound;
	bool private;	/* VFIO has let go of the BARs */
	bool was_error; /* as the device said when its unbind began */
	unsigned n_mmio;
	struct sev_mmio mmio[SEV_MMIO_RANGES];
};

struct sev_vm {
	bool snp;
	uint32_t asid;
	uint64_t gctx; /* 0: no context */
	struct pt npt;
};

struct sev_host {
	struct sev_host_cfg cfg;
	struct kernel *k;
	struct pci_ide_host *ide;
	uint32_t fw_error;
	uint64_t cmd_pa;
	uint64_t dev_table;
	uint64_t leaked; /* pages that firmware did not give back */
	uint32_t req_size, rsp_size, scratch_size, out_size;
	uint8_t asid_used[SEV_ASIDS_MAX / 8];
	struct paged domains;
	struct kpool conn_pool, tdi_pool, vm_pool;
};

#define NPT_LEVELS 4
#define IO_LEVELS  4

/* --- host_psp.c: pages and commands --- */

int sev_read(struct sev_host *s, uint64_t pa, void *out, size_t len);
int sev_write(struct sev_host *s, uint64_t pa, const void *in, size_t len);

/* RMPUPDATE, splitting a 2 MiB entry that is in the way. 0, -EBUSY, -EIO. */
int sev_rmp_set(struct sev_host *s, uint64_t pa, const struct rmp_update *u);
/* Back to the hypervisor, by way of PAGE_RECLAIM if it is immutable. */
int sev_rmp_shared(struct sev_host *s, uint64_t pa);

/* A page in firmware state whose first @len bytes are @head; 0: no memory. */
uint64_t sev_fw_page(struct sev_host *s, const void *head, size_t len);
/* Gives it back, or counts it as leaked. */
void sev_fw_page_free(struct sev_host *s, uint64_t pa);

int sev_buf_new(struct sev_host *s, struct sev_buf *b, uint32_t size, bool fw);
void sev_buf_free(struct sev_host *s, struct sev_buf *b);
uint64_t sev_buf_sla(const struct sev_buf *b);
int sev_buf_read(struct sev_host *s, const struct sev_buf *b, uint32_t off,
		 void *out, size_t len);

/* A command that needs no relay; its status. */
uint32_t sev_psp(struct sev_host *s, uint32_t cmd, const uint8_t *buf,
		 size_t len);
/* As above: 0, or -EIO with fw_error set. */
int sev_do(struct sev_host *s, uint32_t cmd, const uint8_t *buf, size_t len);

/* Begins a command of @c: length and, at @ctrl, the buffers are filled in. */
uint8_t *sev_cmd_new(struct sev_conn *c, uint32_t cmd, bool ctrl);
/*
 * The bounce loop. 0 done; -EINPROGRESS: carry r->req; -EIO (fw_error), or
 * what the exchange said, when the command is given up.
 */
int sev_cmd_run(struct sev_host *s, struct sev_conn *c,
		struct pci_tsm_relay *r);
/* The data object of the output buffer: bytes at @out, -EMSGSIZE, -EIO. */
int sev_output(struct sev_host *s, struct sev_conn *c, uint8_t *out,
	       uint32_t cap, uint32_t *len);

/* --- host_tdi.c --- */

struct sev_conn *sev_conn_of(const struct pci_tdi *tdi);
/* After a failure: switches the stream off if firmware has isolated it. */
void sev_conn_look(struct sev_host *s, struct sev_conn *c);
int sev_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r);
int sev_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		   struct pci_tsm_relay *r);
int sev_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, bool first,
		      struct pci_tsm_relay *r);
/* Whatever was pending is abandoned; the TDI ends unbound. */
void sev_tdi_abort(struct sev_host *s, struct pci_tdi *tdi, bool forget);
/* TDI_BIND's fields: @run starts what is locked. */
void sev_tdi_bind_cmd(const struct sev_host *s, const struct pci_tdi *tdi,
		      bool run);

/* --- host_mmio.c --- */

/* Assigns @pages of MMIO at @gpa to the guest, all of them or none. */
int sev_mmio_private(struct sev_host *s, struct pci_tdi *tdi, uint64_t gpa,
		     uint64_t pages);
/* Nested table first, then RMP. */
void sev_mmio_shared(struct sev_host *s, struct pci_tdi *tdi);

/* --- host_req.c: messages of the guest --- */

int sev_guest_msg(struct sev_host *s, struct pci_tdi *tdi,
		  struct pci_tsm_guest_req *q, bool first,
		  struct pci_tsm_relay *r);

/* --- host_kvm.c --- */

int sev_npt_zap(struct sev_host *s, struct kvm_vm *vm, uint64_t gpa,
		uint64_t len);

/* host_iommu.c: domains, before any is made. */
void sev_iommu_init(struct sev_host *s);

#endif
