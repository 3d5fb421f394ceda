/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doe/doe.h"
#include "mctp/mctp.h"

#define NS_PER_MS 1000000u

static const char not_a_frame[] =
	"the answer is not one frame of the emulator's framing";

static enum il_err failed(struct peer *p, enum il_err err, const char *why)
{
	snprintf(p->why, sizeof(p->why), "%s", why);
	return err;
}

static enum il_err broken(struct peer *p, int code)
{
	return failed(p, IL_E_IO, strerror(code));
}

static enum il_err late(struct peer *p)
{
	snprintf(p->why, sizeof(p->why), "no answer within %u s", p->timeout_s);
	return IL_E_TIMEOUT;
}

enum il_err peer_open(struct peer *p)
{
	const int ms = (int)p->timeout_s * 1000;

	p->fd = sock_connect(&p->addr, ms);
	p->in_len = 0;
	p->in_used = 0;
	if (p->fd == -ETIMEDOUT) {
		p->fd = -1;
		return late(p);
	}
	if (p->fd < 0) {
		int code = -p->fd;

		p->fd = -1;
		return broken(p, code);
	}
	return IL_OK;
}

void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void peer_wait(const struct peer *p, uint64_t until_ns)
{
	uint64_t now = p->mono_ns();

	while (now < until_ns) {
		(void)poll(NULL, 0,
			   (int)((until_ns - now + NS_PER_MS - 1) / NS_PER_MS));
		now = p->mono_ns();
	}
}

/* Waits for @events, until @end. */
static enum il_err wait_for(struct peer *p, short events, uint64_t end)
{
	struct pollfd f = { .fd = p->fd, .events = events };
	uint64_t now = p->mono_ns();
	int n;

	if (now >= end)
		return late(p);
	do
		n = poll(&f, 1, (int)((end - now + NS_PER_MS - 1) / NS_PER_MS));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return broken(p, errno);
	return n ? IL_OK : late(p);
}

static enum il_err put(struct peer *p, const uint8_t *b, size_t n, uint64_t end)
{
	while (n) {
		ssize_t did = send(p->fd, b, n, MSG_NOSIGNAL);
		enum il_err err;

		if (did < 0 && errno != EAGAIN && errno != EINTR)
			return broken(p, errno);
		if (did < 0) {
			err = wait_for(p, POLLOUT, end);
			if (err)
				return err;
			continue;
		}
		b += did;
		n -= (size_t)did;
	}
	return IL_OK;
}

/* The next frame, from @p->in; what comes behind it stays there. */
static enum il_err next_frame(struct peer *p, struct emu_frame *f, uint64_t end)
{
	memmove(p->in, p->in + p->in_used, p->in_len - p->in_used);
	p->in_len -= p->in_used;
	p->in_used = 0;
	for (;;) {
		enum il_err err =
			emu_frame_decode(p->in, p->in_len, f, &p->in_used);
		ssize_t got;

		if (!err)
			return IL_OK;
		p->in_used = 0;
		if (err != IL_E_SHORT)
			return failed(p, IL_E_FIELD, not_a_frame);
		got = recv(p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len,
			   0);
		if (!got)
			return failed(p, IL_E_IO, "it closed the connection");
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return broken(p, errno);
		if (got > 0) {
			p->in_len += (size_t)got;
			continue;
		}
		err = wait_for(p, POLLIN, end);
		if (err)
			return err;
	}
}

/* The only frame that is there. */
static enum il_err take(struct peer *p, struct emu_frame *f, uint64_t end)
{
	enum il_err err;

	p->in_len = 0;
	p->in_used = 0;
	err = next_frame(p, f, end);
	if (!err && p->in_used != p->in_len)
		err = failed(p, IL_E_FIELD, not_a_frame);
	return err;
}

static enum il_err fits(struct peer *p, uint32_t command,
			const struct emu_frame *back)
{
	if (back->command == EMU_UNKNOWN)
		return failed(p, IL_E_FIELD, "it does not know such a frame");
	if (back->command != command || back->transport != p->transport)
		return failed(p, IL_E_FIELD,
			      "the answer is of another command or transport");
	return IL_OK;
}

/* Sends @p->out, @n bytes, and takes what comes back. */
static enum il_err exchange(struct peer *p, uint32_t command, size_t n,
			    struct emu_frame *back)
{
	const uint64_t end = p->mono_ns() + p->timeout_s * UINT64_C(1000000000);
	enum il_err err = put(p, p->out, n, end);

	if (!err)
		err = take(p, back, end);
	return err ? err : fits(p, command, back);
}

