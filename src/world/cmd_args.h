/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_CMD_ARGS_H
#define WORLD_CMD_ARGS_H

#include <stddef.h>

#include "base/bits.h"
#include "world/cmd_priv.h"

/*
 * The table of commands is in parts, one a file and each with what it names:
 * cmds_*.c. They follow each other as `help` lists them.
 */
extern const struct lang_table world_commands_host, world_commands_vm,
	world_commands_bar, world_commands_expect;

/* Arguments that several parts have. */
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
#define CMD(role_, verb_, args_, fn_, help_)                  \
	{                                                     \
		role_, verb_, args_, COUNT(args_), fn_, help_ \
	}

#endif
