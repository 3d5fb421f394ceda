/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

/*
 * il_panic_hook - what a broken invariant calls; must not return
 *
 * One per program. The default prints and aborts where there is a C library,
 * and spins where there is none. Firmware and tests put their own here.
 */
typedef void il_panic_fn(const char *file, int line, const char *what);
extern il_panic_fn *il_panic_hook;

_Noreturn void il_panic(const char *file, int line, const char *what);

/*
 * States what only our own bug can break. No side effects; never the check
 * for a peer, a caller of a public function, or a full resource.
 */
#define IL_ASSERT(x) ((x) ? (void)0 : il_panic(__FILE__, __LINE__, #x))

#endif
