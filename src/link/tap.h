/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LINK_TAP_H
#define LINK_TAP_H

#include "link/link.h"

/*
 * The interposer. It stands in front of one end of a link (conventionally the
 * root port's) and sees every frame in both directions; it also records.
 */
enum link_dir {
	LINK_OUT, /* sent by the owner of the end */
	LINK_IN,  /* on its way to the owner */
};

struct link_frame {
	enum link_kind kind;
	const uint8_t *p;
	size_t len;
};

enum link_verdict {
	LINK_PASS,
	LINK_DROP,
	LINK_REPLACE, /* with what the tap wrote to *out */
	LINK_HOLD,    /* kept aside until link_tap_release() */
};

struct link_tap;

/*
 * Judges one frame. @f lives until return; what *out points to must live
 * until the send or recv that caused the call has returned. May inject and
 * release; those frames go before @f. Injected and released frames are not
 * judged again.
 */
typedef enum link_verdict link_tap_fn(void *ctx, struct link_tap *tap,
				      enum link_dir dir,
				      const struct link_frame *f,
				      struct link_frame *out);

#define LINK_HELD_MAX 64u

struct link_tap {
	struct link_end inner;
	link_tap_fn *see; /* NULL: pass all */
	void *ctx;
	struct link_ring in; /* judged, waiting for the owner */
	uint8_t *held_buf;   /* LINK_FRAME_MAX bytes a frame held */
	unsigned held_cap;   /* frames */
	unsigned held_n;
	struct link_held {
		enum link_kind kind;
		enum link_dir dir;
		uint32_t len;
	} held[LINK_HELD_MAX];
	uint8_t work[LINK_FRAME_MAX];
};

/*
 * link_tap_init() - put an interposer before @inner
 * @in_buf: storage for frames on their way to the owner; @in_cap is at least
 *          LINK_FRAME_HDR + LINK_FRAME_MAX bytes
 * @held_buf: LINK_FRAME_MAX bytes for each of @held_cap frames; NULL and 0
 *            for a tap that never holds
 *
 * @tap must not move. A frame to be held where no room is left is answered
 * with IL_E_SPACE; on its way in it is lost, and the next one comes.
 *
 * Errors:   IL_E_ARG  @held_cap above LINK_HELD_MAX, @in_cap too small
 */
enum il_err link_tap_init(struct link_tap *tap, struct link_end inner,
			  uint8_t *in_buf, size_t in_cap, uint8_t *held_buf,
			  unsigned held_cap) IL_MUST;
void link_tap_set(struct link_tap *tap, link_tap_fn *see, void *ctx);
struct link_end link_tap_end(struct link_tap *tap);

/* Sends a forged frame in direction @dir. Errors: as send. */
enum il_err link_tap_inject(struct link_tap *tap, enum link_dir dir,
			    enum link_kind kind, const uint8_t *p,
			    size_t len) IL_MUST;

/*
 * link_tap_release() - let held frame @i go, 0 the oldest
 * @keep: it stays held as well, so that it can be replayed
 *
 * Errors:   IL_E_ARG no such frame; else as send, and it stays held
 */
enum il_err link_tap_release(struct link_tap *tap, unsigned i,
			     bool keep) IL_MUST;
/* Forgets held frame @i without sending it. Errors: IL_E_ARG. */
enum il_err link_tap_forget(struct link_tap *tap, unsigned i) IL_MUST;

#endif
