/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CCA_CCA_TESTS_H
#define TEST_CCA_CCA_TESTS_H

#include "check.h"

extern const struct CMUnitTest life_tests[];
extern const size_t life_tests_n;

#endif
