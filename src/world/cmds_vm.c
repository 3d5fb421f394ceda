/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_args.h"

/* A VMM and its guest: what they do for each other, in order. */

static const char *const driver_does[] = { "bind", "unbind", NULL };
static const struct lang_arg bind_args[] = {
	{ "do", LANG_PICK, .positional = true, .required = true,
	  .picks = driver_does,
	  .help = "it maps the registers plain, or encrypted once accepted" },
	VM_ARG,
};
static const struct lang_arg guest_config_args[] = {
	{ "reg", LANG_INT, .required = true, .help = "offset" },
	{ "size", LANG_INT, .help = "bytes: 1, 2 or 4; default 2" },
	{ "value", LANG_INT, .required = true, .help = "all its bits" },
	VM_ARG,
};
static const struct lang_arg vm_args[] = { VM_ARG };
static const struct lang_arg given_args[] = { BDF_ARG, VM_ARG };
static const char *const vm_types[] = { "confidential", "ordinary", NULL };
static const struct lang_arg launch_args[] = {
	{ "early-map", LANG_BOOL,
	  .help = "map guest memory for devices before the launch is "
		  "finished; default no" },
	{ "type", LANG_PICK, .picks = vm_types,
	  .help = "an ordinary VM has no secrets and no TSM; default "
		  "confidential" },
	{ "devices", LANG_BOOL,
	  .help = "no: leave out what the architecture wants of a VM that is "
		  "to have devices (CCA, TDX: a flag of its birth); default "
		  "yes" },
	{ "huge-memory", LANG_BOOL,
	  .help = "private memory by frames of 2 MiB, owned by entries of 2 "
		  "MiB; default no" },
	{ "in-place", LANG_BOOL,
	  .help = "what the guest shares stays in the frame where it was "
		  "private; default no" },
	{ "keep-mapped", LANG_BOOL,
	  .help = "convert pages while devices can reach them; default no" },
	{ "unchecked", LANG_BOOL,
	  .help = "map what a guest converts for devices last, look away if "
		  "that fails, and ask for no smaller leaves; default no" },
	VM_ARG,
};
static const struct lang_arg attach_args[] = {
	BDF_ARG,
	{ "tsm", LANG_BOOL,
	  .help = "no: an ordinary function, which the TSM does not know of "
		  "and the guest cannot lock; default yes" },
	{ "huge-pages", LANG_BOOL,
	  .help = "I/O leaves of 2 MiB may be used; of the first function "
		  "only; default no" },
	{ "slot", LANG_INT,
	  .help = "where the guest sees it on its bus 0, to 31; default 1" },
	{ "beside", LANG_BDF,
	  .help = "into the I/O page table of that function, not into one "
		  "of its own" },
	VM_ARG,
};
static const char *const page_sizes[] = { "4K", "2M", NULL };
static const struct lang_arg page_size_args[] = {
	{ "size", LANG_PICK, .positional = true, .required = true,
	  .picks = page_sizes, .help = "of leaves from now on" },
	{ "gpa", LANG_INT, .required = true, .help = "first address" },
	{ "len", LANG_INT, .help = "bytes; default 2M" },
	{ "leaves-only", LANG_BOOL,
	  .help = "ownership entries of private memory stay as they are; "
		  "default no" },
	VM_ARG,
};
static const char *const sides[] = { "private", "shared", NULL };
static const struct lang_arg dma_args[] = {
	{ "window", LANG_INT, .help = "bytes a command, to 1M; default 1M" },
	{ "shared", LANG_BOOL,
	  .help = "both ways through the bounce buffers; default no" },
	{ "source", LANG_PICK, .picks = sides,
	  .help = "what the device reads; default as shared=" },
	{ "target", LANG_PICK, .picks = sides,
	  .help = "what it writes; default as shared=" },
	{ "offset", LANG_BOOL,
	  .help = "no: the driver gives guest addresses to the device as they "
		  "are, without what makes one shared; default yes" },
	{ "look", LANG_BOOL,
	  .help = "after each window read the function's configuration space, "
		  "which is an exit that step counts; default no" },
	VM_ARG,
};
static const struct lang_arg share_args[] = {
	{ "gpa", LANG_INT, .positional = true,
	  .help = "the first page; default the bounce buffers" },
	{ "pages", LANG_INT, .help = "how many; default 1" },
	VM_ARG,
};
static const struct lang_arg start_args[] = {
	{ "vtom", LANG_INT,
	  .help = "from which bus address on memory is shared for the "
		  "function: a multiple of 2M, 0xfffffffe00000 at the most; "
		  "default 0x20000000000" },
	{ "dma", LANG_BOOL,
	  .help = "no: leave the trusted device entry invalid; default yes" },
	VM_ARG,
};

static const struct lang_cmd cmds[] = {
	CMD("vmm", "launch", launch_args, cmd_vmm_launch,
	    "create and launch the confidential VM"),
	CMD("vmm", "prepare", launch_args, cmd_vmm_prepare,
	    "create the VM and its memory without launching it"),
	CMD("vmm", "attach", attach_args, cmd_vmm_attach,
	    "give the function to the VM"),
	CMD("vmm", "page-size", page_size_args, cmd_vmm_page_size,
	    "map a range of guest memory for devices by leaves of a size"),
	CMD("vmm", "stop", given_args, cmd_vmm_stop,
	    "stop the interface, unasked; it stays bound"),
	CMD("vmm", "relock", given_args, cmd_vmm_relock,
	    "unlock and lock the function, unasked by its guest"),
	CMD("vmm", "detach", given_args, cmd_vmm_detach, "take it back"),
	CMD("vmm", "destroy", vm_args, cmd_vmm_destroy, "end the VM"),
	CMD("guest", "boot", vm_args, cmd_guest_boot, "accept private memory"),
	CMD("guest", "probe", vm_args, cmd_guest_probe, "find the function"),
	CMD("guest", "turn", vm_args, cmd_guest_turn,
	    "to an ordinary function beside the one it locks, or back"),
	CMD("guest", "lock", vm_args, cmd_guest_lock, "bind and lock it"),
	CMD("guest", "evidence", vm_args, cmd_guest_evidence,
	    "judge certificates, measurements and report"),
	CMD("guest", "accept", vm_args, cmd_guest_accept, "take its MMIO"),
	CMD("guest", "start", start_args, cmd_guest_start,
	    "let it run, with its trusted device entry"),
	CMD("guest", "share", share_args, cmd_guest_share,
	    "make pages of its memory the host's, too"),
	CMD("guest", "unshare", share_args, cmd_guest_unshare,
	    "make them private again; their content is lost"),
	CMD("guest", "driver", bind_args, cmd_guest_driver,
	    "bind the guest's driver to the function, or unbind it"),
	CMD("guest", "dma", dma_args, cmd_guest_dma,
	    "the payload through the device and back, in private memory or "
	    "through bounce buffers"),
	CMD("guest", "mmio", vm_args, cmd_guest_mmio,
	    "write and read device memory by private MMIO"),
	CMD("guest", "config", guest_config_args, cmd_guest_config,
	    "write a register of the function's configuration space"),
	CMD("guest", "release", vm_args, cmd_guest_release,
	    "DMA off, stop, MMIO back, unbind"),
};

const struct lang_table world_commands_vm = { cmds, COUNT(cmds),
					      &world_commands_bar };
