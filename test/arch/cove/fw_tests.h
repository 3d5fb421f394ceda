/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_COVE_FW_TESTS_H
#define TEST_COVE_FW_TESTS_H

#include "fw_rig.h"

extern const struct CMUnitTest cove_life_tests[];
extern const size_t cove_life_tests_n;

extern const struct CMUnitTest cove_mem_tests[];
extern const size_t cove_mem_tests_n;
extern const struct CMUnitTest cove_dev_tests[];
extern const size_t cove_dev_tests_n;
extern const struct CMUnitTest cove_if_tests[];
extern const size_t cove_if_tests_n;
extern const struct CMUnitTest cove_rdsm_tests[];
extern const size_t cove_rdsm_tests_n;
extern const struct CMUnitTest cove_race_tests[];
extern const size_t cove_race_tests_n;

#endif
