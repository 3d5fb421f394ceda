/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

/* What cmocka.h wants to see first, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/err.h"

#endif
