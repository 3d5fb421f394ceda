/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_SECURED_H
#define SPDM_SECURED_H

#include "crypto/crypto.h"
#include "spdm/binding.h"
#include "spdm/keys.h"

/*
 * Secured messages: session id u32, low bytes of the sequence number as the
 * binding says, length u16, then the AEAD over {application length u16, the
 * transport's message type if the binding has one, message, random bytes},
 * 16 bytes of tag. The associated data is what stands in the clear. We send
 * no random bytes; a binding says how many are taken.
 * Source: DSP0277 1.1, section 7
 */
#define SPDM_SECURED_HEAD 8 /* in front of the message, at least */
#define SPDM_SECURED_TAIL 16
#define SPDM_SECURED_OVER (SPDM_SECURED_HEAD + SPDM_SECURED_TAIL)
/* Under any binding. */
#define SPDM_SECURED_HEAD_MAX (SPDM_SECURED_HEAD + 8 + 1)
#define SPDM_SECURED_OVER_MAX (SPDM_SECURED_HEAD_MAX + SPDM_SECURED_TAIL)
/* The longest message in a record, whose length has 16 bits. */
#define SPDM_SECURED_MAX (UINT16_MAX - SPDM_SECURED_TAIL - 2 - 1)
/* What an opened record needs beside its message, at most. */
#define SPDM_SECURED_SLACK (2 + 1 + SPDM_RANDOM_MAX)

/* Where none is named: nothing but what DSP0277 itself has; dwords. */
extern const struct spdm_binding spdm_binding_bare;

/* One direction of one session: a key and how often it was used. */
struct spdm_channel {
	struct crypto_slot key;
	uint8_t iv[SPDM_IV_LEN];
	uint64_t seq;	/* of the next message */
	uint64_t limit; /* the first number that is never used */
	bool live;
	/* How records look; NULL: bare. Set by the owner after opening. */
	const struct spdm_binding *binding;
};

static inline const struct spdm_binding *
spdm_channel_binding(const struct spdm_channel *ch)
{
	return ch->binding ? ch->binding : &spdm_binding_bare;
}

static inline size_t spdm_secured_head(const struct spdm_channel *ch)
{
	const struct spdm_binding *b = spdm_channel_binding(ch);

	return (size_t)SPDM_SECURED_HEAD + b->seq_len + b->type_len;
}

static inline size_t spdm_secured_over(const struct spdm_channel *ch)
{
	return spdm_secured_head(ch) + SPDM_SECURED_TAIL;
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
 *        type, where the binding has types
 *
 * Zero bytes may follow the record if @n is a multiple of the binding's unit,
 * fewer than that.
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

/*
 * spdm_secured_seal_two() - the same, with the end of the message elsewhere
 * @rest: the last of the @app_len bytes, apart from @buf, where their room is
 *        left empty; at most @app_len
 */
enum il_err spdm_secured_seal_two(struct spdm_channel *ch,
				  const struct crypto *c, uint32_t session_id,
				  uint8_t *buf, size_t cap, size_t app_len,
				  struct spdm_span rest, size_t *total) IL_MUST;

#endif
