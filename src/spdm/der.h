/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_DER_H
#define SPDM_DER_H

#include "spdm/codec.h"

/* As much of DER as finds one object after the other. Source: X.690 §8.1 */

#define DER_INTEGER    0x02
#define DER_SEQUENCE   0x30
#define DER_ATTRIBUTES 0xa0 /* context specific 0, constructed */

/* The content of the object with @tag that @r stands at, which is stepped
 * over. An error sticks to both. */
struct rd spdm_der_read(struct rd *r, uint8_t tag);

#endif
