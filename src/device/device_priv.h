/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_PRIV_H
#define DEVICE_PRIV_H

#include "device/device.h"

/* TLPs that the engines send in one turn. */
#define DEVICE_BURST 64u

#define DEVICE_READ_TIMEOUT_NS UINT64_C(50000000)

/* One of the function's own requests, which is not even sent. */
void device_refuse_own(struct device *d, unsigned fn, const struct rule *rule,
		       enum fault_stage stage, uint64_t addr, bool write);
void device_refuse(struct device *d, unsigned fn, const struct tlp *t,
		   const struct rule *rule, enum fault_stage stage);

/*
 * Sends @t on @stream; -1: as the registers select.
 * Errors: IL_E_AGAIN  the channel is full; nothing happened
 *         IL_E_IO     link down, or the stream cannot carry it
 */
enum il_err device_send(struct device *d, const struct tlp *t,
			int stream) IL_MUST;
/* What forbids it, or NULL; how it goes is as dsm_dma_verdict() says. */
const struct rule *device_may_send(const struct device *d, unsigned fn,
				   enum dsm_dma kind, bool *t, int *stream);
/* Answers @req on the stream it came in, with its T bit. */
void device_answer(struct device *d, const struct tlp *req, struct tlp *cpl);
void device_answer_status(struct device *d, const struct tlp *req, unsigned fn,
			  uint8_t status);
/* Sends what the channel had no room for; false: still none. */
bool device_flush(struct device *d);
/* Tells DSM and partner of streams that fell. */
void device_streams_fell(struct device *d);
/* Tells the DSM of keys that went away by themselves. */
void device_keys_changed(struct device *d, unsigned idx);

/* What the DSM asks it by, as configured and as the seams make it. */
void device_wire(struct device *d);

/* Tells the DSM. */
void device_event(struct device *d, enum dsm_event ev, uint32_t which);
/* Resets and lost streams that what was just done calls for. */
void device_settle(struct device *d);
/* Answers what waits in the mailbox; false: nothing moved. */
bool device_serve_doe(struct device *d);

/* Defaults for what @cfg leaves open, defaults.c */
void device_cfg_fill(struct device_cfg *cfg);
void device_pf_default(struct device_pf *pf); /* as if it were the only one */
bool device_cfg_sane(const struct device_cfg *cfg);

/* Functions and their configuration space */
bool fn_physical(const struct device_fn *fn); /* else it is a VF */
/* As configured; of a VF that of its PF. */
const struct device_pf *fn_own(const struct device_fn *fn);
void fn_build(struct device_fn *fn);
void fn_reset(struct device_fn *fn);
bool fn_awake(const struct device_fn *fn);
bool fn_master(const struct device_fn *fn);
void device_ide_sync(struct device *d); /* registers after a reset */
void device_ide_show(struct device *d);
bool device_ide_reg(const struct device *d, uint16_t reg);
void device_vfs_update(struct device *d);
void device_name_functions(struct device *d);
void device_function_reset(struct device *d, unsigned fn);
void device_take_event(struct device *d, enum link_event ev);
void device_capture(struct device *d, uint16_t dest);
bool fn_decodes(const struct device_fn *fn);
/* A write of whole dwords, whoever told of it. */
void device_cfg_write(struct device_fn *fn, uint16_t reg, uint32_t val,
		      uint8_t be);
void device_take_cfg(struct device *d, const struct tlp *t);

/* Memory space */
const struct device_bar *fn_bar_cfg(const struct device_fn *fn, unsigned bar);
void fn_mem_wipe(struct device_fn *fn);
bool fn_bar(const struct device_fn *fn, unsigned bar, uint64_t *base,
	    uint64_t *size);
bool fn_bar_unset(const struct device_fn *fn, unsigned bar);
/* Some byte is TEE memory of the report by which @fn was locked. */
bool device_reported(const struct device *d, unsigned fn, uint64_t addr,
		     uint64_t len);
/* The same of some other function. */
bool device_reported_by_other(const struct device *d, unsigned fn,
			      uint64_t addr, uint64_t len);
bool fn_msix_locked(const struct device_fn *fn);
/* May this request reach the function? Else *why. */
bool device_mem_allowed(const struct device *d, unsigned fn, uint64_t addr,
			uint32_t len, bool t, int stream,
			const struct rule **why);
void device_take_mem(struct device *d, const struct tlp *t);

/*
 * What counts as set because nobody reported anything, assume.c. Before the
 * write that ends it: of @reg of @fn, or all.
 */
void device_assume_init(struct device *d);
void device_assume_end(struct device *d, unsigned fn, uint16_t reg, uint8_t be);
void device_assume_end_all(struct device *d, unsigned fn, uint16_t reg,
			   uint8_t be);
/* The same of streams, in the manner of struct dsm_port. */
uint8_t loose_program(struct device *d, const struct idekm_ref *ref,
		      const uint8_t key[IDEKM_KEY_LEN], uint64_t ifv);
enum il_err loose_go(struct device *d, const struct idekm_ref *ref);
void loose_stop(struct device *d, const struct idekm_ref *ref);
void loose_settle(struct device *d);
void loose_kill(struct device *d, uint8_t stream);
enum il_err loose_info(const struct device *d, uint8_t stream,
		       struct dsm_stream *out);

/* Streams to peers, in the manner of struct dsm_port; and where @m goes. */
enum tdisp_error peer_bind(void *ctx, uint32_t fn, uint8_t stream);
enum tdisp_error peer_unbind(void *ctx, uint32_t fn, uint8_t stream);
int peer_way(struct device_fn *fn, struct tlp *m, int stream);

/* The engine and its interrupts */
uint32_t engine_read(const struct device_fn *fn, uint32_t off);
void engine_write(struct device_fn *fn, uint32_t off, uint32_t v);
void engine_stop(struct device_fn *fn, uint32_t error);
void engine_wipe(struct device_fn *fn);
bool engines_step(struct device *d);
void engines_timeouts(struct device *d);
void device_take_cpl(struct device *d, const struct tlp *t);
void msix_reset(struct device_fn *fn);
void msix_fire(struct device_fn *fn, unsigned vector);
void msix_flush(struct device_fn *fn);
uint8_t intx_pin(const struct device_fn *fn); /* 1: INTA */
bool intx_pending(const struct device_fn *fn);
/* Tells of wires that changed; true if any did. */
bool intx_settle(struct device *d);

/* Parts of what stays over resets, store.c */
enum il_err device_pairs_init(struct device *d) IL_MUST;
enum il_err device_log_init(struct device *d) IL_MUST;
void device_pairs_reset(struct device *d);
void device_csrs_reset(struct device *d);
/* All connections show what the slots hold now. */
void device_slots_show(struct device *d);
/* A session of whatever connection stands on one of @slots, and may not lose
 * it. */
bool device_slots_used(const struct device *d, uint8_t slots);
/* Certificates wait for a reset. */
bool device_slots_due(const struct device *d);

extern const struct pci_cfg_ops device_cfg_ops;
extern const struct dsm_port device_dsm_port;
extern const struct spdm_rsp_port device_spdm_port;

/* mutual.c: what requesters share with it, and show. */
enum il_err device_psk_secret(void *ctx, struct spdm_span hint, uint32_t hash,
			      const uint8_t *salt, size_t salt_len,
			      uint8_t *secret) IL_MUST;
enum il_err device_trust(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain) IL_MUST;

#endif
