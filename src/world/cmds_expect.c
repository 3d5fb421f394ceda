/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_args.h"

/* What runs others, and what is expected of them. */

static const char *const tdi_states[] = { "unlocked", "locked", "run", "error",
					  NULL };
/* As enum sure. */
static const char *const sures[] = { "spec", "driver", "inferred", "open",
				     NULL };
static const struct lang_arg function_args[] = {
	BDF_ARG,
	{ "state", LANG_BOOL, .positional = true, .required = true,
	  .help = "yes or no" },
};
static const struct lang_arg tapped_args[] = {
	{ "times", LANG_INT, .positional = true, .required = true,
	  .help = "packets and events since the beginning" },
	DEV_ARG,
};
static const struct lang_arg verdict_args[] = {
	{ "why", LANG_WORD, .positional = true, .required = true,
	  .help = "cert-digest, meas-digest, meas-nonce, report-digest, "
		  "changed and so on; none: it was accepted" },
	VM_ARG,
};
static const struct lang_arg value_args[] = {
	{ "value", LANG_INT, .positional = true, .required = true,
	  .help = "all its bits" },
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

static const struct lang_cmd cmds[] = {
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

const struct lang_table world_commands_expect = { cmds, COUNT(cmds), NULL };
