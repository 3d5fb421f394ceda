/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_FLOOR_EC_H
#define BENCH_FLOOR_EC_H

/*
 * What P-384 costs with OpenSSL and nothing around it: keys prepared once, a
 * peer's point decoded and found on the curve, nothing else looked at.
 */
struct floor_ec;

struct floor_ec *floor_ec_new(void);
void floor_ec_free(struct floor_ec *f);

void floor_ec_sign(const struct floor_ec *f);
void floor_ec_verify(const struct floor_ec *f);
void floor_ec_generate(const struct floor_ec *f);
void floor_ec_derive(const struct floor_ec *f);

#endif
