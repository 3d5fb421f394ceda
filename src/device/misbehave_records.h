/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_MISBEHAVE_RECORDS_H
#define DEVICE_MISBEHAVE_RECORDS_H

#include "device/misbehave_session.h"
#include "doe/doe.h"

/*
 * Records, for rows that take or make wrong ones. They are opened with copies
 * of the session's channels, so that the engine's own state stays as it is;
 * @app of each is good until the next.
 */
#define RECORD_ROOM  16384u
#define RECORD_NEAR  64u /* numbers that are tried */
#define RECORD_MAGIC 0x67686f73u

size_t record_head(const struct misbehave_one *me);
/* The session that it names; NULL: it is no record, or names none. */
struct spdm_rsp_session *record_session(const struct misbehave_one *me,
					const struct device_exchange *x);

bool record_opens(const struct misbehave_one *me, struct spdm_channel ch,
		  const uint8_t *p, size_t n, struct spdm_span *app);
/* Under any number near 0. */
bool record_near(const struct misbehave_one *me, struct spdm_channel ch,
		 const uint8_t *p, size_t n, struct spdm_span *app);
/* Without a look at Length and tag. */
bool record_lax(const struct misbehave_one *me, const struct spdm_channel *ch,
		const uint8_t *p, size_t n, struct spdm_span *app);

/* The engine gets @app as a right record of @s; false: it gets what came. */
bool record_instead(struct misbehave_one *me, struct device_exchange *x,
		    const struct spdm_rsp_session *s, struct spdm_span app);

/* Four bytes as the answer, and the engine is not asked. */
void record_answer_plain(struct misbehave_one *me, struct device_exchange *x,
			 const uint8_t m[4]);
bool record_answer(struct misbehave_one *me, struct device_exchange *x,
		   uint32_t id, struct spdm_channel *ch, const uint8_t m[4]);
/* The response code to @req. */
bool record_answer_as(struct misbehave_one *me, struct device_exchange *x,
		      struct spdm_rsp_session *s, struct spdm_span req);

/* The keys of a session, or of a phase of it, from before. */
struct record_ghost {
	uint32_t magic;
	uint32_t id; /* 0: none */
	struct spdm_keys keys;
	const struct spdm_binding *binding;
	uint64_t seq[SPDM_DIRS];
};
struct record_ghost *record_ghost(const struct misbehave_one *me);
void record_remember(struct misbehave_one *me,
		     const struct spdm_rsp_session *s);
/* To be closed, whatever it says. */
bool record_ghost_channel(struct misbehave_one *me, const uint8_t *secret,
			  struct spdm_channel *ch);

#endif
