/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TDX_FW_TESTS_H
#define TEST_TDX_FW_TESTS_H

#include "fw_rig.h"

#endif
