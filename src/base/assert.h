/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include "interlock/crypto.h" /* il_panic_hook */

/* Calls the hook, and stays here if it returns. */
_Noreturn void il_panic(const char *file, int line, const char *what);

/*
 * States what only our own bug can break. No side effects; never the check
 * for a peer, a caller of a public function, or a full resource.
 */
#define IL_ASSERT(x) ((x) ? (void)0 : il_panic(__FILE__, __LINE__, #x))

#endif
