/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_IDEKM_TEST_H
#define TEST_IDEKM_TEST_H

#include <stdio.h>

#include "check.h"
#include "fake_env.h"
#include "idekm/codec.h"

/* Opens the recording; the test fails if it is not there. */
FILE *recording(void);

int run_codec_tests(void);
int run_req_tests(void);
int run_rsp_tests(void);
int run_refuse_tests(void);

#endif
