/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TSM_TSM_TESTS_H
#define TEST_TSM_TSM_TESTS_H

#include "check.h"

extern const struct CMUnitTest table_tests[];
extern const size_t table_tests_n;
extern const struct CMUnitTest conn_tests[];
extern const size_t conn_tests_n;
extern const struct CMUnitTest bind_tests[];
extern const size_t bind_tests_n;
extern const struct CMUnitTest part_tests[];
extern const size_t part_tests_n;
extern const struct CMUnitTest edge_tests[];
extern const size_t edge_tests_n;

#endif
