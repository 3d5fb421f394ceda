/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "world/cmd_priv.h"
#include "world/world_priv.h"

/* The table of commands: what scenarios, the shell and the help know. */

#define BDF_ARG                                                             \
	{                                                                   \
		"bdf", LANG_BDF, .positional = true, .required = true,      \
				 .help = "the function, as the host names " \
					 "it: 0000:01:00.0"                 \
	}

#define DEV_ARG                                                           \
	{                                                                 \
		"bdf", LANG_BDF,                                          \
			.help = "which device, by one of its functions; " \
				"default the first"                       \
	}
#define VM_ARG                                                             \
	{                                                                  \
		"vm", LANG_WORD, .help = "which VM, by a name; default vm" \
	}

static const char *const platforms[] = { "sev-tio", NULL };
static const char *const ciphers[] = { "aes-gcm", "none", NULL };
static const char *const tdi_states[] = { "unlocked", "locked", "run", "error",
					  NULL };

static const char *const hows[] = { "silent", "quiet",	"busy", "error",
				    "down",   "absent", NULL };
static const char *const units[] = { "exchange", "tlp", NULL };

/* As enum sure. */
static const char *const sures[] = { "spec", "driver", "inferred", "open",
				     NULL };

static const struct lang_arg scenario_args[] = {
	{ "shows", LANG_WORD, .positional = true, .required = true,
	  .help = "what it shows, in one quoted line" },
	{ "from", LANG_WORD, .required = true,
	  .help = "whose question it answers" },
};
static const char *const driver_does[] = { "bind", "unbind", NULL };
static const struct lang_arg bind_args[] = {
	{ "do", LANG_PICK, .positional = true, .required = true,
	  .picks = driver_does,
	  .help = "it maps the registers plain, or encrypted once accepted" },
	VM_ARG,
};
static const struct lang_arg platform_args[] = {
	{ "name", LANG_PICK, .positional = true, .required = true,
	  .picks = platforms, .help = "which architecture" },
	{ "frugal", LANG_BOOL,
	  .help = "firmware begins with small buffers and asks for larger "
		  "ones, where the architecture lets it; default no" },
};
static const char *const methods[] = { "any", "flr",	     "pm",
				       "bus", "subordinate", NULL };
