/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CCA_CCA_TESTS_H
#define TEST_CCA_CCA_TESTS_H

#include "check.h"

extern const struct CMUnitTest life_tests[];
extern const size_t life_tests_n;
extern const struct CMUnitTest pdev_tests[];
extern const size_t pdev_tests_n;
extern const struct CMUnitTest vdev_tests[];
extern const size_t vdev_tests_n;
extern const struct CMUnitTest weak_tests[];
extern const size_t weak_tests_n;
extern const struct CMUnitTest rtt_tests[];
extern const size_t rtt_tests_n;
extern const struct CMUnitTest rsi_tests[];
extern const size_t rsi_tests_n;
extern const struct CMUnitTest host_wiles_tests[];
extern const size_t host_wiles_tests_n;

#endif