/* Transport header of MCTP as the emulator's captures have it: one packet. */
static const uint8_t mctp_head[4] = { 0, 0, 0, 0xc0 };

/* One data object or MCTP message into the capture, if there is one. */
static void capture(struct peer *p, uint32_t command, const uint8_t *b,
		    size_t n)
{
	const uint64_t now = p->cap.d ? (uint64_t)p->now_s() * 1000000000u : 0;
	uint8_t m[sizeof(mctp_head) + EMU_PAYLOAD_MAX];

	if (!p->cap.d || command != EMU_NORMAL)
		return;
	if (p->transport != EMU_MCTP) {
		world_pcap_put(&p->cap, now, b, n);
		return;
	}
	memcpy(m, mctp_head, sizeof(mctp_head));
	memcpy(m + sizeof(mctp_head), b, n);
	world_pcap_put(&p->cap, now, m, sizeof(mctp_head) + n);
}

/* @n bytes of @p->pay as a frame, and the frame that answers it. */
static enum il_err ask(struct peer *p, uint32_t command, size_t n,
		       struct emu_frame *back)
{
	const struct emu_frame f = { command, p->transport, (uint32_t)n,
				     p->pay };
	struct wr w = wr_over(p->out, sizeof(p->out));
	enum il_err err = emu_frame_encode(&w, &f);

	if (err)
		return failed(p, IL_E_LONG, "the message is too long");
	if (p->fd < 0)
		return failed(p, IL_E_IO, "the connection was given up");
	capture(p, command, p->pay, n);
	err = exchange(p, command, w.len, back);
	if (err)
		peer_close(p);
	else
		capture(p, command, back->p, back->len);
	return err;
}

enum il_err peer_hello(struct peer *p)
{
	static const char said[] = EMU_CLIENT_HELLO;
	struct emu_frame f;
	enum il_err err;

	memcpy(p->pay, said, sizeof(said));
	err = ask(p, EMU_TEST, sizeof(said), &f);
	if (!err && (f.len != sizeof(EMU_SERVER_HELLO) ||
		     memcmp(f.p, EMU_SERVER_HELLO, f.len) != 0))
		err = failed(p, IL_E_FIELD, "it greets otherwise");
	return err;
}

/* One data object of @type with @n bytes, and the object that answers it. */
static enum il_err ask_doe(struct peer *p, struct doe_type type,
			   const uint8_t *msg, size_t n, struct doe_type *back,
			   const uint8_t **rsp, size_t *len)
{
	struct wr w = wr_over(p->pay, sizeof(p->pay));
	struct emu_frame f;
	enum il_err err = doe_wrap(&w, type, msg, n);

	if (err)
		return failed(p, IL_E_LONG, "the message is too long");
	err = ask(p, EMU_NORMAL, w.len, &f);
	if (err)
		return err;
	if (doe_unwrap(f.p, f.len, sizeof(p->in), back, rsp, len) ||
	    back->vendor != DOE_VENDOR_PCISIG)
		return failed(p, IL_E_FIELD,
			      "the answer is no DOE data object");
	return IL_OK;
}

enum il_err peer_discover(struct peer *p, uint32_t *types)
{
	const struct doe_type discovery = { DOE_VENDOR_PCISIG,
					    DOE_TYPE_DISCOVERY };
	uint8_t index = 0;

	*types = 0;
	do {
		uint8_t req[DOE_DISCOVERY_LEN];
		struct wr w = wr_over(req, sizeof(req));
		struct doe_type t = { 0, 0 }, there = { 0, 0 };
		const uint8_t *rsp = NULL;
		size_t len = 0;
		enum il_err err;

		doe_discovery_req_encode(&w, index, 0);
		err = ask_doe(p, discovery, req, w.len, &t, &rsp, &len);
		if (err)
			return err;
		if (t.type != DOE_TYPE_DISCOVERY ||
		    doe_discovered(rsp, len, &index, &there))
			return failed(p, IL_E_FIELD,
				      "the answer to discovery is none");
		if (there.vendor == DOE_VENDOR_PCISIG && there.type < 32)
			*types |= UINT32_C(1) << there.type;
	} while (index);
	return IL_OK;
}

static enum il_err carry_doe(struct peer *p, enum spdm_kind kind,
			     const uint8_t *msg, size_t n, enum spdm_kind *back,
			     const uint8_t **rsp, size_t *len)
{
	struct doe_type t = { 0, 0 };
	bool secured;
	enum il_err err = ask_doe(p, doe_spdm(kind == SPDM_SECURED), msg, n, &t,
				  rsp, len);

	if (err)
		return err;
	if (!doe_is_spdm(t, &secured))
		return failed(p, IL_E_FIELD,
			      "the answer is a data object of another type");
	*back = secured ? SPDM_SECURED : SPDM_PLAIN;
	return IL_OK;
}

