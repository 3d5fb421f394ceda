/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_SECURED_H
#define SPDM_SECURED_H

#include "crypto/crypto.h"
#include "spdm/keys.h"

/*
 * Secured messages over DOE: session id u32, no sequence number on the wire,
 * length u16, then AES-256-GCM over {application length u16, application
 * data}, 16 bytes of tag. The associated data is what stands in the clear.
 * No random bytes: TDISP forbids them.
 * Source: DSP0277 1.1, section 7; DOE binding: DSP0283/PCIe 6.0 §6.31.3
 * (0 bytes of sequence number); PCIe TDISP 1.0 §11.2.2 (no random data).
 *
 * Over MCTP the low 16 bits of the sequence number follow the session id, the
 * application data is an MCTP message, which begins with its type, and up to
 * 32 random bytes may follow it. OPEN: the binding asks for none of them; we
 * send none, and take them.
 * Source: DSP0276 1.1, section 7
 */
#define SPDM_SECURED_HEAD 8 /* in front of the application data */
#define SPDM_SECURED_TAIL 16
#define SPDM_SECURED_OVER (SPDM_SECURED_HEAD + SPDM_SECURED_TAIL)
/* The same over MCTP; the head ends with the message type. */
#define SPDM_MCTP_HEAD	     11
#define SPDM_MCTP_OVER	     (SPDM_MCTP_HEAD + SPDM_SECURED_TAIL)
#define SPDM_MCTP_RANDOM_MAX 32
/* What an opened record needs beside its message, at most. */
#define SPDM_SECURED_SLACK (2 + 1 + SPDM_MCTP_RANDOM_MAX)

/* One direction of one session: a key and how often it was used. */
struct spdm_channel {
	struct crypto_slot key;
	uint8_t iv[SPDM_IV_LEN];
	uint64_t seq;	/* of the next message */
	uint64_t limit; /* the first number that is never used */
	bool live;
	bool mctp; /* framed as MCTP does; set by the owner after opening */
};

static inline size_t spdm_secured_head(const struct spdm_channel *ch)
{
	return ch->mctp ? SPDM_MCTP_HEAD : SPDM_SECURED_HEAD;
}

static inline size_t spdm_secured_over(const struct spdm_channel *ch)
{
	return ch->mctp ? SPDM_MCTP_OVER : SPDM_SECURED_OVER;
}

/*
 * spdm_channel_open() - key the channel from @secret and start counting at 0
 *
 * On failure the channel is as before.
 */
enum il_err spdm_channel_open(struct spdm_channel *ch, const struct crypto *c,
			      const struct spdm_keys *k, const uint8_t *secret,
			      uint64_t limit) IL_MUST;

/* Drops the key and wipes; harmless on a closed channel. */
void spdm_channel_close(struct spdm_channel *ch, const struct crypto *c);

/* The session id a record names; IL_E_SHORT below the least length. */
enum il_err spdm_secured_id(const uint8_t *in, size_t n, uint32_t *id) IL_MUST;

/*
 * spdm_secured_open_at() - check and decrypt one record
 * @buf:  room for @cap bytes of plaintext: lengths, the message, random bytes
 * @app:  the SPDM message in it
 * @ch:   moved to the next number on success, and over a message of another
 *        type that MCTP carried
 *
 * Up to three zero bytes may follow the record if @n is a multiple of four,
 * but not over MCTP.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  the frame is malformed, or
 *                       carries no SPDM
 *           IL_E_AUTH   the tag does not fit
 *           IL_E_STATE  the numbers of this key are used up
 *           IL_E_SPACE  @cap is too small
 */
enum il_err spdm_secured_open_at(struct spdm_channel *ch,
				 const struct crypto *c, const uint8_t *in,
				 size_t n, uint8_t *buf, size_t cap,
				 struct spdm_span *app) IL_MUST;

/* The same, with the message moved to the front of @out. */
enum il_err spdm_secured_open(struct spdm_channel *ch, const struct crypto *c,
			      const uint8_t *in, size_t n, uint8_t *out,
			      size_t cap, size_t *out_len) IL_MUST;

/*
 * spdm_secured_seal() - encrypt in place
 * @buf:     the message stands at @buf + spdm_secured_head(@ch)
 * @app_len: its length
 * @total:   bytes of the record
 *
 * Errors:   IL_E_STATE  the numbers of this key are used up
 *           IL_E_SPACE  @cap is too small, or @app_len above 2^16 - 19
 */
enum il_err spdm_secured_seal(struct spdm_channel *ch, const struct crypto *c,
			      uint32_t session_id, uint8_t *buf, size_t cap,
			      size_t app_len, size_t *total) IL_MUST;

#endif
