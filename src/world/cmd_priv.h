/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_CMD_PRIV_H
#define WORLD_CMD_PRIV_H

#include "world/world_priv.h"

/* The commands' functions; what each does stands in cmds_*.c. */
lang_fn cmd_scenario, cmd_inapplicable, cmd_open, cmd_differs;
lang_fn cmd_device_lie;
lang_fn cmd_host_relay;
lang_fn cmd_platform, cmd_device, cmd_link;
lang_fn cmd_device_silent, cmd_device_reset, cmd_host_recover, cmd_host_config,
	cmd_expect_isolated;
lang_fn cmd_host_option, cmd_host_connect, cmd_host_disconnect, cmd_host_sriov,
	cmd_host_dma;
lang_fn cmd_vmm_launch, cmd_vmm_prepare, cmd_vmm_attach, cmd_vmm_detach,
	cmd_vmm_destroy;
lang_fn cmd_guest_boot, cmd_guest_probe, cmd_guest_lock, cmd_guest_evidence,
	cmd_guest_accept, cmd_guest_start, cmd_guest_dma, cmd_guest_mmio,
	cmd_guest_release, cmd_guest_driver, cmd_guest_share, cmd_guest_unshare,
	cmd_guest_turn;
lang_fn cmd_host_roll_key, cmd_host_key_update, cmd_host_heartbeat,
	cmd_host_driver, cmd_host_wait, cmd_vmm_relock, cmd_vmm_stop,
	cmd_link_counter;
lang_fn cmd_host_keep, cmd_host_swap, cmd_expect_verdict;
lang_fn cmd_vmm_mmap, cmd_vmm_munmap, cmd_vmm_load, cmd_vmm_store, cmd_vmm_read,
	cmd_vmm_write, cmd_vmm_import, cmd_vmm_forget, cmd_host_load,
	cmd_host_store, cmd_guest_load, cmd_guest_store, cmd_expect_value;
lang_fn cmd_vmm_config, cmd_vmm_reset, cmd_vmm_unbind, cmd_vmm_close,
	cmd_vmm_die;
lang_fn cmd_host_psmash, cmd_host_limit, cmd_vmm_page_size;
lang_fn cmd_link_tap, cmd_link_event, cmd_link_replay, cmd_expect_tapped;
lang_fn cmd_host_reset, cmd_host_power, cmd_host_slot, cmd_host_remove,
	cmd_host_rescan, cmd_device_unplug, cmd_device_plug, cmd_link_down,
	cmd_link_up, cmd_expect_function;
lang_fn cmd_host_own;
lang_fn cmd_guest_config;
lang_fn cmd_step;
lang_fn cmd_expect_error, cmd_expect_fault, cmd_expect_tdi,
	cmd_expect_connected, cmd_expect_guest, cmd_expect_plaintext;

lang_fn cmd_churn;

/* world.c */
enum il_err world_step_named(struct world *w, const char *name, uint64_t n);

/* cmd_do.c: one VMM program, one call a step. @group: of its lines. */
enum il_err world_vmm(struct world *w, struct world_op *o, enum vmm_program p,
		      const struct vmm_dev_cfg *dev, const char *group);
enum il_err world_guest(struct world *w, struct world_op *o, enum guest_prog p,
			const char *group);
/* The machine may still be described. */
enum il_err world_not_built(struct world *w) IL_MUST;
enum il_err world_need_vmm(struct world *w) IL_MUST;

#endif
