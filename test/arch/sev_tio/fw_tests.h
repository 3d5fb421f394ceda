/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SEV_TIO_FW_TESTS_H
#define TEST_SEV_TIO_FW_TESTS_H

#include "check.h"

extern const struct CMUnitTest fw_bounce_tests[];
extern const size_t fw_bounce_tests_n;
extern const struct CMUnitTest fw_tdi_tests[];
extern const size_t fw_tdi_tests_n;
extern const struct CMUnitTest fw_guest_tests[];
extern const size_t fw_guest_tests_n;
extern const struct CMUnitTest fw_launch_tests[];
extern const size_t fw_launch_tests_n;
extern const struct CMUnitTest fw_edge_tests[];
extern const size_t fw_edge_tests_n;
extern const struct CMUnitTest fw_key_tests[];
extern const size_t fw_key_tests_n;

#endif
