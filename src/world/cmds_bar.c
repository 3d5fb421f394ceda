/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_args.h"

/* Single acts: BARs by whichever way, the VMM's descriptors. */

static const struct lang_arg vm_args[] = { VM_ARG };
static const struct lang_arg given_args[] = { BDF_ARG, VM_ARG };
#define BAR_ARG                                                         \
	{                                                               \
		"bar", LANG_INT, .help = "which BAR, 0 to 5; default 0" \
	}
#define OFF_ARG                                                         \
	{                                                               \
		"off", LANG_INT, .help = "from its start on; default 0" \
	}
#define SIZE_ARG                                                           \
	{                                                                  \
		"size", LANG_INT, .help = "bytes: 1, 2, 4 or 8; default 4" \
	}
#define VALUE_ARG                                                           \
	{                                                                   \
		"value", LANG_INT, .required = true, .help = "all its bits" \
	}
static const struct lang_arg bar_args[] = { BDF_ARG, BAR_ARG, VM_ARG };
static const struct lang_arg load_args[] = { BDF_ARG, BAR_ARG, OFF_ARG,
					     SIZE_ARG, VM_ARG };
static const struct lang_arg store_args[] = { BDF_ARG,	BAR_ARG,   OFF_ARG,
					      SIZE_ARG, VALUE_ARG, VM_ARG };
static const struct lang_arg cpu_load_args[] = { BDF_ARG, BAR_ARG, OFF_ARG,
						 SIZE_ARG };
static const struct lang_arg cpu_store_args[] = { BDF_ARG, BAR_ARG, OFF_ARG,
						  SIZE_ARG, VALUE_ARG };
#define VIEW_ARG                                                           \
	{                                                                  \
		"private", LANG_BOOL,                                      \
			.help = "through the mapping with the encryption " \
				"bit; default no"                          \
	}
static const struct lang_arg guest_load_args[] = { BAR_ARG, OFF_ARG, SIZE_ARG,
						   VIEW_ARG, VM_ARG };
static const struct lang_arg guest_store_args[] = { BAR_ARG,   OFF_ARG,
						    SIZE_ARG,  VIEW_ARG,
						    VALUE_ARG, VM_ARG };
static const struct lang_arg reset_args[] = {
	BDF_ARG,
	{ "hot", LANG_BOOL,
	  .help = "of all functions behind the link, which have to be the "
		  "VMM's; default no" },
	VM_ARG,
};
static const struct lang_arg vfio_config_args[] = {
	BDF_ARG,
	{ "reg", LANG_INT, .required = true, .help = "offset" },
	{ "size", LANG_INT, .help = "bytes: 1, 2 or 4; default 2" },
	VALUE_ARG,
	VM_ARG,
};
/* As enum vmm_fd. */
static const char *const fds[] = { "vfio", "bars",     "iommufd",
				   "vcpu", "kvm-vfio", "gmem",
				   "vm",   "kvm",      NULL };
static const struct lang_arg close_args[] = {
	{ "what", LANG_PICK, .positional = true, .required = true, .picks = fds,
	  .help = "the descriptor; bars: the dma-bufs of a function" },
	{ "bdf", LANG_BDF,
	  .help = "of which function; default the first that it has" },
	VM_ARG,
};

static const struct lang_cmd cmds[] = {
	CMD("vmm", "mmap", bar_args, cmd_vmm_mmap,
	    "map a BAR into the VMM's memory"),
	CMD("vmm", "munmap", bar_args, cmd_vmm_munmap, "take that back"),
	CMD("vmm", "load", load_args, cmd_vmm_load,
	    "read through that mapping"),
	CMD("vmm", "store", store_args, cmd_vmm_store,
	    "write through that mapping"),
	CMD("vmm", "read", load_args, cmd_vmm_read,
	    "read a BAR by its descriptor"),
	CMD("vmm", "write", store_args, cmd_vmm_write,
	    "write a BAR by its descriptor"),
	CMD("vmm", "import", bar_args, cmd_vmm_import,
	    "give a BAR's dma-buf to iommufd, at the guest's address"),
	CMD("vmm", "forget", bar_args, cmd_vmm_forget, "take that back"),
	CMD("vmm", "config", vfio_config_args, cmd_vmm_config,
	    "write the function's configuration space through VFIO"),
	CMD("vmm", "reset", reset_args, cmd_vmm_reset,
	    "ask VFIO to reset the function"),
	CMD("vmm", "unbind", given_args, cmd_vmm_unbind,
	    "destroy the function's vDevice alone"),
	CMD("vmm", "close", close_args, cmd_vmm_close,
	    "close one descriptor, whatever it is used for"),
	CMD("vmm", "die", vm_args, cmd_vmm_die,
	    "the VMM's process ends: all its descriptors close"),
	CMD("host", "load", cpu_load_args, cmd_host_load,
	    "the host CPU reads a BAR, past every driver"),
	CMD("host", "store", cpu_store_args, cmd_host_store,
	    "the host CPU writes a BAR, past every driver"),
	CMD("guest", "load", guest_load_args, cmd_guest_load,
	    "read a BAR in one of its views"),
	CMD("guest", "store", guest_store_args, cmd_guest_store,
	    "write a BAR in one of its views"),
};

const struct lang_table world_commands_bar = { cmds, COUNT(cmds),
					       &world_commands_expect };
