/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_FRONT_H
#define DSM_FRONT_H

#include "dsm/session.h"
#include "spdm/rsp.h"

/*
 * The half that speaks SPDM: connections, each a responder by itself, and the
 * names of their sessions. It knows neither IDE_KM nor TDISP, nor the device
 * but for what the port of SPDM asks.
 *
 * What one connection does, to begin anew with GET_VERSION too, ends no
 * session of another.
 */
struct dsm_conn {
	struct spdm_rsp rsp;
	struct dsm_front *front;
	uint8_t index;
	/* Sessions that the other half has heard of. */
	struct dsm_place {
		uint32_t id;  /* 0: free */
		uint64_t gen; /* of the latest */
	} place[DSM_SEATS];
};

enum {
	DSM_TRACE_SESSION = TRACE_EV(TRACE_DSM, 2), /* a = session, b = why,
						       c = connection */
};

struct dsm_front_cfg {
	/*
	 * As for spdm_rsp_init(), the same for all connections; @up and
	 * @up_ctx are not used: they are these connections' own. @ses,
	 * @scratch,
	 * @large, @kept and @peer_chain are as many bytes as their lengths say
	 * for each connection.
	 */
	struct spdm_rsp_cfg spdm;
	const struct dsm_back *back;
	void *back_ctx;
	struct dsm_conn *conns; /* storage, cleared at init */
	size_t conn_count;	/* 1 to DSM_CONNS */
};

struct dsm_front {
	const struct env *env;
	const struct dsm_back *back;
	void *back_ctx;
	struct dsm_conn *conns;
	size_t count;
};

/* @f and @cfg->conns must not move. Errors: as spdm_rsp_init(). */
enum il_err dsm_front_init(struct dsm_front *f,
			   const struct dsm_front_cfg *cfg) IL_MUST;
/* The same where the configuration stands in pieces, since it is not small;
 * @tap: in the place of those of @spdm, or NULL. */
struct dsm_front_tap {
	spdm_rsp_tap_fn *spdm;
	spdm_rsp_bytes_fn *bytes;
	spdm_rsp_heard_fn *heard;
	void *ctx;
};
enum il_err dsm_front_start(struct dsm_front *f,
			    const struct spdm_rsp_cfg *spdm,
			    struct dsm_conn *conns, size_t count,
			    const struct dsm_back *back, void *back_ctx,
			    const struct dsm_front_tap *tap) IL_MUST;
void dsm_front_fini(struct dsm_front *f);

/* As spdm_rsp_handle(). Errors: also IL_E_ARG, no such connection. */
enum il_err dsm_front_handle(struct dsm_front *f, unsigned conn,
			     enum spdm_kind kind, const uint8_t *in, size_t n,
			     uint8_t *out, size_t cap, size_t *out_len,
			     enum spdm_kind *out_kind, uint64_t now_ns) IL_MUST;

/* As spdm_rsp_tick(), over all connections. */
uint64_t dsm_front_tick(struct dsm_front *f, uint64_t now_ns);

/* The peer of a connection has gone: the next one finds nothing of it. */
void dsm_front_leave(struct dsm_front *f, unsigned conn);
/* A conventional reset, see spdm_rsp_reset(). Never from within a port. */
void dsm_front_reset_all(struct dsm_front *f);

/* Whether the session is established now. */
bool dsm_front_open(const struct dsm_front *f, unsigned conn, unsigned seat,
		    uint64_t gen);

bool dsm_front_sane(const struct dsm_front *f);

#endif
