/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_PK_H
#define BENCH_PK_H

/*
 * Public-key operations of all parties, timed by a table in front of OpenSSL's;
 * link with --wrap=ossl_crypto.
 */
extern double bench_pk_s; /* CPU seconds in them so far */

/* CPU seconds of this process. */
double bench_cpu_s(void);

#endif
