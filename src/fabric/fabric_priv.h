/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FABRIC_PRIV_H
#define FABRIC_PRIV_H

#include "fabric/fabric.h"

/* NULL when there is no such port. */
struct fabric_port *port_get(struct fabric *f, unsigned port);

/* Counts and tells one refused access; *fault is complete but for @who. */
void fabric_refuse(struct fabric *f, const struct fault *fault);

/*
 * Sends @t down, on the stream that the port's registers select.
 * Errors: IL_E_IO, *fault is filled and was not yet told.
 */
enum il_err port_send(struct fabric_port *p, const struct tlp *t,
		      struct fault *fault) IL_MUST;
/* Answers @req on the stream it came in, with its T bit. */
void port_answer(struct fabric_port *p, const struct tlp *req, struct tlp *cpl);

/* Tells the partner of streams that failed at this end. */
void port_fail(struct fabric_port *p);

/*
 * Sends a non-posted request and waits for its answer.
 * Errors: IL_E_IO, *fault is filled and was not yet told.
 */
enum il_err port_request(struct fabric_port *p, struct tlp *req, uint8_t *buf,
			 uint32_t want, struct fault *fault) IL_MUST;

/* Takes in one frame, or the end of the channel; false: none waits. */
bool port_take(struct fabric_port *p);
void port_dma(struct fabric_port *p, const struct tlp *t);
/* All wires fall with the link. */
void port_intx_down(struct fabric_port *p);

/* The link came up or went down. */
void port_link(struct fabric_port *p, bool up);
void port_event(struct fabric_port *p, enum link_event ev);
enum il_err port_tell(struct fabric_port *p, enum link_event ev) IL_MUST;

/* The registers of a port: building them, and what writes do. */
void port_build(struct fabric_port *p, const struct fabric_port_cfg *cfg);
void port_show(struct fabric_port *p);
/* Block @i as it stands in the registers. */
struct ide_block_regs port_block(const struct fabric_port *p, unsigned i);
/*
 * holder.c: the enables of those bytes that the host may write, with *v as far
 * as locks leave it. What they stop is told.
 */
uint8_t port_host_be(struct fabric_port *p, uint16_t reg, uint8_t be,
		     uint32_t *v);
uint8_t port_bus_first(const struct fabric_port *p);
uint8_t port_bus_last(const struct fabric_port *p);
bool port_command(const struct fabric_port *p, uint16_t bit);

#endif
