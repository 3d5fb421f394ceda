/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EMU_FRAME_H
#define EMU_FRAME_H

#include "base/bytes.h"

/*
 * The socket framing of DMTF's emulator: three big-endian u32 (command,
 * transport, payload size) and the payload.
 *
 * Source: DMTF spdm-emu, spdm_emu_common (command.h) and its readme; the
 * numbers that QEMU and spdm-utils use beside it. What a command means is
 * decided by the pair (command, transport): 0x0002 with transport 2 is a bare
 * TDISP message, with 3 or 4 it belongs to storage.
 */
enum emu_command {
	EMU_NORMAL = 0x0001,
	EMU_BARE_TDISP = 0x0002,    /* with EMU_DOE alone */
	EMU_KEY_UPDATE = 0x8001,    /* out of band: encapsulated KEY_UPDATE */
	EMU_ENDPOINT_INFO = 0x8002, /* out of band: encapsulated */
	EMU_TEST = 0xdead,	    /* the hello */
	EMU_CONTINUE = 0xfffd,	    /* echo, close, accept again */
	EMU_SHUTDOWN = 0xfffe,	    /* echo, exit */
	EMU_UNKNOWN = 0xffff,
};

enum emu_transport {
	EMU_NONE = 0,
	EMU_MCTP = 1, /* payload begins with the MCTP message type */
	EMU_DOE = 2,  /* payload is one whole DOE data object */
	EMU_TCP = 3,  /* DMTF: SPDM over TCP; QEMU: SCSI */
	EMU_NVME = 4, /* QEMU */
};

#define EMU_HDR_LEN 12u
/* Buffers in the field hold 0x1200 bytes, some 4,104. */
#define EMU_PAYLOAD_MAX 0x1200u

#define EMU_CLIENT_HELLO "Client Hello!" /* its zero byte travels too */
#define EMU_SERVER_HELLO "Server Hello!"

struct emu_frame {
	uint32_t command;
	uint32_t transport;
	uint32_t len;	  /* of the payload, 0 to EMU_PAYLOAD_MAX */
	const uint8_t *p; /* in the buffer that was decoded */
};

/*
 * emu_frame_encode() - header and payload, to be sent in one call
 *
 * Errors:   IL_E_ARG    the payload is too long
 *           IL_E_SPACE
 */
enum il_err emu_frame_encode(struct wr *w, const struct emu_frame *f) IL_MUST;

/*
 * emu_frame_decode() - the frame that @p begins with
 * @used: bytes of the whole frame
 *
 * Errors:   IL_E_SHORT  not all of it is there yet; read on
 *           IL_E_LONG   the payload is longer than EMU_PAYLOAD_MAX: the
 *                       stream cannot be followed any further
 */
enum il_err emu_frame_decode(const uint8_t *p, size_t n, struct emu_frame *out,
			     size_t *used) IL_MUST;

#endif
