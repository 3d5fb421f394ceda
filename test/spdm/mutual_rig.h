/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_MUTUAL_RIG_H
#define TEST_SPDM_MUTUAL_RIG_H

#include "pair.h"

/* A pair whose responder wants to know who asks. */

#define MUTUAL_FORMS 3
extern const uint8_t mutual_forms[MUTUAL_FORMS];

struct pair *mutual_connected(uint8_t how, uint8_t slot);
/* After KEY_EXCHANGE, before FINISH; flows are through where @flows. */
struct pair *mutual_handshake(uint8_t how, bool flows);

#endif
