/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_BINDING_H
#define SPDM_BINDING_H

#include <stdint.h>

/*
 * What a transport puts around SPDM messages, as numbers: all that the engines
 * know of one. A transport's room has its table (doe_binding, mctp_binding);
 * this header is rank 0, so that rooms below spdm can include it.
 *
 * A binding is told apart from others by its address.
 * Source: DSP0277 1.1, section 7 (what a transport's binding may choose)
 */
struct spdm_binding {
	/* Low bytes of the sequence number that a record shows, 0 to 8. */
	uint8_t seq_len;
	/* 1: application data begins with the transport's message type. */
	uint8_t type_len;
	uint8_t type; /* of SPDM */
	/* Random bytes that may follow the message inside a record, at most
	 * SPDM_RANDOM_MAX. */
	uint8_t random_max;
	/* Messages travel in units of so many bytes; zeros fill up the last. */
	uint8_t unit;
};

#define SPDM_RANDOM_MAX 32

#endif
