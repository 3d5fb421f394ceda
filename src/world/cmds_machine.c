/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_args.h"

/* The machine: what a scenario describes, devices, the link. */

static const char *const ciphers[] = { "aes-gcm", "none", NULL };
static const char *const hows[] = { "silent", "quiet",	"busy", "error",
				    "down",   "absent", NULL };
static const char *const units[] = { "exchange", "tlp", NULL };
static const struct lang_arg scenario_args[] = {
	{ "shows", LANG_WORD, .positional = true, .required = true,
	  .help = "what it shows, in one quoted line" },
	{ "from", LANG_WORD, .required = true,
	  .help = "whose question it answers" },
};
static const struct lang_arg platform_args[] = {
	{ "name", LANG_PICK, .positional = true, .required = true,
	  .picks = world_plat_names, .help = "which architecture" },
	{ "frugal", LANG_BOOL,
	  .help = "firmware begins with small buffers and asks for larger "
		  "ones, where the architecture lets it; default no" },
};
static const struct lang_arg inapplicable_args[] = {
	{ "name", LANG_PICK, .positional = true, .required = true,
	  .picks = world_plat_names, .help = "on which platform" },
	{ "why", LANG_WORD, .required = true,
	  .help = "what is not there, in one quoted line" },
	{ "source", LANG_WORD, .required = true,
	  .help = "where that is written" },
};
static const struct lang_arg open_args[] = {
	{ "what", LANG_WORD, .positional = true, .required = true,
	  .help = "what was chosen, in one quoted line" },
	{ "source", LANG_WORD, .required = true,
	  .help = "which sources are silent or disagree" },
};
static const struct lang_arg differs_args[] = {
	{ "what", LANG_WORD, .positional = true, .required = true,
	  .help = "two sentences, quoted" },
	{ "source", LANG_WORD, .required = true,
	  .help = "where that is written" },
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
static const struct lang_arg counter_args[] = {
	{ "left", LANG_INT,
	  .help = "packets of each kind and direction; default 0" },
	DEV_ARG,
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
static const struct lang_arg link_args[] = {
	{ "cipher", LANG_PICK, .picks = ciphers,
	  .help = "test only: none leaves bytes as they are; prefixes, T bit "
		  "and counters stay" },
	{ "spy", LANG_BOOL,
	  .help = "look for the payload in the packets; default no" },
	{ "capture", LANG_WORD, .help = "file for the packets (pcap)" },
	{ "doe", LANG_WORD, .help = "file for the DOE objects (pcap)" },
};

static const struct lang_cmd cmds[] = {
	CMD("scenario", NULL, scenario_args, cmd_scenario,
	    "say what the file shows; first line of those that are listed"),
	{ "platform", NULL, platform_args, COUNT(platform_args), cmd_platform,
	  "choose the architecture; first of all", .selects = true },
	CMD("inapplicable", NULL, inapplicable_args, cmd_inapplicable,
	    "say that the file shows nothing on a platform; it ends there"),
	CMD("open", NULL, open_args, cmd_open,
	    "say that the outcome rests on what sources leave open"),
	CMD("differs", NULL, differs_args, cmd_differs,
	    "say how this platform differs from others here, for "
	    "docs/matrix.md"),
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
};

const struct lang_table world_commands = { cmds, COUNT(cmds),
					   &world_commands_host };
