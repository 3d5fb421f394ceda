/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "emu/side.h"
#include "mctp/mctp.h"
#include "vfu/vfu_priv.h"

/*
 * The emulator's framing. What a frame means is decided by command and
 * transport together (docs/emulator.md).
 */

/* One row: who deals with a frame. Absent rows are EMU_UNKNOWN. */
struct door {
	uint32_t command;
	int transport; /* ANY: all of them */
	enum vfu_verdict (*serve)(struct vfu *v, unsigned conn,
				  const struct emu_frame *f,
				  struct emu_frame *reply, const char **why);
};

#define ANY (-1)

/* A data object that cannot be answered: a mailbox in error. */
static enum vfu_verdict failed(enum il_err err, const char **why)
{
	if (err == IL_E_AGAIN)
		return VFU_LATER;
	*why = err == IL_E_SHORT || err == IL_E_LONG || err == IL_E_FIELD
		       ? "not a data object or message of ours"
		       : "the device failed to answer";
	return VFU_DROP;
}

static enum vfu_verdict serve_doe(struct vfu *v, unsigned conn,
				  const struct emu_frame *f,
				  struct emu_frame *reply, const char **why)
{
	size_t len = 0;
	enum il_err err;

	err = device_doe(v->dev, conn ? conn : DEVICE_CONN_DOE, f->p, f->len,
			 v->reply, sizeof(v->reply), &len, v->now_ns);
	if (err)
		return failed(err, why);
	reply->command = len ? EMU_NORMAL : 0;
	reply->len = (uint32_t)len;
	return VFU_ANSWER;
}

static enum vfu_verdict serve_mctp(struct vfu *v, unsigned conn,
				   const struct emu_frame *f,
				   struct emu_frame *reply, const char **why)
{
	enum mctp_type type = MCTP_SPDM;
	enum spdm_kind kind, back = SPDM_PLAIN;
	const uint8_t *msg = NULL;
	size_t n = 0, len = 0;
	enum il_err err = mctp_unwrap(f->p, f->len, &type, &msg, &n);

	if (err)
		return failed(err, why);
	kind = type == MCTP_SPDM ? SPDM_PLAIN : SPDM_SECURED;
	err = device_message(v->dev, conn ? conn : DEVICE_CONN_MCTP,
			     &mctp_binding, kind, msg, n, v->reply + 1,
			     sizeof(v->reply) - 1, &len, &back, v->now_ns);
	if (err)
		return failed(err, why);
	v->reply[0] = back == SPDM_PLAIN ? MCTP_SPDM : MCTP_SECURED;
	reply->command = len ? EMU_NORMAL : 0;
	reply->len = len ? (uint32_t)len + 1 : 0;
	return VFU_ANSWER;
}

/*
 * Out of band: what the device is to ask of its requester. The answer is empty
 * either way, as DMTF's is; what cannot be asked is not there to be fetched.
 */
static enum vfu_verdict serve_ask(struct vfu *v, unsigned conn,
				  const struct emu_frame *f,
				  struct emu_frame *reply, const char **why)
{
	const bool update = f->command == EMU_KEY_UPDATE;
	struct rd r = rd_over(f->p, f->len);
	const uint32_t id = f->len == 4 ? rd_u32le(&r) : 0;
	const unsigned own =
		f->transport == EMU_MCTP ? DEVICE_CONN_MCTP : DEVICE_CONN_DOE;

	(void)why;
	if (device_ask(v->dev, conn ? conn : own,
		       update ? SPDM_ASK_KEY_UPDATE : SPDM_ASK_ENDPOINT_INFO,
		       update ? id : SPDM_ANY_SESSION)) {
		/* nothing is pending, and the requester will be told so */
	}
	reply->command = f->command;
	return VFU_ANSWER;
}

static enum vfu_verdict serve_hello(struct vfu *v, unsigned conn,
				    const struct emu_frame *f,
				    struct emu_frame *reply, const char **why)
{
	(void)conn;
	(void)f;
	(void)why;
	reply->command = EMU_TEST;
	reply->len = sizeof(EMU_SERVER_HELLO);
	memcpy(v->reply, EMU_SERVER_HELLO, sizeof(EMU_SERVER_HELLO));
	return VFU_ANSWER;
}

static enum vfu_verdict serve_continue(struct vfu *v, unsigned conn,
				       const struct emu_frame *f,
				       struct emu_frame *reply,
				       const char **why)
{
	(void)v;
	(void)conn;
	(void)why;
	reply->command = f->command;
	return VFU_LAST;
}

/* Others are served too: one of them does not end it for all. */
static enum vfu_verdict serve_shutdown(struct vfu *v, unsigned conn,
				       const struct emu_frame *f,
				       struct emu_frame *reply,
				       const char **why)
{
	(void)conn;
	(void)why;
	reply->command = f->command;
	return v->cfg.shutdown_ends ? VFU_END : VFU_LAST;
}

static const struct door doors[] = {
	{ EMU_NORMAL, EMU_DOE, serve_doe },
	{ EMU_NORMAL, EMU_MCTP, serve_mctp },
	{ EMU_BARE_TDISP, EMU_DOE, vfu_bare_tdisp },
	{ EMU_SIDE_WRITE, EMU_DOE, vfu_side },
	{ EMU_SIDE_FLR, EMU_DOE, vfu_side },
	{ EMU_SIDE_EVENT, EMU_DOE, vfu_side },
	{ EMU_SIDE_STATE, EMU_DOE, vfu_side },
	{ EMU_SIDE_ACCESS, EMU_DOE, vfu_side },
	{ EMU_KEY_UPDATE, ANY, serve_ask },
	{ EMU_ENDPOINT_INFO, ANY, serve_ask },
	{ EMU_TEST, ANY, serve_hello },
	{ EMU_CONTINUE, ANY, serve_continue },
	{ EMU_SHUTDOWN, ANY, serve_shutdown },
};

enum vfu_verdict vfu_spdm_frame(struct vfu *v, unsigned conn,
				const struct emu_frame *f,
				struct emu_frame *reply, const char **why)
{
	*reply = (struct emu_frame){ .transport = f->transport, .p = v->reply };
	for (size_t i = 0; i < COUNT(doors); i++) {
		const struct door *d = &doors[i];

		if (d->command == f->command &&
		    (d->transport == ANY ||
		     (uint32_t)d->transport == f->transport))
			return d->serve(v, conn, f, reply, why);
	}
	reply->command = EMU_UNKNOWN;
	return VFU_ANSWER;
}