static const struct lang_arg host_reset_args[] = {
	BDF_ARG,
	{ "method", LANG_PICK, .picks = methods,
	  .help = "function level reset; D3hot and back (pm); hot reset of the "
		  "only function on its bus; of a port, all below it "
		  "(subordinate); default the first that works" },
};
static const struct lang_arg guest_config_args[] = {
	{ "reg", LANG_INT, .required = true, .help = "offset" },
	{ "size", LANG_INT, .help = "bytes: 1, 2 or 4; default 2" },
	{ "value", LANG_INT, .required = true, .help = "all its bits" },
	VM_ARG,
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
static const struct lang_arg function_args[] = {
	BDF_ARG,
	{ "state", LANG_BOOL, .positional = true, .required = true,
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
static const struct lang_arg device_args[] = {
	{ "vfs", LANG_INT,
	  .help = "virtual functions, 0 to 32; default 0, or as in the file" },
	{ "count", LANG_INT,
	  .help = "how many, 1 to 8, all alike, behind root ports 00:01.0, "
		  "00:02.0 and so on; default 1" },
	{ "at", LANG_WORD,
	  .help = "unix:PATH or tcp:127.0.0.1:PORT: the device is another "
		  "process and has what it has; the world waits in wall time" },
	{ "file", LANG_WORD, .help = "a JSON device file" },
	{ "relax", LANG_WORD,
	  .help = "switches of the device file by name, with commas between" },
	{ "no-soft-reset", LANG_BOOL,
	  .help = "D3hot loses nothing, IDE keys neither; default no" },
	{ "heartbeat", LANG_INT,
	  .help = "seconds, to 255: a session that is silent for twice that "
		  "is over; default 0, for ever, or as in the file" },
	{ "records", LANG_INT,
	  .help = "messages that a session may carry each way before its keys "
		  "are made new; default 2^64 - 1" },
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
/* As enum meddle_how, meddle_part, meddle_dir, 1 + tlp_class, link_event - 1.
 */
static const char *const tap_hows[] = { "flip",	   "drop",   "replay",
					"reorder", "inject", "plain",
					"stray",   "strip",  "misroute",
					"record",  NULL };
static const char *const tap_parts[] = { "prefix", "header", "data", "mac",
					 NULL };
static const char *const tap_dirs[] = { "both", "up", "down", NULL };
static const char *const tap_classes[] = { "any", "posted", "non-posted",
					   "completion", NULL };
static const char *const link_events[] = {
	"up",	    "down",    "hot-reset", "fund-reset", "power-off",
	"power-on", "present", "absent",    NULL
};
static const struct lang_arg tap_args[] = {
	{ "how", LANG_PICK, .required = true, .picks = tap_hows,
	  .help = "one bit is flipped; the packet is lost; comes twice; after "
		  "the next one; after a forged one with other data (inject), "
		  "the same in the clear (plain) or of another stream (stray); "
		  "without IDE prefix and MAC; with another Stream ID; as it "
		  "is, "
		  "and a copy is kept (record)" },
	{ "part", LANG_PICK, .picks = tap_parts,
	  .help = "where the flipped bit is; default data" },
	{ "dir", LANG_PICK, .picks = tap_dirs,
	  .help = "of packets to the host or to the device; default both" },
	{ "class", LANG_PICK, .picks = tap_classes,
	  .help = "which packets under IDE; default any" },
	{ "after", LANG_INT,
	  .help = "such packets from now that still go well; default 0" },
	DEV_ARG,
};
static const struct lang_arg event_args[] = {
	{ "event", LANG_PICK, .positional = true, .required = true,
	  .picks = link_events, .help = "which" },
	{ "dir", LANG_PICK, .picks = tap_dirs,
	  .help = "who is told: the host's end, the device's, or both, which "
		  "is the default" },
	DEV_ARG,
};
static const struct lang_arg tapped_args[] = {
	{ "times", LANG_INT, .positional = true, .required = true,
	  .help = "packets and events since the beginning" },
	DEV_ARG,
};
static const struct lang_arg counter_args[] = {
	{ "left", LANG_INT,
	  .help = "packets of each kind and direction; default 0" },
	DEV_ARG,
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
static const struct lang_arg verdict_args[] = {
	{ "why", LANG_WORD, .positional = true, .required = true,
	  .help = "cert-digest, meas-digest, meas-nonce, report-digest, "
		  "changed and so on; none: it was accepted" },
	VM_ARG,
};
static const struct lang_arg dev_args[] = { DEV_ARG };
static const struct lang_arg silent_args[] = {
	DEV_ARG,
	{ "how", LANG_PICK, .picks = hows,
	  .help = "no packet comes or goes (silent); its mailbox never has an "
		  "answer (quiet), is Busy for ever, or in Error; the link "
		  "goes down; the device leaves its slot (absent); default "
		  "silent" },
	{ "after", LANG_INT,
	  .help = "units from now that still go well; default 0" },
	{ "unit", LANG_PICK, .picks = units,
	  .help = "DOE exchanges or packets, both ways; default exchange" },
};
static const char *const lie_hows[] = { "zero",	  "ones", "more",
					"less",	  "flip", "shorter",
					"longer", "gone", NULL };
static const struct lang_arg lie_args[] = {
	DEV_ARG,
	{ "message", LANG_WORD, .required = true,
	  .help = "of which response, such as KP_ACK or KEY_EXCHANGE_RSP" },
	{ "field", LANG_WORD, .required = true,
	  .help = "which field, such as status" },
	{ "nth", LANG_INT,
	  .help = "of several of that name, from 0; default 0" },
	{ "how", LANG_PICK, .picks = lie_hows,
	  .help = "what becomes of it; more and less by one; default more" },
	{ "bit", LANG_INT, .help = "which one to flip; default 0" },
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
static const struct lang_arg link_args[] = {
	{ "cipher", LANG_PICK, .picks = ciphers,
	  .help = "test only: none leaves bytes as they are; prefixes, T bit "
		  "and counters stay" },
	{ "spy", LANG_BOOL,
	  .help = "look for the payload in the packets; default no" },
	{ "capture", LANG_WORD, .help = "file for the packets (pcap)" },
	{ "doe", LANG_WORD, .help = "file for the DOE objects (pcap)" },
};
static const struct lang_arg bdf_args[] = { BDF_ARG };
static const struct lang_arg vm_args[] = { VM_ARG };
static const struct lang_arg given_args[] = { BDF_ARG, VM_ARG };
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
static const char *const vm_types[] = { "confidential", "ordinary", NULL };
static const struct lang_arg launch_args[] = {
	{ "early-map", LANG_BOOL,
	  .help = "map guest memory for devices before the launch is "
		  "finished; default no" },
	{ "type", LANG_PICK, .picks = vm_types,
	  .help = "an ordinary VM has no secrets and no TSM; default "
		  "confidential" },
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
static const struct lang_arg value_args[] = {
	{ "value", LANG_INT, .positional = true, .required = true,
	  .help = "all its bits" },
};
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
static const struct lang_arg churn_args[] = {
	{ "cycles", LANG_INT, .help = "how many; default 100" },
	{ "vms", LANG_INT, .help = "how many, 1 to 32; default 4" },
	{ "width", LANG_INT, .help = "cycles under way at a time; default 4" },
};
static const struct lang_arg step_args[] = {
	{ "name", LANG_WORD, .positional = true, .required = true,
	  .help = "of a command begun with start NAME:" },
	{ "n", LANG_INT, .positional = true,
	  .help = "exchanges or exits; default 1" },
};
static const struct lang_arg error_args[] = {
	{ "name", LANG_WORD, .positional = true, .required = true,
	  .help = "such as EBUSY, or a word such as auth" },
	{ "source", LANG_WORD, .help = "where it is written that it is this" },
	{ "sure", LANG_PICK, .picks = sures,
	  .help = "how sure that is: a specification says so, a driver does, "
		  "it is inferred, or sources are silent" },
};
static const struct lang_arg fault_args[] = {
	{ "name", LANG_WORD, .positional = true, .required = true,
	  .help = "of the rule, such as rmp-assigned" },
};
static const struct lang_arg tdi_args[] = {
	BDF_ARG,
	{ "state", LANG_PICK, .positional = true, .required = true,
	  .picks = tdi_states, .help = "as the device has it" },
};
static const struct lang_arg cut_args[] = {
	{ "state", LANG_BOOL, .positional = true, .required = true,
	  .help = "yes or no" },
	DEV_ARG,
};
static const struct lang_arg up_args[] = {
	{ "state", LANG_WORD, .positional = true, .required = true,
	  .help = "yes or no" },
	DEV_ARG,
};
static const struct lang_arg word_args[] = {
	{ "state", LANG_WORD, .positional = true, .required = true,
	  .help = "yes or no" },
};

static const struct lang_arg guest_args[] = {
	{ "state", LANG_WORD, .positional = true, .required = true,
	  .help = "none, found, locked, judged, accepted, running; gone: there "
		  "is none" },
	VM_ARG,
};

#define CMD(role_, verb_, args_, fn_, help_)                  \
	{                                                     \
		role_, verb_, args_, COUNT(args_), fn_, help_ \
	}
#define CMD0(role_, verb_, fn_, help_)            \
	{                                         \
		role_, verb_, NULL, 0, fn_, help_ \
	}

static const struct lang_cmd cmds[] = {
	CMD("scenario", NULL, scenario_args, cmd_scenario,
	    "say what the file shows; first line of those that are listed"),
	CMD("platform", NULL, platform_args, cmd_platform,
	    "choose the architecture; first of all"),
	/* Those with a verb stand before the one without. */
	CMD("device", "silent", silent_args, cmd_device_silent,
	    "the device dies: from then on it does not answer"),
	CMD("device", "lie", lie_args, cmd_device_lie,
	    "make a field of the next such response wrong, before it is "
	    "hashed, signed and encrypted"),
	CMD("device", "reset", dev_args, cmd_device_reset,
	    "it is there again, through a fundamental reset"),
	CMD("device", "unplug", dev_args, cmd_device_unplug,
	    "it is pulled out of its slot, and nobody was asked"),
	CMD("device", "plug", dev_args, cmd_device_plug,
	    "it is put into its slot again"),
	CMD("device", NULL, device_args, cmd_device,
	    "describe the device behind the root port"),
	CMD("link", "tap", tap_args, cmd_link_tap,
	    "what the interposer does to the next packet that fits"),
	CMD("link", "replay", dev_args, cmd_link_replay,
	    "the recorded packet once more"),
	CMD("link", "event", event_args, cmd_link_event,
	    "the interposer forges an event of the link"),
	CMD("link", "counter", counter_args, cmd_link_counter,
	    "test only: the counters of the stream's keys come to their end"),
	CMD("link", "down", dev_args, cmd_link_down,
	    "the link of a device goes down; no reset"),
	CMD("link", "up", dev_args, cmd_link_up, "and up again"),
	CMD("link", NULL, link_args, cmd_link, "describe the link"),
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
	    "let the kernel run out of memory for something"),
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
	CMD("churn", NULL, churn_args, cmd_churn,
	    "functions go to VMs, are used there and come back, as the seed "
	    "has it; what is left is what there was"),
	CMD("step", NULL, step_args, cmd_step,
	    "advance a started command by exchanges or exits"),
	CMD("expect", "error", error_args, cmd_expect_error,
	    "the command before failed with this error"),
	CMD("expect", "fault", fault_args, cmd_expect_fault,
	    "an access of the command before was refused by this rule"),
	CMD("expect", "function", function_args, cmd_expect_function,
	    "the host knows a function of that name: yes or no"),
	CMD("expect", "tdi", tdi_args, cmd_expect_tdi,
	    "the TDI is in this state"),
	CMD("expect", "connected", up_args, cmd_expect_connected,
	    "a session and a secure stream stand: yes or no"),
	CMD("expect", "isolated", cut_args, cmd_expect_isolated,
	    "the device is cut off: root-port stream disabled, keys wiped, "
	    "trusted entries invalid"),
	CMD("expect", "guest", guest_args, cmd_expect_guest,
	    "the guest's driver is in this state"),
	CMD("expect", "verdict", verdict_args, cmd_expect_verdict,
	    "how the guest judged the evidence"),
	CMD("expect", "value", value_args, cmd_expect_value,
	    "the last load or read gave this"),
	CMD("expect", "tapped", tapped_args, cmd_expect_tapped,
	    "so often the interposer did something"),
	CMD("expect", "plaintext", word_args, cmd_expect_plaintext,
	    "the link carried 8 bytes in a row of the payload: yes or no"),
};

const struct lang_table world_commands = { cmds, COUNT(cmds) };
