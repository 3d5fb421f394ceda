/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_args.h"

/* The host: its kernel, its privileged user space, whoever meddles there. */

static const char *const methods[] = { "any", "flr",	     "pm",
				       "bus", "subordinate", NULL };
static const struct lang_arg host_reset_args[] = {
	BDF_ARG,
	{ "method", LANG_PICK, .picks = methods,
	  .help = "function level reset; D3hot and back (pm); hot reset of the "
		  "only function on its bus; of a port, all below it "
		  "(subordinate); default the first that works" },
};
static const char *const power_states[] = { "d0", "d3hot", NULL };
static const struct lang_arg power_args[] = {
	BDF_ARG,
	{ "state", LANG_PICK, .positional = true, .required = true,
	  .picks = power_states, .help = "which state" },
};
static const struct lang_arg slot_args[] = {
	BDF_ARG,
	{ "power", LANG_BOOL, .positional = true, .required = true,
	  .help = "yes or no" },
};
static const struct lang_arg option_args[] = {
	{ "tio", LANG_BOOL,
	  .help = "firmware is started with what devices need (SEV-TIO: "
		  "tio_en of SNP_INIT_EX); default yes" },
	{ "hotplug", LANG_BOOL,
	  .help = "the kernel watches its slots, as pciehp does; default no" },
	{ "p2p", LANG_BOOL,
	  .help = "functions are locked for streams to peers (SEV-TIO: "
		  "BIND_P2P of TIO_TDI_BIND); default no" },
	{ "tee-limited", LANG_BOOL,
	  .help = "streams leave requests without T bit in the clear, as "
		  "Linux's driver has it; default yes" },
	{ "kvm-revoke", LANG_BOOL,
	  .help = "KVM drops the pages of a BAR's dma-buf when it is revoked; "
		  "no: the VMM alone has to keep the order; default yes" },
};
static const char *const drivers[] = { "vfio-pci", "none", NULL };
static const struct lang_arg driver_args[] = {
	BDF_ARG,
	{ "name", LANG_PICK, .picks = drivers,
	  .help = "default vfio-pci; none unbinds it" },
};
static const struct lang_arg wait_args[] = {
	{ "seconds", LANG_INT, .help = "of world time; default 1" },
};
/* As enum world_evidence. */
static const char *const evidence[] = { "measurements", "certificates",
					"report", "nonce", NULL };
static const struct lang_arg keep_args[] = {
	{ "name", LANG_WORD, .positional = true, .required = true,
	  .help = "of what is kept" },
	VM_ARG,
};
/* As enum swap_how. */
static const char *const swap_hows[] = { "flip", "cut", "gone", NULL };
static const struct lang_arg swap_args[] = {
	{ "what", LANG_PICK, .required = true, .picks = evidence,
	  .help = "which part of it; nonce: what the guest asks with" },
	{ "from", LANG_WORD, .help = "what was kept by this name instead" },
	{ "how", LANG_PICK, .picks = swap_hows,
	  .help = "without from: one bit of it is another, its last byte is "
		  "cut off, or it is gone; default flip" },
	VM_ARG,
};
/* As enum relay_how. */
static const char *const relay_hows[] = { "lose", "twice", "stale", "cut",
					  "flip", "late",  NULL };
static const struct lang_arg relay_args[] = {
	{ "how", LANG_PICK, .picks = relay_hows,
	  .help = "the request is lost; it is carried twice; the answer before "
		  "is given again (stale); its last dword is cut off; one bit "
		  "is flipped in it; it comes a minute late; default lose" },
	{ "after", LANG_INT,
	  .help = "relay steps from now that still go well; default 0" },
};
static const struct lang_arg bdf_args[] = { BDF_ARG };
static const struct lang_arg vfs_args[] = {
	BDF_ARG,
	{ "vfs", LANG_INT, .required = true, .help = "how many VFs" },
};
static const struct lang_arg config_args[] = {
	BDF_ARG,
	{ "reg", LANG_INT, .required = true, .help = "offset" },
	{ "size", LANG_INT, .help = "bytes: 1, 2 or 4; default 2" },
	{ "value", LANG_INT, .required = true, .help = "all its bits" },
};
static const struct lang_arg psmash_args[] = {
	{ "gpa", LANG_INT, .required = true,
	  .help = "an address of the VM in the 2 MiB" },
	VM_ARG,
};
/* As enum world_own_how. */
static const char *const own_hows[] = { "take", "again", "move", "other",
					NULL };
