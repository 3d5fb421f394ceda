/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_COVE_FW_TESTS_H
#define TEST_COVE_FW_TESTS_H

#include "fw_rig.h"

extern const struct CMUnitTest cove_life_tests[];
extern const size_t cove_life_tests_n;

#endif