static enum il_err carry_mctp(struct peer *p, enum spdm_kind kind,
			      const uint8_t *msg, size_t n,
			      enum spdm_kind *back, const uint8_t **rsp,
			      size_t *len)
{
	struct wr w = wr_over(p->pay, sizeof(p->pay));
	enum mctp_type type = MCTP_SPDM;
	struct emu_frame f;
	enum il_err err = mctp_wrap(
		&w, kind == SPDM_PLAIN ? MCTP_SPDM : MCTP_SECURED, msg, n);

	if (err)
		return failed(p, IL_E_LONG, "the message is too long");
	err = ask(p, EMU_NORMAL, w.len, &f);
	if (err)
		return err;
	if (mctp_unwrap(f.p, f.len, &type, rsp, len))
		return failed(p, IL_E_FIELD,
			      "the answer is no SPDM message over MCTP");
	*back = type == MCTP_SPDM ? SPDM_PLAIN : SPDM_SECURED;
	return IL_OK;
}

enum il_err peer_carry(struct peer *p, enum spdm_kind kind, const uint8_t *msg,
		       size_t n, enum spdm_kind *back, const uint8_t **rsp,
		       size_t *len)
{
	return (p->transport == EMU_MCTP ? carry_mctp : carry_doe)(
		p, kind, msg, n, back, rsp, len);
}

/* --- one way alone --- */

static enum il_err frame(struct peer *p, size_t n, uint64_t end)
{
	const struct emu_frame f = { EMU_NORMAL, p->transport, (uint32_t)n,
				     p->pay };
	struct wr w = wr_over(p->out, sizeof(p->out));

	if (emu_frame_encode(&w, &f))
		return failed(p, IL_E_LONG, "the message is too long");
	if (p->fd < 0)
		return failed(p, IL_E_IO, "the connection was given up");
	return put(p, p->out, w.len, end);
}

enum il_err peer_send(struct peer *p, enum spdm_kind kind, const uint8_t *msg,
		      size_t n, uint64_t end_ns)
{
	struct wr w = wr_over(p->pay, sizeof(p->pay));
	const bool secured = kind == SPDM_SECURED;
	enum il_err err;

	if (p->transport == EMU_MCTP)
		err = mctp_wrap(&w, secured ? MCTP_SECURED : MCTP_SPDM, msg, n);
	else
		err = doe_wrap(&w, doe_spdm(secured), msg, n);
	if (err)
		return failed(p, IL_E_LONG, "the message is too long");
	return frame(p, w.len, end_ns);
}

enum il_err peer_send_raw(struct peer *p, const uint8_t *b, size_t n,
			  uint64_t end_ns)
{
	if (n > sizeof(p->pay))
		return failed(p, IL_E_LONG, "the message is too long");
	memcpy(p->pay, b, n);
	return frame(p, n, end_ns);
}

/* What a payload of the transport is, and what it carries. */
static enum il_err came(struct peer *p, const struct emu_frame *f,
			struct peer_came *out)
{
	struct doe_type t = { 0, 0 };
	enum mctp_type type = MCTP_SPDM;
	bool secured = false;

	*out = (struct peer_came){ .raw = f->p, .raw_n = f->len };
	if (p->transport == EMU_MCTP) {
		if (mctp_unwrap(f->p, f->len, &type, &out->p, &out->n))
			return failed(p, IL_E_FIELD,
				      "the answer is no SPDM message over "
				      "MCTP");
		secured = type == MCTP_SECURED;
	} else {
		if (doe_unwrap(f->p, f->len, sizeof(p->in), &t, &out->p,
			       &out->n))
			return failed(p, IL_E_FIELD,
				      "the answer is no DOE data object");
		out->other = !doe_is_spdm(t, &secured);
	}
	out->kind = secured ? SPDM_SECURED : SPDM_PLAIN;
	return IL_OK;
}

enum il_err peer_recv(struct peer *p, struct peer_came *out, uint64_t end_ns)
{
	struct emu_frame f;
	enum il_err err;

	if (p->fd < 0)
		return failed(p, IL_E_IO, "the connection was given up");
	err = next_frame(p, &f, end_ns);
	if (!err)
		err = fits(p, EMU_NORMAL, &f);
	return err ? err : came(p, &f, out);
}