static const struct lang_arg own_args[] = {
	{ "gpa", LANG_INT, .required = true,
	  .help = "an address of the VM, which it has touched" },
	{ "how", LANG_PICK, .picks = own_hows,
	  .help = "the page becomes the host's; it is assigned again, at the "
		  "same address, at another, to another guest; default take" },
	VM_ARG,
};
static const struct lang_arg limit_args[] = {
	{ "mappings", LANG_INT,
	  .help = "how many more I/O mappings there is memory for; without "
		  "it, as many as are asked for" },
	{ "flushes", LANG_INT,
	  .help = "how many more invalidations of pages the IOMMU takes" },
};
#define CMD0(role_, verb_, fn_, help_)            \
	{                                         \
		role_, verb_, NULL, 0, fn_, help_ \
	}

static const struct lang_cmd cmds[] = {
	CMD("host", "option", option_args, cmd_host_option,
	    "set a parameter of the host's drivers; before it runs"),
	CMD("host", "connect", bdf_args, cmd_host_connect,
	    "write tsm/connect: SPDM session and IDE stream"),
	CMD("host", "disconnect", bdf_args, cmd_host_disconnect,
	    "write tsm/disconnect"),
	CMD("host", "sriov", vfs_args, cmd_host_sriov, "switch VFs on"),
	CMD("host", "reset", host_reset_args, cmd_host_reset,
	    "write reset: unbound first, then reset, then restored"),
	CMD("host", "power", power_args, cmd_host_power,
	    "another power state, D0 or D3hot"),
	CMD("host", "slot", slot_args, cmd_host_slot,
	    "switch the power of a port's slot; in order"),
	CMD("host", "remove", bdf_args, cmd_host_remove,
	    "write remove: the function leaves the host's sight, in order"),
	CMD0("host", "rescan", cmd_host_rescan,
	     "write rescan: look for what is there and not known"),
	CMD("host", "recover", bdf_args, cmd_host_recover,
	    "after a reset: give the function its configuration back"),
	CMD("host", "psmash", psmash_args, cmd_host_psmash,
	    "split the ownership entry behind private memory, and tell nobody"),
	CMD("host", "own", own_args, cmd_host_own,
	    "rewrite the ownership entry behind a page of the VM"),
	CMD("host", "limit", limit_args, cmd_host_limit,
	    "let the kernel run out of memory, or the IOMMU stop"),
	CMD("host", "relay", relay_args, cmd_host_relay,
	    "carry a message between firmware and device wrongly, once"),
	CMD("host", "driver", driver_args, cmd_host_driver,
	    "who drives the function"),
	CMD("host", "roll-key", bdf_args, cmd_host_roll_key,
	    "new keys for the IDE stream, while it is used"),
	CMD("host", "key-update", bdf_args, cmd_host_key_update,
	    "new keys for the SPDM session"),
	CMD("host", "heartbeat", bdf_args, cmd_host_heartbeat,
	    "tell the device that its session is still wanted"),
	CMD("host", "wait", wait_args, cmd_host_wait, "let time go by"),
	CMD("host", "keep", keep_args, cmd_host_keep,
	    "keep the evidence that the guest was given last"),
	CMD("host", "swap", swap_args, cmd_host_swap,
	    "the next evidence that the guest is given is another, in part"),
	CMD("host", "config", config_args, cmd_host_config,
	    "write a register of the function's configuration space"),
	CMD("host", "dma", bdf_args, cmd_host_dma,
	    "a driver of the host moves the payload both ways; no VM"),
};

const struct lang_table world_commands_host = { cmds, COUNT(cmds),
						&world_commands_vm };
