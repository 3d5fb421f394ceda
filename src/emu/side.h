/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EMU_SIDE_H
#define EMU_SIDE_H

#include "base/bytes.h"

/*
 * The side channel: what a machine's emulator tells a device whose registers
 * it plays itself, and what it asks of it. Frames of emu/frame.h with
 * transport EMU_DOE; numbers inside are little-endian, as configuration space
 * is. docs/emulator.md has the bytes. Of our own making: no other program
 * uses these commands.
 */
enum emu_side_command {
	EMU_SIDE_WRITE = 0x4901,  /* a configuration write was seen */
	EMU_SIDE_FLR = 0x4902,	  /* a function level reset was */
	EMU_SIDE_EVENT = 0x4903,  /* reset, power, link */
	EMU_SIDE_STATE = 0x4904,  /* which TDISP state is this function in? */
	EMU_SIDE_ACCESS = 0x4905, /* may this access be? */
};

static inline bool emu_side_is(uint32_t command)
{
	return command >= EMU_SIDE_WRITE && command <= EMU_SIDE_ACCESS;
}

/* Flags of EMU_SIDE_ACCESS. */
#define EMU_ACCESS_WRITE  0x01u
#define EMU_ACCESS_T	  0x02u /* the T bit */
#define EMU_ACCESS_DEVICE 0x04u /* the device is the one that accesses */
#define EMU_ACCESS_STREAM 0x08u /* @stream counts */
#define EMU_ACCESS_FLAGS  0x0fu

struct emu_side {
	uint32_t command;
	uint16_t rid; /* all but EVENT */
	union {
		struct {
			uint16_t reg; /* byte offset */
			uint8_t size; /* 1, 2 or 4 */
			uint32_t value;
		} write;
		uint8_t event; /* as on the link, docs/link.md */
		struct {
			uint8_t flags;
			uint8_t stream;
			uint32_t len;
			uint64_t addr;
		} access;
	};
};

enum emu_side_status {
	EMU_SIDE_OK = 0,
	EMU_SIDE_MALFORMED = 1, /* length, flags, reserved bytes */
	EMU_SIDE_NO_SUCH = 2,	/* function, register, size or event */
	EMU_SIDE_NOT_NOW = 3,	/* the device has no power */
};

/* Longest rule name, and longest source. */
#define EMU_SIDE_TEXT_MAX 255u

struct emu_side_text {
	const char *p; /* no zero at its end */
	size_t n;
};

struct emu_side_answer {
	uint8_t status;
	uint8_t state; /* STATE: as GET_DEVICE_INTERFACE_STATE tells it */
	bool allowed;  /* ACCESS */
	/* ACCESS: the rule that refuses; empty if there is none. Decoded,
	 * they point into the buffer. */
	struct emu_side_text why;
	struct emu_side_text source;
};

/* Errors: IL_E_ARG  no command of the side channel; IL_E_SPACE */
enum il_err emu_side_encode(struct wr *w, const struct emu_side *m) IL_MUST;
/*
 * Errors:   IL_E_ARG  @command is none of the side channel
 *           IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  an unknown flag, or a reserved byte that is not zero
 */
enum il_err emu_side_decode(uint32_t command, const uint8_t *p, size_t n,
			    struct emu_side *out) IL_MUST;

/* Errors: IL_E_ARG  as above, or a text that is too long; IL_E_SPACE */
enum il_err emu_side_answer_encode(struct wr *w, uint32_t command,
				   const struct emu_side_answer *a) IL_MUST;
/* Errors: as of emu_side_decode() */
enum il_err emu_side_answer_decode(uint32_t command, const uint8_t *p, size_t n,
				   struct emu_side_answer *out) IL_MUST;

#endif
