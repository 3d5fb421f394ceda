/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_PEER_H
#define CLI_PEER_H

#include "emu/frame.h"
#include "link/sock.h"
#include "spdm/codec.h"
#include "world/capture.h"

/*
 * A responder behind the emulator's framing (docs/emulator.md), seen from the
 * requester's end: one frame out, one frame back, each within a time.
 */
struct peer {
	struct sock_addr addr;
	int fd; /* -1: none */
	uint32_t transport;
	unsigned timeout_s;
	uint64_t (*mono_ns)(void);
	/* What went there and came back; closed: nothing is kept. */
	struct world_pcap cap;
	int64_t (*now_s)(void); /* for it */
	char why[160];		/* after an error: what was wrong, in words */
	size_t in_len;
	size_t in_used; /* of them, those of the last frame */
	uint8_t in[EMU_HDR_LEN + EMU_PAYLOAD_MAX];
	uint8_t out[EMU_HDR_LEN + EMU_PAYLOAD_MAX];
	uint8_t pay[EMU_PAYLOAD_MAX];
};

/*
 * Errors of all that follow, with words in @p->why:
 *           IL_E_IO       not there, or it closed the connection
 *           IL_E_TIMEOUT  no answer in time
 *           IL_E_FIELD    an answer that is none; nothing it says later can
 *                         be trusted to be where it seems to be
 *           IL_E_LONG     the message is too long for a frame
 * After each but the last the connection is given up: an answer that comes
 * late would be taken for that to the next question.
 */

/* @p->addr, transport, timeout_s and mono_ns are set. */
enum il_err peer_open(struct peer *p) IL_MUST;
void peer_close(struct peer *p);

/* Until @until_ns of mono_ns; at once if that is past. */
void peer_wait(const struct peer *p, uint64_t until_ns);

/* The emulator's greeting. */
enum il_err peer_hello(struct peer *p) IL_MUST;

/*
 * peer_discover() - object types of the PCI-SIG that DOE discovery lists
 * @types: a bit for each type below 32
 */
enum il_err peer_discover(struct peer *p, uint32_t *types) IL_MUST;

/*
 * peer_carry() - one SPDM message there, its answer back
 * @rsp: in @p, until the next call
 */
enum il_err peer_carry(struct peer *p, enum spdm_kind kind, const uint8_t *msg,
		       size_t n, enum spdm_kind *back, const uint8_t **rsp,
		       size_t *len) IL_MUST;

/*
 * The two ways by themselves, for those who send before the answer to what
 * they sent has come. The connection stays after an error, and there is no
 * capture.
 */
struct peer_came {
	enum spdm_kind kind;
	bool other; /* a data object that carries no SPDM */
	const uint8_t *p;
	size_t n;
	const uint8_t *raw; /* all that the frame carried */
	size_t raw_n;
};
enum il_err peer_send(struct peer *p, enum spdm_kind kind, const uint8_t *msg,
		      size_t n, uint64_t end_ns) IL_MUST;
/* Bytes that the transport carries: a data object, with its header. */
enum il_err peer_send_raw(struct peer *p, const uint8_t *b, size_t n,
			  uint64_t end_ns) IL_MUST;
/* The next one; good until the next call. */
enum il_err peer_recv(struct peer *p, struct peer_came *out,
		      uint64_t end_ns) IL_MUST;

#endif
